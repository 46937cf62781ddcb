//! From operands to slots.

use super::builder::{Builder, Refused};
use super::symbols::Symbol;
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::{LOCAL_BASE, Op, SINK, Slot, Special};
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::{Literal, Operand, Space};

/// How wide a register may be for an operand's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Exact,
    /// As wide or wider: for loads, stores and conversions.
    Wider,
}

/// An operand's type and the register's: they differ where a register may be wider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination {
    pub(super) slot: Slot,
    pub(super) scalar: ScalarType,
}

/// The bits of a literal as a value of that type. None: it has none.
pub(super) fn bits(literal: Literal, scalar: ScalarType) -> Option<u64> {
    use ScalarType::{B32, B64, F32, F64, Pred};
    Some(match (literal, scalar) {
        (Literal::Integer(value), Pred) => u64::from(value != 0),
        (Literal::Integer(value), _) if !scalar.is_float() => value & scalar.mask(),
        (Literal::Single(value), F32 | B32) => u64::from(value.to_bits()),
        (Literal::Single(value), F64) => f64::from(value).to_bits(),
        (Literal::Double(value), F64 | B64) => value.to_bits(),
        (Literal::Double(value), F32) => u64::from((value as f32).to_bits()),
        _ => return None,
    })
}

/// As PTX writes it.
fn name(scalar: ScalarType) -> String {
    format!(".{scalar:?}").to_lowercase()
}

