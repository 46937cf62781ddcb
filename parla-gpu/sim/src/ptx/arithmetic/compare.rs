//! Comparisons: `setp` and `set`.

use std::cmp::Ordering;

use super::ScalarType::{self, B16, B32, B64, Bf16, Bf16x2, F16, F16x2, F32, S16, S32, U16, U32};
use super::dispatch::{for_flag, for_type};
use super::format::Float;
use super::opcode::Opcode;
use super::types::Register;

/// What `setp` or `set` compare, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comparison {
    /// The type of both operands.
    pub(crate) operand: ScalarType,
    pub(crate) compare: fn(u64, u64) -> bool,
    /// The comparison of the high halves, of packed operands.
    pub(crate) compare_high: Option<fn(u64, u64) -> bool>,
    /// How a third operand, a predicate, is combined with the outcome.
    pub(crate) combine: Option<Combine>,
    /// The type that `set` writes; none for `setp`.
    pub(crate) result: Option<ScalarType>,
}

/// A boolean combination of predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    And,
    Or,
    Xor,
}

impl Comparison {
    /// The two predicates of `setp p|q, a, b, c`: `q` starts from the opposite outcome, or for
    /// packed operands from the high halves'. `c` counts where there is a combination.
    pub(crate) fn predicates(&self, a: u64, b: u64, c: bool) -> (bool, bool) {
        let first = (self.compare)(a, b);
        let second = self.compare_high.map_or(!first, |high| high(a, b));
        (self.combined(first, c), self.combined(second, c))
    }

    /// What `set` writes: ones or a float's 1, for each half where operands are packed.
    pub(crate) fn set(&self, a: u64, b: u64, c: bool) -> u64 {
        let (low, high) = self.predicates(a, b, c);
        let value = |half: ScalarType, holds: bool| if holds { truth(half) } else { 0 };
        let result = self.result.unwrap_or(ScalarType::Pred);
        let Some(half) = self.half(result) else {
            return value(result, low);
        };
        value(half, high) << 16 | value(half, low)
    }

    /// The type of each half of a packed result.
    fn half(&self, result: ScalarType) -> Option<ScalarType> {
        self.compare_high?;
        Some(match result {
            F16x2 => F16,
            Bf16x2 => Bf16,
            _ => U16,
        })
    }

    fn combined(&self, outcome: bool, c: bool) -> bool {
        match self.combine {
            None => outcome,
            Some(Combine::And) => outcome & c,
            Some(Combine::Or) => outcome | c,
            Some(Combine::Xor) => outcome ^ c,
        }
    }
}

/// `true` in a result's type.
fn truth(result: ScalarType) -> u64 {
    match result {
        F16 => half::f16::ONE_BITS,
        Bf16 => half::bf16::ONE_BITS,
        F32 => f32::ONE_BITS,
        _ => result.mask(),
    }
}

/// The comparison of a whole `setp` or `set` opcode, split at the dots.
pub(crate) fn comparison(opcode: &[&str]) -> Option<Comparison> {
    let mut opcode = Opcode::new(opcode)?;
    let sets = match opcode.name {
        "set" => true,
        "setp" => false,
        _ => return None,
    };
    let relation = opcode.choice(Relation::parse)?;
    let combine = opcode.choice(|part| {
        Some(match part {
            "and" => Combine::And,
            "or" => Combine::Or,
            "xor" => Combine::Xor,
            _ => return None,
        })
    });
    let flush = opcode.takes("ftz");
    let result = if sets { Some(opcode.scalar()?) } else { None };
    let operand = opcode.last()?;
    let lane = match operand {
        F16x2 => F16,
        Bf16x2 => Bf16,
        _ => operand,
    };
    let is_packed = lane != operand;
    let is_half = matches!(lane, F16 | Bf16);
    let is_legal = (!flush || matches!(lane, F32 | F16) && result != Some(Bf16))
        && match result {
            None | Some(U32 | S32) => true,
            Some(F32) => !is_half,
            Some(F16) => !is_packed && lane != Bf16,
            Some(Bf16) => !is_packed,
            Some(U16 | S16) => is_half && !is_packed,
            Some(F16x2 | Bf16x2) => result == Some(operand),
            Some(_) => false,
        };
    is_legal.then_some(())?;
    Some(Comparison {
        operand,
        compare: relation.function::<0>(lane, flush)?,
        compare_high: match is_packed {
            true => Some(relation.function::<16>(lane, flush)?),
            false => None,
        },
        combine,
        result,
    })
}

