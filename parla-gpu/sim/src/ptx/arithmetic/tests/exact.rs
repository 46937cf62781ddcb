//! Exact values as integers times powers of two, and what it means to round them.

use std::cmp::Ordering::{self, Equal, Greater, Less};

use num_bigint::BigInt;

use super::super::ScalarType;
use super::operands::layout;

/// `integer * 2^exponent`.
#[derive(Debug, Clone)]
pub(super) struct Exact {
    integer: BigInt,
    exponent: i64,
}

impl Exact {
    pub(super) fn of_integer(value: i128) -> Self {
        Self {
            integer: value.into(),
            exponent: 0,
        }
    }

    /// The value of a float's bits; of an infinity, that of the next power of two.
    pub(super) fn of(scalar: ScalarType, bits: u64) -> Self {
        let (digits, bias) = layout(scalar).unwrap();
        let sign = 1 << (8 * scalar.size() - 1);
        let (field, fraction) = ((bits & !sign) >> digits, bits & ((1 << digits) - 1));
        let significand = if field == 0 {
            fraction
        } else {
            fraction | 1 << digits
        };
        let integer = BigInt::from(significand);
        Self {
            integer: if bits & sign == 0 { integer } else { -integer },
            exponent: field.max(1) as i64 - bias as i64 - i64::from(digits),
        }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self {
            integer: self.scaled(exponent) + other.scaled(exponent),
            exponent,
        }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        Self {
            integer: &self.integer * &other.integer,
            exponent: self.exponent + other.exponent,
        }
    }

    pub(super) fn negated(&self) -> Self {
        Self {
            integer: -&self.integer,
            exponent: self.exponent,
        }
    }

    pub(super) fn sign(&self) -> Ordering {
        self.integer.cmp(&BigInt::ZERO)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.plus(&other.negated()).sign()
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0 || (&self.integer % (BigInt::from(1) << -self.exponent)) == BigInt::ZERO
    }

    /// Of an integer.
    pub(super) fn is_even(&self) -> bool {
        self.clone().half().is_integer()
    }

    fn half(mut self) -> Self {
        self.exponent -= 1;
        self
    }

    fn scaled(&self, exponent: i64) -> BigInt {
        &self.integer << (self.exponent - exponent)
    }
}

/// The neighbours of a float that is no NaN; none beyond infinity.
fn neighbours(scalar: ScalarType, bits: u64) -> (Option<u64>, Option<u64>) {
    let sign = 1 << (8 * scalar.size() - 1);
    let (digits, bias) = layout(scalar).unwrap();
    let infinity = (2 * bias + 1) << digits;
    // From bits to places in order and back; both zeros at 0.
    let place = if bits & sign == 0 {
        bits as i64
    } else {
        -((bits & !sign) as i64)
    };
    let bits_at = |place: i64| {
        let magnitude = place.unsigned_abs();
        (magnitude <= infinity).then_some(if place < 0 {
            magnitude | sign
        } else {
            magnitude
        })
    };
    (bits_at(place - 1), bits_at(place + 1))
}

/// That `bits` are the exact value, rounded as `rn`, `rz`, `rm` or `rp` say. `compare` orders any
/// value against the exact one, which is not zero.
pub(super) fn assert_rounded(
    what: &str,
    scalar: ScalarType,
    rounding: &str,
    bits: u64,
    compare: impl Fn(&Exact) -> Ordering,
) {
    let value = |bits: u64| Exact::of(scalar, bits);
    let is_negative = compare(&Exact::of_integer(0)) == Greater;
    let sign = 1 << (8 * scalar.size() - 1);
    assert_eq!(
        bits & sign != 0,
        is_negative,
        "{what}: {bits:x} has the wrong sign"
    );
    let (below, above) = neighbours(scalar, bits);
    let place = compare(&value(bits));
    let is_beyond_reach = |neighbour: u64| {
        neighbours(scalar, neighbour).0.is_none() || neighbours(scalar, neighbour).1.is_none()
    };
    let is_right = match rounding {
        "rn" => {
            let midpoint = |neighbour: u64| value(bits).plus(&value(neighbour)).half();
            let low = below.map_or(Less, |below| compare(&midpoint(below)));
            let high = above.map_or(Greater, |above| compare(&midpoint(above)));
            let is_even = bits & 1 == 0;
            (low == Less || low == Equal && is_even)
                && (high == Greater || high == Equal && is_even)
        }
        "rm" | "rz" if rounding == "rm" || !is_negative => {
            // Infinity itself lies above all.
            let is_infinite = above.is_none();
            let is_below = !is_infinite && (below.is_none() || place != Greater);
            let next = above.unwrap_or(bits);
            is_below
                && (is_beyond_reach(next) && next & sign == 0 || compare(&value(next)) == Greater)
        }
        _ => {
            let is_infinite = below.is_none();
            let is_above = !is_infinite && (above.is_none() || place != Less);
            let next = below.unwrap_or(bits);
            is_above && (is_beyond_reach(next) && next & sign != 0 || compare(&value(next)) == Less)
        }
    };
    assert!(is_right, "{what}: {bits:x} is not rounded `{rounding}`");
}
