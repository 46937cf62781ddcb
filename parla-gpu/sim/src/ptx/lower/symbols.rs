//! What a module's names mean: variables and functions.

use std::collections::{HashMap, HashSet};

use crate::ptx::arithmetic::ScalarType;
use crate::ptx::code::{FIXED_SLOTS, Place};
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::{Function, Space, Tree, Variable};

use super::{control, in_all};

/// Where a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// In global or constant memory, by its index in the module.
    Variable { index: usize, space: Space },
    /// An offset in shared memory.
    Shared(u32),
    /// Where the launch's own shared memory begins.
    DynamicShared,
    /// An offset in the frame's part of local memory. Parameters of device functions and of calls
    /// are there as well.
    Frame { offset: u32, space: Space },
    /// An offset among the parameters of the kernel.
    Parameter(u32),
    /// Declared, defined nowhere.
    Undefined,
}

/// A formal parameter or return value of a device function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Formal {
    pub(super) place: Place,
    pub(super) scalar: ScalarType,
    pub(super) bytes: u32,
}

/// How a function is called.
#[derive(Debug, Default)]
pub(super) struct Signature {
    pub(super) kernel: bool,
    pub(super) defined: bool,
    pub(super) parameters: Vec<Formal>,
    pub(super) returns: Vec<Formal>,
    /// What the formals take of a frame.
    pub(super) local_bytes: u32,
    pub(super) slots: u32,
}

/// A variable that the driver will place, as declared.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) shared: bool,
    pub(super) space: Space,
    pub(super) bytes: u64,
}

/// A name as the texts mean it: with the index of the text whose own it is, if it is.
pub(super) type Key<'a> = (Option<usize>, &'a str);

#[derive(Debug)]
pub(super) struct Symbols<'a> {
    /// The index of the text whose names are asked for.
    pub(super) text: usize,
    /// Of each text, the names that it shares with the others.
    shared: Vec<HashSet<&'a str>>,
    pub(super) functions: HashMap<Key<'a>, usize>,
    pub(super) signatures: Vec<Signature>,
    pub(super) names: HashMap<Key<'a>, Symbol>,
    pub(super) placed: Vec<Placed>,
    /// Of the shared variables that all kernels have.
    pub(super) shared_bytes: u32,
}

/// The most local or shared memory that offsets are given for. What a launch gets is the driver's
/// decision.
const LARGEST_FRAME: u32 = 1 << 24;

/// The offset and end of the next so many bytes, if there is room.
pub(super) fn place(used: u32, bytes: u64, alignment: u64) -> Option<(u32, u32)> {
    let offset = u64::from(used).next_multiple_of(alignment);
    let end = offset.checked_add(bytes)?;
    (end <= u64::from(LARGEST_FRAME)).then_some((offset as u32, end as u32))
}