impl<'a> Builder<'a, '_> {
    /// The slot that holds an operand's value.
    pub(super) fn source(
        &mut self,
        operand: &Operand<'a>,
        scalar: ScalarType,
        fit: Fit,
    ) -> Result<Slot, Refused> {
        match operand {
            Operand::Literal(literal) => match bits(*literal, scalar) {
                Some(bits) => Ok(self.literal(bits)),
                None => Err(Refused::Because(format!(
                    "a constant that is no `{}`",
                    name(scalar)
                ))),
            },
            Operand::Name("WARP_SZ") => Ok(self.literal(32)),
            Operand::Name(name) => {
                if let Some(register) = self.register(name) {
                    self.check_fit(name, register.scalar, scalar, fit)?;
                    return Ok(register.slot);
                }
                if let Some(special) = special(name) {
                    return Ok(self.special(special));
                }
                self.symbol_address(name, 0, scalar)
            }
            Operand::Sum(name, addend) => self.symbol_address(name, *addend, scalar),
            _ => Err(Refused::Operands),
        }
    }

    /// The slot that an operand names for the result.
    pub(super) fn destination(
        &mut self,
        operand: &Operand<'a>,
        scalar: ScalarType,
        fit: Fit,
    ) -> Result<Destination, Refused> {
        match operand {
            Operand::Name("_") => Ok(Destination { slot: SINK, scalar }),
            Operand::Name(name) => match self.register(name) {
                Some(register) => {
                    self.check_fit(name, register.scalar, scalar, fit)?;
                    Ok(Destination {
                        slot: register.slot,
                        scalar: register.scalar,
                    })
                }
                None => Err(Refused::Because(format!("there is no register `{name}`"))),
            },
            _ => Err(Refused::Operands),
        }
    }

    /// The slot of a predicate register.
    pub(super) fn predicate(&mut self, name: &str) -> Result<Slot, InvalidPtx> {
        if name == "_" {
            return Ok(SINK);
        }
        match self.register(name) {
            Some(register) if register.scalar == ScalarType::Pred => Ok(register.slot),
            _ => Err(self.error(format!("there is no predicate `{name}`"))),
        }
    }

    /// A predicate as an operand, and whether it is negated.
    pub(super) fn predicate_operand(
        &mut self,
        operand: &Operand<'a>,
    ) -> Result<(Slot, bool), Refused> {
        match operand {
            Operand::Not(name) => Ok((self.predicate(name)?, true)),
            _ => Ok((self.source(operand, ScalarType::Pred, Fit::Exact)?, false)),
        }
    }

    /// `d` or `d|p`: the destination's operand and the predicate's slot.
    pub(super) fn destination_pair(
        &mut self,
        operand: &Operand<'a>,
        scalar: ScalarType,
    ) -> Result<(Slot, Slot), Refused> {
        match operand {
            Operand::Pair(first, second) => {
                let first = self.destination(&Operand::Name(first), scalar, Fit::Exact)?;
                Ok((first.slot, self.predicate(second)?))
            }
            _ => Ok((self.destination(operand, scalar, Fit::Exact)?.slot, SINK)),
        }
    }

    fn check_fit(
        &self,
        register_name: &str,
        register: ScalarType,
        operand: ScalarType,
        fit: Fit,
    ) -> Result<(), Refused> {
        let predicates = [register, operand].map(|scalar| scalar == ScalarType::Pred);
        let fits = predicates[0] == predicates[1]
            && match fit {
                Fit::Exact => register.size() == operand.size(),
                Fit::Wider => register.size() >= operand.size(),
            };
        if fits {
            return Ok(());
        }
        Err(Refused::Because(format!(
            "register `{register_name}` is `{}`, the operand `{}`",
            name(register),
            name(operand)
        )))
    }

    /// The address of a variable as a value.
    fn symbol_address(
        &mut self,
        name: &str,
        addend: i64,
        scalar: ScalarType,
    ) -> Result<Slot, Refused> {
        let offset = |offset: u32| i64::from(offset).wrapping_add(addend).cast_unsigned();
        if scalar.size() < 4 {
            return Err(Refused::Because(format!("`{name}` is an address")));
        }
        let (base, offset) = match self.symbol(name) {
            Some(Symbol::Variable { index, .. }) => (self.variable_address(index), offset(0)),
            Some(Symbol::DynamicShared) => (self.special(Special::DynamicShared), offset(0)),
            Some(Symbol::Frame { offset: start, .. }) => (LOCAL_BASE, offset(start)),
            Some(Symbol::Shared(start) | Symbol::Parameter(start)) => {
                return Ok(self.literal(offset(start) & scalar.mask()));
            }
            Some(Symbol::Undefined) => {
                return Err(Refused::Because(format!(
                    "`{name}` is declared, but defined nowhere"
                )));
            }
            None => return Err(Refused::Because(self.unknown(name))),
        };
        if offset == 0 {
            return Ok(base);
        }
        let to = self.temporary();
        let b = self.literal(offset);
        self.emit(Op::Binary {
            function: u64::wrapping_add,
            to,
            a: base,
            b,
        });
        Ok(to)
    }

    fn unknown(&self, name: &str) -> String {
        if self.symbols.functions.contains_key(&self.symbols.key(name)) {
            return format!("`{name}` is a function: addresses of functions are not simulated");
        }
        match name.starts_with('%') {
            true => format!("there is no register `{name}`"),
            false => format!("there is no variable `{name}`"),
        }
    }

    /// The memory, base and offset of `[base + offset]` in an instruction for that memory.
    pub(super) fn address(
        &mut self,
        operand: &Operand<'a>,
        space: Space,
    ) -> Result<(Space, Slot, i32), Refused> {
        let Operand::Address(name, offset) = operand else {
            return Err(Refused::Operands);
        };
        let far = || Refused::Because("the offset is too far".to_owned());
        let near = i32::try_from(*offset);
        // Parameters of device functions are in local memory.
        let plain = match space {
            Space::Parameter if !self.kernel => Space::Local,
            _ => space,
        };
        let Some(name) = name else {
            let base = self.literal(offset.cast_unsigned());
            return Ok((plain, base, 0));
        };
        if let Some(register) = self.register(name) {
            if !matches!(register.scalar.size(), 4 | 8) || register.scalar == ScalarType::Pred {
                return Err(Refused::Because(format!(
                    "register `{name}` can't hold an address"
                )));
            }
            return Ok((plain, register.slot, near.map_err(|_| far())?));
        }
        let Some(symbol) = self.symbol(name) else {
            return Err(Refused::Because(self.unknown(name)));
        };
        let (found, base, start) = match symbol {
            Symbol::Variable {
                index,
                space: found,
            } => {
                let found = if space == Space::Generic {
                    Space::Generic
                } else {
                    found
                };
                (found, self.variable_address(index), 0)
            }
            Symbol::Shared(start) => (Space::Shared, self.literal(0), start),
            Symbol::DynamicShared => (Space::Shared, self.special(Special::DynamicShared), 0),
            Symbol::Frame {
                offset,
                space: found,
            } => (found, LOCAL_BASE, offset),
            Symbol::Parameter(start) => (Space::Parameter, self.literal(0), start),
            Symbol::Undefined => {
                return Err(Refused::Because(format!(
                    "`{name}` is declared, but defined nowhere"
                )));
            }
        };
        if found != space {
            return Err(Refused::Because(format!(
                "`{name}` is not in {} memory",
                space.name()
            )));
        }
        let found = match symbol {
            Symbol::Frame { .. } => Space::Local,
            _ => found,
        };
        let offset = offset
            .checked_add(i64::from(start))
            .and_then(|offset| i32::try_from(offset).ok());
        Ok((found, base, offset.ok_or_else(far)?))
    }
}

/// The special registers that stay the same while a thread runs.
fn special(name: &str) -> Option<Special> {
    if let Some((vector, axis)) = name.rsplit_once('.') {
        let axis = "xyz".find(axis).filter(|_| axis.len() == 1)? as u8;
        return Some(match vector {
            "%tid" => Special::Thread(axis),
            "%ntid" => Special::BlockThreads(axis),
            "%ctaid" | "%clusterid" => Special::Block(axis),
            "%nctaid" | "%nclusterid" => Special::GridBlocks(axis),
            _ => return None,
        });
    }
    Some(match name {
        "%laneid" => Special::Lane,
        "%warpid" => Special::Warp,
        "%nwarpid" => Special::Warps,
        "%lanemask_eq" => Special::LanesEqual,
        "%lanemask_lt" => Special::LanesLess,
        "%lanemask_le" => Special::LanesLessOrEqual,
        "%lanemask_gt" => Special::LanesGreater,
        "%lanemask_ge" => Special::LanesGreaterOrEqual,
        "%smid" => Special::Multiprocessor,
        "%nsmid" => Special::Multiprocessors,
        "%gridid" => Special::Grid,
        "%dynamic_smem_size" => Special::DynamicSharedBytes,
        "%total_smem_size" => Special::SharedBytes,
        _ => return None,
    })
}
