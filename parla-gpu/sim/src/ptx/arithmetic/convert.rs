//! Conversions: `cvt`.

use half::{bf16, f16};
use rustc_apfloat::Round;

use super::ScalarType::{Bf16, Bf16x2, F16, F16x2, F32};
use super::dispatch::{for_flag, for_rounding, for_type};
use super::format::Float;
use super::modes::{Mode, Modes};
use super::opcode::Opcode;
use super::rounding::{Rounding, integer_rounding, rounding};
use super::types::Register;
use super::{Function, Operation, ScalarType};

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    if opcode.name != "cvt" {
        return None;
    }
    let integral = integer_rounding(&mut opcode);
    let round = rounding(&mut opcode);
    let flush = opcode.takes("ftz");
    let relu = opcode.takes("relu");
    let saturate = opcode.takes("sat");
    let to = opcode.scalar()?;
    let from = opcode.last()?;
    if saturate && !can_saturate(to, from) || relu && !can_rectify(round, from) {
        return None;
    }
    if matches!(to, F16x2 | Bf16x2) {
        let is_legal = from == F32 && !flush && !saturate && integral.is_none();
        return pack(to, round.filter(|_| is_legal)?, relu);
    }
    let is_legal = (!flush || to == F32 || from == F32)
        && (!relu || matches!(to, F16 | Bf16) && !flush && !saturate);
    is_legal.then_some(())?;
    let function = match (to.is_float(), from.is_float()) {
        (false, false) => {
            integral.or(round).is_none().then_some(())?;
            between_integers(to, from, saturate)?
        }
        (false, true) => {
            round.is_none().then_some(())?;
            to_integer(to, from, integral?, flush)?
        }
        (true, false) => {
            integral.is_none().then_some(())?;
            from_integer(to, from, round?, saturate)?
        }
        (true, true) => {
            let direction = legal_rounding(to, from, integral, round)?;
            if integral.is_some() {
                to_integral(to, direction, flush, saturate)?
            } else {
                between_floats(to, from, direction, [flush, saturate, relu])?
            }
        }
    };
    Operation::new(&[from], to, Function::Unary(function))
}

/// Not where each value of the one type is one of the other. `bf16` has no `.sat`.
fn can_saturate(to: ScalarType, from: ScalarType) -> bool {
    if to.is_float() || from.is_float() {
        return to != Bf16 && from != Bf16;
    }
    let widens = to.size() > from.size() && (to.is_signed() || !from.is_signed());
    !widens && to != from
}

fn can_rectify(round: Option<Round>, from: ScalarType) -> bool {
    from == F32 && matches!(round, Some(Round::NearestTiesToEven | Round::TowardZero))
}

/// What a conversion between floats rounds to: an integer in one format, a format that holds less,
/// or nothing.
fn legal_rounding(
    to: ScalarType,
    from: ScalarType,
    integral: Option<Round>,
    round: Option<Round>,
) -> Option<Round> {
    let narrows = to != from && (to.size() < from.size() || to.size() == 2 && from.size() == 2);
    match (integral, round) {
        (Some(integral), None) => (to == from).then_some(integral),
        (None, Some(round)) => narrows.then_some(round),
        (None, None) => (!narrows).then_some(Round::NearestTiesToEven),
        (Some(_), Some(_)) => None,
    }
}

fn between_integers(to: ScalarType, from: ScalarType, saturate: bool) -> Option<fn(u64) -> u64> {
    Some(for_type!(from, all_integers, |S| for_type!(
        to,
        all_integers,
        |D| for_flag!(saturate, |SATURATE| integer::<S, D, SATURATE>)
    )))
}

fn integer<S: Integer, D: Integer, const SATURATE: bool>(a: u64) -> u64 {
    let value = S::read(a).into();
    let value = if SATURATE {
        value.clamp(D::MIN.into(), D::MAX.into())
    } else {
        value
    };
    D::read(value as u64).bits()
}

fn to_integer(
    to: ScalarType,
    from: ScalarType,
    round: Round,
    flush: bool,
) -> Option<fn(u64) -> u64> {
    Some(for_rounding!(round, |R| for_type!(
        to,
        all_integers,
        |D| match from {
            F32 if flush => |a| integer_of::<f32, D, R>(f32::read(a).flushed()),
            _ => for_type!(from, floats, |S| |a| integer_of::<S, D, R>(S::read(a))),
        }
    )))
}

