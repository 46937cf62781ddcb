//! Rounded arithmetic: to the nearest by the host where it is exact, in other directions in software.

use rustc_apfloat::ieee::IeeeFloat;
use rustc_apfloat::{Float as _, Round};

use super::format::Float;
use super::opcode::Opcode;

/// A direction of rounding, as a type.
pub(super) trait Rounding {
    const ROUND: Round;
}

pub(super) struct Nearest;
pub(super) struct TowardZero;
pub(super) struct Down;
pub(super) struct Up;

impl Rounding for Nearest {
    const ROUND: Round = Round::NearestTiesToEven;
}

impl Rounding for TowardZero {
    const ROUND: Round = Round::TowardZero;
}

impl Rounding for Down {
    const ROUND: Round = Round::TowardNegative;
}

impl Rounding for Up {
    const ROUND: Round = Round::TowardPositive;
}

/// Takes `.rn`, `.rz`, `.rm` or `.rp`.
pub(super) fn rounding(opcode: &mut Opcode<'_>) -> Option<Round> {
    opcode.choice(|part| {
        Some(match part {
            "rn" => Round::NearestTiesToEven,
            "rz" => Round::TowardZero,
            "rm" => Round::TowardNegative,
            "rp" => Round::TowardPositive,
            _ => return None,
        })
    })
}

/// Takes `.rni`, `.rzi`, `.rmi` or `.rpi`.
pub(super) fn integer_rounding(opcode: &mut Opcode<'_>) -> Option<Round> {
    opcode.choice(|part| {
        Some(match part {
            "rni" => Round::NearestTiesToEven,
            "rzi" => Round::TowardZero,
            "rmi" => Round::TowardNegative,
            "rpi" => Round::TowardPositive,
            _ => return None,
        })
    })
}

/// The results of these may be any NaN.
///
/// The host's half-precision sums and products go by way of `f32`. It has digits enough for a second
/// rounding to do no harm; the one product it cannot hold, below a half of `bf16`'s least number, is
/// a zero either way.
pub(super) fn add<T: Float>(a: T, b: T, round: Round) -> T {
    match round {
        Round::NearestTiesToEven => a + b,
        _ => T::of_soft(a.to_soft().add_r(b.to_soft(), round).value),
    }
}

pub(super) fn multiply<T: Float>(a: T, b: T, round: Round) -> T {
    match round {
        Round::NearestTiesToEven => a * b,
        _ => T::of_soft(a.to_soft().mul_r(b.to_soft(), round).value),
    }
}

/// `a * b + c`, rounded once.
pub(super) fn multiply_add<T: Float>(a: T, b: T, c: T, round: Round) -> T {
    match round {
        Round::NearestTiesToEven => a.nearest_product_sum(b, c),
        _ => T::of_soft(a.to_soft().mul_add_r(b.to_soft(), c.to_soft(), round).value),
    }
}

pub(super) fn divide<T: Float>(a: T, b: T, round: Round) -> T {
    match round {
        Round::NearestTiesToEven => a / b,
        _ => T::of_soft(a.to_soft().div_r(b.to_soft(), round).value),
    }
}

/// Of `f32` or `f64`.
pub(super) fn square_root<T: Float>(a: T, round: Round) -> T {
    let value = a.to_f64();
    let is_rounded = value > 0.0 && value.is_finite();
    // Twice the digits and two more: rounding the root of an `f32` a second time does no harm.
    if round == Round::NearestTiesToEven || !is_rounded {
        return T::of_f64(value.sqrt(), round);
    }
    // The value is `significand * 2^exponent`.
    let bits = value.to_bits();
    let (significand, exponent) = match (bits >> 52) as i16 {
        0 => (bits, -1074),
        biased => (bits & ((1 << 52) - 1) | 1 << 52, biased - 1075),
    };
    // As many digits as the root of 128 bits has: more than enough, and one for what is cut off.
    let shift = significand.leading_zeros() as i16 + 64 - 2;
    let shift = shift + ((exponent - shift) & 1);
    let square = u128::from(significand) << shift;
    let root = square.isqrt();
    let root = root << 1 | u128::from(root * root != square);
    let rounded = IeeeFloat::<T::Semantics>::from_u128_r(root, round).value;
    T::of_soft(rounded.scalbn(((exponent - shift) / 2 - 1).into()))
}
