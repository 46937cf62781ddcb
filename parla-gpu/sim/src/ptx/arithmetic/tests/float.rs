//! Rounded arithmetic against exact arithmetic, and its modifiers against their definition.

use std::cmp::Ordering::{self, Equal, Greater};

use super::super::ScalarType::{self, Bf16, Bf16x2, F16, F16x2, F32, F64};
use super::exact::{Exact, assert_rounded};
use super::{evaluate, operands};

const ROUNDINGS: [&str; 4] = ["rn", "rz", "rm", "rp"];

pub(super) fn to_f64(scalar: ScalarType, bits: u64) -> f64 {
    match scalar {
        F32 => f32::from_bits(bits as u32).into(),
        F64 => f64::from_bits(bits),
        F16 => half::f16::from_bits(bits as u16).to_f64(),
        _ => half::bf16::from_bits(bits as u16).to_f64(),
    }
}

/// That a result is a special one: an infinity, a zero of a sign, or no number, of which all
/// formats but `f64` know one.
pub(super) fn assert_special(what: &str, scalar: ScalarType, bits: u64, expected: f64) {
    let value = to_f64(scalar, bits);
    if !expected.is_nan() {
        assert_eq!(
            value.to_bits(),
            expected.to_bits(),
            "{what}: {value} for {expected}"
        );
        return;
    }
    assert!(value.is_nan(), "{what}: {value}");
    match scalar {
        F32 => assert_eq!(bits, 0x7fff_ffff, "{what}"),
        F64 => assert_ne!(bits & 1 << 51, 0, "{what} is not quiet"),
        _ => assert_eq!(bits, 0x7fff, "{what}"),
    }
}

/// The formats by the name and the lane of their operands.
const FORMATS: [(&str, ScalarType); 4] = [("f16", F16), ("bf16", Bf16), ("f32", F32), ("f64", F64)];

/// The opcodes of one instruction in one format, with the rounding that each has.
fn opcodes(name: &str, format: &str) -> Vec<(String, &'static str)> {
    let roundings = if format.starts_with("f3") || format.starts_with("f6") {
        4
    } else {
        1
    };
    let mut opcodes: Vec<_> = ROUNDINGS[..roundings]
        .iter()
        .map(|rounding| (format!("{name}.{rounding}.{format}"), *rounding))
        .collect();
    if matches!(name, "add" | "sub" | "mul") {
        opcodes.push((format!("{name}.{format}"), "rn"));
    }
    opcodes
}

/// Checks a result of finite operands, given the exact one; `nearest` is what the host has, for the
/// sign of a zero.
fn check(what: &str, scalar: ScalarType, rounding: &str, bits: u64, exact: &Exact, nearest: f64) {
    if exact.sign() == Equal {
        return assert_special(what, scalar, bits, nearest);
    }
    assert_rounded(what, scalar, rounding, bits, |value| value.compare(exact));
}

/// The zero of terms that cancel, or of zeros: each keeps a sign that both have.
fn zero_sum(rounding: &str, a: f64, b: f64) -> f64 {
    let sum = a + b;
    if rounding == "rm" && a.is_sign_negative() != b.is_sign_negative() {
        -sum
    } else {
        sum
    }
}

#[test]
fn sums_and_differences() {
    for (format, scalar) in FORMATS {
        for (opcode, rounding) in [opcodes("add", format), opcodes("sub", format)].concat() {
            for [a, b] in operands::sets([scalar; 2]) {
                let what = format!("{opcode} {a:x} {b:x}");
                let bits = evaluate(&opcode, &[a, b]);
                let (x, y) = (to_f64(scalar, a), to_f64(scalar, b));
                let y = if opcode.starts_with("sub") { -y } else { y };
                if !x.is_finite() || !y.is_finite() {
                    assert_special(&what, scalar, bits, x + y);
                    continue;
                }
                let term = Exact::of(scalar, b);
                let term = if opcode.starts_with("sub") {
                    term.negated()
                } else {
                    term
                };
                let exact = Exact::of(scalar, a).plus(&term);
                check(
                    &what,
                    scalar,
                    rounding,
                    bits,
                    &exact,
                    zero_sum(rounding, x, y),
                );
            }
        }
    }
}

#[test]
fn products() {
    for (format, scalar) in FORMATS {
        for (opcode, rounding) in opcodes("mul", format) {
            for [a, b] in operands::sets([scalar; 2]) {
                let what = format!("{opcode} {a:x} {b:x}");
                let bits = evaluate(&opcode, &[a, b]);
                let (x, y) = (to_f64(scalar, a), to_f64(scalar, b));
                if !x.is_finite() || !y.is_finite() {
                    assert_special(&what, scalar, bits, x * y);
                    continue;
                }
                let exact = Exact::of(scalar, a).times(&Exact::of(scalar, b));
                check(&what, scalar, rounding, bits, &exact, x * y);
            }
        }
    }
}

