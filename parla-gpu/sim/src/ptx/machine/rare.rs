//! The steps that few kernels take often.

use std::sync::atomic::{Ordering, fence};

use super::memory::Action;
use super::print;
use super::step::Run;
use crate::memory::Width;
use crate::ptx::code::{self, Access, CARRY, Op};
use crate::ptx::fault::FaultKind;
use crate::ptx::memory::generic;
use crate::ptx::syntax::Space;

impl Run<'_, '_> {
    /// Takes a step that the inner loop leaves to it.
    #[inline(never)]
    pub(super) fn rare(&mut self, op: &Op, step: usize) -> Result<(), Box<FaultKind>> {
        match *op {
            Op::Quaternary {
                function,
                to,
                operands,
            } => {
                let [a, b, c, d] = self.listed(operands);
                self.set(to, function(a, b, c, d));
            }
            Op::BinaryCarry { function, to, a, b } => {
                let (value, carry) = function(self.get(a), self.get(b), self.get(CARRY) != 0);
                self.set(to, value);
                self.set(CARRY, u64::from(carry));
            }
            Op::TernaryCarry {
                function,
                to,
                operands,
            } => {
                let [a, b, c] = self.listed(operands);
                let (value, carry) = function(a, b, c, self.get(CARRY) != 0);
                self.set(to, value);
                self.set(CARRY, u64::from(carry));
            }
            Op::CompareMany { index } => {
                let compare = &self.function.comparisons[index as usize];
                let (a, b) = (self.get(compare.a), self.get(compare.b));
                let c = compare
                    .c
                    .is_some_and(|(slot, negated)| (self.get(slot) != 0) != negated);
                if compare.comparison.result.is_some() {
                    self.set(compare.to, compare.comparison.set(a, b, c));
                } else {
                    let (first, second) = compare.comparison.predicates(a, b, c);
                    self.set(compare.to, u64::from(first));
                    self.set(compare.second, u64::from(second));
                }
            }
            Op::Pack {
                to,
                parts,
                count,
                bits,
            } => {
                let mask = u64::MAX >> (64 - bits);
                let parts = self.function.lists[parts as usize..].iter().zip(0..count);
                let value = parts.fold(0, |value, (slot, part)| {
                    value | (self.get(*slot) & mask) << (part * bits)
                });
                self.set(to, value);
            }
            Op::Unpack {
                from,
                parts,
                count,
                bits,
            } => {
                let value = self.get(from);
                let mask = u64::MAX >> (64 - bits);
                let function = self.function;
                for (slot, part) in function.lists[parts as usize..].iter().zip(0..count) {
                    self.set(*slot, value >> (part * bits) & mask);
                }
            }
            Op::IsSpace { to, address, space } => {
                let is = self.is_in(self.get(address), space);
                self.set(to, u64::from(is));
            }
            Op::LoadVector {
                to,
                count,
                base,
                offset,
                access,
                signed,
            } => {
                let place = self.locate(Action::Load, base, offset, access, count, step)?;
                let function = self.function;
                for (slot, part) in function.lists[to as usize..]
                    .iter()
                    .zip(0..usize::from(count))
                {
                    let place = place.plus(part * access.width.bytes());
                    self.load(place, access.width, signed, *slot);
                }
            }
            Op::StoreVector {
                from,
                count,
                base,
                offset,
                access,
            } => {
                let place = self.locate(Action::Store, base, offset, access, count, step)?;
                let function = self.function;
                for (slot, part) in function.lists[from as usize..]
                    .iter()
                    .zip(0..usize::from(count))
                {
                    let place = place.plus(part * access.width.bytes());
                    let value = self.get(*slot);
                    self.memory.write(place, access.width, value, self.local);
                }
            }
            Op::Atomic {
                function,
                to,
                base,
                offset,
                operand,
                access,
            } => {
                let place = self.locate(Action::Atomic, base, offset, access, 1, step)?;
                let operand = self.get(operand);
                let change = |old| function(old, operand);
                let old = self.memory.update(place, access.width, self.local, change);
                self.set(to, old);
            }
            Op::CompareAndSwap {
                to,
                base,
                offset,
                operands,
                access,
            } => {
                let place = self.locate(Action::Atomic, base, offset, access, 1, step)?;
                let [expected, value] = self.listed(operands);
                let change = |old| if old == expected { value } else { old };
                let old = self.memory.update(place, access.width, self.local, change);
                self.set(to, old);
            }
            Op::Copy { index } => self.copy(&self.function.copies[index as usize], step)?,
            // SeqCst: the strongest fence there is, for whichever was asked.
            Op::Fence => fence(Ordering::SeqCst),
            Op::Trap => return Err(Box::new(FaultKind::Trap)),
            Op::Breakpoint => return Err(Box::new(FaultKind::Breakpoint)),
            Op::Print {
                format,
                arguments,
                to,
            } => {
                let (format, arguments) = (self.get(format), self.get(arguments));
                let text = print::format(self.memory, self.local, format, arguments)?;
                (self.context.launch.print)(&text);
                self.set(to, 1);
            }
            Op::AssertFail { operands } => {
                let [message, file, line, function] = self.listed(operands);
                let mut text = |address| print::text(self.memory, self.local, address);
                let (message, file, function) = (text(message)?, text(file)?, text(function)?);
                let report = format!("{file}:{line}: {function}: `{message}`");
                return Err(Box::new(FaultKind::Assertion(report)));
            }
            ref other => unreachable!("{other:?} is a step of the inner loop"),
        }
        Ok(())
    }

    /// The values in slots that are listed from there.
    fn listed<const N: usize>(&self, first: u32) -> [u64; N] {
        std::array::from_fn(|index| self.get(self.function.lists[first as usize + index]))
    }

    fn copy(&mut self, copy: &code::Copy, step: usize) -> Result<(), Box<FaultKind>> {
        let bytes = usize::from(copy.bytes);
        let read = copy
            .read
            .map_or(bytes, |slot| bytes.min(self.get(slot) as usize));
        let access = |space| Access {
            space,
            width: Width::Bytes4,
        };
        let words = copy.bytes / 4;
        let to = self.locate(
            Action::Store,
            copy.to.0,
            copy.to.1,
            access(Space::Shared),
            words,
            step,
        )?;
        let mut value = [0; 16];
        if read > 0 {
            let (base, offset) = copy.from;
            let from = self.locate(
                Action::Load,
                base,
                offset,
                access(Space::Global),
                words,
                step,
            )?;
            for (index, byte) in value[..read].iter_mut().enumerate() {
                *byte = self
                    .memory
                    .read(from.plus(index), Width::Bytes1, self.local)
                    as u8;
            }
        }
        for (index, byte) in value[..bytes].iter().enumerate() {
            self.memory
                .write(to.plus(index), Width::Bytes1, u64::from(*byte), self.local);
        }
        Ok(())
    }

    fn is_in(&self, address: u64, space: Space) -> bool {
        let constant = || {
            self.context
                .launch
                .instance
                .constants
                .iter()
                .any(|range| range.contains(&address))
        };
        match (generic(address).0, space) {
            (Space::Global, Space::Constant) => constant(),
            (Space::Global, Space::Global) => !constant(),
            (found, wanted) => found == wanted,
        }
    }
}
