//! Task-parallel programming for one machine: annotate functions and closures of the program you
//! have, and they run in parallel, in the order their dependencies ask for.
//!
//! ```
//! use parla::prelude::*;
//!
//! #[parla::main(sim_gpus = 1)]               // without a GPU, simulate one
//! async fn main() -> parla::Result<()> {
//!     let t = TaskSpace::new("T");
//!
//!     for i in 0..4 {
//!         #[spawn(t[i], placement = cpu)]
//!         fn task_a() {
//!             println!("We run first on the CPU. I am task {i}");
//!         }
//!     }
//!
//!     #[spawn(t[4], deps = [t[0..4]], placement = gpu)]
//!     fn task_b() {
//!         println!("I run second on any GPU");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! ```text
//! T[0] ─┐
//! T[1] ─┼──► T[4]
//! T[2] ─┤
//! T[3] ─┘
//! ```
//!
//! * **Tasks** live in [`TaskSpace`]s and are named by their indices; a dependency may be spawned
//!   before or after the task that names it.
//! * **Four ways to spawn** say the same: `#[spawn]` on a nested function, on a closure or async
//!   block, on a call of a [`#[task]`](macro@task) function, and the builder on [`TaskRef`] to
//!   which the other three come down.
//! * **Results** come back through [`Task`]: await it, [`wait`](Task::wait) for it, or declare it
//!   as the `input` of another task.
//! * **Failures** are values: a task that fails ends its dependents with the chain of causes and
//!   leaves everything else alone. What nobody looks at is the error of `main`.
//! * **Nothing hangs**: what can never run is [`Error::Stalled`], which names the tasks.
//! * **Arrays** move to where a task needs them, and order the tasks that use them: [`PArray`].
//! * **Borrowing** tasks live in a [`scope`]; [`join`] and [`for_each`] divide a computation among
//!   the workers without any task at all.
//! * **GPUs** run kernels through CUDA: a body only queues work, and tasks there follow each other
//!   without the host. Without a GPU they are simulated. [`Gpus`], `Gpu`, `kernels!`; features `cuda`
//!   and `sim`.
//! * **The compiler checks** the graph of a function: tasks spawned twice or never, cycles, waits
//!   that can't end are errors with an example, at the guilty token.
//! * **Prebuilt graphs** are checked as a whole and run as often as wanted: [`Graph`].
//!
//! The guide in `docs/guide` teaches all of it from the first task on; `docs/architecture.md` says
//! how it is built.

pub use parla_macros::{Element, main, spawn, task, task_graph, test, variant};
pub use parla_runtime::{
    AmountError, AsInout, AsInput, AsOutput, AsReduction, Axis, Block, BlockSlice, BlockedTask,
    BodyError, Bytes, Candidate, Claim, Dependencies, Device, DeviceError, DeviceFacts, DeviceId,
    DeviceKind, DeviceKinds, DeviceMemory, DeviceProvider, Dim, EarliestFinish, Element, EndFuture,
    EnterGuard, Error, Event, EventKind, Explanation, Fence, FoundDevices, Graph, GraphBody,
    GraphBuilder, GraphError, GraphMistake, GraphOutput, GraphRun, GraphSlice, GraphSpace,
    GraphTask, Handle, HostSource, HostTarget, Index, IndexValue, Input, IntoBody, IntoDims,
    Layout, Lease, LeaseRequest, Link, Locality, Located, LoopIndex, Mapping, PArray, Placement,
    Policy, Pressure, ReadAccess, ReadGuard, ReduceAccess, Reduction, Result, RoundRobin, RunTime,
    Runtime, RuntimeBuilder, Scope, SelectRegion, Shared, SharedRead, SharedWrite, Stalled, Step,
    Task, TaskAt, TaskError, TaskErrorKind, TaskFuture, TaskGraph, TaskName, TaskProfile, TaskRef,
    TaskRefFuture, TaskSet, TaskSlice, TaskSpace, TaskState, Tiles, Vcus, WaitAll, WaitAllFuture,
    Weighed, WhenDone, WriteAccess, WriteGuard, blocking, current_devices, current_lease,
    current_leases, current_task, for_each, for_each_mut, is_cancelled, join, ndarray, scope,
};

#[cfg(feature = "mmap")]
pub use parla_runtime::MapError;
#[cfg(feature = "nalgebra")]
pub use parla_runtime::{AsMatrix, AsMatrixMut};

pub use parla_gpu::Gpus;
#[cfg(feature = "cuda")]
pub use parla_gpu::{
    Argument, AsDeviceSlice, AsDeviceSliceMut, DeviceBuffer, DeviceCopy, DeviceSlice,
    DeviceSliceMut, DeviceView, DeviceViewMut, DriverError, Gpu, GpuError, GpuErrorKind, GpuInfo,
    Image, Kernel, LaunchConfig, Module, Moment, RawGpu, bytemuck, devices as gpu_devices,
    grid_for, grid_for_2d, kernels,
};
#[cfg(feature = "cuda")]
pub use parla_macros::kernels;

#[doc(hidden)]
pub mod __private {
    //! What generated code names, and nothing else may: no promise of stability.
    pub use crate::private::*;
    #[cfg(feature = "cuda")]
    pub use parla_gpu::__private::{
        self as gpu, OnGpu, OnGpuMut, SliceArgument, SliceArgumentMut, ViewArgument,
        ViewArgumentMut, current_gpu, current_gpus, first_gpu,
    };
    pub use parla_runtime::__private::*;
}

mod private;

/// What a program that spawns tasks usually needs.
pub mod prelude {
    pub use crate::{
        Element, PArray, Placement, Shared, Task, TaskSpace, spawn, task, task_graph, variant,
    };
}

/// The pages of the documentation, so that their programs are compiled and run as tests.
#[cfg(doctest)]
mod pages {
    macro_rules! pages {
        ($($page:literal $name:ident)*) => {$(
            #[doc = include_str!($page)]
            mod $name {}
        )*};
    }
    pages! {
        "../README.md" readme
        "../docs/guide/01-first-tasks.md" first_tasks
        "../docs/guide/02-results-and-await.md" results_and_await
        "../docs/guide/03-forms-and-clauses.md" forms_and_clauses
        "../docs/guide/04-scopes.md" scopes
        "../docs/guide/05-resources-and-placement.md" resources_and_placement
        "../docs/guide/06-runtimes-and-tests.md" runtimes_and_tests
        "../docs/guide/07-when-things-go-wrong.md" when_things_go_wrong
        "../docs/guide/08-prebuilt-graphs.md" prebuilt_graphs
        "../docs/guide/09-fork-join.md" fork_join
        "../docs/guide/10-what-the-compiler-checks.md" what_the_compiler_checks
        "../docs/guide/11-first-kernel.md" first_kernel
        "../docs/errors/P0001.md" p0001
        "../docs/errors/P0002.md" p0002
        "../docs/errors/P0003.md" p0003
        "../docs/errors/P0004.md" p0004
        "../docs/errors/P0005.md" p0005
        "../docs/errors/P0006.md" p0006
        "../docs/errors/P0007.md" p0007
        "../docs/errors/P0009.md" p0009
        "../docs/errors/P0010.md" p0010
    }
    #[cfg(feature = "cuda")]
    pages! {
        "../docs/errors/P0008.md" p0008
        "../docs/guide/12-gpus.md" gpus
        "../docs/guide/13-arrays.md" arrays
    }
}
