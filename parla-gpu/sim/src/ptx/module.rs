//! A parsed module: kernels, variables, and code that waits for the variables' addresses.

use std::sync::Arc;

use super::code::Function;
use super::error::InvalidPtx;
use super::syntax::Space;
use super::{lower, parse};

/// A module, without the memory of any device.
#[derive(Debug)]
pub(crate) struct Module {
    pub(super) functions: Vec<Function>,
    kernels: Vec<Kernel>,
    variables: Vec<Variable>,
}

/// A function that can be launched.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    pub(crate) name: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) parameter_bytes: usize,
    /// Without what a launch adds.
    pub(crate) static_shared_bytes: u32,
    /// Of one thread, of this function alone.
    pub(crate) local_bytes: u32,
    /// The 32-bit registers of one thread, as a GPU would count them at most.
    pub(crate) registers: u32,
    /// `.maxntid`.
    pub(crate) max_threads: Option<[u32; 3]>,
    /// `.reqntid`.
    pub(crate) required_threads: Option<[u32; 3]>,
    pub(super) function: usize,
}

/// Where a parameter lies among the bytes of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) offset: usize,
    pub(crate) bytes: usize,
    pub(crate) alignment: usize,
}

/// A variable in global or constant memory, which the driver allocates.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Of all linked texts; else another text may have one of the same name.
    pub(super) shared: bool,
    pub(crate) constant: bool,
    pub(crate) bytes: usize,
    /// The beginning of its content; the rest is zeros.
    pub(super) initial: Vec<u8>,
    pub(super) relocations: Vec<Relocation>,
}

/// A place in a variable that holds the address of a variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relocation {
    pub(super) offset: usize,
    pub(super) variable: usize,
    pub(super) addend: i64,
}

/// A module whose variables have addresses: what a launch runs.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(super) module: Arc<Module>,
    /// Of each function, its template with the addresses.
    pub(super) templates: Vec<Box<[u64]>>,
    /// Where constant memory lies, for `isspacep`.
    pub(super) constants: Vec<std::ops::Range<u64>>,
    addresses: Vec<u64>,
}

impl Module {
    /// Reads the text of a module, or several that stand one after the other.
    ///
    /// # Errors
    ///
    /// Text that is no PTX, or asks for what isn't simulated; with the line.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPtx> {
        lower::lower(&parse::parse(text)?)
    }

    /// Checks a text that others may complete.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`], but for names that the text has from others.
    pub(crate) fn check(text: &str) -> Result<(), InvalidPtx> {
        lower::check(&parse::parse(text)?)
    }

    pub(super) fn new(
        functions: Vec<Function>,
        kernels: Vec<Kernel>,
        variables: Vec<Variable>,
    ) -> Self {
        Self {
            functions,
            kernels,
            variables,
        }
    }

    pub(crate) fn kernels(&self) -> &[Kernel] {
        &self.kernels
    }

    /// The variables that need memory before the module can run.
    pub(crate) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The module with its variables at these addresses, in the order of [`Module::variables`].
    ///
    /// # Panics
    ///
    /// If there is not one address for each variable.
    pub(crate) fn instantiate(self: &Arc<Self>, addresses: Vec<u64>) -> Instance {
        assert_eq!(
            addresses.len(),
            self.variables.len(),
            "one address for each variable"
        );
        let template = |function: &Function| {
            let mut template = function.template.clone();
            for (slot, variable) in &function.addresses {
                template[*slot as usize] = addresses[*variable];
            }
            template.into_boxed_slice()
        };
        let constants = self.variables.iter().zip(&addresses);
        let constants = constants
            .filter(|(variable, _)| variable.constant)
            .map(|(variable, address)| *address..address + variable.bytes as u64);
        Instance {
            templates: self.functions.iter().map(template).collect(),
            constants: constants.collect(),
            module: Arc::clone(self),
            addresses,
        }
    }
}

impl Instance {
    pub(crate) fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// The address of a variable of that name, and its size in bytes; of the shared one first.
    pub(crate) fn variable(&self, name: &str) -> Option<(u64, usize)> {
        let variables = self.module.variables.iter().zip(&self.addresses);
        variables
            .filter(|(variable, _)| variable.name == name)
            .min_by_key(|(variable, _)| !variable.shared)
            .map(|(variable, address)| (*address, variable.bytes))
    }

    /// Address and content of each variable that doesn't begin with zeros alone. The content may be
    /// shorter than the variable: the rest is zeros.
    pub(crate) fn initial(&self) -> impl Iterator<Item = (u64, Vec<u8>)> {
        let variables = self.module.variables.iter().zip(&self.addresses);
        variables
            .filter(|(variable, _)| !variable.initial.is_empty())
            .map(|(variable, address)| {
                let mut bytes = variable.initial.clone();
                for relocation in &variable.relocations {
                    let target = self.addresses[relocation.variable];
                    let value = target.wrapping_add_signed(relocation.addend).to_le_bytes();
                    bytes[relocation.offset..relocation.offset + 8].copy_from_slice(&value);
                }
                (*address, bytes)
            })
    }
}

impl Space {
    /// As in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Global => "global",
            Self::Constant => "const",
            Self::Shared => "shared",
            Self::Local => "local",
            Self::Parameter => "param",
        }
    }
}
