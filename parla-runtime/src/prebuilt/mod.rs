//! Prebuilt graphs: built once, checked as a whole, run as often as wanted.
//!
//! ```text
//! GraphBuilder ──► Draft ──build──► Plan ──run──► Run + RunState ──► Walk, one a worker
//!  builder, space, lookup           nodes         run, state         walk, block
//! ```
//!
//! [`Graph`] is the shared plan. The protocol between the workers of a run, and between one run
//! and the next: `docs/internals/prebuilt.md`.

mod block;
mod body;
mod build;
mod builder;
mod counter;
mod dot;
mod future;
mod lookup;
mod names;
mod nodes;
mod plan;
mod run;
mod space;
mod state;
mod walk;

use std::fmt;

pub use body::{GraphBody, GraphOutput, Returns, WithInput, WithoutInput};
pub use builder::GraphBuilder;
pub(crate) use builder::{Ask, GraphId};
pub use future::GraphRun;
pub use space::{GraphSlice, GraphSpace, GraphTask};

use crate::error::{GraphError, Result};
use crate::runtime::Handle;
use crate::sync::Arc;
use crate::task::TaskName;
use plan::Plan;
use run::Run;

/// A task graph that is built once and run as often as wanted, with another input each time.
///
/// Compared with spawning the same tasks for each run, it is checked as a whole when it is built,
/// its tasks need no memory of their own, and a run of it costs a fraction per task. Its tasks run
/// on the CPU, ask for no resources and no priority, and hand results on through the input.
///
/// Cloning gives another handle on the same graph. Several runs may be in flight at once; each has
/// its own counters.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use parla_runtime::Graph;
/// use std::sync::Mutex;
///
/// type Input = Mutex<Vec<i32>>;
/// let graph = Graph::new(|g| {
///     let t = g.task_space("T");
///     for i in 0..4 {
///         let append = move |input: &Input| input.lock().unwrap().push(i);
///         t.task(i).deps(t.task(i - 1)).spawn(append);
///     }
/// })?;
/// for start in [10, 20] {
///     let input = Mutex::new(vec![start]);
///     graph.run(&input)?;
///     assert_eq!(input.into_inner().unwrap(), [start, 0, 1, 2, 3]);
/// }
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Graph<Input: ?Sized = ()> {
    plan: Arc<Plan<Input>>,
}

impl<Input: ?Sized> Graph<Input> {
    /// Builds a graph from the tasks that `build` spawns.
    ///
    /// # Errors
    ///
    /// All mistakes in the graph: tasks spawned twice, dependencies that were never spawned, cycles.
    ///
    /// # Panics
    ///
    /// If `build` panics; or if the graph has more than 2³⁰ tasks or 2³² - 2 dependencies.
    pub fn new(build: impl FnOnce(&GraphBuilder<Input>)) -> Result<Self, GraphError> {
        let builder = GraphBuilder::new();
        build(&builder);
        let plan = Arc::new(builder.into_draft().build()?);
        Ok(Self { plan })
    }

    /// How many tasks it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plan.len()
    }

    /// Whether it has no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names of its tasks, in the order in which they were spawned.
    #[must_use]
    pub fn task_names(&self) -> Vec<TaskName> {
        let spawned = self.plan.spawned().iter();
        spawned.map(|&node| self.plan.name(node)).collect()
    }
}

impl<Input: ?Sized + Sync> Graph<Input> {
    /// Runs the graph in the ambient runtime of this thread, and waits for its end.
    ///
    /// Blocks the thread. In a task's body that is allowed: the worker runs tasks of the graph
    /// meanwhile, or lends its place to another thread, and the task gives up its resources until
    /// the run has ended.
    ///
    /// # Errors
    ///
    /// The first failure of a task; tasks that depend on it did not run, all others did.
    /// [`Error::Interrupted`](crate::Error::Interrupted) if an interrupt kept tasks from running.
    ///
    /// # Panics
    ///
    /// If the thread has no ambient runtime.
    pub fn run(&self, input: &Input) -> Result<()> {
        Run::run_blocking(Handle::current().scheduler(), &self.plan, input)
    }
}

impl<Input: ?Sized + Send + Sync> Graph<Input> {
    /// A run of the graph as a future, to be awaited or to be the async body of a task, in the
    /// ambient runtime of this thread. It starts when it is first polled; see [`GraphRun`] for
    /// what dropping it does.
    ///
    /// The input is moved in, or shared as an `Arc`.
    ///
    /// ```
    /// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
    /// use parla_runtime::{Graph, TaskSpace};
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// let graph = Graph::new(|g| {
    ///     for _ in 0..10 {
    ///         g.task().spawn(|sum: &AtomicU32| { sum.fetch_add(1, Ordering::Relaxed); });
    ///     }
    /// })?;
    /// let sum = Arc::new(AtomicU32::new(0));
    /// runtime.block_on(async {
    ///     let t = TaskSpace::new("T");
    ///     let first = t.task(0).try_spawn(graph.run_async(sum.clone()));
    ///     let second = t.task(1).deps(&first).try_spawn(graph.run_async(sum.clone()));
    ///     second.await
    /// })??;
    /// assert_eq!(sum.load(Ordering::Relaxed), 20);
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the thread has no ambient runtime.
    pub fn run_async(&self, input: impl Into<Arc<Input>>) -> GraphRun<Input> {
        let scheduler = Handle::current().scheduler().clone();
        GraphRun::new(scheduler, self.plan.clone(), input.into())
    }
}

impl<Input: ?Sized> Clone for Graph<Input> {
    fn clone(&self) -> Self {
        Self {
            plan: self.plan.clone(),
        }
    }
}

impl<Input: ?Sized> fmt::Debug for Graph<Input> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("tasks", &self.len())
            .finish_non_exhaustive()
    }
}
