//! Conversions between all types against exact ones.

use std::cmp::Ordering::{Equal, Greater, Less};

use super::super::ScalarType::{self, Bf16, F16, F32, F64, S8, S16, S32, S64, U8, U16, U32, U64};
use super::exact::{Exact, assert_rounded};
use super::float::{assert_special, flushed, to_f64};
use super::integer::{number, saturated, wrapped};
use super::{evaluate, operands};

const INTEGERS: [(&str, ScalarType); 8] = [
    ("u8", U8),
    ("u16", U16),
    ("u32", U32),
    ("u64", U64),
    ("s8", S8),
    ("s16", S16),
    ("s32", S32),
    ("s64", S64),
];
const FLOATS: [(&str, ScalarType); 4] = [("f16", F16), ("bf16", Bf16), ("f32", F32), ("f64", F64)];
const ROUNDINGS: [&str; 4] = ["rn", "rz", "rm", "rp"];

fn exists(opcode: &str) -> bool {
    super::resolve(&opcode.split('.').collect::<Vec<_>>()).is_some()
}

#[test]
fn between_integers() {
    for (from, source) in INTEGERS {
        for (to, target) in INTEGERS {
            let saturating = format!("cvt.sat.{to}.{from}");
            for [a] in operands::sets([source]) {
                let value = number(source, a);
                let result = evaluate(&format!("cvt.{to}.{from}"), &[a]);
                assert_eq!(result, wrapped(target, value), "cvt.{to}.{from} {value}");
                let nearest = saturated(target, value);
                if exists(&saturating) {
                    assert_eq!(evaluate(&saturating, &[a]), nearest, "{saturating} {value}");
                } else {
                    assert_eq!(number(target, nearest), value, "{saturating} would matter");
                }
            }
        }
    }
}

/// That an integer is a value, rounded.
fn assert_integral(what: &str, rounding: &str, integer: &Exact, value: &Exact) {
    let one = Exact::of_integer(1);
    let error = integer.plus(&value.negated());
    let is_right = match rounding {
        "rni" => {
            let doubled = error.plus(&error);
            let within =
                doubled.compare(&one) != Greater && doubled.compare(&one.negated()) != Less;
            let is_tie = doubled.compare(&one) == Equal || doubled.compare(&one.negated()) == Equal;
            within && (!is_tie || integer.is_even())
        }
        "rmi" => error.sign() != Greater && error.plus(&one).sign() == Greater,
        "rpi" => error.sign() != Less && one.negated().plus(&error).sign() == Less,
        // Toward zero: as down or up, by the sign.
        _ if value.sign() == Less => return assert_integral(what, "rpi", integer, value),
        _ => return assert_integral(what, "rmi", integer, value),
    };
    assert!(is_right, "{what} is not rounded `{rounding}`");
}

#[test]
fn floats_to_integers_round_and_saturate() {
    for (from, source) in FLOATS {
        for (to, target) in INTEGERS {
            for rounding in ROUNDINGS {
                let rounding = format!("{rounding}i");
                let opcode = format!("cvt.{rounding}.{to}.{from}");
                for [a] in operands::sets([source]) {
                    let result = evaluate(&opcode, &[a]);
                    let what = format!("{opcode} {} = {result:x}", to_f64(source, a));
                    check_integer(&what, &rounding, source, a, target, result);
                    if source == F32 {
                        let flushing = format!("cvt.{rounding}.ftz.{to}.{from}");
                        let flat = evaluate(&opcode, &[flushed(F32, a)]);
                        assert_eq!(evaluate(&flushing, &[a]), flat, "{flushing} {a:x}");
                    }
                    if source != Bf16 {
                        let saturating = format!("cvt.{rounding}.sat.{to}.{from}");
                        assert_eq!(evaluate(&saturating, &[a]), result, "{saturating} {a:x}");
                    }
                }
            }
        }
    }
}

