//! What a task can depend on: handles, references, slices, spaces, and collections of those.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::error::TaskErrorKind;
use crate::graph::{self, Dim, Index, Table};
use crate::handle::Task;
use crate::prebuilt::{Ask, GraphId};
use crate::reference::TaskRef;
use crate::scheduler::Descriptor;
use crate::space::{TaskAt, TaskSlice, TaskSpace};
use crate::sync::Arc;
use crate::task::{Family, NodeRef, TaskName};

/// The dependencies of a task that is being described.
#[derive(Debug)]
pub struct Dependencies<'a>(Sink<'a>);

/// Where dependencies go.
#[derive(Debug)]
enum Sink<'a> {
    /// Those of a task of a runtime, with the task that is described.
    Task(&'a mut Descriptor, &'a NodeRef),
    /// Those of a task of a graph that is being built.
    Graph(&'a mut Ask),
}

impl<'a> Dependencies<'a> {
    #[inline]
    pub(crate) fn new(descriptor: &'a mut Descriptor, task: &'a NodeRef) -> Self {
        Self(Sink::Task(descriptor, task))
    }

    pub(crate) fn of_graph(ask: &'a mut Ask) -> Self {
        Self(Sink::Graph(ask))
    }

    #[inline]
    pub(crate) fn add(&mut self, node: NodeRef) {
        match &mut self.0 {
            // What has ended well holds nothing up.
            Sink::Task(_, task)
                if matches!(node.outcome(), Some(Ok(())))
                    && Arc::ptr_eq(&node.family().scheduler, &task.family().scheduler) =>
            {
                note_ended(task, node.family(), node.index());
            }
            Sink::Task(descriptor, _) => descriptor.dependencies.push(node),
            Sink::Graph(ask) => ask.depend_elsewhere(node.name()),
        }
    }

    /// Adds the task of that index, if there is one.
    #[inline]
    pub(crate) fn add_at(&mut self, family: &Family, table: &Table, index: &Index) {
        if let Sink::Task(descriptor, task) = &mut self.0
            && std::ptr::eq(task.family(), family)
            && let Some(place) = table.place_of(index)
        {
            descriptor.places.push(place);
        } else {
            self.add_elsewhere(family, table, index);
        }
    }

    /// As [`add_at`](Self::add_at), for a task that is not in a page of the same space.
    fn add_elsewhere(&mut self, family: &Family, table: &Table, index: &Index) {
        let is_known_here =
            |task: &NodeRef| Arc::ptr_eq(&family.scheduler, &task.family().scheduler);
        if let Sink::Task(_, task) = &self.0
            && is_known_here(task)
            && table.has_ended(index)
        {
            // As in `add`, without anything that stands for the task.
            note_ended(task, family, index.clone());
        } else if table.shape().contains(index) {
            self.add(table.reference(family, index));
        } else if let Some(mistake) = family.rank_mistake(index.as_slice().len()) {
            self.reject(mistake);
        }
    }

    /// Adds a task of a graph that is being built.
    pub(crate) fn add_of_graph(
        &mut self,
        graph: GraphId,
        task: u32,
        name: impl FnOnce() -> TaskName,
    ) {
        match &mut self.0 {
            Sink::Graph(ask) => ask.depend(graph, task, name),
            Sink::Task(..) => {
                let name = name();
                self.reject(format!(
                    "it depends on `{name}`, which is a task of a prebuilt graph"
                ));
            }
        }
    }

    /// Makes the described task fail: what it depends on can't be.
    fn reject(&mut self, mistake: String) {
        match &mut self.0 {
            Sink::Task(descriptor, _) => {
                let error = &mut descriptor.request_mut().error;
                error.get_or_insert(TaskErrorKind::BadClause(mistake));
            }
            Sink::Graph(ask) => ask.reject(mistake),
        }
    }

    /// As [`reject`](Self::reject), for each of these.
    pub(crate) fn reject_all(&mut self, mistakes: impl IntoIterator<Item = String>) {
        mistakes
            .into_iter()
            .for_each(|mistake| self.reject(mistake));
    }

    /// Adds a task that was selected without being named; nobody means the described task itself
    /// when they say "all".
    fn add_unnamed(&mut self, node: NodeRef) {
        if !matches!(&self.0, Sink::Task(_, task) if task.is(&node)) {
            self.add(node);
        }
    }

    /// Whether that is the described task.
    pub(crate) fn is_of(&self, graph: GraphId, task: u32) -> bool {
        matches!(&self.0, Sink::Graph(ask) if ask.is_of(graph, task))
    }
}

/// It holds nothing up any more; the graph may be recorded all the same.
#[inline]
fn note_ended(task: &NodeRef, family: &Family, dependency: Index) {
    if let Some(graph) = family.scheduler.graph_log() {
        graph.add_dependency(task, family, dependency);
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
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        dependencies.add(self.node);
    }
}

impl<R> TaskSet for &Task<R> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        dependencies.add(self.node.clone());
    }
}

impl TaskSet for TaskRef<'_> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        if self.node().is_nowhere() {
            return (&self).add_to(dependencies);
        }
        // Moved, which costs less than another reference.
        dependencies.add(self.into_parts().0);
    }
}

