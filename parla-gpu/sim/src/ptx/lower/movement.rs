//! Moves between registers, and conversions of addresses.

use super::builder::{Builder, Refused};
use super::memory::space;
use super::operand::Fit;
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::Op;
use crate::ptx::memory::window;
use crate::ptx::syntax::{Operand, Space};

impl<'a> Builder<'a, '_> {
    /// `cvta.space` to a generic address, `cvta.to.space` from it.
    pub(super) fn convert_address(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let (from_generic, name) = match opcode {
            ["cvta", "to", name, "u64"] => (true, name),
            ["cvta", name, "u64"] => (false, name),
            _ => return Err(Refused::Unknown),
        };
        let mut space = space(name).ok_or(Refused::Unknown)?;
        if space == Space::Parameter && !self.kernel {
            space = Space::Local;
        }
        let [to, from] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination(to, ScalarType::U64, Fit::Exact)?.slot;
        let a = self.source(from, ScalarType::U64, Fit::Exact)?;
        let op = match window(space) {
            0 => Op::Move { to, from: a },
            window => {
                let b = self.literal(if from_generic {
                    window.wrapping_neg()
                } else {
                    window
                });
                Op::Binary {
                    function: u64::wrapping_add,
                    to,
                    a,
                    b,
                }
            }
        };
        self.emit(op);
        Ok(())
    }

    pub(super) fn is_space(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let ["isspacep", name] = opcode else {
            return Err(Refused::Unknown);
        };
        let space = space(name).ok_or(Refused::Unknown)?;
        let [to, address] = operands else {
            return Err(Refused::Operands);
        };
        let to = self.destination(to, ScalarType::Pred, Fit::Exact)?.slot;
        let address = self.source(address, ScalarType::U64, Fit::Exact)?;
        self.emit(Op::IsSpace { to, address, space });
        Ok(())
    }

    pub(super) fn mov(&mut self, opcode: &[&str], operands: &[Operand<'a>]) -> Result<(), Refused> {
        let ["mov", scalar] = opcode else {
            return Err(Refused::Unknown);
        };
        let scalar = ScalarType::parse(scalar).ok_or(Refused::Unknown)?;
        match operands {
            [Operand::Vector(to), from] => {
                let part = part_type(scalar, to.len())?;
                let from = self.source(from, scalar, Fit::Exact)?;
                let mut slots = Vec::new();
                for to in to {
                    slots.push(self.destination(to, part, Fit::Wider)?.slot);
                }
                let op = Op::Unpack {
                    from,
                    parts: self.list(&slots),
                    count: slots.len() as u8,
                    bits: 8 * part.size() as u8,
                };
                self.emit(op);
            }
            [to, Operand::Vector(from)] => {
                let part = part_type(scalar, from.len())?;
                let to = self.destination(to, scalar, Fit::Exact)?.slot;
                let mut slots = Vec::new();
                for from in from {
                    slots.push(self.source(from, part, Fit::Wider)?);
                }
                let op = Op::Pack {
                    to,
                    parts: self.list(&slots),
                    count: slots.len() as u8,
                    bits: 8 * part.size() as u8,
                };
                self.emit(op);
            }
            [to, from] => {
                let to = self.destination(to, scalar, Fit::Exact)?.slot;
                if let Operand::Name(name) = from
                    && let Some(clock) = super::control::clock(name)
                {
                    self.emit(Op::Clock { to, clock });
                    return Ok(());
                }
                let from = self.source(from, scalar, Fit::Exact)?;
                self.emit(Op::Move { to, from });
            }
            _ => return Err(Refused::Operands),
        }
        Ok(())
    }
}

/// The type of one of so many parts.
fn part_type(scalar: ScalarType, parts: usize) -> Result<ScalarType, Refused> {
    match (scalar.size(), parts) {
        (8, 2) => Ok(ScalarType::B32),
        (8, 4) | (4, 2) => Ok(ScalarType::B16),
        (8, 8) | (4, 4) | (2, 2) => Ok(ScalarType::B8),
        _ => Err(Refused::Operands),
    }
}