fn check_integer(
    what: &str,
    rounding: &str,
    source: ScalarType,
    a: u64,
    target: ScalarType,
    result: u64,
) {
    let value = to_f64(source, a);
    let width = 8 * target.size();
    if value.is_nan() {
        let is_long = source == F64 || width == 64;
        let expected = if is_long { 1 << (width - 1) } else { 0 };
        return assert_eq!(result, expected, "{what}");
    }
    let (least, most) = (saturated(target, i128::MIN), saturated(target, i128::MAX));
    let integer = |bits: u64| Exact::of_integer(number(target, bits));
    // An infinity lies beyond all as its bits are taken for a number.
    let exact = Exact::of(source, a);
    let exact = match value.is_infinite() {
        true => exact.times(&Exact::of_integer(1 << 70)),
        false => exact,
    };
    if exact.compare(&integer(least)) == Less && result == least
        || exact.compare(&integer(most)) == Greater && result == most
    {
        return;
    }
    assert_integral(what, rounding, &integer(result), &exact);
}

#[test]
fn integers_to_floats_round() {
    for (from, source) in INTEGERS {
        for (to, target) in FLOATS {
            for rounding in ROUNDINGS {
                let opcode = format!("cvt.{rounding}.{to}.{from}");
                for [a] in operands::sets([source]) {
                    let result = evaluate(&opcode, &[a]);
                    let value = number(source, a);
                    if value == 0 {
                        assert_eq!(result, 0, "{opcode}");
                    } else {
                        let exact = Exact::of_integer(value);
                        let what = format!("{opcode} {value}");
                        assert_rounded(&what, target, rounding, result, |x| x.compare(&exact));
                    }
                    if target != Bf16 {
                        let one = to_f64(target, result).clamp(0.0, 1.0) + 0.0;
                        let opcode = format!("cvt.{rounding}.sat.{to}.{from}");
                        assert_special(&opcode, target, evaluate(&opcode, &[a]), one);
                    }
                }
            }
        }
    }
}

#[test]
fn floats_round_to_integers_in_their_format() {
    for (format, scalar) in FLOATS {
        for rounding in ROUNDINGS {
            let opcode = format!("cvt.{rounding}i.{format}.{format}");
            for [a] in operands::sets([scalar]) {
                let result = evaluate(&opcode, &[a]);
                let value = to_f64(scalar, a);
                let what = format!("{opcode} {value} = {result:x}");
                if !value.is_finite() {
                    assert_special(&what, scalar, result, value);
                    continue;
                }
                let sign = 1 << (8 * scalar.size() - 1);
                assert_eq!(result & sign, a & sign, "{what} has the wrong sign");
                let integer = Exact::of(scalar, result);
                assert!(integer.is_integer(), "{what}");
                assert_integral(
                    &what,
                    &format!("{rounding}i"),
                    &integer,
                    &Exact::of(scalar, a),
                );
                if scalar == F32 {
                    let opcode = format!("cvt.{rounding}i.ftz.sat.f32.f32");
                    let flat = to_f64(
                        F32,
                        evaluate(&format!("cvt.{rounding}i.f32.f32"), &[flushed(F32, a)]),
                    );
                    assert_special(
                        &opcode,
                        F32,
                        evaluate(&opcode, &[a]),
                        flat.clamp(0.0, 1.0) + 0.0,
                    );
                }
            }
        }
    }
}

#[test]
fn floats_to_narrower_floats_round() {
    let pairs = FLOATS.iter().flat_map(|from| FLOATS.map(|to| (*from, to)));
    for ((from, source), (to, target)) in pairs {
        for rounding in ROUNDINGS {
            let opcode = format!("cvt.{rounding}.{to}.{from}");
            let narrows = source != target && target.size() <= 2 || (source, target) == (F64, F32);
            assert_eq!(exists(&opcode), narrows, "{opcode}");
            if !narrows {
                continue;
            }
            for [a] in operands::sets([source]) {
                let result = evaluate(&opcode, &[a]);
                let value = to_f64(source, a);
                let what = format!("{opcode} {value}");
                if !value.is_finite() || value == 0.0 {
                    assert_special(&what, target, result, value);
                } else {
                    let exact = Exact::of(source, a);
                    assert_rounded(&what, target, rounding, result, |x| x.compare(&exact));
                }
                check_modifiers(rounding, (from, source), (to, target), a, result);
            }
        }
    }
}