impl TaskSet for &TaskRef<'_> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        if !self.node().is_nowhere() {
            dependencies.add(self.node().clone());
        } else if let Some(mistake) = self.node().rank_mistake() {
            dependencies.reject(mistake);
        }
    }
}

impl<I: Into<Index>> TaskSet for TaskAt<'_, '_, I> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.space.add_at(&self.index.into(), dependencies);
    }
}

impl TaskSet for TaskSlice<'_> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}

impl TaskSet for &TaskSpace<'_> {
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.nodes()
            .into_iter()
            .for_each(|node| dependencies.add_unnamed(node));
    }
}

#[diagnostic::do_not_recommend]
impl<I> TaskSet for I
where
    I: IntoIterator,
    I::Item: TaskSet,
{
    #[inline]
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.into_iter().for_each(|set| set.add_to(dependencies));
    }
}

/// A set of tasks that a variable or a field holds, which `deps = [tasks]` names in the macros
/// without moving it: what is a [`TaskSet`] by reference, behind any number of references.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of tasks",
    label = "not a task, a slice, a task space or a list of those",
    note = "a task is named by its handle or by its place in a space: `t[i]`",
    note = "other collections are given as an iterator of tasks: `deps = [tasks.values()]`"
)]
pub trait TaskSetRef {
    /// Adds the tasks to the dependencies of another.
    fn add_ref(&self, dependencies: &mut Dependencies<'_>);
}

impl<R> TaskSetRef for Task<R> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.add_to(dependencies);
    }
}

impl TaskSetRef for TaskRef<'_> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.add_to(dependencies);
    }
}

impl<I: Into<Index> + Clone> TaskSetRef for TaskAt<'_, '_, I> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.clone().add_to(dependencies);
    }
}

impl TaskSetRef for TaskSlice<'_> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        let (nodes, is_all) = self.selected();
        for node in nodes {
            if is_all {
                dependencies.add_unnamed(node.clone());
            } else {
                dependencies.add(node.clone());
            }
        }
    }
}

impl TaskSetRef for TaskSpace<'_> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.add_to(dependencies);
    }
}

impl<T: TaskSetRef> TaskSetRef for [T] {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.iter().for_each(|set| set.add_ref(dependencies));
    }
}

impl<T: TaskSetRef, const N: usize> TaskSetRef for [T; N] {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.as_slice().add_ref(dependencies);
    }
}

impl<T: TaskSetRef> TaskSetRef for Vec<T> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.as_slice().add_ref(dependencies);
    }
}

impl<T: TaskSetRef> TaskSetRef for VecDeque<T> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.iter().for_each(|set| set.add_ref(dependencies));
    }
}

impl<T: TaskSetRef> TaskSetRef for Option<T> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.iter().for_each(|set| set.add_ref(dependencies));
    }
}

/// What `base[…]` selects in a `deps` clause of the macros.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task space",
    label = "neither a task space nor a list of tasks",
    note = "`t[…]` selects from a `TaskSpace`, or from a `Vec`, an array or a slice of tasks",
    note = "what another type dereferences to is selected from as `(*t)[…]`"
)]
pub trait SelectTasks {
    /// Adds the selected tasks to the dependencies of another.
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>);
}

impl SelectTasks for TaskSpace<'_> {
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        if let Some(mistake) = self.rank_mistake(dims.len()) {
            dependencies.reject(mistake);
            return;
        }
        if let Some(index) = graph::single(dims) {
            return self.add_at(&index, dependencies);
        }
        let open = dims.iter().any(|dim| dim.is_open());
        // What has ended well holds nothing up.
        TaskSpace::select(self, dims, &mut |place| match place {
            graph::Place::Node(node) if open => dependencies.add_unnamed(node),
            graph::Place::Node(node) => dependencies.add(node),
            graph::Place::Ended(_) | graph::Place::Nowhere(_) => {}
        });
    }
}

#[diagnostic::do_not_recommend]
impl<T: TaskSetRef> SelectTasks for [T] {
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        let [dim] = dims else { return };
        let bounds = 0..i64::try_from(self.len()).unwrap_or(i64::MAX);
        for index in dim.indices(&bounds) {
            let at = usize::try_from(index)
                .ok()
                .and_then(|index| self.get(index));
            at.into_iter().for_each(|set| set.add_ref(dependencies));
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: TaskSetRef, const N: usize> SelectTasks for [T; N] {
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        self.as_slice().select(dims, dependencies);
    }
}

#[diagnostic::do_not_recommend]
impl<T: TaskSetRef> SelectTasks for Vec<T> {
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        self.as_slice().select(dims, dependencies);
    }
}

/// What a pointer points at can be named by the pointer, as in method calls.
macro_rules! see_through {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: TaskSetRef + ?Sized> TaskSetRef for $pointer {
            fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
                (**self).add_ref(dependencies);
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: SelectTasks + ?Sized> SelectTasks for $pointer {
            fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
                (**self).select(dims, dependencies);
            }
        }
    )*};
}

see_through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// The result of a task on its way into a body: made by [`TaskRef::input`], read in
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
        self.0.result_for_follower().unwrap_or_else(|| {
            panic!(
                "the input `{}` was read by a body that did not declare it",
                self.0.name()
            )
        })
    }
}
