//! Comparisons against those of Rust, their combinations and results.

use super::super::ScalarType::{
    B16, B32, B64, Bf16, F16, F16x2, F32, F64, S16, S32, S64, U16, U32, U64,
};
use super::super::{Comparison, comparison};
use super::float::{flushed, to_f64};
use super::integer::number;
use super::operands;

fn find(opcode: &str) -> Comparison {
    let parts: Vec<&str> = opcode.split('.').collect();
    comparison(&parts).unwrap_or_else(|| panic!("there is no `{opcode}`"))
}

/// The outcome, whatever lies above the operands.
fn compare(opcode: &str, a: u64, b: u64) -> bool {
    let comparison = find(opcode);
    let above = !comparison.operand.mask();
    let outcome = (comparison.compare)(a, b);
    assert_eq!(
        (comparison.compare)(a | above, b | above & 0x5a5a_5a5a_5a5a_5a5a),
        outcome,
        "{opcode}"
    );
    outcome
}

#[test]
fn integers() {
    let types = [
        ("b16", B16),
        ("b32", B32),
        ("b64", B64),
        ("u16", U16),
        ("u32", U32),
        ("u64", U64),
        ("s16", S16),
        ("s32", S32),
        ("s64", S64),
    ];
    for (suffix, scalar) in types {
        for [a, b] in operands::sets([scalar; 2]) {
            let (x, y) = (number(scalar, a), number(scalar, b));
            let check = |name: &str, expected| {
                let opcode = format!("setp.{name}.{suffix}");
                assert_eq!(compare(&opcode, a, b), expected, "{opcode} {a:x} {b:x}");
            };
            check("eq", x == y);
            check("ne", x != y);
            if suffix.starts_with('b') {
                continue;
            }
            check("lt", x < y);
            check("le", x <= y);
            check("gt", x > y);
            check("ge", x >= y);
            if suffix.starts_with('u') {
                check("lo", x < y);
                check("ls", x <= y);
                check("hi", x > y);
                check("hs", x >= y);
            }
        }
    }
}

#[test]
fn floats_and_what_is_no_number() {
    for (suffix, scalar) in [("f16", F16), ("bf16", Bf16), ("f32", F32), ("f64", F64)] {
        for [a, b] in operands::sets([scalar; 2]) {
            let check = |flush: &str, x: f64, y: f64| {
                let unordered = x.is_nan() || y.is_nan();
                for (name, holds) in [
                    ("eq", x == y),
                    ("ne", x != y && !unordered),
                    ("lt", x < y),
                    ("le", x <= y),
                    ("gt", x > y),
                    ("ge", x >= y),
                    ("num", !unordered),
                ] {
                    let opcode = format!("setp.{name}{flush}.{suffix}");
                    assert_eq!(compare(&opcode, a, b), holds, "{opcode} {a:x} {b:x}");
                    let opcode = match name {
                        "num" => format!("setp.nan{flush}.{suffix}"),
                        _ => format!("setp.{name}u{flush}.{suffix}"),
                    };
                    let holds = if name == "num" {
                        unordered
                    } else {
                        holds || unordered
                    };
                    assert_eq!(compare(&opcode, a, b), holds, "{opcode} {a:x} {b:x}");
                }
            };
            check("", to_f64(scalar, a), to_f64(scalar, b));
            if matches!(scalar, F32 | F16) {
                let [x, y] = [a, b].map(|operand| to_f64(scalar, flushed(scalar, operand)));
                check(".ftz", x, y);
            }
        }
    }
}

#[test]
fn a_third_predicate_is_combined_with_both_outcomes() {
    for (combination, function) in [
        ("and", (|p, c| p && c) as fn(bool, bool) -> bool),
        ("or", |p, c| p || c),
        ("xor", |p, c| p != c),
    ] {
        let comparison = find(&format!("setp.lt.{combination}.s32"));
        for (a, b) in [(1, 2), (2, 1)] {
            for c in [false, true] {
                let expected = (function(a < b, c), function(a >= b, c));
                assert_eq!(
                    comparison.predicates(a, b, c),
                    expected,
                    "{combination} {a} {b} {c}"
                );
            }
        }
    }
    let comparison = find("setp.lt.s32");
    assert_eq!(comparison.predicates(1, 2, false), (true, false));
    assert_eq!(comparison.predicates(1, 2, true), (true, false));
}

#[test]
fn set_writes_ones_or_one() {
    let one = 1.0_f32.to_bits().into();
    for (opcode, truth) in [
        ("set.lt.u32.s32", 0xffff_ffff),
        ("set.lt.s32.f64", 0xffff_ffff),
        ("set.lt.f32.u64", one),
        ("set.lt.f16.f16", 0x3c00),
        ("set.lt.bf16.bf16", 0x3f80),
        ("set.lt.u16.f16", 0xffff),
    ] {
        let comparison = find(opcode);
        assert_eq!(comparison.set(1, 2, false), truth, "{opcode}");
        assert_eq!(comparison.set(2, 1, false), 0, "{opcode}");
    }
    let comparison = find("set.lt.and.u32.s32");
    assert_eq!(comparison.set(1, 2, false), 0);
    assert_eq!(comparison.set(1, 2, true), 0xffff_ffff);
}

#[test]
fn pairs_are_compared_half_by_half() {
    for [a, b] in operands::sets([F16x2; 2]) {
        let [low, high] = [0, 16].map(|shift: u32| {
            (find("setp.ltu.f16").compare)(a >> shift & 0xffff, b >> shift & 0xffff)
        });
        assert_eq!(
            find("setp.ltu.f16x2").predicates(a, b, false),
            (low, high),
            "{a:x} {b:x}"
        );
        let half = |holds: bool, truth: u64| if holds { truth } else { 0 };
        let halves = |truth| half(high, truth) << 16 | half(low, truth);
        assert_eq!(
            find("set.ltu.f16x2.f16x2").set(a, b, false),
            halves(0x3c00),
            "{a:x} {b:x}"
        );
        assert_eq!(
            find("set.ltu.u32.f16x2").set(a, b, false),
            halves(0xffff),
            "{a:x} {b:x}"
        );
        let both = find("setp.eq.xor.bf16x2").predicates(a, a, true);
        let is_number = |bits: u64| bits & 0x7fff <= 0x7f80;
        assert_eq!(both, (!is_number(a), !is_number(a >> 16)), "{a:x}");
    }
}
