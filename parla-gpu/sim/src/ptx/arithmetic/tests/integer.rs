//! Integer arithmetic against that of 128 bits.

use super::super::ScalarType::{self, S16, S32, S64, U16, U32, U64};
use super::{evaluate, operands};

const TYPES: [(&str, ScalarType); 6] = [
    ("u16", U16),
    ("u32", U32),
    ("u64", U64),
    ("s16", S16),
    ("s32", S32),
    ("s64", S64),
];
const SIGNED: [(&str, ScalarType); 3] = [("s16", S16), ("s32", S32), ("s64", S64)];

/// The number that the bits are.
pub(super) fn number(scalar: ScalarType, bits: u64) -> i128 {
    let top = 1_i128 << (8 * scalar.size() - 1);
    let value = i128::from(bits & scalar.mask());
    if scalar.is_signed() && value >= top {
        value - 2 * top
    } else {
        value
    }
}

/// The bits of a number, modulo the width.
pub(super) fn wrapped(scalar: ScalarType, number: i128) -> u64 {
    number as u64 & scalar.mask()
}

/// The bits of the nearest number of the type.
pub(super) fn saturated(scalar: ScalarType, value: i128) -> u64 {
    let top = 1_i128 << (8 * scalar.size() - 1);
    let range = if scalar.is_signed() {
        (-top, top - 1)
    } else {
        (0, 2 * top - 1)
    };
    wrapped(scalar, value.clamp(range.0, range.1))
}

/// Checks `name` of each type against a function of numbers; `None` where it says nothing.
fn check<const N: usize>(
    name: &str,
    types: &[(&str, ScalarType)],
    expected: impl Fn(ScalarType, [i128; N]) -> Option<u64>,
) {
    for (suffix, scalar) in types {
        for operands in operands::sets([*scalar; N]) {
            let Some(expected) = expected(*scalar, operands.map(|bits| number(*scalar, bits)))
            else {
                continue;
            };
            let opcode = format!("{name}.{suffix}");
            assert_eq!(
                evaluate(&opcode, &operands),
                expected,
                "{opcode} {operands:x?}"
            );
        }
    }
}

#[test]
fn sums_wrap_or_saturate() {
    check("add", &TYPES, |scalar, [a, b]| Some(wrapped(scalar, a + b)));
    check("sub", &TYPES, |scalar, [a, b]| Some(wrapped(scalar, a - b)));
    check("add.sat", &[("s32", S32)], |scalar, [a, b]| {
        Some(saturated(scalar, a + b))
    });
    check("sub.sat", &[("s32", S32)], |scalar, [a, b]| {
        Some(saturated(scalar, a - b))
    });
}

#[test]
fn extrema_signs_and_distances() {
    check("min", &TYPES, |scalar, [a, b]| {
        Some(wrapped(scalar, a.min(b)))
    });
    check("max", &TYPES, |scalar, [a, b]| {
        Some(wrapped(scalar, a.max(b)))
    });
    check("min.relu", &[("s32", S32)], |scalar, [a, b]| {
        Some(wrapped(scalar, a.min(b).max(0)))
    });
    check("max.relu", &[("s32", S32)], |scalar, [a, b]| {
        Some(wrapped(scalar, a.max(b).max(0)))
    });
    check("abs", &SIGNED, |scalar, [a]| Some(wrapped(scalar, a.abs())));
    check("neg", &SIGNED, |scalar, [a]| Some(wrapped(scalar, -a)));
    check("sad", &TYPES, |scalar, [a, b, c]| {
        Some(wrapped(scalar, c + (a - b).abs()))
    });
}

#[test]
fn halves_are_numbers_of_their_own() {
    for [a, b] in operands::sets([U32; 2]) {
        for (opcode, lane) in [
            ("add.u16x2", "add.u16"),
            ("add.s16x2", "add.s16"),
            ("min.u16x2", "min.u16"),
            ("max.u16x2", "max.u16"),
            ("min.s16x2", "min.s16"),
            ("max.s16x2", "max.s16"),
        ] {
            let half = |shift: u32| evaluate(lane, &[a >> shift & 0xffff, b >> shift & 0xffff]);
            let result = evaluate(opcode, &[a, b]);
            assert_eq!(result, half(16) << 16 | half(0), "{opcode} {a:x} {b:x}");
            if opcode.ends_with("s16x2") && !opcode.starts_with("add") {
                let clamped = |shift: u32| match half(shift) {
                    0x8000.. => 0,
                    half => half,
                };
                let result = evaluate(&format!("{opcode}.relu"), &[a, b]);
                assert_eq!(
                    result,
                    clamped(16) << 16 | clamped(0),
                    "{opcode}.relu {a:x} {b:x}"
                );
            }
        }
    }
}

#[test]
fn quotients_are_cut_and_defined_by_zero() {
    check("div", &TYPES, |scalar, [a, b]| match b {
        0 => Some(scalar.mask()),
        _ => Some(wrapped(scalar, a / b)),
    });
    check("rem", &TYPES, |scalar, [a, b]| match b {
        0 => Some(scalar.mask()),
        _ => Some(wrapped(scalar, a % b)),
    });
}

/// The product's bits from `low` on. That of two `u64` has 128.
fn product(scalar: ScalarType, a: i128, b: i128, low: usize) -> i128 {
    if scalar == U64 {
        ((a as u128 * b as u128) >> low) as i128
    } else {
        (a * b) >> low
    }
}

