//! What a task can depend on: handles, references, slices, spaces, and collections of those.

use crate::graph::Dim;
use crate::handle::{Task, TaskRef};
use crate::scheduler::Descriptor;
use crate::space::{TaskSlice, TaskSpace};
use crate::sync::Arc;
use crate::task::Node;

/// The dependencies of a task that is being described.
#[derive(Debug)]
pub struct Dependencies<'a> {
    descriptor: &'a mut Descriptor,
    /// The task that is described.
    task: Option<&'a Arc<Node>>,
}

impl<'a> Dependencies<'a> {
    pub(crate) fn new(descriptor: &'a mut Descriptor, task: Option<&'a Arc<Node>>) -> Self {
        Self { descriptor, task }
    }

    pub(crate) fn add(&mut self, node: Arc<Node>) {
        self.descriptor.dependencies.push(node);
    }

    /// Adds a task that was selected without being named; nobody means the described task itself
    /// when they say "all".
    fn add_unnamed(&mut self, node: Arc<Node>) {
        if !self.task.is_some_and(|task| Arc::ptr_eq(task, &node)) {
            self.add(node);
        }
    }
}

/// A set of tasks to depend on: a task by handle or reference, a slice, a whole space (the tasks
/// it has at that time), or anything that iterates over such sets, nested as one likes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of tasks",
    label = "not a task, a slice, a task space or an iterator of those",
    note = "a task is named by its handle or by its place in a space: `t.task(i)`"
)]
pub trait TaskSet {
    /// Adds the tasks to the dependencies of another.
    fn add_to(self, dependencies: &mut Dependencies<'_>);
}

impl<R> TaskSet for Task<R> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        dependencies.add(self.node);
    }
}

impl<R> TaskSet for &Task<R> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        dependencies.add(self.node.clone());
    }
}

impl TaskSet for TaskRef<'_> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        (&self).add_to(dependencies);
    }
}

impl TaskSet for &TaskRef<'_> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.node()
            .cloned()
            .into_iter()
            .for_each(|node| dependencies.add(node));
    }
}

impl TaskSet for TaskSlice<'_> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        (&self).add_to(dependencies);
    }
}

impl TaskSet for &TaskSpace<'_> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.nodes()
            .into_iter()
            .for_each(|node| dependencies.add_unnamed(node));
    }
}

impl<I> TaskSet for I
where
    I: IntoIterator,
    I::Item: TaskSet,
{
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.into_iter().for_each(|set| set.add_to(dependencies));
    }
}

/// What `base[…]` selects in a `deps` clause of the macros.
pub trait SelectTasks {
    /// Adds the selected tasks to the dependencies of another.
    fn __parla_select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>);
}

impl SelectTasks for TaskSpace<'_> {
    fn __parla_select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        let open = dims.iter().any(|dim| dim.is_open());
        self.select(dims, &mut |node| {
            if open {
                dependencies.add_unnamed(node);
            } else {
                dependencies.add(node);
            }
        });
    }
}

impl<T> SelectTasks for [T]
where
    for<'a> &'a T: TaskSet,
{
    fn __parla_select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        let [dim] = dims else { return };
        let bounds = 0..i64::try_from(self.len()).unwrap_or(i64::MAX);
        for index in dim.indices(&bounds) {
            let at = usize::try_from(index)
                .ok()
                .and_then(|index| self.get(index));
            at.into_iter().for_each(|set| set.add_to(dependencies));
        }
    }
}

/// The result of a task on its way into a body: made by [`input`], declared to the spawn, read in
/// the body with [`get`](Self::get).
#[derive(Debug)]
pub struct Input<R>(pub(crate) Task<R>);

impl<R> Input<R> {
    /// The result.
    ///
    /// # Panics
    ///
    /// If the task has not ended well: only in a body that did not declare the input.
    #[must_use]
    pub fn get(&self) -> &R {
        match self.0.result() {
            Some(Ok(result)) => result,
            _ => panic!(
                "the input `{}` was read by a body that did not declare it",
                self.0.name()
            ),
        }
    }
}

/// The result of `task` as an input of another; see [`TaskRef::input`].
#[must_use]
pub fn input<R>(task: &Task<R>) -> Input<R> {
    Input(task.clone())
}
