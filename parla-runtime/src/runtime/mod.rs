//! Runtimes: own the threads; run programs to their end.

mod builder;
mod driver;
mod entry;

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub use builder::RuntimeBuilder;
pub use entry::{MainOutput, TestOutput, run_main, run_main_blocking, run_test, run_test_blocking};

use crate::device::DeviceId;
use crate::error::Result;
use crate::reference::TaskRef;
use crate::scheduler::{Explanation, Scheduler};
use crate::scope::{verdict, wait_for_scope};
use crate::space::TaskSpace;
use crate::sync::{Arc, tokio};
use crate::task_graph::TaskGraph;
use crate::trace::{Event, GraphLog};
use crate::worker::{Pinning, context};

/// Worker threads, devices and a tokio runtime, on which tasks run. There may be several in one
/// process; they share nothing.
///
/// Dropping a runtime waits for all its tasks, on any thread that is not one of its own workers.
///
/// ```
/// let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// let answer = runtime.run(|| {
///     let t = parla_runtime::TaskSpace::new("T");
///     let task = t.task(0).spawn(|| 6 * 7);
///     task.wait().copied()
/// })??;
/// assert_eq!(answer, 42);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Runtime {
    handle: Handle,
    tokio: Option<tokio::runtime::Runtime>,
}

impl Runtime {
    /// Options for a new runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// A runtime with the default options.
    ///
    /// # Errors
    ///
    /// [`Error::Start`](crate::Error::Start) if the operating system refuses threads.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Runs `program` on this thread, with this runtime as the ambient one, and waits until all
    /// tasks have ended.
    ///
    /// # Errors
    ///
    /// What nobody looked at: the first failure of a task, [`Error::Stalled`] if tasks were left
    /// that could never run, or [`Error::Interrupted`].
    ///
    /// # Panics
    ///
    /// If `program` panics, after all tasks have ended; or on a worker thread.
    ///
    /// [`Error::Stalled`]: crate::Error::Stalled
    /// [`Error::Interrupted`]: crate::Error::Interrupted
    pub fn run<R>(&self, program: impl FnOnce() -> R) -> Result<R> {
        self.drive(|_| Ok(program()))
    }

    /// Runs an async `program` on this thread, with this runtime as the ambient one, and waits
    /// until all tasks have ended.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run). If the program itself waits for something that can never happen, it
    /// is dropped there, and the error is [`Error::Stalled`](crate::Error::Stalled).
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    pub fn block_on<F: Future>(&self, program: F) -> Result<F::Output> {
        self.drive(|scheduler| driver::drive(scheduler, program))
    }

    fn drive<R>(&self, program: impl FnOnce(&Arc<Scheduler>) -> Result<R>) -> Result<R> {
        assert!(
            !context::is_worker(),
            "a runtime can't run a program inside a task: spawn tasks, or use `parla::scope`"
        );
        let _ambient = self.enter();
        let scheduler = self.scheduler();
        let result = catch_unwind(AssertUnwindSafe(|| program(scheduler)));
        wait_for_scope(scheduler, scheduler.root());
        scheduler.root().prune_families();
        match result {
            Err(panic) => resume_unwind(panic),
            Ok(result) => {
                let value = result?;
                verdict(scheduler, scheduler.root()).map(|()| value)
            }
        }
    }
}

impl Deref for Runtime {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let scheduler = self.handle.scheduler.clone();
        let tokio = self.tokio.take();
        let shut_down = move || {
            wait_for_scope(&scheduler, scheduler.root());
            wait_for_scope(&scheduler, &scheduler.visits);
            scheduler.close();
            // For what was spawned or begun between the wait and the close.
            wait_for_scope(&scheduler, scheduler.root());
            wait_for_scope(&scheduler, &scheduler.visits);
            scheduler.save_history();
            scheduler.sleep.shut_down();
            // Whoever waits for what nobody can spawn any more.
            for cell in scheduler.waits.cells() {
                cell.wake();
            }
            for thread in scheduler.seats.close() {
                // A worker catches the panics of bodies; one of its own is a bug that its thread
                // has reported.
                let _ = thread.join();
            }
            scheduler.forget_all();
            // Never blocks, so that a runtime may be dropped where tokio forbids blocking.
            tokio
                .into_iter()
                .for_each(tokio::runtime::Runtime::shutdown_background);
        };
        if context::may_be_waited_for(self.handle.scheduler()) {
            // It may be a worker of this very runtime, or in a scope of it, and can't wait for
            // itself.
            let spawned = crate::sync::thread::Builder::new()
                .name("parla-shutdown".to_owned())
                .spawn(shut_down);
            drop(spawned);
        } else {
            shut_down();
        }
    }
}

/// A cheap reference to a runtime; keeps none of its threads alive.
#[derive(Clone)]
pub struct Handle {
    scheduler: Arc<Scheduler>,
}

impl Handle {
    /// The ambient runtime of this thread.
    ///
    /// # Panics
    ///
    /// If there is none: use `#[parla::main]`, [`Runtime::run`] or [`enter`](Self::enter).
    #[must_use]
    pub fn current() -> Self {
        Self::try_current().expect(
            "no Parla runtime on this thread: use `#[parla::main]`, `Runtime::run` or `enter`",
        )
    }

