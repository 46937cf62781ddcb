//! One task: its state, its body, its place in the graph, its outcome.
//!
//! `node.rs` is the task in memory and a reference on it, `rights.rs` who may do what with it in
//! which stage, `state.rs` the stages, `body.rs` what it runs.

mod block;
mod body;
mod device_work;
mod extra;
mod family;
mod held;
mod links;
mod name;
mod node;
mod options;
mod pool;
mod racks;
mod references;
mod rights;
mod scope;
mod state;

pub(crate) use body::ResultSlot;
pub(crate) use device_work::{DeviceWork, Fences, Leases, Settled};
pub(crate) use extra::Extra;
pub(crate) use family::{Family, ScopeFamily};
pub(crate) use held::Held;
pub use name::TaskName;
pub(crate) use node::{Node, NodeRef};
pub(crate) use options::{Follow, Options};
pub(crate) use pool::{Magazine, Pool};
pub(crate) use rights::{Claimed, Ended, Linked, Runnable, Running, Suspended};
pub(crate) use scope::ScopeState;
pub use state::TaskState;
pub(crate) use state::{Cancellation, Released, State, Suspension};
