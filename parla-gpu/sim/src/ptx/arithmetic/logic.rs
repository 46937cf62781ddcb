//! Logic, shifts and choices: `and`, `or`, `xor`, `not`, `cnot`, `lop3`, `shl`, `shr`, `shf`,
//! `selp`, `slct`, `mov`.

use super::ScalarType::{B16, B32, B64, F32, Pred, S32, U32};
use super::bits::clamps;
use super::dispatch::{for_type, typed};
use super::opcode::Opcode;
use super::types::Register;
use super::{Function, Operation};

pub(super) fn resolve(opcode: Opcode<'_>) -> Option<Operation> {
    match opcode.name {
        "and" | "or" | "xor" => {
            let scalar = opcode.last()?;
            let function = match opcode.name {
                "and" => typed!(scalar, (pred, b16, b32, b64), |a, b| a & b),
                "or" => typed!(scalar, (pred, b16, b32, b64), |a, b| a | b),
                _ => typed!(scalar, (pred, b16, b32, b64), |a, b| a ^ b),
            };
            Operation::of(scalar, Function::Binary(function))
        }
        "not" => {
            let scalar = opcode.last()?;
            let function = typed!(scalar, (pred, b16, b32, b64), |a| !a);
            Operation::of(scalar, Function::Unary(function))
        }
        "cnot" => {
            let scalar = opcode.last()?;
            let function = typed!(scalar, bits, |a| a == 0);
            Operation::of(scalar, Function::Unary(function))
        }
        "lop3" => {
            (opcode.last()? == B32).then_some(())?;
            Operation::new(&[B32, B32, B32, U32], B32, Function::Quaternary(lookup))
        }
        "shl" | "shr" => shift(opcode),
        "shf" => funnel_shift(opcode),
        "mov" => {
            let scalar = opcode.last()?;
            let function = match scalar {
                Pred => |a| a & 1,
                _ => for_type!(scalar, movable, |T| |a| T::read(a).bits()),
            };
            Operation::of(scalar, Function::Unary(function))
        }
        "selp" => {
            let scalar = opcode.last()?;
            let function = for_type!(scalar, movable, |T| |a, b, c| {
                choose::<T>(bool::read(c), a, b)
            });
            Operation::new(&[scalar, scalar, Pred], scalar, Function::Ternary(function))
        }
        "slct" => select_by_sign(opcode),
        _ => None,
    }
}

fn lookup(a: u64, b: u64, c: u64, table: u64) -> u64 {
    let chosen = |index: u64| {
        let of = |operand: u64, bit: u64| if index & bit == 0 { !operand } else { operand };
        let here = of(a, 4) & of(b, 2) & of(c, 1);
        if table >> index & 1 == 1 { here } else { 0 }
    };
    (0..8).map(chosen).fold(0, |all, some| all | some) & B32.mask()
}

/// By more than the width: as by the width.
fn shift(opcode: Opcode<'_>) -> Option<Operation> {
    let scalar = opcode.last()?;
    let function = match opcode.name {
        "shl" => match scalar {
            B16 => |a, amount| left(a, amount) & B16.mask(),
            B32 => |a, amount| left(a, amount) & B32.mask(),
            B64 => left,
            _ => return None,
        },
        _ => for_type!(scalar, (b16, b32, b64, u16, u32, u64, s16, s32, s64), |T| {
            right::<T>
        }),
    };
    Operation::new(&[scalar, U32], scalar, Function::Binary(function))
}

fn left(a: u64, amount: u64) -> u64 {
    a.checked_shl(amount as u32).unwrap_or(0)
}

fn right<T: Register + Into<i128>>(a: u64, amount: u64) -> u64 {
    T::read((T::read(a).into() >> (amount as u32).min(64)) as u64).bits()
}

/// The 64 bits of `b` and `a` by up to 32; left: the high half, right: the low half.
fn funnel_shift(mut opcode: Opcode<'_>) -> Option<Operation> {
    let is_left = opcode.choice(|direction| match direction {
        "l" => Some(true),
        "r" => Some(false),
        _ => None,
    })?;
    let function = match (is_left, clamps(&mut opcode)?) {
        (true, true) => |a, b, c| funnel(a, b) << amount_to_32(c) >> 32,
        (true, false) => |a, b, c| funnel(a, b) << (c % 32) >> 32,
        (false, true) => |a, b, c| funnel(a, b) >> amount_to_32(c) & B32.mask(),
        (false, false) => |a, b, c| funnel(a, b) >> (c % 32) & B32.mask(),
    };
    (opcode.last()? == B32).then_some(())?;
    Operation::new(&[B32, B32, U32], B32, Function::Ternary(function))
}

fn funnel(a: u64, b: u64) -> u64 {
    b << 32 | a & B32.mask()
}

fn amount_to_32(amount: u64) -> u32 {
    (amount as u32).min(32)
}

/// The first operand if the third is not negative; the second if it is not a number.
fn select_by_sign(mut opcode: Opcode<'_>) -> Option<Operation> {
    let flush = opcode.takes("ftz");
    let scalar = opcode.scalar()?;
    let by = opcode.last()?;
    let function = match (by, flush) {
        (S32, false) => for_type!(scalar, movable, |T| |a, b, c| {
            choose::<T>(c as i32 >= 0, a, b)
        }),
        (F32, false) => for_type!(scalar, movable, |T| |a, b, c| {
            choose::<T>(f32::read(c) >= 0.0, a, b)
        }),
        // A negative subnormal is flushed to a zero.
        (F32, true) => for_type!(scalar, movable, |T| |a, b, c| {
            choose::<T>(f32::read(c) > -f32::MIN_POSITIVE, a, b)
        }),
        _ => return None,
    };
    Operation::new(&[scalar, scalar, by], scalar, Function::Ternary(function))
}

fn choose<T: Register>(first: bool, a: u64, b: u64) -> u64 {
    T::read(if first { a } else { b }).bits()
}
