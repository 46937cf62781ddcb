//! Branches, calls and ends.

use super::builder::{Builder, Refused};
use super::operand::Fit;
use super::symbols::{Formal, Symbol};
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::{self, Access, Clock, LOCAL_BASE, Op, Place, Slot, Transfer};
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::{Call, Operand, Space};

/// Whether a driver brings that function along.
pub(super) fn is_provided(name: &str) -> bool {
    matches!(name, "vprintf" | "__assertfail")
}

impl<'a> Builder<'a, '_> {
    pub(super) fn branch(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        if !matches!(opcode, ["bra"] | ["bra", "uni"]) {
            return Err(Refused::Unknown);
        }
        let [Operand::Name(label)] = operands else {
            return Err(Refused::Operands);
        };
        let target = self.label(label)?;
        self.emit(Op::Branch { target });
        Ok(())
    }

    pub(super) fn branch_indexed(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        if !matches!(opcode, ["brx", "idx"] | ["brx", "idx", "uni"]) {
            return Err(Refused::Unknown);
        }
        let [index, Operand::Name(name)] = operands else {
            return Err(Refused::Operands);
        };
        let index = self.source(index, ScalarType::U32, Fit::Exact)?;
        let Some(names) = self.branch_targets(name) else {
            return Err(Refused::Because(format!(
                "there are no `.branchtargets` at `{name}`"
            )));
        };
        let labels: Result<Vec<u32>, _> = names.iter().map(|name| self.label(name)).collect();
        let labels = labels?;
        let targets = self.list(&labels);
        self.emit(Op::BranchIndexed {
            index,
            targets,
            count: labels.len() as u32,
        });
        Ok(())
    }

    pub(super) fn control(
        &mut self,
        opcode: &[&str],
        operands: &[Operand<'a>],
    ) -> Result<(), Refused> {
        let op = match opcode {
            // In a kernel, the frame that returns is the thread's first.
            ["ret"] | ["ret", "uni"] => Op::Return,
            ["exit"] => Op::Exit,
            ["trap"] => Op::Trap,
            ["brkpt"] => Op::Breakpoint,
            ["nanosleep", "u32"] if operands.len() == 1 => Op::Yield,
            _ => return Err(Refused::Unknown),
        };
        if !operands.is_empty() && opcode[0] != "nanosleep" {
            return Err(Refused::Operands);
        }
        self.emit(op);
        Ok(())
    }

    pub(super) fn call(&mut self, call: &Call<'a>) -> Result<(), InvalidPtx> {
        let refuse = |builder: &Self, refused| match refused {
            Refused::Because(message) => {
                builder.error(format!("call of `{}`: {message}", call.callee))
            }
            _ => builder.error(format!(
                "call of `{}` with the wrong arguments",
                call.callee
            )),
        };
        let Some(&callee) = self.symbols.functions.get(&self.symbols.key(call.callee)) else {
            return Err(self.error(format!("there is no function `{}`", call.callee)));
        };
        let signature = &self.symbols.signatures[callee];
        if signature.kernel {
            return Err(self.error(format!(
                "`{}` is a kernel: launches by kernels are not simulated",
                call.callee
            )));
        }
        if call.returns.len() != signature.returns.len()
            || call.arguments.len() != signature.parameters.len()
        {
            return Err(refuse(self, Refused::Operands));
        }
        if !signature.defined {
            return self
                .call_external(call)
                .map_err(|refused| refuse(self, refused));
        }
        let parameters = signature.parameters.clone();
        let formal_returns = signature.returns.clone();
        let mut arguments = Vec::new();
        for (operand, formal) in call.arguments.iter().zip(parameters) {
            let from = self
                .actual(operand, formal)
                .map_err(|refused| refuse(self, refused))?;
            arguments.push(Transfer {
                from,
                to: formal.place,
                bytes: formal.bytes,
            });
        }
        let mut returns = Vec::new();
        for (operand, formal) in call.returns.iter().zip(formal_returns) {
            let to = self
                .actual(operand, formal)
                .map_err(|refused| refuse(self, refused))?;
            returns.push(Transfer {
                from: formal.place,
                to,
                bytes: formal.bytes,
            });
        }
        self.function.calls.push(code::Call {
            callee: callee as u32,
            arguments,
            returns,
        });
        let index = self.function.calls.len() as u32 - 1;
        self.emit(Op::Call { index });
        Ok(())
    }

    /// Where the caller has an argument or wants a result.
    fn actual(&mut self, operand: &Operand<'a>, formal: Formal) -> Result<Place, Refused> {
        if let Operand::Name(name) = operand
            && let Some(Symbol::Frame {
                offset,
                space: Space::Parameter,
            }) = self.symbol(name)
            && self.register(name).is_none()
        {
            // The caller's variable may be shorter than what is copied.
            let end = u64::from(offset) + u64::from(formal.bytes);
            if end > u64::from(self.function.local_bytes) {
                return Err(Refused::Because(format!(
                    "`{name}` is smaller than the parameter"
                )));
            }
            return Ok(Place::Local(offset));
        }
        if formal.bytes as usize != formal.scalar.size() {
            return Err(Refused::Operands);
        }
        Ok(Place::Slot(self.source(
            operand,
            formal.scalar,
            Fit::Exact,
        )?))
    }

    /// A call of what [`is_provided`].
    fn call_external(&mut self, call: &Call<'a>) -> Result<(), Refused> {
        let mut slots = Vec::new();
        for (index, argument) in call.arguments.iter().enumerate() {
            // The line of `__assertfail` is its only 32-bit argument.
            let scalar = match (call.callee, index) {
                ("__assertfail", 2) => ScalarType::B32,
                _ => ScalarType::B64,
            };
            slots.push(self.argument_value(argument, scalar)?);
        }
        match (call.callee, &slots[..]) {
            ("vprintf", &[format, arguments]) => {
                let to = self.temporary();
                self.emit(Op::Print {
                    format,
                    arguments,
                    to,
                });
                match &call.returns[..] {
                    [Operand::Name(name)] => match self.symbol(name) {
                        Some(Symbol::Frame { offset, .. }) => {
                            let access = Access {
                                space: Space::Local,
                                width: code::width(ScalarType::B32),
                            };
                            let offset = offset as i32;
                            self.emit(Op::Store {
                                from: to,
                                base: LOCAL_BASE,
                                offset,
                                access,
                            });
                        }
                        _ => return Err(Refused::Operands),
                    },
                    [] => {}
                    _ => return Err(Refused::Operands),
                }
            }
            ("__assertfail", &[message, file, line, function, _]) => {
                let operands = self.list(&[message, file, line, function]);
                self.emit(Op::AssertFail { operands });
            }
            (name, _) => {
                return Err(Refused::Because(
                    match name {
                        "malloc" | "free" => "allocation by kernels is not simulated",
                        _ => "it is declared, but defined nowhere",
                    }
                    .to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// A slot with the value of an argument.
    fn argument_value(
        &mut self,
        operand: &Operand<'a>,
        scalar: ScalarType,
    ) -> Result<Slot, Refused> {
        if let Operand::Name(name) = operand
            && let Some(Symbol::Frame {
                offset,
                space: Space::Parameter,
            }) = self.symbol(name)
        {
            let to = self.temporary();
            let access = Access {
                space: Space::Local,
                width: code::width(scalar),
            };
            let (base, offset) = (LOCAL_BASE, offset as i32);
            self.emit(Op::Load {
                to,
                base,
                offset,
                access,
                signed: None,
            });
            return Ok(to);
        }
        self.source(operand, scalar, Fit::Exact)
    }
}

/// The special registers that change.
pub(super) fn clock(name: &str) -> Option<Clock> {
    Some(match name {
        "%clock" => Clock::Steps,
        "%clock_hi" => Clock::StepsHigh,
        "%clock64" => Clock::Steps64,
        "%globaltimer" => Clock::Nanoseconds,
        "%globaltimer_lo" => Clock::NanosecondsLow,
        "%globaltimer_hi" => Clock::NanosecondsHigh,
        _ => return None,
    })
}
