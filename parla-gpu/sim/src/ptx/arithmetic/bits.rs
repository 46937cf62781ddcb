//! Counting, searching and moving of bits: `popc`, `clz`, `bfind`, `brev`, `bfe`, `bfi`, `bmsk`,
//! `szext`, `fns`, `prmt`.

use super::ScalarType::{B32, B64, S32, S64, U32, U64};
use super::dispatch::{for_type, typed};
use super::opcode::Opcode;
use super::types::Register;
use super::{Function, Operation, ScalarType};

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    match opcode.name {
        "popc" => {
            let scalar = opcode.last()?;
            let function = Function::Unary(typed!(scalar, (b32, b64), |a| a.count_ones()));
            Operation::new(&[scalar], U32, function)
        }
        "clz" => {
            let scalar = opcode.last()?;
            let function = Function::Unary(typed!(scalar, (b32, b64), |a| a.leading_zeros()));
            Operation::new(&[scalar], U32, function)
        }
        "brev" => {
            let scalar = opcode.last()?;
            let function = Function::Unary(typed!(scalar, (b32, b64), |a| a.reverse_bits()));
            Operation::of(scalar, function)
        }
        "bfind" => find(opcode),
        "bfe" => {
            let scalar = opcode.last()?;
            let function = Function::Ternary(for_type!(scalar, words, |T| extract::<T>));
            Operation::new(&[scalar, U32, U32], scalar, function)
        }
        "bfi" => {
            let scalar = opcode.last()?;
            let function = Function::Quaternary(match scalar {
                B32 => |field, base, start, length| insert(field, base, start, length, B32),
                B64 => |field, base, start, length| insert(field, base, start, length, B64),
                _ => return None,
            });
            Operation::new(&[scalar, scalar, U32, U32], scalar, function)
        }
        "bmsk" => {
            let function = match clamps(&mut opcode)? {
                true => |start, width| mask(start as u32, width as u32),
                false => |start, width| mask(start as u32 % 32, width as u32 % 32),
            };
            (opcode.last()? == B32).then_some(())?;
            Operation::new(&[U32, U32], B32, Function::Binary(function))
        }
        "szext" => extend(opcode),
        "fns" => {
            (opcode.last()? == B32).then_some(())?;
            Operation::new(&[B32, U32, S32], U32, Function::Ternary(find_nth_set))
        }
        "prmt" => permute(opcode),
        _ => None,
    }
}

/// Takes `.clamp` (true) or `.wrap`.
pub(super) fn clamps(opcode: &mut Opcode<'_>) -> Option<bool> {
    opcode.choice(|mode| match mode {
        "clamp" => Some(true),
        "wrap" => Some(false),
        _ => None,
    })
}

/// The highest bit that is not the sign.
fn find(mut opcode: Opcode<'_>) -> Option<Operation> {
    let from_top = opcode.takes("shiftamt");
    let scalar = opcode.last()?;
    let function = match (scalar, from_top) {
        (U32, false) => |a| highest(a & 0xffff_ffff),
        (U64, false) => highest,
        (S32, false) => |a| highest(magnitude(i64::from(a as i32))),
        (S64, false) => |a| highest(magnitude(a as i64)),
        (U32, true) => |a| shift_to_top(highest(a & 0xffff_ffff), 31),
        (U64, true) => |a| shift_to_top(highest(a), 63),
        (S32, true) => |a| shift_to_top(highest(magnitude(i64::from(a as i32))), 31),
        (S64, true) => |a| shift_to_top(highest(magnitude(a as i64)), 63),
        _ => return None,
    };
    Operation::new(&[scalar], U32, Function::Unary(function))
}

const NOT_FOUND: u64 = 0xffff_ffff;

fn highest(bits: u64) -> u64 {
    bits.checked_ilog2().map_or(NOT_FOUND, u64::from)
}

/// The bits that differ from the sign.
fn magnitude(value: i64) -> u64 {
    (value ^ value >> 63) as u64
}

fn shift_to_top(position: u64, top: u64) -> u64 {
    if position == NOT_FOUND {
        NOT_FOUND
    } else {
        top - position
    }
}

fn extract<T: Register + Into<i128>>(a: u64, start: u64, length: u64) -> u64 {
    let (start, length) = (start as u32 & 0xff, length as u32 & 0xff);
    if length == 0 {
        return 0;
    }
    let width = 8 * size_of::<T>() as u32;
    // Beyond the top of `a` come its sign bits: so many that none are missed.
    let field = T::read(a).into() >> start.min(127);
    let length = length.min(width.saturating_sub(start).max(1));
    let is_signed = T::read(u64::MAX).into() < 0;
    let unused = 128 - length;
    T::read(if is_signed {
        (field << unused >> unused) as u64
    } else {
        ((field << unused) as u128 >> unused) as u64
    })
    .bits()
}

