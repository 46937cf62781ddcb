//! What an instruction does to floats before and after it computes: flush, clamp, the one NaN.
//!
//! A result is flushed if it is subnormal once it is rounded.

use std::marker::PhantomData;

use rustc_apfloat::Round;

use super::format::{Float, Lanes};
use super::opcode::Opcode;
use super::rounding::{Rounding, rounding};

/// The modifiers of an opcode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modifiers {
    pub(super) round: Option<Round>,
    pub(super) flush: bool,
    pub(super) saturate: bool,
    pub(super) rectify: bool,
}

impl Modifiers {
    /// Takes `{.rnd}{.ftz}{.sat|.relu}`.
    pub(super) fn take(opcode: &mut Opcode<'_>) -> Self {
        Self {
            round: rounding(opcode),
            flush: opcode.takes("ftz"),
            saturate: opcode.takes("sat"),
            rectify: opcode.takes("relu"),
        }
    }
}

/// The modifiers as a type.
pub(super) trait Mode {
    const ROUND: Round;
    const FLUSH: bool;
    const SATURATE: bool;
    const RECTIFY: bool;

    /// The function of each lane, between the rest.
    fn apply<L: Lanes, const N: usize>(
        operands: [u64; N],
        function: impl Fn([L::Lane; N]) -> L::Lane,
    ) -> u64 {
        L::map(operands, |operands| {
            let operands = if Self::FLUSH {
                operands.map(Float::flushed)
            } else {
                operands
            };
            let result = Self::finish(&operands, function(operands));
            if Self::FLUSH {
                result.flushed()
            } else {
                result
            }
        })
    }

    /// The result, clamped; if it is no number, the one NaN.
    fn finish<T: Float>(operands: &[T], result: T) -> T {
        if result.is_nan() {
            return if Self::SATURATE {
                T::read(0)
            } else {
                T::nan(operands)
            };
        }
        if (Self::SATURATE || Self::RECTIFY) && result.is_negative() {
            return T::read(0);
        }
        if Self::SATURATE && result.magnitude() > T::ONE_BITS {
            return T::read(T::ONE_BITS);
        }
        result
    }
}

pub(super) struct Modes<R, const FLUSH: bool, const SATURATE: bool, const RECTIFY: bool>(
    PhantomData<R>,
);

impl<R: Rounding, const FLUSH: bool, const SATURATE: bool, const RECTIFY: bool> Mode
    for Modes<R, FLUSH, SATURATE, RECTIFY>
{
    const ROUND: Round = R::ROUND;
    const FLUSH: bool = FLUSH;
    const SATURATE: bool = SATURATE;
    const RECTIFY: bool = RECTIFY;
}

/// An expression over a format and a mode: the modes that a format can have.
macro_rules! modes {
    ($modifiers:expr, $scalar:expr, |$lanes:ident, $mode:ident| $body:expr) => {{
        use $crate::ptx::arithmetic::{ScalarType, modes::Modes, rounding::Nearest};
        let round = $modifiers.round.unwrap_or(Nearest::ROUND);
        match $scalar {
            ScalarType::F32 => {
                type $lanes = f32;
                for_rounding!(round, |R| for_flag!($modifiers.flush, |FLUSH| {
                    for_flag!($modifiers.saturate, |SATURATE| {
                        type $mode = Modes<R, FLUSH, SATURATE, false>;
                        $body
                    })
                }))
            }
            ScalarType::F64 => {
                type $lanes = f64;
                for_rounding!(round, |R| {
                    type $mode = Modes<R, false, false, false>;
                    $body
                })
            }
            half => for_flag!($modifiers.flush, |FLUSH| {
                for_flag!($modifiers.saturate, |SATURATE| {
                    for_flag!($modifiers.rectify, |RECTIFY| {
                        type $mode = Modes<Nearest, FLUSH, SATURATE, RECTIFY>;
                        for_half!(half, |$lanes| $body)
                    })
                })
            }),
        }
    }};
}

/// An expression over a half-precision format, or a pair.
macro_rules! for_half {
    ($scalar:expr, |$lanes:ident| $body:expr) => {
        match $scalar {
            $crate::ptx::arithmetic::ScalarType::F16 => {
                type $lanes = half::f16;
                $body
            }
            $crate::ptx::arithmetic::ScalarType::F16x2 => {
                type $lanes = $crate::ptx::arithmetic::format::Pair<half::f16>;
                $body
            }
            $crate::ptx::arithmetic::ScalarType::Bf16 => {
                type $lanes = half::bf16;
                $body
            }
            $crate::ptx::arithmetic::ScalarType::Bf16x2 => {
                type $lanes = $crate::ptx::arithmetic::format::Pair<half::bf16>;
                $body
            }
            _ => return None,
        }
    };
}

pub(super) use {for_half, modes};
