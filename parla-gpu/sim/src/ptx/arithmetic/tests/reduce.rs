//! Reductions: old value and operand to new value.

use super::super::{ScalarType, reduction};
use super::{evaluate, operands};

/// Those that are instructions, too.
const AS_INSTRUCTIONS: [(&str, &[&str]); 6] = [
    (
        "add",
        &[
            "u32", "s32", "u64", "f16", "f16x2", "bf16", "bf16x2", "f32", "f64",
        ],
    ),
    (
        "min",
        &["u32", "s32", "u64", "s64", "f16", "f16x2", "bf16", "bf16x2"],
    ),
    (
        "max",
        &["u32", "s32", "u64", "s64", "f16", "f16x2", "bf16", "bf16x2"],
    ),
    ("and", &["b32", "b64"]),
    ("or", &["b32", "b64"]),
    ("xor", &["b32", "b64"]),
];

#[test]
fn reductions_agree_with_instructions() {
    for (op, types) in AS_INSTRUCTIONS {
        for name in types {
            let scalar = ScalarType::parse(name).unwrap();
            let function = reduction(op, scalar).unwrap();
            for [old, operand] in operands::sets([scalar; 2]) {
                let expected = evaluate(&format!("{op}.{name}"), &[old, operand]);
                assert_eq!(
                    function(old, operand),
                    expected,
                    "{op}.{name} {old:x} {operand:x}"
                );
                let above = !scalar.mask();
                assert_eq!(
                    function(old | above, operand | above),
                    expected,
                    "{op}.{name}"
                );
            }
        }
    }
}

#[test]
fn counters_wrap_at_the_operand() {
    let [increment, decrement] = ["inc", "dec"].map(|op| reduction(op, ScalarType::U32).unwrap());
    for (old, operand, up, down) in [
        (0, 0, 0, 0),
        (0, 5, 1, 5),
        (4, 5, 5, 3),
        (5, 5, 0, 4),
        (6, 5, 0, 5),
        (0xffff_ffff, 0xffff_ffff, 0, 0xffff_fffe),
        (0xffff_ffff, 0, 0, 0),
    ] {
        assert_eq!(increment(old, operand), up, "inc {old} {operand}");
        assert_eq!(decrement(old, operand), down, "dec {old} {operand}");
    }
}

#[test]
fn exchange_and_what_there_is_not() {
    let exchange = reduction("exch", ScalarType::B32).unwrap();
    assert_eq!(exchange(7, !0), 0xffff_ffff);
    assert_eq!(reduction("exch", ScalarType::B64).unwrap()(7, !0), !0);
    for (op, scalar) in [
        ("add", ScalarType::B32),
        ("add", ScalarType::S64),
        ("add", ScalarType::U16),
        ("min", ScalarType::F32),
        ("inc", ScalarType::U64),
        ("dec", ScalarType::S32),
        ("and", ScalarType::U32),
        ("exch", ScalarType::U32),
        ("sub", ScalarType::U32),
    ] {
        assert!(reduction(op, scalar).is_none(), "{op} {scalar:?}");
    }
}
