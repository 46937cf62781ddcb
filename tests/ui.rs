//! What the compiler says: mistakes with the message that each causes, and programs that must compile.
//!
//! A folder for each code of `docs/errors/`; `types` and `scope` are mistakes that the compiler finds
//! by itself, from the types of the API. `tests/pass` are whole programs that the check of graphs might
//! blame and must not; each also runs. After a change of a message, `TRYBUILD=overwrite cargo test
//! --test ui` writes what is said now; read it as somebody would who sees it for the first time.

#[test]
fn the_compiler_says_what_is_wrong() {
    let cases = trybuild::TestCases::new();
    for folder in [
        "p0001", "p0002", "p0003", "p0004", "p0005", "p0006", "p0007", "p0010", "types", "scope",
    ] {
        cases.compile_fail(format!("tests/ui/{folder}/*.rs"));
    }
    cases.compile_fail("tests/ui/all_at_once.rs");
    cases.compile_fail("tests/ui/all_graph_mistakes.rs");
    cases.pass("tests/ui/pass/*.rs");
    cases.pass("tests/pass/*.rs");
}
