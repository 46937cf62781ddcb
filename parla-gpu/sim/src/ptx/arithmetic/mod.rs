//! The instructions that only compute: from registers to registers. Knows no memory and no threads.
//!
//! A register's value is its bits, zero-extended to `u64`. The functions ignore what lies above an
//! operand's width and return zeros above the result's. A predicate is 0 or 1.

mod approximate;
mod bits;
mod carry;
mod compare;
mod convert;
mod dispatch;
mod float;
mod format;
mod integer;
mod logic;
mod modes;
mod opcode;
mod reduce;
mod rounding;
mod sign;
mod types;
mod wide;

pub(crate) use compare::{Comparison, comparison};
use opcode::Opcode;
pub(crate) use reduce::reduction;
pub(crate) use types::ScalarType;

/// An instruction: the types it reads and writes, and what it does.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// In the order of the operands.
    pub(crate) operands: Vec<ScalarType>,
    pub(crate) result: ScalarType,
    pub(crate) function: Function,
}

/// A function of register values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    Unary(fn(u64) -> u64),
    Binary(fn(u64, u64) -> u64),
    Ternary(fn(u64, u64, u64) -> u64),
    Quaternary(fn(u64, u64, u64, u64) -> u64),
    /// From the carry flag `CC.CF` to the one afterwards: the same if the instruction leaves it.
    BinaryCarry(fn(u64, u64, bool) -> (u64, bool)),
    /// As [`Function::BinaryCarry`], of three operands.
    TernaryCarry(fn(u64, u64, u64, bool) -> (u64, bool)),
}

impl Operation {
    fn new(operands: &[ScalarType], result: ScalarType, function: Function) -> Option<Self> {
        Some(Self {
            operands: operands.to_vec(),
            result,
            function,
        })
    }

    /// Operands and result of one type.
    fn of(scalar: ScalarType, function: Function) -> Option<Self> {
        let operands = match function {
            Function::Unary(_) => 1,
            Function::Binary(_) | Function::BinaryCarry(_) => 2,
            Function::Ternary(_) | Function::TernaryCarry(_) => 3,
            Function::Quaternary(_) => 4,
        };
        Self::new(&vec![scalar; operands], scalar, function)
    }
}

/// The instruction of a whole opcode, split at the dots: `["add", "rn", "ftz", "f32"]`.
///
/// `None`: there is no such instruction, or it does more than compute.
pub(crate) fn resolve(opcode: &[&str]) -> Option<Operation> {
    let opcode = Opcode::new(opcode)?;
    [
        integer::resolve,
        wide::resolve,
        carry::resolve,
        bits::resolve,
        logic::resolve,
        float::resolve,
        sign::resolve,
        approximate::resolve,
        convert::resolve,
    ]
    .into_iter()
    .find_map(|resolve| resolve(opcode))
}

#[cfg(test)]
mod tests;
