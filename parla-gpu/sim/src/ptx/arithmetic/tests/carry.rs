//! The carry flag: numbers of many words, and each instruction by itself.

use super::super::ScalarType::{self, S32, S64, U32, U64};
use super::integer::{number, wrapped};
use super::{evaluate_carry, operands};

const TYPES: [(&str, ScalarType); 4] = [("u32", U32), ("s32", S32), ("u64", U64), ("s64", S64)];

/// Value and flag of an exact sum, which may be of any size.
fn sum(scalar: ScalarType, exact: u128) -> (u64, bool) {
    (
        exact as u64 & scalar.mask(),
        exact >> (8 * scalar.size()) != 0,
    )
}

/// What an instruction has: the carry that it sees, and the flag that it leaves.
fn check<const N: usize>(name: &str, expected: impl Fn(ScalarType, [u64; N], bool) -> (u64, bool)) {
    for (suffix, scalar) in TYPES {
        for (reads, writes) in [(false, true), (true, true), (true, false)] {
            let (name, part) = name.split_once('.').unwrap_or((name, ""));
            let name = format!("{name}{}", if reads { "c" } else { "" });
            let flag = if writes { "cc" } else { "" };
            let parts = [&name, part, flag, suffix];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let opcode = parts.join(".");
            for operands in operands::sets([scalar; N]) {
                for carry in [false, true] {
                    let (value, flag) = expected(scalar, operands, carry && reads);
                    let flag = if writes { flag } else { carry };
                    let result = evaluate_carry(&opcode, &operands, carry);
                    assert_eq!(result, (value, flag), "{opcode} {operands:x?} {carry}");
                }
            }
        }
    }
}

#[test]
fn sums_carry() {
    check("add", |scalar, [a, b], carry| {
        sum(scalar, u128::from(a) + u128::from(b) + u128::from(carry))
    });
}

#[test]
fn differences_borrow() {
    check("sub", |scalar, [a, b], borrow| {
        let taken = u128::from(b) + u128::from(borrow);
        (
            wrapped(scalar, i128::from(a) - taken as i128),
            u128::from(a) < taken,
        )
    });
}

#[test]
fn product_sums_carry() {
    check("mad.lo", |scalar, [a, b, c], carry| {
        let low = a.wrapping_mul(b) & scalar.mask();
        sum(scalar, u128::from(low) + u128::from(c) + u128::from(carry))
    });
    check("mad.hi", |scalar, [a, b, c], carry| {
        let width = 8 * scalar.size();
        let product = number(scalar, a).wrapping_mul(number(scalar, b)) >> width;
        sum(
            scalar,
            u128::from(wrapped(scalar, product)) + u128::from(c) + u128::from(carry),
        )
    });
}

/// 128 bits by 128 bits, as compilers write it.
#[test]
fn words_make_a_long_product() {
    for [a, b, c, d] in operands::sets([U64; 4]) {
        let (x, y) = (
            u128::from(b) << 64 | u128::from(a),
            u128::from(d) << 64 | u128::from(c),
        );
        let low = super::evaluate("mul.lo.u64", &[a, c]);
        let high = super::evaluate("mul.hi.u64", &[a, c]);
        let (high, _) = evaluate_carry("mad.lo.cc.u64", &[a, d, high], false);
        let (high, _) = evaluate_carry("mad.lo.cc.u64", &[b, c, high], false);
        assert_eq!(u128::from(high) << 64 | u128::from(low), x.wrapping_mul(y));
        let (low, carry) = evaluate_carry("sub.cc.u64", &[a, c], true);
        let (high, _) = evaluate_carry("subc.u64", &[b, d], carry);
        assert_eq!(u128::from(high) << 64 | u128::from(low), x.wrapping_sub(y));
    }
}
