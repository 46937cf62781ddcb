//! Spaces, tasks and slices of a graph that is being built: what `TaskSpace`, `TaskRef` and
//! `TaskSlice` are to tasks of a runtime.

use std::borrow::Cow;
use std::fmt;

use super::body::GraphBody;
use super::builder::{Ask, GraphBuilder, Place};
use crate::dependencies::{Dependencies, SelectTasks, TaskSet, TaskSetRef};
use crate::graph::{Dim, Index, IntoDims};
use crate::private::TaskBodies;
use crate::task::TaskName;

/// An indexed family of tasks in a [`Graph`](crate::Graph) that is being built.
///
/// Indices mean what they mean in a [`TaskSpace`](crate::TaskSpace): looking a task up does not
/// make it, and a negative index, or one outside the shape, names no task.
pub struct GraphSpace<'g, Input: ?Sized> {
    builder: &'g GraphBuilder<Input>,
    space: u32,
}

impl<'g, Input: ?Sized> GraphSpace<'g, Input> {
    pub(super) fn new(builder: &'g GraphBuilder<Input>, space: u32) -> Self {
        Self { builder, space }
    }

    /// The task of that index: an integer, an array, or a tuple of integers.
    #[must_use]
    pub fn task(&self, index: impl Into<Index>) -> GraphTask<'g, Input> {
        let (place, mistake) = self.builder.look_up(self.space, index.into());
        GraphTask::new(self.builder, place, mistake)
    }

    /// The tasks of a range, a [`Step`](crate::Step), or a tuple of those and of indices; see
    /// [`Dim`].
    #[must_use]
    pub fn slice(&self, dims: impl IntoDims) -> GraphSlice<'g, Input> {
        let dims = dims.into_dims();
        GraphSlice {
            builder: self.builder,
            tasks: self.builder.select(self.space, &dims),
            is_all: dims.iter().any(|dim| dim.is_open()),
        }
    }

    /// All tasks that have been looked up or spawned so far, in order of their indices.
    #[must_use]
    pub fn tasks(&self) -> GraphSlice<'g, Input> {
        GraphSlice {
            builder: self.builder,
            tasks: self.builder.tasks(self.space),
            is_all: true,
        }
    }
}

impl<I: ?Sized> Clone for GraphSpace<'_, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: ?Sized> Copy for GraphSpace<'_, I> {}

impl<I: ?Sized> fmt::Debug for GraphSpace<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .builder
            .with_space(self.space, |space| space.name.clone());
        f.debug_struct("GraphSpace")
            .field("name", &name)
            .finish_non_exhaustive()
    }
}

/// A task of a [`Graph`](crate::Graph) that is being built, by its place: to be depended on, or
/// described and spawned. The methods that return `Self` say what the spawn asks for.
pub struct GraphTask<'g, Input: ?Sized> {
    builder: &'g GraphBuilder<Input>,
    place: Place,
    ask: Ask,
}

impl<'g, Input: ?Sized> GraphTask<'g, Input> {
    pub(super) fn new(
        builder: &'g GraphBuilder<Input>,
        place: Place,
        mistake: Option<String>,
    ) -> Self {
        let mut ask = Ask::new(builder.id(), &place);
        mistake.into_iter().for_each(|mistake| ask.reject(mistake));
        Self {
            builder,
            place,
            ask,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> TaskName {
        TaskName {
            label: self.ask.label.clone(),
            ..self.builder.name_of(&self.place)
        }
    }

    /// Runs the task only after these have ended well; adds to what was given before.
    #[must_use]
    pub fn deps(mut self, tasks: impl TaskSet) -> Self {
        tasks.add_to(&mut self.__parla_deps());
        self
    }

    /// A label for errors and the event log.
    #[must_use]
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.ask.label = Some(label.into().into());
        self
    }

    /// Spawns the task with a body that each run of the graph calls once, after the task's
    /// dependencies have ended well; see [`GraphBody`]. Yields another reference to the task, to
    /// depend on.
    ///
    /// Never fails: what is wrong with the spawn becomes the error of
    /// [`Graph::new`](crate::Graph::new).
    #[expect(
        clippy::return_self_not_must_use,
        reason = "most spawns need no other reference"
    )]
    pub fn spawn<Kind, B: GraphBody<Input, Kind>>(self, body: B) -> Self {
        self.builder.spawn(&self.place, self.ask, body);
        Self::new(self.builder, self.place, None)
    }

    /// As [`deps`](Self::deps), for the macros, which add one set after the other.
    #[doc(hidden)]
    pub fn __parla_deps(&mut self) -> Dependencies<'_> {
        Dependencies::of_graph(&mut self.ask)
    }

    /// For the macros, which say which bodies a task function has: graphs run on the CPU.
    #[doc(hidden)]
    #[must_use]
    pub fn __parla_bodies(self, _: TaskBodies) -> Self {
        self
    }
}

