//! Approximate instructions: within the error that the ISA grants, and its tables of special values.

use super::super::ScalarType::{self, Bf16, F16, F32, F64};
use super::float::{assert_special, flushed, to_f64};
use super::{evaluate, operands};

/// That a result is near: within units of the last place, or of the smallest number.
fn assert_near(what: &str, scalar: ScalarType, bits: u64, expected: f64, ulps: f64) {
    let (digits, bias) = operands::layout(scalar).unwrap();
    let largest = to_f64(scalar, ((2 * bias + 1) << digits) - 1);
    if !expected.is_finite() || expected == 0.0 {
        return assert_special(what, scalar, bits, expected);
    }
    let value = to_f64(scalar, bits);
    let exponent = expected.abs().log2().floor().max(1.0 - bias as f64);
    let unit = (exponent - f64::from(digits)).exp2();
    let is_beyond = value.is_infinite() && expected.abs() >= largest;
    assert_eq!(
        value.is_sign_negative(),
        expected.is_sign_negative(),
        "{what}: {value}"
    );
    let error = (value - expected).abs() / unit;
    assert!(
        is_beyond || error <= ulps,
        "{what}: {value} for {expected}, {error} ulp"
    );
}

/// Single precision, with and without `.ftz`.
fn check(name: &str, ulps: f64, expected: impl Fn(f64) -> f64) {
    for [a] in operands::sets([F32]) {
        let x = to_f64(F32, a);
        let what = format!("{name} {x}");
        let result = evaluate(&format!("{name}.approx.f32"), &[a]);
        assert_near(&what, F32, result, expected(x), ulps);
        if name == "tanh" {
            continue;
        }
        let flat = flushed(
            F32,
            evaluate(&format!("{name}.approx.f32"), &[flushed(F32, a)]),
        );
        let result = evaluate(&format!("{name}.approx.ftz.f32"), &[a]);
        assert_eq!(result, flat, "{what}, flushed");
    }
}

#[test]
fn functions_are_near() {
    check("rcp", 1.0, f64::recip);
    check("sqrt", 1.0, f64::sqrt);
    check("rsqrt", 1.0, |x| x.sqrt().recip());
    check("ex2", 1.0, |x| 2.0_f64.powf(x));
    check("lg2", 1.0, |x| x.ln() / std::f64::consts::LN_2);
    check("sin", 1.0, f64::sin);
    check("cos", 1.0, f64::cos);
    check("tanh", 1.0, |x| {
        if x.abs() > 0.1 && x.abs() < 20.0 {
            1.0 - 2.0 / ((2.0 * x).exp() + 1.0)
        } else {
            x.tanh()
        }
    });
}

#[test]
fn half_precision_functions_are_near() {
    let ex2 = |x: f64| 2.0_f64.powf(x);
    for (format, scalar, ex2_name) in [("f16", F16, "ex2.approx"), ("bf16", Bf16, "ex2.approx.ftz")]
    {
        for [a] in operands::sets([scalar]) {
            let x = to_f64(scalar, a);
            let result = evaluate(&format!("tanh.approx.{format}"), &[a]);
            assert_near(
                &format!("tanh.approx.{format} {x}"),
                scalar,
                result,
                x.tanh(),
                1.0,
            );
            let result = evaluate(&format!("{ex2_name}.{format}"), &[a]);
            if scalar == F16 || x.is_nan() || ex2(x) >= f64::from(f32::MIN_POSITIVE) {
                assert_near(
                    &format!("{ex2_name}.{format} {x}"),
                    scalar,
                    result,
                    ex2(x),
                    1.0,
                );
            } else {
                assert_eq!(result, 0, "{ex2_name}.{format} {x}");
            }
        }
    }
}

