//! The task graph: dependency counters, successor lists, task spaces, selections of tasks.
//!
//! The protocol between a completing task and one that registers late is in
//! `docs/internals/dependencies.md`.

mod access;
mod edges;
mod index;
mod pending;
mod select;
mod table;

pub(crate) use access::{Access, AccessMode};
pub(crate) use edges::Successors;
pub use index::{Index, IndexValue};
pub(crate) use pending::Pending;
pub use select::{Dim, IntoDims, Step};
pub(crate) use table::Table;