#[test]
fn about_halfway_is_rounded_once() {
    let mut random = fastrand::Rng::with_seed(0x4a1f);
    for ((to, target), infinity) in FLOATS.into_iter().zip([0x7c00, 0x7f80, 0x7f80_0000]) {
        for _ in 0..operands::count() {
            let below = random.u64(..infinity - 1);
            let midpoint = (to_f64(target, below) + to_f64(target, below + 1)) / 2.0;
            for value in [midpoint, midpoint.next_up(), midpoint.next_down()] {
                for value in [value, -value] {
                    let exact = Exact::of(F64, value.to_bits());
                    for rounding in ROUNDINGS {
                        let opcode = format!("cvt.{rounding}.{to}.f64");
                        let result = evaluate(&opcode, &[value.to_bits()]);
                        let what = format!("{opcode} {value}");
                        assert_rounded(&what, target, rounding, result, |x| x.compare(&exact));
                    }
                }
            }
        }
    }
}

#[test]
fn floats_to_wider_floats_are_exact() {
    let wider = [
        ("f16", F16, "f32", F32),
        ("f16", F16, "f64", F64),
        ("bf16", Bf16, "f32", F32),
    ];
    let same = FLOATS.map(|(format, scalar)| (format, scalar, format, scalar));
    let long = [("bf16", Bf16, "f64", F64), ("f32", F32, "f64", F64)];
    for (from, source, to, target) in wider.into_iter().chain(long).chain(same) {
        for [a] in operands::sets([source]) {
            let result = evaluate(&format!("cvt.{to}.{from}"), &[a]);
            let what = format!("cvt.{to}.{from} {a:x}");
            assert_special(&what, target, result, to_f64(source, a));
            check_modifiers("", (from, source), (to, target), a, result);
        }
    }
    // To `f64` a NaN keeps its sign and the top of its payload.
    assert_eq!(
        evaluate("cvt.f64.f32", &[0xff81_2345]),
        0xfff8_2468_a000_0000
    );
}

/// `.ftz` flushes the `f32` of the two, `.sat` and `.relu` clamp the result.
fn check_modifiers(
    rounding: &str,
    (from, source): (&str, ScalarType),
    (to, target): (&str, ScalarType),
    a: u64,
    plain: u64,
) {
    let opcode = |modifier: &str| {
        let parts = ["cvt", rounding, modifier, to, from];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(".")
    };
    let flush = |scalar: ScalarType, bits| {
        if scalar == F32 {
            flushed(F32, bits)
        } else {
            bits
        }
    };
    if source == F32 || target == F32 {
        let flat = flush(target, evaluate(&opcode(""), &[flush(source, a)]));
        assert_eq!(
            evaluate(&opcode("ftz"), &[a]),
            flat,
            "{} {a:x}",
            opcode("ftz")
        );
    }
    let value = to_f64(target, plain);
    if source != Bf16 && target != Bf16 {
        let clamped = if value.is_nan() {
            0.0
        } else {
            value.clamp(0.0, 1.0) + 0.0
        };
        assert_special(
            &opcode("sat"),
            target,
            evaluate(&opcode("sat"), &[a]),
            clamped,
        );
    }
    if source == F32 && target.size() == 2 && matches!(rounding, "rn" | "rz") {
        let clamped = if value.is_nan() {
            value
        } else {
            value.max(0.0) + 0.0
        };
        assert_special(
            &opcode("relu"),
            target,
            evaluate(&opcode("relu"), &[a]),
            clamped,
        );
    }
}

#[test]
fn two_floats_are_packed_the_first_above() {
    for [a, b] in operands::sets([F32; 2]) {
        for half in ["f16", "bf16"] {
            for modifiers in ["rn", "rz", "rn.relu", "rz.relu"] {
                let of = |bits| evaluate(&format!("cvt.{modifiers}.{half}.f32"), &[bits]);
                let pair = evaluate(&format!("cvt.{modifiers}.{half}x2.f32"), &[a, b]);
                assert_eq!(
                    pair,
                    of(a) << 16 | of(b),
                    "cvt.{modifiers}.{half}x2.f32 {a:x} {b:x}"
                );
            }
        }
    }
}