impl<'a> Symbols<'a> {
    pub(super) fn collect(texts: &[Tree<'a>]) -> Result<Self, InvalidPtx> {
        let mut symbols = Self {
            text: 0,
            shared: texts.iter().map(|text| text.shared.clone()).collect(),
            functions: HashMap::new(),
            signatures: Vec::new(),
            names: HashMap::new(),
            placed: Vec::new(),
            shared_bytes: 0,
        };
        for (variable, text) in in_all(texts, |text| &text.variables) {
            symbols.text = text;
            let symbol = symbols.variable(variable)?;
            let key = symbols.key(variable.name);
            match symbols.names.get(&key) {
                None | Some(Symbol::Undefined) => {
                    symbols.names.insert(key, symbol);
                }
                Some(_) if symbol == Symbol::Undefined || symbol == Symbol::DynamicShared => {}
                Some(_) => return Err(twice(variable.line, variable.name)),
            }
        }
        for (function, text) in in_all(texts, |text| &text.functions) {
            symbols.text = text;
            symbols.function(function)?;
        }
        Ok(symbols)
    }

    /// What the name is known by in the current text.
    pub(super) fn key<'n>(&self, name: &'n str) -> Key<'n> {
        let is_shared = self.shared[self.text].contains(name);
        ((!is_shared).then_some(self.text), name)
    }

    /// Takes what is declared and defined nowhere for defined, to check what uses it.
    pub(super) fn suppose_external(&mut self, texts: &[Tree<'a>]) {
        for (variable, text) in in_all(texts, |text| &text.variables) {
            self.text = text;
            let key = self.key(variable.name);
            if self.names.get(&key) == Some(&Symbol::Undefined) {
                let symbol = self.placed(variable);
                self.names.insert(key, symbol);
            }
        }
        for (function, text) in in_all(texts, |text| &text.functions) {
            self.text = text;
            let index = self.functions[&self.key(function.name)];
            self.signatures[index].defined |= !control::is_provided(function.name);
        }
    }

    fn variable(&mut self, variable: &Variable<'a>) -> Result<Symbol, InvalidPtx> {
        match variable.space {
            Space::Shared if variable.external => Ok(Symbol::DynamicShared),
            _ if variable.external => Ok(Symbol::Undefined),
            Space::Shared => {
                let (offset, end) = shared(self.shared_bytes, variable)?;
                self.shared_bytes = end;
                Ok(Symbol::Shared(offset))
            }
            Space::Global | Space::Constant => Ok(self.placed(variable)),
            space => Err(InvalidPtx::new(
                variable.line,
                format!("`.{}` variables stand in functions", space.name()),
            )),
        }
    }

    /// A new variable for the driver to place.
    pub(super) fn placed(&mut self, variable: &Variable<'_>) -> Symbol {
        self.placed.push(Placed {
            name: variable.name.to_owned(),
            shared: self.key(variable.name).0.is_none(),
            space: variable.space,
            bytes: variable.bytes,
        });
        Symbol::Variable {
            index: self.placed.len() - 1,
            space: variable.space,
        }
    }

    fn function(&mut self, function: &Function<'a>) -> Result<(), InvalidPtx> {
        let mut signature = Signature {
            kernel: function.kernel,
            defined: function.body.is_some(),
            slots: FIXED_SLOTS,
            ..Signature::default()
        };
        if !function.kernel {
            for (formals, into) in [
                (&function.returns, &mut signature.returns),
                (&function.parameters, &mut signature.parameters),
            ] {
                for formal in formals {
                    let place = if formal.register {
                        signature.slots += 1;
                        Place::Slot(signature.slots - 1)
                    } else {
                        let (offset, end) =
                            place(signature.local_bytes, formal.bytes, formal.alignment)
                                .ok_or_else(|| {
                                    InvalidPtx::new(function.line, "the parameters are too large")
                                })?;
                        signature.local_bytes = end;
                        Place::Local(offset)
                    };
                    into.push(Formal {
                        place,
                        scalar: formal.scalar,
                        bytes: formal.bytes as u32,
                    });
                }
            }
        }
        let key = self.key(function.name);
        match self.functions.get(&key) {
            None => {
                self.functions.insert(key, self.signatures.len());
                self.signatures.push(signature);
            }
            Some(_) if !signature.defined => {}
            Some(index) if self.signatures[*index].defined => {
                return Err(twice(function.line, function.name));
            }
            Some(index) => self.signatures[*index] = signature,
        }
        Ok(())
    }
}

/// The place of a variable in shared memory.
pub(super) fn shared(used: u32, variable: &Variable<'_>) -> Result<(u32, u32), InvalidPtx> {
    place(used, variable.bytes, variable.alignment).ok_or_else(|| {
        InvalidPtx::new(
            variable.line,
            format!("`{}` is larger than any shared memory", variable.name),
        )
    })
}

pub(super) fn twice(line: u32, name: &str) -> InvalidPtx {
    InvalidPtx::new(line, format!("`{name}` is defined twice"))
}
