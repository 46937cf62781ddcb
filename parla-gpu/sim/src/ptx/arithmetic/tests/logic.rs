//! Logic, shifts and choices against their definition bit by bit.

use super::super::ScalarType::{self, B16, B32, B64, F32, Pred, S16, S32, S64, U16, U32, U64};
use super::integer::{number, wrapped};
use super::{evaluate, operands};

#[test]
fn boolean_functions() {
    for (suffix, scalar) in [("pred", Pred), ("b16", B16), ("b32", B32), ("b64", B64)] {
        for [a, b] in operands::sets([scalar; 2]) {
            let (a, b) = (a & scalar.mask(), b & scalar.mask());
            let of = |name: &str| evaluate(&format!("{name}.{suffix}"), &[a, b]);
            assert_eq!(of("and"), a & b);
            assert_eq!(of("or"), a | b);
            assert_eq!(of("xor"), a ^ b);
            assert_eq!(evaluate(&format!("not.{suffix}"), &[a]), a ^ scalar.mask());
            if scalar != Pred {
                assert_eq!(evaluate(&format!("cnot.{suffix}"), &[a]), u64::from(a == 0));
            }
        }
    }
}

#[test]
fn lop3_looks_each_bit_up() {
    for [a, b, c, table] in operands::sets([B32, B32, B32, U32]) {
        let bit = |bits: u64, at: u64| bits >> at & 1;
        let index = |at| bit(a, at) << 2 | bit(b, at) << 1 | bit(c, at);
        let expected = (0..32).map(|at| bit(table, index(at)) << at).sum::<u64>();
        let result = evaluate("lop3.b32", &[a, b, c, table]);
        assert_eq!(result, expected, "{a:x} {b:x} {c:x} {table:x}");
    }
}

#[test]
fn shifts_are_clamped_at_the_width() {
    let types = [("b16", B16), ("b32", B32), ("b64", B64)];
    for (suffix, scalar) in types {
        for [a, amount] in operands::sets([scalar, U32]) {
            let expected = wrapped(scalar, i128::from(a) << amount.min(64));
            let result = evaluate(&format!("shl.{suffix}"), &[a, amount]);
            assert_eq!(result, expected, "shl.{suffix} {a:x} {amount}");
        }
    }
    let arithmetic = [
        ("u16", U16),
        ("u32", U32),
        ("u64", U64),
        ("s16", S16),
        ("s32", S32),
        ("s64", S64),
    ];
    for (suffix, scalar) in types.into_iter().chain(arithmetic) {
        for [a, amount] in operands::sets([scalar, U32]) {
            let expected = wrapped(scalar, number(scalar, a) >> amount.min(64));
            let result = evaluate(&format!("shr.{suffix}"), &[a, amount]);
            assert_eq!(result, expected, "shr.{suffix} {a:x} {amount}");
        }
    }
}

#[test]
fn funnel_shifts_move_two_words() {
    for [a, b, c] in operands::sets([B32, B32, U32]) {
        for (mode, amount) in [("clamp", c.min(32)), ("wrap", c % 32)] {
            let both = u128::from(b) << 32 | u128::from(a);
            let left = (both << amount >> 32) as u64 & 0xffff_ffff;
            let right = (both >> amount) as u64 & 0xffff_ffff;
            let of = |side: &str| evaluate(&format!("shf.{side}.{mode}.b32"), &[a, b, c]);
            assert_eq!((of("l"), of("r")), (left, right), "{mode} {a:x} {b:x} {c}");
        }
    }
}

/// The types that can be chosen and moved.
const MOVABLE: [&str; 11] = [
    "b16", "b32", "b64", "u16", "u32", "u64", "s16", "s32", "s64", "f32", "f64",
];

#[test]
fn choices_and_moves_keep_the_bits() {
    for suffix in MOVABLE {
        let scalar = ScalarType::parse(suffix).unwrap();
        for [a, b] in operands::sets([scalar; 2]) {
            assert_eq!(evaluate(&format!("mov.{suffix}"), &[a]), a);
            assert_eq!(evaluate(&format!("selp.{suffix}"), &[a, b, 1]), a);
            assert_eq!(evaluate(&format!("selp.{suffix}"), &[a, b, 0]), b);
        }
    }
    assert_eq!(evaluate("mov.pred", &[1]), 1);
    assert_eq!(evaluate("mov.pred", &[0]), 0);
}

#[test]
fn slct_goes_by_the_sign() {
    for suffix in MOVABLE {
        let scalar = ScalarType::parse(suffix).unwrap();
        for [a, b, c] in operands::sets([scalar, scalar, S32]) {
            let expected = if number(S32, c) >= 0 { a } else { b };
            assert_eq!(
                evaluate(&format!("slct.{suffix}.s32"), &[a, b, c]),
                expected
            );
        }
        for [a, b, c] in operands::sets([scalar, scalar, F32]) {
            let value = f32::from_bits(c as u32);
            let expected = if value >= 0.0 { a } else { b };
            let what = format!("slct.{suffix}.f32 {value}");
            assert_eq!(
                evaluate(&format!("slct.{suffix}.f32"), &[a, b, c]),
                expected,
                "{what}"
            );
            let value = if value.is_subnormal() { 0.0 } else { value };
            let expected = if value >= 0.0 { a } else { b };
            assert_eq!(
                evaluate(&format!("slct.ftz.{suffix}.f32"), &[a, b, c]),
                expected,
                "{what}"
            );
        }
    }
}