#[test]
fn products_have_two_halves() {
    let high = |scalar: ScalarType, a, b| product(scalar, a, b, 8 * scalar.size());
    check("mul.lo", &TYPES, |scalar, [a, b]| {
        Some(wrapped(scalar, product(scalar, a, b, 0)))
    });
    check("mul.hi", &TYPES, |scalar, [a, b]| {
        Some(wrapped(scalar, high(scalar, a, b)))
    });
    check("mad.lo", &TYPES, |scalar, [a, b, c]| {
        Some(wrapped(scalar, product(scalar, a, b, 0).wrapping_add(c)))
    });
    check("mad.hi", &TYPES, |scalar, [a, b, c]| {
        Some(wrapped(scalar, high(scalar, a, b).wrapping_add(c)))
    });
    check("mad.hi.sat", &[("s32", S32)], |scalar, [a, b, c]| {
        Some(saturated(
            scalar,
            wrapped_number(scalar, high(scalar, a, b)) + c,
        ))
    });
}

fn wrapped_number(scalar: ScalarType, value: i128) -> i128 {
    number(scalar, wrapped(scalar, value))
}

#[test]
fn wide_products_are_whole() {
    for (suffix, scalar, wide) in [
        ("u16", U16, U32),
        ("u32", U32, U64),
        ("s16", S16, S32),
        ("s32", S32, S64),
    ] {
        for [a, b, c] in operands::sets([scalar, scalar, wide]) {
            let exact = number(scalar, a) * number(scalar, b);
            let product = evaluate(&format!("mul.wide.{suffix}"), &[a, b]);
            assert_eq!(
                number(wide, product),
                exact,
                "mul.wide.{suffix} {a:x} {b:x}"
            );
            let sum = evaluate(&format!("mad.wide.{suffix}"), &[a, b, c]);
            let expected = wrapped(wide, exact + number(wide, c));
            assert_eq!(sum, expected, "mad.wide.{suffix} {a:x} {b:x} {c:x}");
        }
    }
}

#[test]
fn products_of_24_bits() {
    let low24 = |scalar: ScalarType, value: i128| {
        let bits = value & 0xff_ffff;
        if scalar.is_signed() && bits >> 23 == 1 {
            bits - (1 << 24)
        } else {
            bits
        }
    };
    let exact = |scalar, a, b| low24(scalar, a) * low24(scalar, b);
    let types = [("u32", U32), ("s32", S32)];
    check("mul24.lo", &types, |scalar, [a, b]| {
        Some(wrapped(scalar, exact(scalar, a, b)))
    });
    check("mul24.hi", &types, |scalar, [a, b]| {
        Some(wrapped(scalar, exact(scalar, a, b) >> 16))
    });
    check("mad24.lo", &types, |scalar, [a, b, c]| {
        Some(wrapped(scalar, exact(scalar, a, b) + c))
    });
    check("mad24.hi", &types, |scalar, [a, b, c]| {
        Some(wrapped(scalar, (exact(scalar, a, b) >> 16) + c))
    });
    check("mad24.hi.sat", &[("s32", S32)], |scalar, [a, b, c]| {
        Some(saturated(scalar, (exact(scalar, a, b) >> 16) + c))
    });
}

#[test]
fn dot_products() {
    for (first, x) in [("u32", U32), ("s32", S32)] {
        for (second, y) in [("u32", U32), ("s32", S32)] {
            let part = |signed: ScalarType, bits: u64, width: u32, lane: u32| {
                let bits = i128::from(bits >> (width * lane)) & ((1 << width) - 1);
                let is_negative = signed == S32 && bits >> (width - 1) == 1;
                bits - if is_negative { 1 << width } else { 0 }
            };
            for [a, b, c] in operands::sets([U32; 3]) {
                let dot = |count: u32, width: u32, from: u32| {
                    let product = |lane| part(x, a, width, lane) * part(y, b, 8, from + lane);
                    wrapped(U32, (0..count).map(product).sum::<i128>() + i128::from(c))
                };
                let suffix = format!("{first}.{second}");
                let what = format!("{suffix} {a:x} {b:x} {c:x}");
                assert_eq!(
                    evaluate(&format!("dp4a.{suffix}"), &[a, b, c]),
                    dot(4, 8, 0),
                    "{what}"
                );
                assert_eq!(
                    evaluate(&format!("dp2a.lo.{suffix}"), &[a, b, c]),
                    dot(2, 16, 0),
                    "{what}"
                );
                assert_eq!(
                    evaluate(&format!("dp2a.hi.{suffix}"), &[a, b, c]),
                    dot(2, 16, 2),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn differences_of_lanes() {
    for [a, b, c] in operands::sets([U32; 3]) {
        for (name, width) in [("vabsdiff2", 16), ("vabsdiff4", 8)] {
            let lane = |bits: u64, index: u32| (bits >> (width * index)) % (1 << width);
            let differences = (0..32 / width).map(|index| {
                let (a, b) = (lane(a, index), lane(b, index));
                (index, a.max(b) - a.min(b))
            });
            let what = format!("{name} {a:x} {b:x} {c:x}");
            let each = differences.clone().map(|(index, by)| by << (width * index));
            let result = evaluate(&format!("{name}.u32.u32.u32"), &[a, b, c]);
            assert_eq!(result, each.sum::<u64>(), "{what}");
            let sum = c + differences.map(|(_, by)| by).sum::<u64>();
            let result = evaluate(&format!("{name}.u32.u32.u32.add"), &[a, b, c]);
            assert_eq!(result, sum % (1 << 32), "{what}");
        }
    }
}
