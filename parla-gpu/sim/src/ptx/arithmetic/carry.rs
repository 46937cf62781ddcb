//! Extended precision: arithmetic through the carry flag.
//!
//! For `sub` the flag is the borrow, as the ISA has it.

use super::ScalarType::{S32, S64, U32, U64};
use super::opcode::Opcode;
use super::types::Register;
use super::wide::{Part, high};
use super::{Function, Operation};

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    match opcode.name {
        "add" | "sub" | "addc" | "subc" => sum(opcode),
        "mad" | "madc" => {
            let part = opcode.choice(Part::parse)?;
            product_sum(opcode, part)
        }
        _ => None,
    }
}

/// Which way the flag goes: an instruction reads it, writes it, or both.
fn flag(opcode: &mut Opcode<'_>) -> Option<(bool, bool)> {
    let reads = opcode.name.ends_with('c');
    let writes = opcode.takes("cc");
    (reads || writes).then_some((reads, writes))
}

/// A function of operands and carry, for what an instruction does with the flag.
macro_rules! by_flag {
    ($flag:expr, |$($operand:ident),+| $function:expr) => {
        match $flag {
            (false, _) => |$($operand),+, _| $function($($operand),+, false),
            (true, true) => |$($operand),+, carry| $function($($operand),+, carry),
            (true, false) => |$($operand),+, carry| ($function($($operand),+, carry).0, carry),
        }
    };
}

fn sum(mut opcode: Opcode<'_>) -> Option<Operation> {
    let flag = flag(&mut opcode)?;
    let scalar = opcode.last()?;
    let adds = opcode.name.starts_with("add");
    Operation::of(
        scalar,
        Function::BinaryCarry(match (adds, scalar) {
            (true, U32 | S32) => by_flag!(flag, |a, b| add::<u32>),
            (true, U64 | S64) => by_flag!(flag, |a, b| add::<u64>),
            (false, U32 | S32) => by_flag!(flag, |a, b| subtract::<u32>),
            (false, U64 | S64) => by_flag!(flag, |a, b| subtract::<u64>),
            _ => return None,
        }),
    )
}

fn product_sum(mut opcode: Opcode<'_>, part: Part) -> Option<Operation> {
    let flag = flag(&mut opcode)?;
    let scalar = opcode.last()?;
    Operation::of(
        scalar,
        Function::TernaryCarry(match (part, scalar) {
            (Part::Low, U32 | S32) => by_flag!(flag, |a, b, c| add_low::<u32>),
            (Part::Low, U64 | S64) => by_flag!(flag, |a, b, c| add_low::<u64>),
            (Part::High, U32) => by_flag!(flag, |a, b, c| add_high::<u32, u32>),
            (Part::High, S32) => by_flag!(flag, |a, b, c| add_high::<i32, u32>),
            (Part::High, U64) => by_flag!(flag, |a, b, c| add_high::<u64, u64>),
            (Part::High, S64) => by_flag!(flag, |a, b, c| add_high::<i64, u64>),
            _ => return None,
        }),
    )
}

/// `T` is unsigned, as in all of these.
fn add<T: Register>(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let sum = u128::from(T::read(a).bits()) + u128::from(T::read(b).bits()) + u128::from(carry);
    let value = T::read(sum as u64).bits();
    (value, sum != u128::from(value))
}

fn subtract<T: Register>(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (a, b) = (T::read(a).bits(), T::read(b).bits());
    let difference = i128::from(a) - i128::from(b) - i128::from(borrow);
    (T::read(difference as u64).bits(), difference < 0)
}

fn add_low<T: Register>(a: u64, b: u64, c: u64, carry: bool) -> (u64, bool) {
    add::<T>(a.wrapping_mul(b), c, carry)
}

fn add_high<T: Register + Into<i128>, U: Register>(
    a: u64,
    b: u64,
    c: u64,
    carry: bool,
) -> (u64, bool) {
    add::<U>(high::<T>(a, b), c, carry)
}
