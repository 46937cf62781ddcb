//! The task graph: successor lists, task spaces, selections of tasks.
//!
//! The protocol between a completing task and one that registers late is in
//! `docs/internals/dependencies.md`.

mod edges;
mod index;
mod select;
mod shape;
mod slot;
mod table;

pub(crate) use edges::{ALIGNMENT, ENTRY_BITS, Link, Next, Successors, TooLate};
pub use index::{Index, IndexValue};
pub use select::{Dim, IntoDims, Step};
pub(crate) use shape::{Shape, single};
pub(crate) use slot::{Found, Slot};
pub(crate) use table::{Place, Table};
