//! Floats by sign and class: `abs`, `neg`, `min`, `max`, `copysign`, `testp`.
//!
//! The ISA leaves open what NaN `abs` and `neg` make of one. Here it is the one NaN, as of other
//! arithmetic, and for `f64` the same with another sign.

use super::ScalarType::{Bf16, Bf16x2, F16, F16x2, F32, F64, Pred};
use super::dispatch::{for_flag, for_type};
use super::format::{Float, Lanes};
use super::modes::for_half;
use super::opcode::Opcode;
use super::types::Register;
use super::{Function, Operation};

pub(super) fn resolve(opcode: Opcode<'_>) -> Option<Operation> {
    match opcode.name {
        "abs" | "neg" => sign(opcode),
        "min" | "max" => extremum(opcode),
        "copysign" => {
            let scalar = opcode.last()?;
            let function = for_type!(scalar, (f32, f64), |T| |sign, magnitude| {
                T::read(magnitude)
                    .with_sign(Float::is_negative(T::read(sign)))
                    .bits()
            });
            Operation::of(scalar, Function::Binary(function))
        }
        "testp" => test(opcode),
        _ => None,
    }
}

fn sign(mut opcode: Opcode<'_>) -> Option<Operation> {
    let flush = opcode.takes("ftz");
    let scalar = opcode.last()?;
    if flush && !matches!(scalar, F32 | F16 | F16x2) {
        return None;
    }
    let negates = opcode.name == "neg";
    let function = for_flag!(negates, |NEGATES| for_flag!(flush, |FLUSH| match scalar {
        F32 => signed::<f32, NEGATES, FLUSH>,
        F64 => |a| {
            let a = f64::read(a);
            a.with_sign(NEGATES && a.is_sign_positive()).bits()
        },
        _ => for_half!(scalar, |L| signed::<L, NEGATES, FLUSH>),
    }));
    Operation::of(scalar, Function::Unary(function))
}

fn signed<L: Lanes, const NEGATES: bool, const FLUSH: bool>(a: u64) -> u64 {
    L::map([a], |[a]| {
        if a.is_nan() {
            return L::Lane::nan(&[a]);
        }
        let a = if FLUSH { a.flushed() } else { a };
        a.with_sign(NEGATES && !a.is_negative())
    })
}

fn extremum(mut opcode: Opcode<'_>) -> Option<Operation> {
    let flush = opcode.takes("ftz");
    let keeps_nan = opcode.takes("NaN");
    let by_magnitude = opcode.takes("xorsign");
    if by_magnitude && !opcode.takes("abs") {
        return None;
    }
    let scalar = opcode.last()?;
    let is_legal = match scalar {
        F32 | F16 | F16x2 => true,
        Bf16 | Bf16x2 => !flush,
        F64 => !flush && !keeps_nan && !by_magnitude,
        _ => false,
    };
    is_legal.then_some(())?;
    let function = for_flag!(opcode.name == "max", |MAX| for_flag!(flush, |FLUSH| {
        for_flag!(keeps_nan, |KEEPS_NAN| for_flag!(
            by_magnitude,
            |BY_MAGNITUDE| {
                type Rule = Extremum<MAX, FLUSH, KEEPS_NAN, BY_MAGNITUDE>;
                match scalar {
                    F32 => Rule::of::<f32>,
                    F64 => Rule::of::<f64>,
                    _ => for_half!(scalar, |L| Rule::of::<L>),
                }
            }
        ))
    }));
    Operation::of(scalar, Function::Binary(function))
}

pub(super) struct Extremum<
    const MAX: bool,
    const FLUSH: bool,
    const KEEPS_NAN: bool,
    const BY_MAGNITUDE: bool,
>;

impl<const MAX: bool, const FLUSH: bool, const KEEPS_NAN: bool, const BY_MAGNITUDE: bool>
    Extremum<MAX, FLUSH, KEEPS_NAN, BY_MAGNITUDE>
{
    pub(super) fn of<L: Lanes>(a: u64, b: u64) -> u64 {
        L::map([a, b], |operands| {
            let [a, b] = if FLUSH {
                operands.map(Float::flushed)
            } else {
                operands
            };
            let negative = a.is_negative() ^ b.is_negative();
            let [a, b] = if BY_MAGNITUDE {
                [a.with_sign(false), b.with_sign(false)]
            } else {
                [a, b]
            };
            let extremum = match (a.is_nan(), b.is_nan()) {
                (true, false) if !KEEPS_NAN => b,
                (false, true) if !KEEPS_NAN => a,
                (false, false) if (order(a) > order(b)) == MAX => a,
                (false, false) => b,
                _ => return L::Lane::nan(&[a, b]),
            };
            if BY_MAGNITUDE {
                extremum.with_sign(negative)
            } else {
                extremum
            }
        })
    }
}

/// A number's place: -0 is before +0.
fn order<T: Float>(value: T) -> i64 {
    let magnitude = value.magnitude() as i64;
    if value.is_negative() {
        !magnitude
    } else {
        magnitude
    }
}

fn test(mut opcode: Opcode<'_>) -> Option<Operation> {
    let class = opcode.choice(Class::parse)?;
    let scalar = opcode.last()?;
    let function = for_type!(scalar, (f32, f64), |T| match class {
        Class::Finite => |a| (T::read(a).magnitude() < T::INFINITY_BITS).bits(),
        Class::Infinite => |a| (T::read(a).magnitude() == T::INFINITY_BITS).bits(),
        Class::Number => |a| (T::read(a).magnitude() <= T::INFINITY_BITS).bits(),
        Class::NotANumber => |a| (T::read(a).magnitude() > T::INFINITY_BITS).bits(),
        Class::Normal => |a| {
            let magnitude = T::read(a).magnitude();
            (T::MIN_NORMAL_BITS..T::INFINITY_BITS)
                .contains(&magnitude)
                .bits()
        },
        Class::Subnormal => |a| {
            let magnitude = T::read(a).magnitude();
            (1..T::MIN_NORMAL_BITS).contains(&magnitude).bits()
        },
    });
    Operation::new(&[scalar], Pred, Function::Unary(function))
}

enum Class {
    Finite,
    Infinite,
    Number,
    NotANumber,
    Normal,
    Subnormal,
}

impl Class {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "finite" => Self::Finite,
            "infinite" => Self::Infinite,
            "number" => Self::Number,
            "notanumber" => Self::NotANumber,
            "normal" => Self::Normal,
            "subnormal" => Self::Subnormal,
            _ => return None,
        })
    }
}
