//! The names that a function declares, scope by scope.

use std::collections::HashMap;

use super::symbols::Symbol;
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::Slot;

/// The names between two braces.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    registers: HashMap<&'a str, Declared>,
    pub(super) variables: HashMap<&'a str, Symbol>,
    /// By their number in the function.
    pub(super) labels: HashMap<&'a str, u32>,
    pub(super) branch_targets: HashMap<&'a str, Vec<&'a str>>,
}

/// One register or a range.
#[derive(Debug)]
struct Declared {
    scalar: ScalarType,
    count: Option<u64>,
    /// Of those that were used.
    slots: HashMap<u64, Slot>,
}

/// A register that is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Register {
    pub(super) slot: Slot,
    pub(super) scalar: ScalarType,
}

impl<'a> Scope<'a> {
    /// Whether the name was free.
    pub(super) fn declare(
        &mut self,
        name: &'a str,
        scalar: ScalarType,
        count: Option<u64>,
    ) -> bool {
        let slots = HashMap::new();
        self.registers
            .insert(
                name,
                Declared {
                    scalar,
                    count,
                    slots,
                },
            )
            .is_none()
    }

    /// A register that has its slot from the beginning.
    pub(super) fn declare_at(&mut self, name: &'a str, scalar: ScalarType, slot: Slot) -> bool {
        let slots = HashMap::from([(0, slot)]);
        let declared = Declared {
            scalar,
            count: None,
            slots,
        };
        self.registers.insert(name, declared).is_none()
    }

    /// The register of that name; it gets a slot when it is first used.
    pub(super) fn register(
        &mut self,
        name: &str,
        slot: impl FnOnce(ScalarType) -> Slot,
    ) -> Option<Register> {
        let (name, index) = self.declaration(name)?;
        let declared = self.registers.get_mut(name)?;
        let scalar = declared.scalar;
        let slot = *declared.slots.entry(index).or_insert_with(|| slot(scalar));
        Some(Register { slot, scalar })
    }

    /// The declaration that makes the name a register, and the index in its range.
    fn declaration<'n>(&self, name: &'n str) -> Option<(&'n str, u64)> {
        if self
            .registers
            .get(name)
            .is_some_and(|declared| declared.count.is_none())
        {
            return Some((name, 0));
        }
        // `%r12` may be 12 of `%r<20>` or 2 of `%r1<3>`.
        let digits = name
            .bytes()
            .rev()
            .take_while(u8::is_ascii_digit)
            .count()
            .min(name.len() - 1);
        (1..=digits.min(10)).find_map(|digits| {
            let (name, index) = name.split_at(name.len() - digits);
            if index.len() > 1 && index.starts_with('0') {
                return None;
            }
            let index = index.parse().ok()?;
            let count = self.registers.get(name)?.count?;
            (index < count).then_some((name, index))
        })
    }
}
