//! The runtime of Parla for Rust: tasks with dependencies, priorities and resources, run in order
//! on all CPU threads. The facade crate `parla` adds the macros; this crate is usable without
//! them.
//!
//! The life of a task:
//! 1. A lookup in a [`TaskSpace`] makes a reference ([`TaskRef`]); others may depend on it.
//! 2. [`TaskRef::spawn`] gives it a body and registers it with its dependencies.
//! 3. When the last of them has ended well, it is ready; if it asks for resources, it waits for
//!    admission.
//! 4. A worker takes it from a queue and runs the body. An async body that waits leaves the worker
//!    and gives up its resources until it is woken.
//! 5. When it ends, its dependents become ready, or, if it failed, end with its error as the
//!    cause; whoever awaits it goes on.
//!
//! The rooms of the house and what each may know are in `docs/architecture.md`.

#![warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod batch;
mod blocking;
mod body;
mod data;
mod dependencies;
mod device;
mod error;
mod fork_join;
mod graph;
mod handle;
mod introspect;
mod prebuilt;
mod private;
mod reference;
mod resources;
mod runtime;
mod scheduler;
mod scope;
mod space;
mod sync;
mod task;
mod task_graph;
mod trace;
mod wait;
mod worker;

/// The crate of the views by which bodies on the host see arrays.
pub use ndarray;

pub use blocking::blocking;
pub use body::IntoBody;
#[cfg(feature = "mmap")]
pub use data::MapError;
pub use data::{
    AsInout, AsInput, AsOutput, AsReduction, Claim, Element, PArray, ReadAccess, ReadGuard,
    ReduceAccess, Reduction, SelectRegion, Shared, SharedRead, SharedWrite, Tiles, WriteAccess,
    WriteGuard,
};
#[cfg(feature = "nalgebra")]
pub use data::{AsMatrix, AsMatrixMut};
pub use dependencies::{Dependencies, Input, TaskSet};
pub use device::{
    Axis, Block, BlockSlice, Device, DeviceError, DeviceId, DeviceKind, DeviceKinds, DeviceMemory,
    DeviceProvider, Fence, FoundDevices, HostSource, HostTarget, Layout, Lease, LeaseRequest, Link,
    Located, Placement, Pressure, WhenDone,
};
pub use error::{
    BlockedTask, BodyError, Error, GraphError, GraphMistake, Result, Stalled, TaskError,
    TaskErrorKind,
};
pub use fork_join::{LoopIndex, for_each, for_each_mut, join};
pub use graph::{Dim, Index, IndexValue, IntoDims, Step};
pub use handle::{Task, TaskFuture, TaskRefFuture};
pub use introspect::{current_devices, current_lease, current_leases, current_task, is_cancelled};
pub use prebuilt::{
    Graph, GraphBody, GraphBuilder, GraphOutput, GraphRun, GraphSlice, GraphSpace, GraphTask,
};
pub use reference::{EndFuture, TaskRef};
pub use resources::{AmountError, Bytes, Vcus};
pub use runtime::{EnterGuard, Handle, Runtime, RuntimeBuilder};
pub use scheduler::{
    Candidate, DeviceFacts, EarliestFinish, Explanation, Locality, Mapping, Policy, RoundRobin,
    RunTime, TaskProfile, Weighed,
};
pub use scope::{Scope, scope};
pub use space::{TaskAt, TaskSlice, TaskSpace, WaitAll, WaitAllFuture};
pub use task::{TaskName, TaskState};
pub use task_graph::TaskGraph;
pub use trace::{Event, EventKind};

#[doc(hidden)]
pub mod __private {
    pub use crate::private::*;
}