    /// The ambient runtime of this thread, if there is one.
    #[must_use]
    pub fn try_current() -> Option<Self> {
        context::ambient().map(|scheduler| Self { scheduler })
    }

    pub(crate) fn of(scheduler: &Arc<Scheduler>) -> Self {
        Self {
            scheduler: scheduler.clone(),
        }
    }

    pub(crate) fn scheduler(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }

    /// Makes this the ambient runtime of the thread until the guard is dropped.
    ///
    /// A thread outside the workers then counts as part of the program: as long as it does not
    /// wait through Parla, it might still spawn, and so nothing is taken to be stalled.
    #[must_use = "the runtime is ambient as long as the guard lives"]
    pub fn enter(&self) -> EnterGuard<'_> {
        let drives = context::start_driving(&self.scheduler);
        let before = context::set_ambient(Some(self.scheduler.clone()));
        EnterGuard {
            _tokio: self.scheduler.tokio.enter(),
            handle: self,
            before,
            drives,
        }
    }

    /// A task space in this runtime; see [`TaskSpace`].
    #[must_use]
    pub fn task_space(&self, name: impl Into<Arc<str>>) -> TaskSpace<'static> {
        TaskSpace::in_scope(name.into(), None, &self.scheduler, self.scheduler.root())
    }

    /// A task without a place in a space.
    #[must_use]
    pub fn task(&self) -> TaskRef<'static> {
        TaskRef::anonymous(&self.scheduler.anonymous())
    }

    /// The devices on which tasks can be placed.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceId> {
        self.scheduler
            .devices
            .iter()
            .map(|device| device.id())
            .collect()
    }

    /// The number of workers.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.scheduler.sleep.seats()
    }

    /// The processor to which each worker is pinned, as the operating system numbers them; empty if
    /// workers aren't pinned. See [`pin_workers`](RuntimeBuilder::pin_workers).
    #[must_use]
    pub fn worker_processors(&self) -> Vec<usize> {
        let places = self.scheduler.pinning.iter().flat_map(Pinning::places);
        places.map(|place| place.processor).collect()
    }

    /// What runs, and what waits for what.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        self.scheduler.explain()
    }

    /// Takes the event log so far; empty unless the runtime was built with
    /// [`trace`](RuntimeBuilder::trace).
    #[must_use]
    pub fn take_events(&self) -> Vec<Event> {
        self.scheduler
            .trace()
            .map(crate::trace::Trace::take)
            .unwrap_or_default()
    }

    /// The graph of all tasks that the runtime was given so far, with an edge for each dependency and
    /// for each earlier task that one waits for because of the data that both use; empty unless the
    /// runtime was built with [`record_graph`](RuntimeBuilder::record_graph). Data do not add edges
    /// that follow from others. Tasks are numbered in the order in which they were spawned, or first
    /// depended on; those of prebuilt graphs are not among them, see
    /// [`Graph::to_task_graph`](crate::Graph::to_task_graph).
    ///
    /// ```
    /// # use parla_runtime::{PArray, Runtime, TaskSpace};
    /// let runtime = Runtime::builder().workers(1).record_graph(true).build()?;
    /// runtime.run(|| {
    ///     let (t, x) = (TaskSpace::new("T"), PArray::from(vec![1.0]));
    ///     for i in 0..3 {
    ///         let (task, mut x) = t.task(i).inout(&x);
    ///         task.spawn(move || x.with(|mut x| x += 1.0));
    ///     }
    /// })?;
    /// let graph = runtime.task_graph();
    /// assert_eq!(graph.task_names().collect::<Vec<_>>(), ["T[0]", "T[1]", "T[2]"]);
    /// assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn task_graph(&self) -> TaskGraph {
        let graph = self.scheduler.graph_log().map(GraphLog::to_graph);
        graph.unwrap_or_else(|| TaskGraph::new([], []))
    }

    /// Does what Ctrl-C does in `#[parla::main]`: nothing starts any more, running bodies finish,
    /// everything else is cancelled, and the program ends with
    /// [`Error::Interrupted`](crate::Error::Interrupted). May be called from any thread.
    pub fn interrupt(&self) {
        self.scheduler.interrupt();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("workers", &self.workers())
            .field("devices", &self.devices())
            .finish_non_exhaustive()
    }
}

/// Keeps a runtime ambient; see [`Handle::enter`].
#[must_use = "the runtime is ambient as long as the guard lives"]
pub struct EnterGuard<'a> {
    _tokio: tokio::runtime::EnterGuard<'a>,
    handle: &'a Handle,
    before: Option<Arc<Scheduler>>,
    drives: bool,
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EnterGuard").field(self.handle).finish()
    }
}

impl Drop for EnterGuard<'_> {
    fn drop(&mut self) {
        let _ours = context::set_ambient(self.before.take());
        if self.drives {
            context::stop_driving(&self.handle.scheduler);
        }
    }
}
