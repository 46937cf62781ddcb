//! One thread of a kernel: its frames, and how calls come and go.

use super::memory::UNWRITTEN;
use crate::ptx::code::{Call, Function, LOCAL_BASE, Place, Special, Transfer};
use crate::ptx::fault::FaultKind;

/// Calls within calls that a thread may have open.
const DEPTH: usize = 1024;
/// Local memory that a thread may have: as on all GPUs since Fermi.
const LOCAL_BYTES: u32 = 512 * 1024;

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    /// Waits at a barrier of its function's list, which has this id.
    Barrier {
        index: u32,
        id: u8,
    },
    /// Waits at a collective of its function's list.
    Collective(u32),
    Exited,
}

#[derive(Debug, Default)]
pub(super) struct Thread {
    pub(super) frames: Vec<Frame>,
    /// The frames' slots, one frame after the other.
    pub(super) registers: Vec<u64>,
    pub(super) local: Vec<u8>,
}

/// One open call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) function: u32,
    /// The next step.
    pub(super) step: u32,
    /// Where its slots begin.
    pub(super) base: u32,
    /// Where its part of local memory begins.
    local_base: u32,
}

/// What a frame begins with.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'a> {
    pub(super) function: &'a Function,
    pub(super) template: &'a [u64],
}

impl Thread {
    /// Begins a kernel.
    pub(super) fn begin(
        &mut self,
        function: u32,
        beginning: Beginning<'_>,
        special: impl Fn(Special) -> u64,
    ) -> Result<(), Box<FaultKind>> {
        self.frames.clear();
        self.registers.clear();
        self.local.clear();
        self.push(function, beginning, special)
    }

    fn push(
        &mut self,
        function: u32,
        Beginning {
            function: code,
            template,
        }: Beginning<'_>,
        special: impl Fn(Special) -> u64,
    ) -> Result<(), Box<FaultKind>> {
        if self.frames.len() >= DEPTH {
            let message = format!("more than {DEPTH} calls within calls");
            return Err(Box::new(FaultKind::StackOverflow(message)));
        }
        let local_base = self.local.len() as u32;
        let local_end = local_base + code.local_bytes;
        if local_end > LOCAL_BYTES {
            let message = format!("more than {LOCAL_BYTES} bytes of local memory");
            return Err(Box::new(FaultKind::StackOverflow(message)));
        }
        self.local.resize(local_end as usize, UNWRITTEN);
        let base = self.registers.len();
        self.registers.extend_from_slice(template);
        let slots = &mut self.registers[base..];
        slots[LOCAL_BASE as usize] = u64::from(local_base);
        for (slot, name) in &code.specials {
            slots[*slot as usize] = special(*name);
        }
        self.frames.push(Frame {
            function,
            step: 0,
            base: base as u32,
            local_base,
        });
        Ok(())
    }

    /// Opens a call of the running function.
    pub(super) fn call(
        &mut self,
        call: &Call,
        beginning: Beginning<'_>,
        special: impl Fn(Special) -> u64,
    ) -> Result<(), Box<FaultKind>> {
        let caller = self.frame();
        self.push(call.callee, beginning, special)?;
        let callee = self.frame();
        for argument in &call.arguments {
            self.transfer(argument, caller, callee);
        }
        Ok(())
    }

    /// Ends the running call, which the frame below made.
    pub(super) fn finish_call(&mut self, call: &Call) {
        let callee = self.frame();
        self.frames.pop();
        let caller = self.frame();
        for value in &call.returns {
            self.transfer(value, callee, caller);
        }
        self.registers.truncate(callee.base as usize);
        self.local.truncate(callee.local_base as usize);
    }

    /// The frame that runs.
    pub(super) fn frame(&self) -> Frame {
        *self
            .frames
            .last()
            .expect("a thread that has begun has a frame")
    }

    fn transfer(&mut self, transfer: &Transfer, from: Frame, to: Frame) {
        let slot = |frame: Frame, slot: u32| (frame.base + slot) as usize;
        let local = |frame: Frame, offset: u32| {
            let start = (frame.local_base + offset) as usize;
            start..start + transfer.bytes as usize
        };
        match (transfer.from, transfer.to) {
            (Place::Slot(from_slot), Place::Slot(to_slot)) => {
                self.registers[slot(to, to_slot)] = self.registers[slot(from, from_slot)];
            }
            (Place::Slot(from_slot), Place::Local(offset)) => {
                let value = self.registers[slot(from, from_slot)].to_le_bytes();
                self.local[local(to, offset)].copy_from_slice(&value[..transfer.bytes as usize]);
            }
            (Place::Local(offset), Place::Slot(to_slot)) => {
                let mut value = [0; 8];
                value[..transfer.bytes as usize].copy_from_slice(&self.local[local(from, offset)]);
                self.registers[slot(to, to_slot)] = u64::from_le_bytes(value);
            }
            (Place::Local(from_offset), Place::Local(to_offset)) => {
                let to = local(to, to_offset).start;
                self.local.copy_within(local(from, from_offset), to);
            }
        }
    }
}