impl<I: ?Sized> fmt::Debug for GraphTask<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

impl<I: ?Sized> TaskSetRef for GraphTask<'_, I> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        match &self.place {
            Place::Task(task) => {
                dependencies.add_of_graph(self.builder.id(), *task, || self.name());
            }
            // Only a wrong number of indices is a mistake; other places without a task are none.
            Place::Nowhere(_) => dependencies.reject_all(self.ask.clauses()),
        }
    }
}

impl<I: ?Sized> TaskSet for GraphTask<'_, I> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}

impl<I: ?Sized> TaskSet for &GraphTask<'_, I> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}

impl<I: ?Sized> TaskSetRef for GraphSpace<'_, I> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        self.tasks().add_unnamed(dependencies);
    }
}

impl<I: ?Sized> TaskSet for &GraphSpace<'_, I> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}

impl<I: ?Sized> SelectTasks for GraphSpace<'_, I> {
    fn select(&self, dims: &[Dim], dependencies: &mut Dependencies<'_>) {
        let mistake = |space: &super::lookup::Lookup| space.rank_mistake(dims.len());
        if let Some(mistake) = self.builder.with_space(self.space, mistake) {
            return dependencies.reject_all([mistake]);
        }
        let slice = GraphSlice {
            builder: self.builder,
            tasks: self.builder.select(self.space, dims),
            is_all: dims.iter().any(|dim| dim.is_open()),
        };
        slice.add_ref(dependencies);
    }
}

/// Some tasks of a graph that is being built.
pub struct GraphSlice<'g, Input: ?Sized> {
    builder: &'g GraphBuilder<Input>,
    tasks: Vec<u32>,
    /// Whether it is "all", by which no task means itself.
    is_all: bool,
}

impl<'g, Input: ?Sized> GraphSlice<'g, Input> {
    /// How many tasks it selects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether it selects none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The tasks.
    pub fn iter(&self) -> impl Iterator<Item = GraphTask<'g, Input>> {
        let builder = self.builder;
        let tasks = self.tasks.iter();
        tasks.map(move |task| GraphTask::new(builder, Place::Task(*task), None))
    }

    /// As dependencies of a task that does not mean itself when it says "all".
    fn add_unnamed(&self, dependencies: &mut Dependencies<'_>) {
        let graph = self.builder.id();
        for &task in &self.tasks {
            if !dependencies.is_of(graph, task) {
                let name = || self.builder.name_of(&Place::Task(task));
                dependencies.add_of_graph(graph, task, name);
            }
        }
    }
}

impl<I: ?Sized> fmt::Debug for GraphSlice<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<I: ?Sized> TaskSetRef for GraphSlice<'_, I> {
    fn add_ref(&self, dependencies: &mut Dependencies<'_>) {
        if self.is_all {
            self.add_unnamed(dependencies);
        } else {
            self.iter().for_each(|task| task.add_ref(dependencies));
        }
    }
}

impl<I: ?Sized> TaskSet for GraphSlice<'_, I> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}

impl<I: ?Sized> TaskSet for &GraphSlice<'_, I> {
    fn add_to(self, dependencies: &mut Dependencies<'_>) {
        self.add_ref(dependencies);
    }
}