/// How two values may stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Of unsigned integers: as the four before.
    Lower,
    LowerOrSame,
    Higher,
    HigherOrSame,
    /// Of floats: as the first six, and where an operand is no number.
    UnorderedOrEqual,
    UnorderedOrNotEqual,
    UnorderedOrLess,
    UnorderedOrLessOrEqual,
    UnorderedOrGreater,
    UnorderedOrGreaterOrEqual,
    Numbers,
    Unordered,
}

impl Relation {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lo" => Self::Lower,
            "ls" => Self::LowerOrSame,
            "hi" => Self::Higher,
            "hs" => Self::HigherOrSame,
            "equ" => Self::UnorderedOrEqual,
            "neu" => Self::UnorderedOrNotEqual,
            "ltu" => Self::UnorderedOrLess,
            "leu" => Self::UnorderedOrLessOrEqual,
            "gtu" => Self::UnorderedOrGreater,
            "geu" => Self::UnorderedOrGreaterOrEqual,
            "num" => Self::Numbers,
            "nan" => Self::Unordered,
            _ => return None,
        })
    }

    /// The comparison of what lies `SHIFT` bits up.
    fn function<const SHIFT: u32>(
        self,
        scalar: ScalarType,
        flush: bool,
    ) -> Option<fn(u64, u64) -> bool> {
        if scalar.is_float() {
            return self.of_floats::<SHIFT>(scalar, flush);
        }
        let is_bits = matches!(scalar, B16 | B32 | B64);
        let is_unsigned = !is_bits && !scalar.is_signed();
        let relation = match self {
            Self::Equal | Self::NotEqual => self,
            _ if is_bits => return None,
            Self::Lower if is_unsigned => Self::Less,
            Self::LowerOrSame if is_unsigned => Self::LessOrEqual,
            Self::Higher if is_unsigned => Self::Greater,
            Self::HigherOrSame if is_unsigned => Self::GreaterOrEqual,
            _ => self,
        };
        Some(for_type!(
            scalar,
            (b16, b32, b64, u16, u32, u64, s16, s32, s64),
            |T| match relation {
                Self::Equal => |a, b| T::read(a) == T::read(b),
                Self::NotEqual => |a, b| T::read(a) != T::read(b),
                Self::Less => |a, b| T::read(a) < T::read(b),
                Self::LessOrEqual => |a, b| T::read(a) <= T::read(b),
                Self::Greater => |a, b| T::read(a) > T::read(b),
                Self::GreaterOrEqual => |a, b| T::read(a) >= T::read(b),
                _ => return None,
            }
        ))
    }

    fn of_floats<const SHIFT: u32>(
        self,
        scalar: ScalarType,
        flush: bool,
    ) -> Option<fn(u64, u64) -> bool> {
        macro_rules! relation {
            (|$order:ident| $holds:expr) => {
                for_type!(scalar, floats, |T| for_flag!(flush, |FLUSH| |a, b| {
                    let $order = order::<T, FLUSH, SHIFT>(a, b);
                    $holds
                }))
            };
        }
        Some(match self {
            Self::Equal => relation!(|order| order.is_some_and(Ordering::is_eq)),
            Self::NotEqual => relation!(|order| order.is_some_and(Ordering::is_ne)),
            Self::Less => relation!(|order| order.is_some_and(Ordering::is_lt)),
            Self::LessOrEqual => relation!(|order| order.is_some_and(Ordering::is_le)),
            Self::Greater => relation!(|order| order.is_some_and(Ordering::is_gt)),
            Self::GreaterOrEqual => relation!(|order| order.is_some_and(Ordering::is_ge)),
            Self::UnorderedOrEqual => relation!(|order| order.is_none_or(Ordering::is_eq)),
            Self::UnorderedOrNotEqual => relation!(|order| order.is_none_or(Ordering::is_ne)),
            Self::UnorderedOrLess => relation!(|order| order.is_none_or(Ordering::is_lt)),
            Self::UnorderedOrLessOrEqual => relation!(|order| order.is_none_or(Ordering::is_le)),
            Self::UnorderedOrGreater => relation!(|order| order.is_none_or(Ordering::is_gt)),
            Self::UnorderedOrGreaterOrEqual => relation!(|order| order.is_none_or(Ordering::is_ge)),
            Self::Numbers => relation!(|order| order.is_some()),
            Self::Unordered => relation!(|order| order.is_none()),
            Self::Lower | Self::LowerOrSame | Self::Higher | Self::HigherOrSame => return None,
        })
    }
}

fn order<T: Float, const FLUSH: bool, const SHIFT: u32>(a: u64, b: u64) -> Option<Ordering> {
    let operands = [a, b].map(|operand| T::read(operand >> SHIFT));
    let [a, b] = if FLUSH {
        operands.map(Float::flushed)
    } else {
        operands
    };
    a.partial_cmp(&b)
}
