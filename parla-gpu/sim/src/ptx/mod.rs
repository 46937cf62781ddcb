//! PTX: from text to modules, and kernels that run.
//!
//! ```text
//! text ─ lexer ─► tokens ─ parse ─► syntax tree ─ lower ─► Module ─ instantiate ─► Instance ─ run ─► memory
//! ```
//!
//! What the driver needs is exported here: [`Module`] and what it tells of kernels and variables,
//! [`AddressSpace`], through which kernels reach memory, and [`Launch`], which runs them.

mod arithmetic;
mod code;
mod error;
mod fault;
mod lexer;
mod lower;
mod machine;
mod memory;
mod module;
mod parse;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use error::InvalidPtx;
pub(crate) use fault::{Fault, FaultKind};
pub(crate) use machine::Launch;
pub(crate) use memory::{AccessError, AddressSpace, Window};
pub(crate) use module::{Instance, Kernel, Module};
