//! Signs, extrema and classes of floats.

use super::super::ScalarType::{self, Bf16, F16, F32, F64};
use super::float::{assert_special, flushed, to_f64};
use super::{evaluate, operands};

const FORMATS: [(&str, ScalarType); 4] = [("f16", F16), ("bf16", Bf16), ("f32", F32), ("f64", F64)];

fn sign(scalar: ScalarType) -> u64 {
    1 << (8 * scalar.size() - 1)
}

#[test]
fn abs_and_neg_change_the_sign_alone() {
    for (format, scalar) in FORMATS {
        for [a] in operands::sets([scalar]) {
            let of = |name: &str, a| evaluate(&format!("{name}.{format}"), &[a]);
            if to_f64(scalar, a).is_nan() && scalar != F64 {
                assert_special(
                    &format!("abs.{format} {a:x}"),
                    scalar,
                    of("abs", a),
                    f64::NAN,
                );
                assert_special(
                    &format!("neg.{format} {a:x}"),
                    scalar,
                    of("neg", a),
                    f64::NAN,
                );
                continue;
            }
            assert_eq!(of("abs", a), a & !sign(scalar), "abs.{format} {a:x}");
            assert_eq!(of("neg", a), a ^ sign(scalar), "neg.{format} {a:x}");
            if matches!(scalar, F32 | F16) {
                let flat = flushed(scalar, a);
                assert_eq!(of("abs.ftz", a), of("abs", flat), "abs.ftz.{format} {a:x}");
                assert_eq!(of("neg.ftz", a), of("neg", flat), "neg.ftz.{format} {a:x}");
            }
        }
    }
}

/// Whether `a` is the lesser of two numbers, -0 being less than +0.
fn is_less(scalar: ScalarType, a: u64, b: u64) -> bool {
    let (x, y) = (to_f64(scalar, a), to_f64(scalar, b));
    x < y || x == y && x.is_sign_negative() && y.is_sign_positive()
}

fn extremum(name: &str, keeps_nan: bool, scalar: ScalarType, a: u64, b: u64) -> Option<u64> {
    let [no_a, no_b] = [a, b].map(|operand| to_f64(scalar, operand).is_nan());
    match (no_a, no_b) {
        (true, true) => None,
        (true, false) | (false, true) if keeps_nan => None,
        (true, false) => Some(b),
        (false, true) => Some(a),
        (false, false) => Some(if is_less(scalar, a, b) == (name == "min") {
            a
        } else {
            b
        }),
    }
}

#[test]
fn min_and_max_prefer_numbers_and_order_zeros() {
    for (format, scalar) in FORMATS {
        for [a, b] in operands::sets([scalar; 2]) {
            for name in ["min", "max"] {
                for keeps_nan in [false, true] {
                    if keeps_nan && scalar == F64 {
                        continue;
                    }
                    let suffix = if keeps_nan { ".NaN" } else { "" };
                    let opcode = format!("{name}{suffix}.{format}");
                    let result = evaluate(&opcode, &[a, b]);
                    match extremum(name, keeps_nan, scalar, a, b) {
                        Some(expected) => assert_eq!(result, expected, "{opcode} {a:x} {b:x}"),
                        None => assert_special(&opcode, scalar, result, f64::NAN),
                    }
                    if !matches!(scalar, F32 | F16) {
                        continue;
                    }
                    let flat = evaluate(&opcode, &[flushed(scalar, a), flushed(scalar, b)]);
                    let opcode = format!("{name}.ftz{suffix}.{format}");
                    assert_eq!(evaluate(&opcode, &[a, b]), flat, "{opcode} {a:x} {b:x}");
                }
            }
        }
    }
}

#[test]
fn xorsign_abs_compares_magnitudes() {
    for (format, scalar) in [("f16", F16), ("bf16", Bf16), ("f32", F32)] {
        for [a, b] in operands::sets([scalar; 2]) {
            for name in ["min", "max"] {
                let opcode = format!("{name}.xorsign.abs.{format}");
                let result = evaluate(&opcode, &[a, b]);
                let magnitudes = [a, b].map(|operand| operand & !sign(scalar));
                match extremum(name, false, scalar, magnitudes[0], magnitudes[1]) {
                    Some(magnitude) => {
                        let expected = magnitude | (a ^ b) & sign(scalar);
                        assert_eq!(result, expected, "{opcode} {a:x} {b:x}");
                    }
                    None => assert_special(&opcode, scalar, result, f64::NAN),
                }
            }
        }
    }
}

#[test]
fn copysign_takes_the_sign_of_the_first() {
    for (format, scalar) in [("f32", F32), ("f64", F64)] {
        for [a, b] in operands::sets([scalar; 2]) {
            let expected = a & sign(scalar) | b & !sign(scalar);
            assert_eq!(evaluate(&format!("copysign.{format}"), &[a, b]), expected);
        }
    }
}

#[test]
fn testp_knows_the_classes() {
    for [a] in operands::sets([F32]) {
        let value = f32::from_bits(a as u32);
        let of = |class: &str| evaluate(&format!("testp.{class}.f32"), &[a]) == 1;
        assert_eq!(of("finite"), value.is_finite(), "{value}");
        assert_eq!(of("infinite"), value.is_infinite(), "{value}");
        assert_eq!(of("number"), !value.is_nan(), "{value}");
        assert_eq!(of("notanumber"), value.is_nan(), "{value}");
        assert_eq!(of("normal"), value.is_normal(), "{value}");
        assert_eq!(of("subnormal"), value.is_subnormal(), "{value}");
    }
    for [a] in operands::sets([F64]) {
        let value = f64::from_bits(a);
        let of = |class: &str| evaluate(&format!("testp.{class}.f64"), &[a]) == 1;
        assert_eq!(of("finite"), value.is_finite(), "{value}");
        assert_eq!(of("infinite"), value.is_infinite(), "{value}");
        assert_eq!(of("number"), !value.is_nan(), "{value}");
        assert_eq!(of("notanumber"), value.is_nan(), "{value}");
        assert_eq!(of("normal"), value.is_normal(), "{value}");
        assert_eq!(of("subnormal"), value.is_subnormal(), "{value}");
    }
}
