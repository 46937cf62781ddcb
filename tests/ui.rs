//! What the compiler says: mistakes with the message that each causes, and programs that must compile.
//!
//! A folder for each code of `docs/errors/`; `types` and `scope` are mistakes that the compiler finds
//! by itself, from the types of the API; `p0008`, `types_gpu` and `pass_gpu` are about kernels and need
//! `--features cuda`. `tests/pass` are whole programs that the check of graphs might blame and must
//! not; each also runs. After a change of a message, `TRYBUILD=overwrite cargo test --test ui` writes
//! what is said now; read it as somebody would who sees it for the first time.

use std::fs;
use std::path::Path;

#[test]
fn the_compiler_says_what_is_wrong() {
    let cases = trybuild::TestCases::new();
    for folder in [
        "p0001", "p0002", "p0003", "p0004", "p0005", "p0006", "p0007", "p0009", "p0010", "types",
        "scope",
    ] {
        cases.compile_fail(format!("tests/ui/{folder}/*.rs"));
    }
    if cfg!(feature = "cuda") {
        bring_kernels();
        cases.compile_fail("tests/ui/p0008/*.rs");
        cases.compile_fail("tests/ui/types_gpu/*.rs");
        cases.pass("tests/ui/pass_gpu/*.rs");
    }
    cases.compile_fail("tests/ui/all_at_once.rs");
    cases.compile_fail("tests/ui/all_graph_mistakes.rs");
    cases.pass("tests/ui/pass/*.rs");
    cases.pass("tests/pass/*.rs");
}

/// Copies the kernels of the cases to where `kernels!` looks for them: below the crate that trybuild
/// makes of the cases.
fn bring_kernels() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/p0008/kernels");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let to = target.join("tests/trybuild/parla/kernels");
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
