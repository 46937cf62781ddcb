//! Holds the tables in `src` against the declarations of `cust_raw`, from which they are made:
//! `UPDATE_EXPECT=1 cargo test -p parla-cuda-shim --test table` writes them anew.

mod declarations;

use std::fmt::Write as _;

use declarations::Declarations;
use expect_test::expect_file;

/// Written by hand, in `src/text.rs`.
const BY_HAND: [&str; 2] = ["cuGetErrorName", "cuGetErrorString"];

#[test]
fn every_declared_function_is_defined_with_its_signature() {
    let declarations = Declarations::read();
    let mut table = String::from(
        "//! Every function that `cust_raw` declares. Made by `tests/table`; not to be edited.\n\n\
         use super::*;\n\n\
         forward! {\n",
    );
    for (name, types) in declarations.functions() {
        if BY_HAND.contains(&name.as_str()) {
            assert_eq!(types, ["i32", "Pointer"], "{name}");
            continue;
        }
        let arguments: Vec<String> = ('a'..='z')
            .zip(&types)
            .map(|(argument, argument_type)| format!("{argument}: {argument_type}"))
            .collect();
        assert_eq!(arguments.len(), types.len(), "{name}");
        writeln!(table, "    fn {name}({});", arguments.join(", ")).unwrap();
    }
    table.push_str("}\n");
    expect_file!["../../src/forward/table.rs"].assert_eq(&table);
}

#[test]
fn every_declared_code_is_known() {
    let mut codes = Declarations::read().variants("cudaError_enum");
    codes.sort_unstable();
    let mut table = format!(
        "//! Every result code that `cust_raw` declares. Made by `tests/table`; not to be edited.\n\n\
         use std::ffi::CStr;\n\n\
         /// By their numbers, which ascend.\n\
         pub(super) static CODES: [(u32, &CStr); {}] = [\n",
        codes.len()
    );
    for (code, name) in codes {
        writeln!(table, "    ({code}, c\"{name}\"),").unwrap();
    }
    table.push_str("];\n");
    expect_file!["../../src/code/table.rs"].assert_eq(&table);
}