/// What the ISA lists: operand and result.
#[test]
fn special_values() {
    let infinity = f32::INFINITY;
    let (subnormal, nan) = (f32::from_bits(1), f32::NAN);
    let tables: [(&str, &[(f32, f32)]); 7] = [
        (
            "rcp.approx.ftz.f32",
            &[
                (-infinity, -0.0),
                (-subnormal, -infinity),
                (-0.0, -infinity),
                (0.0, infinity),
                (subnormal, infinity),
                (infinity, 0.0),
                (nan, nan),
            ],
        ),
        (
            "sqrt.approx.ftz.f32",
            &[
                (-infinity, nan),
                (-1.0, nan),
                (-0.0, -0.0),
                (0.0, 0.0),
                (-subnormal, -0.0),
                (infinity, infinity),
                (nan, nan),
            ],
        ),
        (
            "rsqrt.approx.ftz.f32",
            &[
                (-infinity, nan),
                (-1.0, nan),
                (-subnormal, -infinity),
                (-0.0, -infinity),
                (0.0, infinity),
                (subnormal, infinity),
                (infinity, 0.0),
                (nan, nan),
            ],
        ),
        (
            "sin.approx.ftz.f32",
            &[
                (-infinity, nan),
                (-subnormal, -0.0),
                (-0.0, -0.0),
                (0.0, 0.0),
                (infinity, nan),
                (nan, nan),
            ],
        ),
        (
            "cos.approx.ftz.f32",
            &[
                (-infinity, nan),
                (-subnormal, 1.0),
                (-0.0, 1.0),
                (0.0, 1.0),
                (infinity, nan),
                (nan, nan),
            ],
        ),
        (
            "lg2.approx.ftz.f32",
            &[
                (-infinity, nan),
                (-subnormal, -infinity),
                (-0.0, -infinity),
                (0.0, -infinity),
                (subnormal, -infinity),
                (infinity, infinity),
                (nan, nan),
            ],
        ),
        (
            "ex2.approx.ftz.f32",
            &[
                (-infinity, 0.0),
                (-subnormal, 1.0),
                (-0.0, 1.0),
                (0.0, 1.0),
                (subnormal, 1.0),
                (infinity, infinity),
                (nan, nan),
            ],
        ),
    ];
    for (opcode, table) in tables {
        for (operand, result) in table {
            let bits = evaluate(opcode, &[operand.to_bits().into()]);
            assert_special(&format!("{opcode} {operand}"), F32, bits, (*result).into());
        }
    }
}

#[test]
fn quotients_are_near() {
    let large = 2.0_f64.powi(126);
    // The last divisor whose reciprocal counts, and the next.
    for (divisor, quotient) in [(0x7e80_0000, 1.0_f32), (0x7e80_0001, 0.0)] {
        let result = evaluate("div.approx.f32", &[0x7e80_0000, divisor]);
        assert_eq!(result, quotient.to_bits().into());
    }
    for [a, b] in operands::sets([F32; 2]) {
        let (x, y) = (to_f64(F32, a), to_f64(F32, b));
        let what = format!("{x} / {y}");
        assert_near(&what, F32, evaluate("div.full.f32", &[a, b]), x / y, 2.0);
        let result = evaluate("div.approx.f32", &[a, b]);
        if y.abs() <= large || !y.is_finite() || x.is_nan() {
            assert_near(&what, F32, result, x / y, 2.0);
        } else {
            assert_special(&what, F32, result, x * 0.0_f64.copysign(y));
        }
        for name in ["div.full", "div.approx"] {
            let flat = [flushed(F32, a), flushed(F32, b)];
            let flat = flushed(F32, evaluate(&format!("{name}.f32"), &flat));
            assert_eq!(
                evaluate(&format!("{name}.ftz.f32"), &[a, b]),
                flat,
                "{name}.ftz {what}"
            );
        }
    }
}

#[test]
fn gross_double_precision_is_in_the_high_word() {
    for [a] in operands::sets([F64]) {
        let x = f64::from_bits(if f64::from_bits(a).is_nan() {
            a
        } else {
            a >> 32 << 32
        });
        let x = if x.is_subnormal() {
            0.0_f64.copysign(x)
        } else {
            x
        };
        for (opcode, expected) in [("rcp", 1.0 / x), ("rsqrt", 1.0 / x.sqrt())] {
            let bits = evaluate(&format!("{opcode}.approx.ftz.f64"), &[a]);
            assert_eq!(bits & 0xffff_ffff, 0, "{opcode} {x}");
            let expected = if expected.is_subnormal() {
                0.0_f64.copysign(expected)
            } else {
                expected
            };
            assert_near(
                &format!("{opcode} {x}"),
                F64,
                bits,
                expected,
                2.0_f64.powi(32),
            );
        }
        let root = f64::from_bits(a).sqrt();
        assert_near(
            "rsqrt",
            F64,
            evaluate("rsqrt.approx.f64", &[a]),
            1.0 / root,
            2.0,
        );
    }
}
