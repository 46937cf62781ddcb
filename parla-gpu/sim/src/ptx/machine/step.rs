//! The interpreter's loop: runs one thread until it ends, waits, or has used up its turn.

use super::context::{Context, read_clock};
use super::memory::{Action, Memory, Place, Request};
use super::thread::Thread;
use crate::memory::Width;
use crate::ptx::code::{self, Access, Op, Slot};
use crate::ptx::fault::FaultKind;

/// The steps of a turn; the others, and those who want to stop the kernel, wait so long.
pub(super) const TURN: u64 = 16 * 1024;

/// Why a thread doesn't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Exit,
    Turn,
    /// Waits at a barrier, or tells one that it came, by its index in the function's list.
    Barrier(u32),
    Collective(u32),
}

/// What the inner loop left for the outer one.
enum Next {
    Stop(Stop),
    Call(u32),
    Return,
}

/// Runs the thread on. Its frame then knows the step after the last one.
pub(super) fn advance(
    thread: &mut Thread,
    memory: &mut Memory<'_>,
    context: &Context<'_>,
    steps: &mut u64,
) -> Result<Stop, Box<FaultKind>> {
    let end = *steps + TURN;
    loop {
        let frame = thread.frame();
        let function = context.function(frame.function);
        let mut step = frame.step as usize;
        let outcome = Run {
            function,
            registers: &mut thread.registers[frame.base as usize..],
            local: &mut thread.local,
            memory,
            context,
            end,
        }
        .steps(&mut step, steps);
        let frame = thread.frames.last_mut().expect("the frame that ran");
        frame.step = step as u32;
        match outcome? {
            Next::Stop(stop) => return Ok(stop),
            Next::Call(index) => {
                let call = &function.calls[index as usize];
                let beginning = context.beginning(call.callee);
                thread.call(call, beginning, |special| context.special(special))?;
            }
            Next::Return => {
                let Some(caller) = thread.frames.len().checked_sub(2) else {
                    return Ok(Stop::Exit);
                };
                let caller = thread.frames[caller];
                let caller_function = context.function(caller.function);
                let Op::Call { index } = caller_function.code[caller.step as usize - 1] else {
                    unreachable!("a frame with one above it has just made a call");
                };
                thread.finish_call(&caller_function.calls[index as usize]);
            }
        }
        // Functions that call each other have no branches.
        if *steps >= end {
            return Ok(Stop::Turn);
        }
    }
}

/// One frame while it runs.
pub(super) struct Run<'r, 'l> {
    pub(super) function: &'r code::Function,
    pub(super) registers: &'r mut [u64],
    pub(super) local: &'r mut [u8],
    pub(super) memory: &'r mut Memory<'l>,
    pub(super) context: &'r Context<'r>,
    /// Of the turn.
    end: u64,
}

impl Run<'_, '_> {
    fn steps(&mut self, next: &mut usize, steps: &mut u64) -> Result<Next, Box<FaultKind>> {
        let mut step = *next;
        let mut count = *steps;
        let outcome = loop {
            let op = &self.function.code[step];
            step += 1;
            count += 1;
            match *op {
                Op::Move { to, from } => self.set(to, self.get(from)),
                Op::Unary { function, to, a } => self.set(to, function(self.get(a))),
                Op::Binary { function, to, a, b } => {
                    self.set(to, function(self.get(a), self.get(b)));
                }
                Op::Ternary {
                    function,
                    to,
                    a,
                    b,
                    c,
                } => {
                    self.set(to, function(self.get(a), self.get(b), self.get(c)));
                }
                Op::Compare { function, to, a, b } => {
                    self.set(to, u64::from(function(self.get(a), self.get(b))));
                }
                Op::Branch { target } => {
                    step = target as usize;
                    if count >= self.end {
                        break Ok(Next::Stop(Stop::Turn));
                    }
                }
                Op::BranchIf {
                    predicate,
                    expected,
                    target,
                } => {
                    if (self.get(predicate) != 0) == expected {
                        step = target as usize;
                        if count >= self.end {
                            break Ok(Next::Stop(Stop::Turn));
                        }
                    }
                }
                Op::Load {
                    to,
                    base,
                    offset,
                    access,
                    signed,
                } => match self.locate(Action::Load, base, offset, access, 1, step) {
                    Ok(place) => self.load(place, access.width, signed, to),
                    Err(fault) => break Err(fault),
                },
                Op::Store {
                    from,
                    base,
                    offset,
                    access,
                } => match self.locate(Action::Store, base, offset, access, 1, step) {
                    Ok(place) => {
                        let value = self.get(from);
                        self.memory.write(place, access.width, value, self.local);
                    }
                    Err(fault) => break Err(fault),
                },
                Op::Return => break Ok(Next::Return),
                Op::Call { index } => break Ok(Next::Call(index)),
                Op::Exit => break Ok(Next::Stop(Stop::Exit)),
                Op::Yield => break Ok(Next::Stop(Stop::Turn)),
                Op::Barrier { index } => break Ok(Next::Stop(Stop::Barrier(index))),
                Op::Collective { index } => break Ok(Next::Stop(Stop::Collective(index))),
                Op::BranchIndexed {
                    index,
                    targets,
                    count: targets_count,
                } => {
                    let index = self.get(index);
                    if index >= u64::from(targets_count) {
                        break Err(invalid(format!(
                            "`brx.idx` with index {index} of {targets_count} targets"
                        )));
                    }
                    step = self.function.lists[targets as usize + index as usize] as usize;
                    if count >= self.end {
                        break Ok(Next::Stop(Stop::Turn));
                    }
                }
                Op::Clock { to, clock } => self.set(to, read_clock(clock, count)),
                ref rare => {
                    if let Err(fault) = self.rare(rare, step) {
                        break Err(fault);
                    }
                }
            }
        };
        *next = step;
        *steps = count;
        outcome
    }

    #[inline]
    pub(super) fn get(&self, slot: Slot) -> u64 {
        self.registers[slot as usize]
    }

    #[inline]
    pub(super) fn set(&mut self, slot: Slot, value: u64) {
        self.registers[slot as usize] = value;
    }

    #[inline]
    pub(super) fn locate(
        &mut self,
        action: Action,
        base: Slot,
        offset: i32,
        access: Access,
        count: u8,
        step: usize,
    ) -> Result<Place, Box<FaultKind>> {
        let request = Request {
            action,
            space: access.space,
            address: self.get(base).wrapping_add_signed(i64::from(offset)),
            bytes: access.width.bytes() * usize::from(count),
            step,
        };
        self.memory.locate(request, self.local)
    }

    #[inline]
    pub(super) fn load(&mut self, place: Place, width: Width, signed: Option<Width>, to: Slot) {
        let mut value = self.memory.read(place, width, self.local);
        if let Some(register) = signed {
            let unused = 64 - 8 * width.bytes() as u32;
            let extended = (value << unused).cast_signed() >> unused;
            value = extended.cast_unsigned() & u64::MAX >> (64 - 8 * register.bytes() as u32);
        }
        self.set(to, value);
    }
}

#[cold]
pub(super) fn invalid(message: String) -> Box<FaultKind> {
    Box::new(FaultKind::InvalidOperand(message))
}