#[test]
fn products_with_a_sum_are_rounded_once() {
    let names = ["fma", "mad"].into_iter();
    for (name, (format, scalar)) in names.flat_map(|name| FORMATS.map(|format| (name, format))) {
        if name == "mad" && format.ends_with("16") {
            continue;
        }
        for (opcode, rounding) in opcodes(name, format) {
            for [a, b, c] in operands::sets([scalar; 3]) {
                let what = format!("{opcode} {a:x} {b:x} {c:x}");
                let bits = evaluate(&opcode, &[a, b, c]);
                let [x, y, z] = [a, b, c].map(|operand| to_f64(scalar, operand));
                if !x.is_finite() || !y.is_finite() || !z.is_finite() {
                    assert_special(&what, scalar, bits, x.mul_add(y, z));
                    continue;
                }
                let product = Exact::of(scalar, a).times(&Exact::of(scalar, b));
                let exact = product.plus(&Exact::of(scalar, c));
                // The product's sign, though it be too small for its digits.
                let signed = 1.0_f64.copysign(x) * 0.0_f64.copysign(y);
                check(
                    &what,
                    scalar,
                    rounding,
                    bits,
                    &exact,
                    zero_sum(rounding, signed, 0.0_f64.copysign(z)),
                );
            }
        }
    }
}

#[test]
fn quotients_and_reciprocals() {
    for (format, scalar) in [("f32", F32), ("f64", F64)] {
        let one = if scalar == F32 {
            0x3f80_0000
        } else {
            0x3ff0_0000_0000_0000
        };
        for (opcode, rounding) in [opcodes("div", format), opcodes("rcp", format)].concat() {
            for [a, b] in operands::sets([scalar; 2]) {
                let is_quotient = opcode.starts_with("div");
                let a = if is_quotient { a } else { one };
                let what = format!("{opcode} {a:x} {b:x}");
                let bits = evaluate(&opcode, &[a, b][usize::from(!is_quotient)..]);
                let (x, y) = (to_f64(scalar, a), to_f64(scalar, b));
                if !x.is_finite() || !y.is_finite() || x == 0.0 || y == 0.0 {
                    assert_special(&what, scalar, bits, x / y);
                    continue;
                }
                let (dividend, divisor) = (Exact::of(scalar, a), Exact::of(scalar, b));
                assert_rounded(&what, scalar, rounding, bits, |value| {
                    let order = value.times(&divisor).compare(&dividend);
                    if divisor.sign() == Greater {
                        order
                    } else {
                        order.reverse()
                    }
                });
            }
        }
    }
}

#[test]
fn square_roots() {
    for (format, scalar) in [("f32", F32), ("f64", F64)] {
        for (opcode, rounding) in opcodes("sqrt", format) {
            for [a] in operands::sets([scalar]) {
                let what = format!("{opcode} {a:x}");
                let bits = evaluate(&opcode, &[a]);
                let x = to_f64(scalar, a);
                if x <= 0.0 || !x.is_finite() {
                    assert_special(&what, scalar, bits, x.sqrt());
                    continue;
                }
                let square = Exact::of(scalar, a);
                assert_rounded(&what, scalar, rounding, bits, |value| match value.sign() {
                    Greater => value.times(value).compare(&square),
                    _ => Ordering::Less,
                });
            }
        }
    }
}

/// Squares that miss a number's own by so little that its root shows no difference in 63 bits.
#[test]
fn square_roots_that_are_nearly_exact() {
    let mut random = fastrand::Rng::with_seed(0x5ca1e);
    let mut found = 0;
    for _ in 0..100 * operands::count() {
        let root = random.u64(1 << 52..1 << 53);
        let square = u128::from(root) * u128::from(root);
        let missing = (1 << 53) - (square as u64 & ((1 << 53) - 1));
        if missing > 1 << 42 {
            continue;
        }
        found += 1;
        let operand = ((square >> 53) as u64 + 1) as f64 * 2.0_f64.powi(53);
        let of = |rounding: &str| evaluate(&format!("sqrt.{rounding}.f64"), &[operand.to_bits()]);
        let (below, above) = ((root as f64).to_bits(), (root as f64).next_up().to_bits());
        let roots = ["rn", "rz", "rm", "rp"].map(of);
        assert_eq!(roots, [below, below, below, above], "{operand}");
    }
    assert!(found > 0);
}

/// A subnormal of a format becomes a zero of its sign.
pub(super) fn flushed(scalar: ScalarType, bits: u64) -> u64 {
    let (digits, _) = operands::layout(scalar).unwrap();
    let sign = bits & 1 << (8 * scalar.size() - 1);
    if bits ^ sign < 1 << digits {
        sign
    } else {
        bits
    }
}

