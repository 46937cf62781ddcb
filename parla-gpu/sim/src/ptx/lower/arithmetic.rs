//! Instructions that only compute.

use super::builder::{Builder, Refused};
use super::operand::Fit;
use crate::ptx::arithmetic::{Function, ScalarType, comparison, resolve};
use crate::ptx::code::{CompareMany, Op, SINK};
use crate::ptx::syntax::Operand;

impl<'a> Builder<'a, '_> {
    pub(super) fn compute(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let operation = resolve(opcode).ok_or(Refused::Unknown)?;
        let Some((to, sources)) = operands.split_first() else {
            return Err(Refused::Operands);
        };
        if sources.len() != operation.operands.len() {
            return Err(Refused::Operands);
        }
        let fit = match opcode[0] {
            "cvt" => Fit::Wider,
            _ => Fit::Exact,
        };
        let mut slots = Vec::new();
        for (source, scalar) in sources.iter().zip(&operation.operands) {
            slots.push(self.source(source, *scalar, fit)?);
        }
        let destination = self.destination(to, operation.result, fit)?;
        let to = destination.slot;
        let op = match (operation.function, &slots[..]) {
            (Function::Unary(function), &[a]) => Op::Unary { function, to, a },
            (Function::Binary(function), &[a, b]) => Op::Binary { function, to, a, b },
            (Function::Ternary(function), &[a, b, c]) => Op::Ternary {
                function,
                to,
                a,
                b,
                c,
            },
            (Function::Quaternary(function), [_, _, _, _]) => {
                let operands = self.list(&slots);
                Op::Quaternary {
                    function,
                    to,
                    operands,
                }
            }
            (Function::BinaryCarry(function), &[a, b]) => Op::BinaryCarry { function, to, a, b },
            (Function::TernaryCarry(function), [_, _, _]) => {
                let operands = self.list(&slots);
                Op::TernaryCarry {
                    function,
                    to,
                    operands,
                }
            }
            _ => return Err(Refused::Unknown),
        };
        self.emit(op);
        // A narrow result is extended to the register.
        if operation.result.is_signed() && destination.scalar.size() > operation.result.size() {
            let function = match (operation.result.size(), destination.scalar.size()) {
                (1, 2) => extend::<8, 16>,
                (1, 4) => extend::<8, 32>,
                (1, _) => extend::<8, 64>,
                (2, 4) => extend::<16, 32>,
                (2, _) => extend::<16, 64>,
                (_, _) => extend::<32, 64>,
            };
            self.emit(Op::Unary {
                function,
                to,
                a: to,
            });
        }
        Ok(())
    }

    /// `setp p[|q], a, b[, [!]c]` and `set d, a, b[, [!]c]`.
    pub(super) fn compare(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let comparison = comparison(opcode).ok_or(Refused::Unknown)?;
        let (to, a, b, c) = match operands {
            [to, a, b] if comparison.combine.is_none() => (to, a, b, None),
            [to, a, b, c] if comparison.combine.is_some() => {
                (to, a, b, Some(self.predicate_operand(c)?))
            }
            _ => return Err(Refused::Operands),
        };
        let a = self.source(a, comparison.operand, Fit::Exact)?;
        let b = self.source(b, comparison.operand, Fit::Exact)?;
        let (to, second) = match (comparison.result, to) {
            (None, Operand::Pair(first, second)) => {
                (self.predicate(first)?, self.predicate(second)?)
            }
            (None, to) => (
                self.destination(to, ScalarType::Pred, Fit::Exact)?.slot,
                SINK,
            ),
            (Some(result), to) => (self.destination(to, result, Fit::Exact)?.slot, SINK),
        };
        if second == SINK && c.is_none() && comparison.result.is_none() {
            self.emit(Op::Compare {
                function: comparison.compare,
                to,
                a,
                b,
            });
            return Ok(());
        }
        self.function.comparisons.push(CompareMany {
            comparison,
            to,
            second,
            a,
            b,
            c,
        });
        let index = self.function.comparisons.len() as u32 - 1;
        self.emit(Op::CompareMany { index });
        Ok(())
    }
}

/// From a signed value of so many bits to one of so many more.
fn extend<const FROM: u32, const TO: u32>(value: u64) -> u64 {
    let unused = 64 - FROM;
    ((value << unused).cast_signed() >> unused).cast_unsigned() & u64::MAX >> (64 - TO)
}
