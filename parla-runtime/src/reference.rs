//! [`TaskRef`]: a task by its place, to be depended on, waited for, or described and spawned.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::body::IntoBody;
use crate::data::{AccessClause, AsInout, AsInput, AsOutput, AsReduction};
use crate::dependencies::{Dependencies, TaskSet};
use crate::device::{DeviceKinds, Located, Placement};
use crate::error::{BodyError, TaskError, TaskErrorKind};
use crate::graph::Index;
use crate::handle::Task;
use crate::private::TaskBodies;
use crate::resources::{Bytes, Vcus};
use crate::scheduler::{Descriptor, Mapping, Request};
use crate::task::{Family, NodeRef, TaskName, TaskState};
use crate::wait::Ending;
use crate::worker::context;

/// A task by its place in a space: can be depended on, waited for, or spawned.
///
/// Looking a task up makes the reference, not the task; it may be spawned before or after others
/// come to depend on it. The methods that return `Self` say what a spawn asks for.
///
/// Awaiting it gives `Result<(), TaskError>`.
pub struct TaskRef<'scope> {
    node: NodeRef,
    /// `None` until anything is said. In a box, so that it stays where it is while the reference
    /// moves from method to method.
    descriptor: Option<Box<Descriptor>>,
    scope: PhantomData<fn(&'scope ()) -> &'scope ()>,
}

impl<'scope> TaskRef<'scope> {
    #[inline]
    pub(crate) fn new(node: NodeRef) -> Self {
        Self {
            node,
            descriptor: None,
            scope: PhantomData,
        }
    }

    #[inline]
    fn descriptor_mut(&mut self) -> &mut Descriptor {
        self.descriptor.get_or_insert_with(context::take_descriptor)
    }

    fn request_mut(&mut self) -> &mut Request {
        self.descriptor_mut().request_mut()
    }

    pub(crate) fn anonymous(family: &Family) -> Self {
        let index = Index::Anonymous(family.scope.next_anonymous());
        Self::new(NodeRef::detached(family, &index))
    }

    /// The task, or what stands for one that has ended or for an index that names none.
    #[inline]
    pub(crate) fn node(&self) -> &NodeRef {
        &self.node
    }

    /// Its name; without its label if it was looked up after it had ended well.
    #[must_use]
    pub fn name(&self) -> TaskName {
        self.node.name()
    }