#[test]
fn ftz_flushes_operands_and_result() {
    let opcodes = |format: &str| {
        let sums = [
            "add.rn", "sub.rz", "mul.rm", "fma.rn", "div.rp", "sqrt.rn", "rcp.rn",
        ];
        let sums = if format == "f32" {
            &sums[..]
        } else {
            &["add", "sub", "mul", "fma.rn"]
        };
        sums.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for (format, scalar) in [("f32", F32), ("f16", F16)] {
        for opcode in opcodes(format) {
            let arity = super::operation(&format!("{opcode}.{format}"))
                .operands
                .len();
            for operands in operands::sets([scalar; 3]) {
                let operands = &operands[..arity];
                let flat: Vec<u64> = operands.iter().map(|bits| flushed(scalar, *bits)).collect();
                let expected = flushed(scalar, evaluate(&format!("{opcode}.{format}"), &flat));
                let result = evaluate(&format!("{opcode}.ftz.{format}"), operands);
                assert_eq!(result, expected, "{opcode}.ftz.{format} {operands:x?}");
            }
        }
    }
}

#[test]
fn sat_and_relu_clamp() {
    let cases = [
        ("add.rn", "sat.f32", F32),
        ("sub.rp", "sat.f32", F32),
        ("mul", "sat.f32", F32),
        ("fma.rz", "sat.f32", F32),
        ("mad.rn", "sat.f32", F32),
        ("add", "sat.f16", F16),
        ("mul.rn", "sat.f16", F16),
        ("fma.rn", "sat.f16", F16),
        ("fma.rn", "relu.f16", F16),
        ("fma.rn", "relu.bf16", Bf16),
    ];
    for (opcode, suffix, scalar) in cases {
        let (clamp, format) = suffix.split_once('.').unwrap();
        let arity = super::operation(&format!("{opcode}.{format}"))
            .operands
            .len();
        for operands in operands::sets([scalar; 3]) {
            let operands = &operands[..arity];
            let plain = evaluate(&format!("{opcode}.{format}"), operands);
            let clamped = evaluate(&format!("{opcode}.{suffix}"), operands);
            let value = to_f64(scalar, plain);
            let what = format!("{opcode}.{suffix} {operands:x?}");
            match (clamp, value) {
                ("sat", value) if value.is_nan() => assert_eq!(clamped, 0, "{what}"),
                (_, value) if value.is_sign_negative() => assert_eq!(clamped, 0, "{what}"),
                ("sat", 1.0..) => assert_eq!(to_f64(scalar, clamped), 1.0, "{what}"),
                _ => assert_eq!(clamped, plain, "{what}"),
            }
        }
    }
}

#[test]
fn pairs_are_two_lanes() {
    for (pair, lane, scalar) in [("f16x2", "f16", F16x2), ("bf16x2", "bf16", Bf16x2)] {
        for opcode in [
            "add",
            "sub.rn",
            "mul",
            "fma.rn",
            "fma.rn.relu",
            "neg",
            "abs",
            "max",
            "min.NaN",
        ] {
            let arity = super::operation(&format!("{opcode}.{lane}")).operands.len();
            for operands in operands::sets([scalar; 3]) {
                let operands = &operands[..arity];
                let lane = |shift: u32| {
                    let operands: Vec<u64> = operands.iter().map(|bits| bits >> shift).collect();
                    evaluate(&format!("{opcode}.{lane}"), &operands)
                };
                let result = evaluate(&format!("{opcode}.{pair}"), operands);
                assert_eq!(
                    result,
                    lane(16) << 16 | lane(0),
                    "{opcode}.{pair} {operands:x?}"
                );
            }
        }
    }
}

#[test]
fn double_precision_keeps_the_payload_of_a_nan() {
    let [first, second] = [0x7ff4_0000_dead_beef, 0xfff8_1234_0000_0000];
    let quiet = first | 1 << 51;
    let one = 1.0_f64.to_bits();
    assert_eq!(evaluate("add.f64", &[first, second]), quiet);
    assert_eq!(evaluate("mul.rz.f64", &[one, second]), second);
    assert_eq!(evaluate("fma.rn.f64", &[one, one, first]), quiet);
    assert_eq!(evaluate("div.rn.f64", &[first, one]), quiet);
    assert_eq!(evaluate("sqrt.rm.f64", &[second]), second);
    assert_eq!(evaluate("neg.f64", &[first]), first ^ 1 << 63);
    assert_eq!(evaluate("abs.f64", &[second]), second & !(1 << 63));
    // None given: the NaN of CUDA's headers.
    let infinity = f64::INFINITY.to_bits();
    assert_eq!(
        evaluate("sub.f64", &[infinity, infinity]),
        0xfff8_0000_0000_0000
    );
    assert_eq!(
        evaluate("sqrt.rn.f64", &[(-1.0_f64).to_bits()]),
        0xfff8_0000_0000_0000
    );
}
