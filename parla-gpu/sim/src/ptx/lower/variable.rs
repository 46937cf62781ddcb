//! What variables in global and constant memory begin with.

use super::in_all;
use super::symbols::{Symbol, Symbols};
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::error::InvalidPtx;
use crate::ptx::module::{Relocation, Variable};
use crate::ptx::syntax::{self, Constant, Initial, Space, Tree};

/// Longer contents are refused: with padding, a few characters could ask for any amount.
const LARGEST_CONTENT: usize = 1 << 28;

/// The variables of the module with their contents.
pub(super) fn content(
    texts: &[Tree<'_>],
    mut symbols: Symbols<'_>,
) -> Result<Vec<Variable>, InvalidPtx> {
    let mut variables: Vec<Variable> = std::mem::take(&mut symbols.placed)
        .into_iter()
        .map(|placed| Variable {
            name: placed.name,
            shared: placed.shared,
            constant: placed.space == Space::Constant,
            bytes: placed.bytes as usize,
            initial: Vec::new(),
            relocations: Vec::new(),
        })
        .collect();
    for (declared, text) in in_all(texts, |text| &text.variables) {
        symbols.text = text;
        let Some(initial) = &declared.initial else {
            continue;
        };
        let Some(Symbol::Variable { index, .. }) = symbols.names.get(&symbols.key(declared.name))
        else {
            let message = format!(
                "`{}` can't have a value: its memory is new each time",
                declared.name
            );
            return Err(InvalidPtx::new(declared.line, message));
        };
        let mut content = Content {
            declared,
            symbols: &symbols,
            bytes: Vec::new(),
            relocations: Vec::new(),
        };
        content.put(initial, 0, &declared.dimensions)?;
        variables[*index].initial = content.bytes;
        variables[*index].relocations = content.relocations;
    }
    Ok(variables)
}

struct Content<'t, 'a> {
    declared: &'t syntax::Variable<'a>,
    symbols: &'t Symbols<'a>,
    bytes: Vec<u8>,
    relocations: Vec<Relocation>,
}

impl Content<'_, '_> {
    fn error(&self, message: &str) -> InvalidPtx {
        InvalidPtx::new(
            self.declared.line,
            format!("value of `{}`: {message}", self.declared.name),
        )
    }

    /// Writes a value, or the elements of an array of these dimensions, from an offset.
    fn put(
        &mut self,
        initial: &Initial<'_>,
        offset: u64,
        dimensions: &[u64],
    ) -> Result<(), InvalidPtx> {
        match initial {
            Initial::Value(constant) => self.put_value(*constant, offset),
            Initial::List(list) => {
                let scalar = self.declared.scalar.size() as u64;
                let (length, inner) = match dimensions.split_first() {
                    Some((length, inner)) => (*length, inner),
                    // The parts of a vector.
                    None => (self.declared.bytes / scalar, [].as_slice()),
                };
                if list.len() as u64 > length {
                    return Err(self.error("more elements than the array has"));
                }
                let stride = inner.iter().product::<u64>() * scalar;
                for (element, index) in list.iter().zip(0..) {
                    self.put(element, offset + index * stride, inner)?;
                }
                Ok(())
            }
        }
    }

    fn put_value(&mut self, constant: Constant<'_>, offset: u64) -> Result<(), InvalidPtx> {
        let scalar = self.declared.scalar;
        let start = usize::try_from(offset)
            .ok()
            .filter(|start| *start < LARGEST_CONTENT)
            .ok_or_else(|| self.error("too many bytes"))?;
        let value = match constant {
            Constant::Literal(literal) => super::operand::bits(literal, scalar)
                .ok_or_else(|| self.error("of the wrong type"))?,
            Constant::Address { name, addend } => {
                let symbol = self.symbols.names.get(&self.symbols.key(name));
                let Some(Symbol::Variable { index, .. }) = symbol else {
                    return Err(self.error(&format!("`{name}` is no global variable")));
                };
                if !matches!(scalar, ScalarType::U64 | ScalarType::B64 | ScalarType::S64) {
                    return Err(self.error("an address needs 64 bits"));
                }
                self.relocations.push(Relocation {
                    offset: start,
                    variable: *index,
                    addend,
                });
                0
            }
        };
        let end = start + scalar.size();
        if end as u64 > self.declared.bytes {
            return Err(self.error("more bytes than the variable has"));
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[start..end].copy_from_slice(&value.to_le_bytes()[..scalar.size()]);
        Ok(())
    }
}