fn integer_of<S: Float, D: Integer, R: Rounding>(value: S) -> u64 {
    if value.is_nan() {
        let width = 8 * size_of::<D>();
        let is_long = width == 64 || size_of::<S>() == 8;
        return if is_long { 1 << (width - 1) } else { 0 };
    }
    D::of_f64(integral(value.to_f64(), R::ROUND)).bits()
}

fn integral(value: f64, round: Round) -> f64 {
    match round {
        Round::TowardZero => value.trunc(),
        Round::TowardNegative => value.floor(),
        Round::TowardPositive => value.ceil(),
        _ => value.round_ties_even(),
    }
}

/// Nothing to flush: no integer becomes a subnormal number.
fn from_integer(
    to: ScalarType,
    from: ScalarType,
    round: Round,
    saturate: bool,
) -> Option<fn(u64) -> u64> {
    Some(for_rounding!(round, |R| for_flag!(saturate, |SATURATE| {
        type M = Modes<R, false, SATURATE, false>;
        for_type!(from, all_integers, |S| for_type!(
            to,
            floats,
            |D| float_of::<S, D, M>
        ))
    })))
}

fn float_of<S: Integer, D: Float, M: Mode>(a: u64) -> u64 {
    M::finish(&[], D::of_integer(S::read(a).into(), M::ROUND)).bits()
}

/// To an integer in the same format.
fn to_integral(
    scalar: ScalarType,
    round: Round,
    flush: bool,
    saturate: bool,
) -> Option<fn(u64) -> u64> {
    Some(for_rounding!(round, |R| for_flag!(
        flush,
        |FLUSH| for_flag!(saturate, |SATURATE| {
            type M = Modes<R, FLUSH, SATURATE, false>;
            for_type!(scalar, floats, |T| |a| M::apply::<T, 1>([a], |[a]| {
                T::of_f64(integral(a.to_f64(), M::ROUND), Round::NearestTiesToEven)
            }))
        })
    )))
}

fn between_floats(
    to: ScalarType,
    from: ScalarType,
    round: Round,
    [flush, saturate, relu]: [bool; 3],
) -> Option<fn(u64) -> u64> {
    Some(for_rounding!(round, |R| {
        if relu {
            type M = Modes<R, false, false, true>;
            return Some(for_type!(to, (f16, bf16), |D| float::<f32, D, M>));
        }
        for_flag!(flush, |FLUSH| for_flag!(saturate, |SATURATE| {
            type M = Modes<R, FLUSH, SATURATE, false>;
            for_type!(from, floats, |S| for_type!(
                to,
                floats,
                |D| float::<S, D, M>
            ))
        }))
    }))
}

fn float<S: Float, D: Float, M: Mode>(a: u64) -> u64 {
    // Only single precision is flushed, on either side.
    let flushes = |size: usize| M::FLUSH && size == 4;
    let value = S::read(a);
    let value = if flushes(size_of::<S>()) {
        value.flushed()
    } else {
        value
    };
    let result = if value.is_nan() {
        D::of_nan(value)
    } else {
        D::of_f64(value.to_f64(), M::ROUND)
    };
    let result = M::finish(&[result], result);
    if flushes(size_of::<D>()) {
        result.flushed()
    } else {
        result
    }
    .bits()
}

/// Two `f32` into a pair: the first above the second.
fn pack(to: ScalarType, round: Round, relu: bool) -> Option<Operation> {
    matches!(round, Round::NearestTiesToEven | Round::TowardZero).then_some(())?;
    let function = for_rounding!(round, |R| for_flag!(relu, |RELU| {
        type M = Modes<R, false, false, RELU>;
        match to {
            F16x2 => |a, b| float::<f32, f16, M>(a) << 16 | float::<f32, f16, M>(b),
            _ => |a, b| float::<f32, bf16, M>(a) << 16 | float::<f32, bf16, M>(b),
        }
    }));
    Operation::new(&[F32, F32], to, Function::Binary(function))
}

/// An integer type, as a source and target of conversions.
trait Integer: Register + Into<i128> {
    const MIN: Self;
    const MAX: Self;

    /// The nearest, of a number.
    fn of_f64(value: f64) -> Self;
}

macro_rules! integers {
    ($($type:ident),+) => {$(
        impl Integer for $type {
            const MIN: Self = <$type>::MIN;
            const MAX: Self = <$type>::MAX;

            fn of_f64(value: f64) -> Self {
                value as Self
            }
        }
    )+};
}

integers!(u8, u16, u32, u64, i8, i16, i32, i64);