fn insert(field: u64, base: u64, start: u64, length: u64, scalar: ScalarType) -> u64 {
    let (start, length) = (start & 0xff, length & 0xff);
    let ones = !u64::MAX.checked_shl(length as u32).unwrap_or(0);
    let inserted = ones.checked_shl(start as u32).unwrap_or(0);
    let field = field.checked_shl(start as u32).unwrap_or(0);
    (base & !inserted | field & inserted) & scalar.mask()
}

/// `width` ones from `start` on.
fn mask(start: u32, width: u32) -> u64 {
    let ones = !u64::MAX.checked_shl(width.min(32)).unwrap_or(0);
    ones << start.min(32) & 0xffff_ffff
}

/// `szext`: from the low bits, so many as the second operand says.
fn extend(mut opcode: Opcode<'_>) -> Option<Operation> {
    let clamps = clamps(&mut opcode)?;
    let scalar = opcode.last()?;
    let function = match (scalar, clamps) {
        (U32, true) => |a, width| extend_low::<u32>(a, (width as u32).min(32)),
        (U32, false) => |a, width| extend_low::<u32>(a, width as u32 % 32),
        (S32, true) => |a, width| extend_low::<i32>(a, (width as u32).min(32)),
        (S32, false) => |a, width| extend_low::<i32>(a, width as u32 % 32),
        _ => return None,
    };
    Operation::new(&[scalar, U32], scalar, Function::Binary(function))
}

fn extend_low<T: Register + Into<i128>>(a: u64, width: u32) -> u64 {
    extract::<T>(a, 0, u64::from(width))
}

/// The `offset`-th set bit from `base` on, counted from one; downwards if negative; `base` itself
/// for none.
fn find_nth_set(mask: u64, base: u64, offset: u64) -> u64 {
    let (mask, base, offset) = (mask as u32, i64::from(base as u32), offset as i32);
    let is_set = |position: &i64| mask >> position & 1 == 1;
    let position = match offset {
        0 => (base..=base).find(|base| *base < 32 && is_set(base)),
        1.. => (base..32).filter(is_set).nth(offset as usize - 1),
        ..0 => (0..=base.min(31))
            .rev()
            .filter(is_set)
            .nth(offset.unsigned_abs() as usize - 1),
    };
    position.map_or(NOT_FOUND, |position| position as u64)
}

/// `prmt`: bytes chosen from eight.
fn permute(mut opcode: Opcode<'_>) -> Option<Operation> {
    opcode.takes("b32").then_some(())?;
    let function = opcode
        .choice(|mode| {
            let function: fn(u64, u64, u64) -> u64 = match mode {
                "f4e" => |a, b, c| select(a, b, c, |lane, c| lane + c),
                "b4e" => |a, b, c| select(a, b, c, |lane, c| c + 8 - lane),
                "rc8" => |a, b, c| select(a, b, c, |_, c| c),
                "ecl" => |a, b, c| select(a, b, c, u64::max),
                "ecr" => |a, b, c| select(a, b, c, u64::min),
                "rc16" => |a, b, c| select(a, b, c, |lane, c| (c & 1) * 2 + (lane & 1)),
                _ => return None,
            };
            Some(function)
        })
        .unwrap_or(permute_any);
    opcode.end()?;
    Operation::new(&[B32, B32, B32], B32, Function::Ternary(function))
}

/// One of the modes: the byte for each lane, by the low two bits of `c`.
fn select(a: u64, b: u64, c: u64, source: fn(u64, u64) -> u64) -> u64 {
    let bytes = (a & 0xffff_ffff) | b << 32;
    (0..4)
        .map(|lane| (bytes >> (8 * (source(lane, c & 3) % 8)) & 0xff) << (8 * lane))
        .sum()
}

/// A nibble of `c` for each byte; with its top bit set, the sign of the chosen byte throughout.
fn permute_any(a: u64, b: u64, c: u64) -> u64 {
    let bytes = (a & 0xffff_ffff) | b << 32;
    let byte = |lane: u64| {
        let selector = c >> (4 * lane);
        let byte = (bytes >> (8 * (selector & 7))) as u8;
        u64::from(if selector & 8 == 0 {
            byte
        } else {
            (byte as i8 >> 7) as u8
        }) << (8 * lane)
    };
    (0..4).map(byte).sum()
}
