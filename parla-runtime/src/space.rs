//! Task spaces: indexed families of tasks.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::dependencies::Dependencies;
use crate::error::TaskError;
use crate::graph::{self, Dim, Index, IndexValue, IntoDims, Table};
use crate::reference::{EndFuture, TaskRef};
use crate::runtime::Handle;
use crate::scheduler::Scheduler;
use crate::sync::Arc;
use crate::task::{Family, NodeRef, ScopeState, TaskState};
use crate::wait::Ending;

/// An indexed family of tasks, such as `T[0]`, `T[1]`, … or `L[i, j]`.
///
/// Looking up `t.task(i)` makes a reference, not a task: tasks may depend on tasks that are
/// spawned later, and a reference that something waits for and nobody spawns is an error, not a
/// hang. Negative indices, and those outside the shape of a space that has one, name no task: as
/// dependencies they are ignored, so that a chain needs no base case.
///
/// Cloning gives another handle on the same space. Tasks may be spawned and looked up from any
/// thread. Of a task that ended well the space remembers only that it has, and on which device it
/// was placed: it can still be depended on and waited for, and not be spawned again. Its result is
/// with its handles.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # runtime.run(|| {
/// use parla_runtime::TaskSpace;
/// let t = TaskSpace::new("T");
/// for i in 0..4 {
///     t.task(i).deps(t.task(i - 1)).spawn(move || println!("I am {i}"));
/// }
/// t.task(4).deps(t.slice(0..4)).spawn(|| println!("I run last"));
/// # })?;
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct TaskSpace<'scope> {
    family: Arc<Family>,
    scope: PhantomData<fn(&'scope ()) -> &'scope ()>,
}

impl TaskSpace<'static> {
    /// A space without a shape, in the ambient runtime of this thread.
    ///
    /// # Panics
    ///
    /// If the thread has no ambient runtime: use `#[parla::main]`, [`Runtime::run`] or
    /// [`Handle::enter`].
    ///
    /// [`Runtime::run`]: crate::Runtime::run
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Handle::current().task_space(name)
    }

    /// A space of a fixed shape, in the ambient runtime of this thread: every index has one entry
    /// for each extent, below it.
    ///
    /// # Panics
    ///
    /// As [`TaskSpace::new`].
    #[must_use]
    pub fn with_shape(name: impl Into<Arc<str>>, shape: impl IntoIterator<Item = usize>) -> Self {
        let scheduler = Handle::current().scheduler().clone();
        let shape = shape.into_iter().map(IndexValue::index_value).collect();
        Self::in_scope(name.into(), Some(shape), &scheduler, scheduler.root())
    }
}

impl<'scope> TaskSpace<'scope> {
    pub(crate) fn in_scope(
        name: Arc<str>,
        shape: Option<Vec<i64>>,
        scheduler: &Arc<Scheduler>,
        scope: &Arc<ScopeState>,
    ) -> Self {
        Self {
            family: Family::of_space(name, shape, scheduler, scope),
            scope: PhantomData,
        }
    }

    /// The runtime of its tasks.
    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.family.scheduler
    }

    #[inline]
    fn table(&self) -> &Table {
        self.family.table().expect("a space has a table")
    }

    /// Its name; need not be unique.
    #[must_use]
    pub fn name(&self) -> &str {
        self.family.name()
    }

    /// Its shape, if it has one.
    #[must_use]
    pub fn shape(&self) -> Option<&[i64]> {
        self.table().shape().extents()
    }

    /// The task of that index: an integer, an array, or a tuple of integers.
    #[must_use]
    #[inline]
    pub fn task(&self, index: impl Into<Index>) -> TaskRef<'scope> {
        TaskRef::new(self.table().reference(&self.family, &index.into()))
    }

    /// The task of that index as a dependency of others, and nothing else. In the spawn of a task
    /// of the same space it costs less than [`task`](Self::task), which holds what it refers to.
    ///
    /// ```
    /// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
    /// # runtime.run(|| {
    /// let t = parla_runtime::TaskSpace::new("T");
    /// for i in 0..1000 {
    ///     t.task(i).deps([t.at(i - 1), t.at(i - 2)]).spawn(|| ());
    /// }
    /// # })?;
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn at<I: Into<Index>>(&self, index: I) -> TaskAt<'_, 'scope, I> {
        TaskAt { space: self, index }
    }

    /// Adds the task of that index, if there is one, to the dependencies of another.
    #[inline]
    pub(crate) fn add_at(&self, index: &Index, dependencies: &mut Dependencies<'_>) {
        dependencies.add_at(&self.family, self.table(), index);
    }

    pub(crate) fn rank_mistake(&self, given: usize) -> Option<String> {
        self.family.rank_mistake(given)
    }

    /// The tasks of a range, a [`Step`](crate::Step), or a tuple of those and of indices; see
    /// [`Dim`].
    #[must_use]
    pub fn slice(&self, dims: impl IntoDims) -> TaskSlice<'scope> {
        let mut nodes = Vec::new();
        let dims = dims.into_dims();
        self.select(&dims, &mut |place| {
            nodes.push(place.into_node(&self.family));
        });
        TaskSlice {
            is_all: dims.iter().any(|dim| dim.is_open()),
            ..TaskSlice::of_nodes(nodes)
        }
    }

    pub(crate) fn select(&self, dims: &[Dim], visit: &mut dyn FnMut(graph::Place)) {
        self.table().select(&self.family, dims, visit);
    }

    /// All tasks of which there is more to know than that they have ended well.
    pub(crate) fn nodes(&self) -> Vec<NodeRef> {
        self.family.nodes()
    }

    /// All tasks that have been looked up or spawned so far, in order of their indices.
    #[must_use]
    pub fn tasks(&self) -> TaskSlice<'scope> {
        let mut nodes = Vec::new();
        self.table()
            .visit(&mut |place| nodes.push(place.into_node(&self.family)));
        TaskSlice {
            is_all: true,
            ..TaskSlice::of_nodes(nodes)
        }
    }

    /// Waits until all tasks of the space that have been spawned so far have ended.
    ///
    /// Await it, or call [`WaitAll::wait`] to block.
    #[must_use = "call `.await` or `.wait()`"]
    pub fn wait_all(&self) -> WaitAll {
        let spawned = |node: &NodeRef| node.state.stage() != TaskState::Referenced;
        WaitAll(self.nodes().into_iter().filter(spawned).collect())
    }
}

