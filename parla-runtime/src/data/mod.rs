//! Arrays and other data that tasks declare to use: what orders them, where their copies are.
//!
//! ```text
//! region      which elements: exact sets, strided, n-dimensional; an index over them
//! order       which earlier accesses a new one comes after
//! coherence   which copy of which region is valid where; what to copy, what to give up
//! residency   what fits into the memory of a device, and what has to go
//! ```
//!
//! Those four are pure. `races` looks for conflicting accesses that nothing orders, where accesses don't
//! order tasks. The rest holds the memory and does what they say.

mod access;
mod accessor;
pub(crate) mod argument;
mod array;
mod clause;
mod coherence;
mod copies;
mod datum;
mod declare;
mod element;
mod heading;
mod home;
#[cfg(feature = "mmap")]
mod mapped;
#[cfg(feature = "nalgebra")]
mod matrices;
mod order;
mod part;
mod races;
mod reading;
mod reduction;
mod region;
mod residency;
mod shared;
mod store;
mod task_data;
mod tiles;
mod transfer;

pub use access::{ReadAccess, SharedRead, SharedWrite, WriteAccess};
pub use array::PArray;
pub(crate) use clause::AccessClause;
pub use clause::{AsInout, AsInput, AsOutput, AsReduction, SelectRegion};
use datum::DatumId;
pub(crate) use declare::declare;
pub use element::Element;
pub(crate) use home::Home;
#[cfg(feature = "mmap")]
pub use mapped::MapError;
#[cfg(feature = "nalgebra")]
pub use matrices::{AsMatrix, AsMatrixMut};
pub(crate) use order::Mode;
pub(crate) use part::Part;
pub(crate) use races::{Declaring, Races};
pub use reading::{Claim, ReadGuard, WriteGuard};
pub use reduction::{ReduceAccess, Reduction};
pub(crate) use region::{Region, Span};
pub use shared::Shared;
pub(crate) use store::{Fetch, FetchError, Store};
pub(crate) use task_data::TaskData;
pub use tiles::Tiles;
