//! Task-parallel programming of heterogeneous machines.

pub use parla_macros::{main, spawn, task, task_graph, test, variant};
pub use parla_runtime::*;

#[doc(hidden)]
pub use parla_runtime::__private;

/// Everything a program that spawns tasks usually needs.
pub mod prelude {
    pub use crate::{Placement, Task, TaskSpace, spawn, task, task_graph, variant};
}
