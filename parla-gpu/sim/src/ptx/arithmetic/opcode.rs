//! An opcode as a cursor over its parts: each instruction takes what it knows, in PTX's order.

use super::ScalarType;

/// `add.rn.f32`: the name and the parts not taken yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opcode<'a> {
    pub(super) name: &'a str,
    rest: &'a [&'a str],
}

impl<'a> Opcode<'a> {
    pub(super) fn new(parts: &'a [&'a str]) -> Option<Self> {
        let (name, rest) = parts.split_first()?;
        Some(Self { name, rest })
    }

    /// Takes the next part if it is this one.
    pub(super) fn takes(&mut self, part: &str) -> bool {
        let found = self.rest.first() == Some(&part);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Takes the next part if the table knows it.
    pub(super) fn choice<T>(&mut self, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let (part, rest) = self.rest.split_first()?;
        let found = find(part)?;
        self.rest = rest;
        Some(found)
    }

    /// Takes a type.
    pub(super) fn scalar(&mut self) -> Option<ScalarType> {
        self.choice(ScalarType::parse)
    }

    /// Takes the last part, a type.
    pub(super) fn last(mut self) -> Option<ScalarType> {
        let scalar = self.scalar()?;
        self.end()?;
        Some(scalar)
    }

    /// Nothing is left: what is not known is not legal.
    pub(super) fn end(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}