impl Clone for TaskSpace<'_> {
    fn clone(&self) -> Self {
        self.family.add_space();
        Self {
            family: self.family.clone(),
            scope: PhantomData,
        }
    }
}

impl Drop for TaskSpace<'_> {
    fn drop(&mut self) {
        self.family.remove_space();
    }
}

impl fmt::Debug for TaskSpace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskSpace")
            .field("name", &self.family.name())
            .finish_non_exhaustive()
    }
}

/// The place of a task in a space, to be depended on; made by [`TaskSpace::at`].
#[derive(Debug, Clone, Copy)]
pub struct TaskAt<'t, 'scope, I> {
    pub(crate) space: &'t TaskSpace<'scope>,
    pub(crate) index: I,
}

impl<'scope> IntoIterator for &TaskSlice<'scope> {
    type Item = TaskRef<'scope>;
    type IntoIter = std::vec::IntoIter<TaskRef<'scope>>;

    fn into_iter(self) -> Self::IntoIter {
        self.nodes
            .iter()
            .map(|node| TaskRef::new(node.clone()))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// Some tasks of a space, in order of their indices.
///
/// Awaiting it waits for all of them, as [`TaskSpace::wait_all`] does, but also for those that
/// have not been spawned yet.
#[derive(Clone)]
pub struct TaskSlice<'scope> {
    nodes: Vec<NodeRef>,
    /// Whether it is "all", by which no task means itself.
    is_all: bool,
    scope: PhantomData<fn(&'scope ()) -> &'scope ()>,
}

impl<'scope> TaskSlice<'scope> {
    pub(crate) fn of_nodes(nodes: Vec<NodeRef>) -> Self {
        Self {
            nodes,
            is_all: false,
            scope: PhantomData,
        }
    }

    /// How many tasks it selects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it selects none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// As dependencies: the tasks, and whether they were selected without being named.
    pub(crate) fn selected(&self) -> (&[NodeRef], bool) {
        (&self.nodes, self.is_all)
    }

    /// The tasks.
    #[must_use]
    pub fn iter(&self) -> std::vec::IntoIter<TaskRef<'scope>> {
        self.into_iter()
    }

    /// Waits until all of them have ended. Await it, or call [`WaitAll::wait`] to block.
    #[must_use = "call `.await` or `.wait()`"]
    pub fn wait_all(&self) -> WaitAll {
        WaitAll(self.nodes.clone())
    }

    /// Cancels all of them, as [`TaskRef::cancel`]; those that have ended stay as they are.
    ///
    /// ```
    /// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
    /// # let _ambient = runtime.enter();
    /// # use parla_runtime::TaskSpace;
    /// let t = TaskSpace::new("search");
    /// for i in 0..1000 {
    ///     t.task(i).spawn(move || i);
    /// }
    /// t.task(0).wait()?;
    /// t.tasks().cancel();
    /// # let _ = t.wait_all().wait();
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    pub fn cancel(&self) {
        self.iter().for_each(|task| task.cancel());
    }
}

impl fmt::Debug for TaskSlice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl IntoFuture for TaskSlice<'_> {
    type Output = Result<(), TaskError>;
    type IntoFuture = WaitAllFuture;

    fn into_future(self) -> WaitAllFuture {
        self.wait_all().into_future()
    }
}

/// A wait for several tasks.
#[must_use = "call `.await` or `.wait()`"]
#[derive(Debug)]
pub struct WaitAll(Vec<NodeRef>);

impl WaitAll {
    /// Blocks the thread until all the tasks have ended.
    ///
    /// # Errors
    ///
    /// The first failure among them, in order of their indices, once all have ended; as
    /// [`Task::wait`](crate::Task::wait) otherwise.
    pub fn wait(self) -> Result<(), TaskError> {
        let mut result = Ok(());
        for node in self.0 {
            result = result.and(Ending::of(node).wait_blocking());
        }
        result
    }
}

impl IntoFuture for WaitAll {
    type Output = Result<(), TaskError>;
    type IntoFuture = WaitAllFuture;

    fn into_future(self) -> WaitAllFuture {
        WaitAllFuture {
            left: self.0.into_iter(),
            current: None,
            result: Ok(()),
        }
    }
}

/// The end of several tasks, as a future: the first failure among them once all have ended.
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct WaitAllFuture {
    left: std::vec::IntoIter<NodeRef>,
    current: Option<EndFuture>,
    result: Result<(), TaskError>,
}

impl Future for WaitAllFuture {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Some(current) = &mut self.current {
                match Pin::new(current).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(())) => {}
                    // The first failure stays; the others have been looked at.
                    Poll::Ready(error) if self.result.is_ok() => self.result = error,
                    Poll::Ready(_) => {}
                }
            }
            match self.left.next() {
                Some(node) => self.current = Some(EndFuture::of(&node)),
                None => return Poll::Ready(std::mem::replace(&mut self.result, Ok(()))),
            }
        }
    }
}