    /// Whether its index names a task at all; a negative one, or one outside the shape, does not.
    /// As a dependency, or when waited for, an index without a task counts as ended.
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.node.is_nowhere()
    }

    /// Where it stands in its life; [`TaskState::Ended`] if the index names no task.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.node.state.stage()
    }

    /// Why it went where it went, as [`Task::mapping`].
    #[must_use]
    pub fn mapping(&self) -> Option<Mapping> {
        self.node.mapping()
    }

    /// Blocks the thread until the task has ended.
    ///
    /// # Errors
    ///
    /// As [`Task::wait`].
    pub fn wait(&self) -> Result<(), TaskError> {
        Ending::of(self.node.clone()).wait_blocking()
    }

    /// Cancels the task, as [`Task::cancel`]. One that has not been spawned stays cancelled: a
    /// later spawn does not run its body.
    pub fn cancel(&self) {
        let scheduler = &self.node.family().scheduler;
        scheduler.cancel(&self.node, TaskErrorKind::Cancelled);
    }

    /// Runs the task only after these have ended well; adds to what was given before.
    #[must_use]
    #[inline]
    pub fn deps(mut self, tasks: impl TaskSet) -> Self {
        tasks.add_to(&mut self.__parla_deps());
        self
    }

    /// Where the task may run; anywhere if not given.
    #[must_use]
    pub fn placement(mut self, placement: impl Into<Placement>) -> Self {
        self.request_mut().placement = Some(placement.into());
        self
    }

    /// The share of the device it needs while it runs, from 0 to 1. A bad share makes the task
    /// fail with [`TaskErrorKind::BadClause`].
    #[must_use]
    pub fn vcus(mut self, share: f64) -> Self {
        match Vcus::new(share) {
            Ok(vcus) => self.request_mut().demand.vcus = vcus,
            Err(error) => {
                let kind = TaskErrorKind::BadClause(error.to_string());
                self.request_mut().error.get_or_insert(kind);
            }
        }
        self
    }

    /// The memory it needs on its device while it runs, beyond that of its arguments.
    #[must_use]
    pub fn memory(mut self, memory: impl Into<Bytes>) -> Self {
        self.request_mut().demand.memory = memory.into();
        self
    }

    /// Among tasks that could run, higher priorities come first; zero if not given.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.request_mut().priority = priority;
        self
    }

    /// A label for errors and the event log.
    #[must_use]
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.request_mut().label = Some(label.into().into());
        self
    }

    /// Declares that the body reads something, which orders the task after those that write it: the
    /// result of a task, an array, a region of one. What it reads by comes with it, and is for the
    /// body to capture.
    #[must_use]
    pub fn input<I: AsInput + ?Sized>(mut self, of: &I) -> (Self, I::Access) {
        let access = of.declare_input(&mut self);
        (self, access)
    }

    /// Declares that the body overwrites all of something, and doesn't read what was there.
    #[must_use]
    pub fn output<O: AsOutput + ?Sized>(mut self, of: &O) -> (Self, O::Access) {
        let access = of.declare_output(&mut self);
        (self, access)
    }

    /// Declares that the body changes something.
    #[must_use]
    pub fn inout<O: AsInout + ?Sized>(mut self, of: &O) -> (Self, O::Access) {
        let access = of.declare_inout(&mut self);
        (self, access)
    }

    /// Declares that the body changes something in a way that can be swapped with that of all others
    /// that declare the same: they run in whatever order, one at a time.
    #[must_use]
    pub fn commute<O: AsInout + ?Sized>(mut self, of: &O) -> (Self, O::Access) {
        let access = of.declare_commute(&mut self);
        (self, access)
    }

    /// Declares that the body contributes to something, as others do at the same time; see
    /// [`Reduction`](crate::Reduction). It runs on the host.
    #[must_use]
    pub fn reduce<O: AsReduction + ?Sized>(mut self, of: &O) -> (Self, O::Access) {
        let access = of.declare_reduce(&mut self);
        (self, access)
    }

    /// Declares that accesses don't order the task: its dependencies say all that must end first.
    /// Guards of [`PArray::read`](crate::PArray::read) and the like hold it up all the same, and tasks
    /// that are spawned later and are not explicit come after it.
    ///
    /// Of two tasks with conflicting accesses, one must come before the other: by dependencies,
    /// directly or through other tasks, or because the program waited for its end before it spawned
    /// the other. If nothing orders them, the one that would begin second fails with
    /// [`TaskErrorKind::Race`] and doesn't run, even if the first has ended by then.
    ///
    /// ```
    /// # use parla_runtime::{PArray, TaskErrorKind, TaskSpace};
    /// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
    /// # let _ambient = runtime.enter();
    /// let x = PArray::from(vec![0; 8]);
    /// let t = TaskSpace::new("T");
    /// let change = |index: i64| {
    ///     let (task, mut x) = t.task(index).explicit().deps(t.task(9)).inout(&x);
    ///     (task, move || x.with(|mut x| x += 1))
    /// };
    /// let (task, body) = change(0);
    /// let one = task.spawn(body);
    /// let (task, body) = change(1);
    /// let two = task.deps(&one).spawn(body);
    /// let (task, body) = change(2);
    /// let three = task.spawn(body);                 // nothing orders it
    /// t.task(9).spawn(|| ());
    /// let failed = [&one, &two, &three].map(|task| task.wait().err());
    /// let error = failed.iter().flatten().next().unwrap().root_cause();
    /// assert!(matches!(error.kind(), TaskErrorKind::Race { .. }));
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn explicit(mut self) -> Self {
        self.descriptor_mut().is_explicit = true;
        self
    }

    pub(crate) fn declare_dependency(&mut self, node: NodeRef) {
        self.descriptor_mut().dependencies.push(node);
    }

    /// Whether the body may find its data on a device with memory of its own.
    pub(crate) fn finds_data_on_devices(&self) -> bool {
        self.node.family().scheduler.has_memory
    }

    pub(crate) fn declare_access(&mut self, access: AccessClause) {
        self.descriptor_mut().accesses.push(access);
    }

    /// Makes the spawn fail: something is wrong with a clause.
    pub(crate) fn reject(&mut self, mistake: String) {
        let error = &mut self.request_mut().error;
        error.get_or_insert(TaskErrorKind::BadClause(mistake));
    }

    /// The kinds of device the body can run on; every kind if not given, since any body may drive
    /// any device from the host.
    #[must_use]
    pub fn kinds(mut self, kinds: DeviceKinds) -> Self {
        self.request_mut().kinds = kinds;
        self
    }

    /// Spawns the task with a body: a closure, or a future for an async body. It may start before
    /// this returns. Its result is what the body returns, a `Result` included; where an error
    /// should make the task fail, use [`try_spawn`](Self::try_spawn).
    ///
    /// Never fails and never panics: what is wrong with the spawn becomes the failure of the task.
    #[inline]
    pub fn spawn<Kind, B>(self, body: B) -> Task<B::Output>
    where
        B: IntoBody<'scope, Kind>,
        B::Output: Send + Sync + 'scope,
    {
        body.spawn_as(self, Ok)
    }

    /// Spawns the task with a body that may fail: its `Err` is the failure of the task.
    #[inline]
    pub fn try_spawn<Kind, B, R, E>(self, body: B) -> Task<R>
    where
        B: IntoBody<'scope, Kind, Output = Result<R, E>>,
        R: Send + Sync + 'scope,
        E: Into<BodyError> + 'scope,
    {
        body.spawn_as(self, |result| result.map_err(Into::into))
    }

    #[inline]
    pub(crate) fn into_parts(self) -> (NodeRef, Option<Box<Descriptor>>) {
        (self.node, self.descriptor)
    }

    /// What is spawned is a call of a task function, for the macros.
    #[doc(hidden)]
    #[must_use]
    pub fn __parla_bodies(mut self, bodies: TaskBodies) -> Self {
        let request = self.request_mut();
        (request.kinds, request.function) = (bodies.kinds, Some(bodies.function));
        self
    }

    /// Says that the body uses what is declared so far on the host, for the macros: if that are more
    /// than results, it runs nowhere else.
    #[doc(hidden)]
    pub fn __parla_on_host(&mut self) {
        let declares = |it: &Descriptor| !it.accesses.is_empty();
        if self.finds_data_on_devices() && self.descriptor.as_deref().is_some_and(declares) {
            self.request_mut().kinds = DeviceKinds::CPU;
        }
    }

    /// As [`deps`](Self::deps), for the macros, which add one set after the other.
    #[doc(hidden)]
    #[inline]
    pub fn __parla_deps(&mut self) -> Dependencies<'_> {
        let descriptor = self.descriptor.get_or_insert_with(context::take_descriptor);
        Dependencies::new(descriptor, &self.node)
    }
}

impl fmt::Debug for TaskRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name(), self.state())
    }
}

impl Located for TaskRef<'_> {
    /// The device of the task; see [`Placement::with`].
    fn location(&self) -> Placement {
        Placement::with_task(self.node.clone())
    }
}

/// The end of a task named by its place, as a future.
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct EndFuture(Ending);

impl EndFuture {
    pub(crate) fn of(node: &NodeRef) -> Self {
        Self(Ending::of(node.clone()))
    }
}

impl Future for EndFuture {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl IntoFuture for TaskRef<'_> {
    type Output = Result<(), TaskError>;
    type IntoFuture = EndFuture;

    fn into_future(self) -> EndFuture {
        EndFuture::of(self.node())
    }
}

impl IntoFuture for &TaskRef<'_> {
    type Output = Result<(), TaskError>;
    type IntoFuture = EndFuture;

    fn into_future(self) -> EndFuture {
        EndFuture::of(self.node())
    }
}
