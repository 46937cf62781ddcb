//! Products of two widths: `mul`, `mad`, `mul24`, `mad24`.

use super::ScalarType::{S16, S32, S64, U16, U32, U64};
use super::dispatch::{for_type, typed};
use super::opcode::Opcode;
use super::types::Register;
use super::{Function, Operation, ScalarType};

/// Which bits of a product are the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Low,
    High,
    Whole,
}

impl Part {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lo" => Self::Low,
            "hi" => Self::High,
            "wide" => Self::Whole,
            _ => return None,
        })
    }
}

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    let name = opcode.name;
    if !matches!(name, "mul" | "mad" | "mul24" | "mad24") {
        return None;
    }
    let part = opcode.choice(Part::parse)?;
    let saturating = matches!(name, "mad" | "mad24") && part == Part::High && opcode.takes("sat");
    let scalar = opcode.last()?;
    let function = match name {
        "mul" => Function::Binary(product(part, scalar)?),
        "mad" => Function::Ternary(product_sum(part, saturating, scalar)?),
        "mul24" => Function::Binary(product24(part, scalar)?),
        _ => Function::Ternary(product24_sum(part, saturating, scalar)?),
    };
    let result = match (part, scalar) {
        (Part::Whole, U16) => U32,
        (Part::Whole, U32) => U64,
        (Part::Whole, S16) => S32,
        (Part::Whole, S32) => S64,
        _ => scalar,
    };
    let operands = [scalar, scalar, result];
    let count = if name.starts_with("mul") { 2 } else { 3 };
    Operation::new(&operands[..count], result, function)
}

fn product(part: Part, scalar: ScalarType) -> Option<fn(u64, u64) -> u64> {
    Some(match part {
        Part::Low => typed!(scalar, integers, |a, b| a.wrapping_mul(b)),
        Part::High => for_type!(scalar, integers, |T| high::<T>),
        Part::Whole => match scalar {
            U16 => whole::<u16, u32>,
            U32 => whole::<u32, u64>,
            S16 => whole::<i16, u32>,
            S32 => whole::<i32, u64>,
            _ => return None,
        },
    })
}

fn product_sum(
    part: Part,
    saturating: bool,
    scalar: ScalarType,
) -> Option<fn(u64, u64, u64) -> u64> {
    Some(match part {
        Part::Low => typed!(scalar, integers, |a, b, c| a
            .wrapping_mul(b)
            .wrapping_add(c)),
        Part::High if saturating => match scalar {
            S32 => |a, b, c| saturating_sum(high::<i32>(a, b), c),
            _ => return None,
        },
        Part::High => for_type!(scalar, integers, |T| |a, b, c| sum::<T>(high::<T>(a, b), c)),
        Part::Whole => match scalar {
            U16 => |a, b, c| sum::<u32>(whole::<u16, u32>(a, b), c),
            U32 => |a, b, c| sum::<u64>(whole::<u32, u64>(a, b), c),
            S16 => |a, b, c| sum::<u32>(whole::<i16, u32>(a, b), c),
            S32 => |a, b, c| sum::<u64>(whole::<i32, u64>(a, b), c),
            _ => return None,
        },
    })
}

fn product24(part: Part, scalar: ScalarType) -> Option<fn(u64, u64) -> u64> {
    Some(match (part, scalar) {
        (Part::Low, U32) => |a, b| exact24(a, b) & LOW,
        (Part::Low, S32) => |a, b| exact24_signed(a, b) & LOW,
        (Part::High, U32) => |a, b| exact24(a, b) >> 16 & LOW,
        (Part::High, S32) => |a, b| exact24_signed(a, b) >> 16 & LOW,
        _ => return None,
    })
}

fn product24_sum(
    part: Part,
    saturating: bool,
    scalar: ScalarType,
) -> Option<fn(u64, u64, u64) -> u64> {
    Some(match (part, saturating, scalar) {
        (Part::Low, false, U32) => |a, b, c| sum::<u32>(exact24(a, b), c),
        (Part::Low, false, S32) => |a, b, c| sum::<u32>(exact24_signed(a, b), c),
        (Part::High, false, U32) => |a, b, c| sum::<u32>(exact24(a, b) >> 16, c),
        (Part::High, false, S32) => |a, b, c| sum::<u32>(exact24_signed(a, b) >> 16, c),
        (Part::High, true, S32) => |a, b, c| saturating_sum(exact24_signed(a, b) >> 16, c),
        _ => return None,
    })
}

const LOW: u64 = 0xffff_ffff;

/// The low 128 bits of a product: all of it, up to the sign of two `u64`.
fn exact<T: Register + Into<i128>>(a: u64, b: u64) -> i128 {
    T::read(a).into().wrapping_mul(T::read(b).into())
}

pub(super) fn high<T: Register + Into<i128>>(a: u64, b: u64) -> u64 {
    T::read((exact::<T>(a, b) >> (8 * size_of::<T>())) as u64).bits()
}

fn whole<T: Register + Into<i128>, W: Register>(a: u64, b: u64) -> u64 {
    W::read(exact::<T>(a, b) as u64).bits()
}

/// The product of the low 24 bits.
fn exact24(a: u64, b: u64) -> u64 {
    (a & 0xff_ffff) * (b & 0xff_ffff)
}

/// The product of the low 24 bits, which have a sign: as 64 bits of two's complement.
fn exact24_signed(a: u64, b: u64) -> u64 {
    let extended = |bits: u64| i64::from((bits as i32) << 8 >> 8);
    (extended(a) * extended(b)) as u64
}

fn sum<T: Register>(a: u64, b: u64) -> u64 {
    T::read(a.wrapping_add(b)).bits()
}

fn saturating_sum(a: u64, b: u64) -> u64 {
    i32::read(a).saturating_add(i32::read(b)).bits()
}
