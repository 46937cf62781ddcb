//! What generated code names, and nothing else may: no promise of stability.

use std::future::Future;
use std::marker::PhantomData;

pub use bytemuck;

pub use crate::body::{Async, Closure, IntoBody};
pub use crate::data::argument::{
    AccessArgument, ArrayArgument, ArrayArgumentMut, PassAs, UsedOnHost, ValueArgument,
    used_on_host,
};
pub use crate::data::{AsInout, AsInput, AsOutput, AsReduction, Element, SelectRegion};
pub use crate::dependencies::{Dependencies, Input, SelectTasks, TaskSet, TaskSetRef};
pub use crate::device::{DeviceKind, DeviceKinds, Placement};
pub use crate::error::{BodyError, Result};
pub use crate::graph::Dim;
use crate::graph::IndexValue;
use crate::handle::Task;
use crate::prebuilt::GraphTask;
pub use crate::prebuilt::{Graph, GraphBody, GraphBuilder, Returns, WithInput, WithoutInput};
use crate::reference::TaskRef;
pub use crate::resources::Bytes;
use crate::runtime::Handle;
pub use crate::runtime::{
    MainOutput, Runtime, TestOutput, run_main, run_main_blocking, run_test, run_test_blocking,
};
use crate::sync::OnceLock;
pub use crate::task_graph::TaskGraph;

/// An index in a clause.
pub fn index(value: impl IndexValue) -> i64 {
    value.index_value()
}

/// The target of a spawn without one: an anonymous task of the ambient runtime.
#[must_use]
pub fn anonymous() -> TaskRef<'static> {
    Handle::current().task()
}

/// What a field of an element can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a field of a type that derives `Element`",
    label = "not any bytes are a value of it",
    note = "numbers can, arrays of them, and structs that derive `Element`; for a `bool`, take `u8`"
)]
pub trait ElementField: bytemuck::Pod {}

#[diagnostic::do_not_recommend]
impl<T: bytemuck::Pod> ElementField for T {}

/// Compiles if a field can have that type.
pub const fn needs_element_field<T: ElementField>() {}

/// Whether a type has bytes beside those of its fields, which have these sizes.
#[must_use]
pub const fn has_padding<T>(mut sizes: &[usize]) -> bool {
    let mut sum = 0;
    while let [first, rest @ ..] = sizes {
        sum += *first;
        sizes = rest;
    }
    sum != size_of::<T>()
}

/// The graph of a function, as its macro wrote it.
#[must_use]
pub fn known_graph(names: &str, dependencies: &[u8]) -> TaskGraph {
    TaskGraph::decode(names, dependencies)
}

/// The place of a graph that is built once.
#[derive(Debug)]
pub struct GraphCell<Input: ?Sized + 'static>(OnceLock<Graph<Input>>);

impl<Input: ?Sized> GraphCell<Input> {
    /// Without a graph.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it is only ever made in statics"
    )]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }
}

/// The graph in `cell`, built first if there is none. What goes wrong is not kept: the next call
/// tries again.
///
/// # Errors
///
/// Those of `build`, and the mistakes in the graph.
pub fn prebuild<Input: ?Sized>(
    cell: &'static GraphCell<Input>,
    build: impl FnOnce(&GraphBuilder<Input>) -> Result<()>,
) -> Result<&'static Graph<Input>> {
    if let Some(graph) = cell.0.get() {
        return Ok(graph);
    }
    let mut described = Ok(());
    let graph = Graph::new(|builder| described = build(builder));
    described?;
    let graph = graph?;
    // If two threads built it, one of the graphs is as good as the other.
    Ok(cell.0.get_or_init(|| graph))
}

/// Runs a graph, unless it could not be built.
///
/// # Errors
///
/// Why it could not, or those of [`Graph::run`].
pub fn run_prebuilt<Input: ?Sized + Sync>(
    graph: Result<&'static Graph<Input>>,
    input: &Input,
) -> Result<()> {
    graph?.run(input)
}

/// Finds out by method resolution whether a body returns a `Result`: `DetectFallible` is
/// implemented for the probe itself, `DetectPlain` only for a reference to it, so the former is
/// found first wherever it applies. (The technique is known as autoref specialisation.)
#[derive(Debug)]
pub struct Probe<F>(PhantomData<fn() -> F>);

impl<F> Probe<F> {
    /// A probe for the type of a closure.
    #[must_use]
    pub fn of(_: &F) -> Self {
        Self(PhantomData)
    }
}

/// As [`Probe`], for futures.
#[derive(Debug)]
pub struct FutureProbe<F>(PhantomData<fn() -> F>);

impl<F> FutureProbe<F> {
    /// A probe for the type of a future.
    #[must_use]
    pub fn of(_: &F) -> Self {
        Self(PhantomData)
    }
}

/// Spawns with the error of the body as the failure of the task.
#[derive(Debug)]
pub struct Fallible;

impl Fallible {
    /// Spawns `task`.
    #[must_use]
    pub fn of<T>(self, task: T) -> FallibleSpawn<T> {
        FallibleSpawn(task)
    }
}

/// Spawns with whatever the body returns as the result.
#[derive(Debug)]
pub struct Plain;

impl Plain {
    /// Spawns `task`.
    #[must_use]
    pub fn of<T>(self, task: T) -> PlainSpawn<T> {
        PlainSpawn(task)
    }
}

/// A task of a runtime, or of a graph that is being built, that waits for its body.
#[derive(Debug)]
pub struct FallibleSpawn<T>(T);

impl<'scope> FallibleSpawn<TaskRef<'scope>> {
    /// Spawns the task.
    pub fn spawn<Kind, B, R, E>(self, body: B) -> Task<R>
    where
        B: IntoBody<'scope, Kind, Output = Result<R, E>>,
        R: Send + Sync + 'scope,
        E: Into<BodyError> + 'scope,
    {
        self.0.try_spawn(body)
    }
}

impl<'g, I: ?Sized> FallibleSpawn<GraphTask<'g, I>> {
    /// Spawns the task.
    pub fn spawn<Kind, B: GraphBody<I, Kind>>(self, body: B) -> GraphTask<'g, I> {
        self.0.spawn(body)
    }
}

/// As [`FallibleSpawn`], for a body that returns no `Result`.
#[derive(Debug)]
pub struct PlainSpawn<T>(T);

impl<'scope> PlainSpawn<TaskRef<'scope>> {
    /// Spawns the task.
    pub fn spawn<Kind, B>(self, body: B) -> Task<B::Output>
    where
        B: IntoBody<'scope, Kind>,
        B::Output: Send + Sync + 'scope,
    {
        self.0.spawn(body)
    }
}

impl<'g, I: ?Sized> PlainSpawn<GraphTask<'g, I>> {
    /// Spawns the task.
    pub fn spawn<Kind, B: GraphBody<I, Kind>>(self, body: B) -> GraphTask<'g, I> {
        self.0.spawn(body)
    }
}

/// The probe found a `Result`. Generated code calls its method on values of the user's types, so it
/// has a name that no trait of theirs will.
pub trait DetectFallible {
    /// How to spawn.
    fn __parla_detect(&self) -> Fallible {
        Fallible
    }
}

/// The probe found something else.
pub trait DetectPlain {
    /// How to spawn.
    fn __parla_detect(&self) -> Plain {
        Plain
    }
}

impl<F: FnOnce() -> Result<R, E>, R, E> DetectFallible for Probe<F> {}
impl<F: FnOnce() -> R, R> DetectPlain for &Probe<F> {}

/// As [`DetectFallible`], for futures.
pub trait DetectFallibleFuture {
    /// How to spawn.
    fn __parla_detect(&self) -> Fallible {
        Fallible
    }
}

/// As [`DetectPlain`], for futures.
pub trait DetectPlainFuture {
    /// How to spawn.
    fn __parla_detect(&self) -> Plain {
        Plain
    }
}

impl<F: Future<Output = Result<R, E>>, R, E> DetectFallibleFuture for FutureProbe<F> {}
impl<F: Future> DetectPlainFuture for &FutureProbe<F> {}

/// A function marked `#[task]`: the type that bears its name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task function",
    label = "mark the function with `#[task]`"
)]
pub trait TaskFunction {
    /// Its name.
    const NAME: &'static str;
}

/// The CPU, as the device of a variant.
#[derive(Debug)]
pub enum Cpu {}

/// A GPU, as the device of a variant.
#[derive(Debug)]
pub enum Gpu {}

/// A task function has a variant for a kind of device.
#[diagnostic::on_unimplemented(
    message = "P0005: `{Self}` has no body for GPUs",
    label = "placed on GPUs only",
    note = "write one with `#[variant({Self}, gpu)]`, or place the task on `cpu`"
)]
pub trait Variant<Device>: TaskFunction {
    /// The name of the variant's function.
    const NAME: &'static str;
}

/// The GPU variant of a task function, as it is called with the arguments that the function itself
/// would be called with.
#[diagnostic::on_unimplemented(
    message = "the GPU variant of `{Self}` can't be called with these arguments",
    label = "not what its GPU variant takes",
    note = "`&[T]` becomes `&DeviceSlice<T>` there and `&mut [T]` becomes `&mut DeviceSliceMut<T>`; all other parameters have the same types in both"
)]
pub trait GpuBody<Arguments>: Variant<Gpu> {
    /// What the variant returns.
    type Output;

    /// Runs it on the device of the running task.
    fn run(arguments: Arguments) -> Self::Output;
}

/// What a task function returns together with its variant, which may fail where the function can't.
#[diagnostic::on_unimplemented(
    message = "a variant returns `{Self}`, its task function `{Output}`",
    note = "a variant returns what its task function returns, or a `Result` of that"
)]
pub trait JoinOutput<Output> {
    /// Either's.
    type Joined;

    /// What the task function has returned.
    fn of_function(output: Output) -> Self::Joined;

    /// What the variant has returned.
    fn of_variant(self) -> Self::Joined;
}

impl<R> JoinOutput<R> for R {
    type Joined = R;

    fn of_function(output: R) -> R {
        output
    }

    fn of_variant(self) -> R {
        self
    }
}

impl<R, E> JoinOutput<R> for std::result::Result<R, E> {
    type Joined = Self;

    fn of_function(output: R) -> Self {
        Ok(output)
    }

    fn of_variant(self) -> Self {
        self
    }
}

/// Whether the running task was placed on a GPU.
fn is_on_gpu() -> bool {
    let devices = crate::introspect::current_devices();
    devices
        .iter()
        .any(|device| device.kind() == DeviceKind::Gpu)
}

/// Compiles if a task function has a body for GPUs.
pub const fn needs_gpu_body<Function: Variant<Gpu>>() {}

/// Finds out by method resolution which variants a task function has, as [`Probe`] does.
#[derive(Debug)]
pub struct VariantProbe<T>(PhantomData<fn() -> T>);

impl<T> VariantProbe<T> {
    /// A probe for a task function.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for VariantProbe<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// There is a variant for GPUs.
pub trait DetectGpuVariant<T> {
    /// The kinds of device there are bodies for.
    fn kinds(&self) -> DeviceKinds {
        DeviceKinds::CPU.and(DeviceKinds::GPU)
    }

    /// As [`call`](Self::call), with what may not make arguments for the function.
    ///
    /// # Errors
    ///
    /// Why it could not.
    fn try_call<Arguments, Output, Joined>(
        &self,
        arguments: Arguments,
        function: impl FnOnce(Arguments) -> std::result::Result<Output, BodyError>,
    ) -> std::result::Result<Joined, BodyError>
    where
        T: GpuBody<Arguments>,
        T::Output: JoinOutput<Output, Joined = Joined>,
    {
        if is_on_gpu() {
            Ok(T::run(arguments).of_variant())
        } else {
            function(arguments).map(T::Output::of_function)
        }
    }

    /// Calls the variant on a GPU, elsewhere the function.
    fn call<Arguments, Output, Joined>(
        &self,
        arguments: Arguments,
        function: impl FnOnce(Arguments) -> Output,
    ) -> Joined
    where
        T: GpuBody<Arguments>,
        T::Output: JoinOutput<Output, Joined = Joined>,
    {
        if is_on_gpu() {
            T::run(arguments).of_variant()
        } else {
            T::Output::of_function(function(arguments))
        }
    }
}

/// There is none.
pub trait DetectCpuOnly {
    /// The kinds of device there are bodies for.
    fn kinds(&self) -> DeviceKinds {
        DeviceKinds::CPU
    }

    /// As [`call`](Self::call), with what may not make arguments for the function.
    ///
    /// # Errors
    ///
    /// Why it could not.
    #[inline]
    fn try_call<Arguments, Output>(
        &self,
        arguments: Arguments,
        function: impl FnOnce(Arguments) -> std::result::Result<Output, BodyError>,
    ) -> std::result::Result<Output, BodyError> {
        function(arguments)
    }

    /// Calls the function.
    #[inline]
    fn call<Arguments, Output>(
        &self,
        arguments: Arguments,
        function: impl FnOnce(Arguments) -> Output,
    ) -> Output {
        function(arguments)
    }
}

impl<T: Variant<Gpu>> DetectGpuVariant<T> for VariantProbe<T> {}
impl<T: TaskFunction> DetectCpuOnly for &VariantProbe<T> {}

impl<T: Variant<Gpu>> VariantProbe<T> {
    /// Found before that of [`NoGpuBody`], wherever it applies.
    pub const HAS_GPU_BODY: bool = true;
}

/// There is no variant for GPUs.
pub trait NoGpuBody {
    /// Whether there is.
    const HAS_GPU_BODY: bool = false;
}

impl<T> NoGpuBody for VariantProbe<T> {}

/// Finds out as [`Probe`] does whether a called function has returned a `Result`.
#[derive(Debug)]
pub struct OutputProbe<R>(PhantomData<fn() -> R>);

impl<R> OutputProbe<R> {
    /// A probe for the type of a value.
    #[must_use]
    pub fn of(_: &R) -> Self {
        Self(PhantomData)
    }
}

/// The probe found a `Result`.
pub trait DetectFallibleOutput {
    /// How to return it.
    fn __parla_detect(&self) -> Fallible {
        Fallible
    }
}

/// The probe found something else.
pub trait DetectPlainOutput {
    /// How to return it.
    fn __parla_detect(&self) -> Plain {
        Plain
    }
}

impl<R, E> DetectFallibleOutput for OutputProbe<std::result::Result<R, E>> {}
impl<R> DetectPlainOutput for &OutputProbe<R> {}

impl Fallible {
    /// What a body returns that calls a function with that output.
    ///
    /// # Errors
    ///
    /// That of the function.
    pub fn returned<R, E: Into<BodyError>>(
        self,
        output: std::result::Result<R, E>,
    ) -> std::result::Result<R, BodyError> {
        output.map_err(Into::into)
    }
}

impl Plain {
    /// What a body returns that calls a function with that output.
    ///
    /// # Errors
    ///
    /// None.
    pub fn returned<R>(self, output: R) -> std::result::Result<R, BodyError> {
        Ok(output)
    }
}

/// What a body returns that calls a function: its output, or why it could not be called.
#[doc(hidden)]
#[macro_export]
macro_rules! __returned {
    ($result:expr) => {{
        use $crate::__private::{DetectFallibleOutput as _, DetectPlainOutput as _};
        match $result {
            ::core::result::Result::Ok(output) => (&$crate::__private::OutputProbe::of(&output))
                .__parla_detect()
                .returned(output),
            ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
        }
    }};
}

/// As `call_task_function`, with accesses among the arguments: of them there may be no arguments for
/// the function.
#[doc(hidden)]
#[macro_export]
macro_rules! __try_call_task_function {
    ($function:path, $arguments:expr, $call:expr) => {{
        use $crate::__private::{DetectCpuOnly as _, DetectGpuVariant as _};
        type Function_ = $function;
        $crate::__private::returned!(
            (&$crate::__private::VariantProbe::<Function_>::new()).try_call($arguments, $call)
        )
    }};
}

/// Whether a task function has a body for GPUs.
#[doc(hidden)]
#[macro_export]
macro_rules! __has_gpu_body {
    ($function:path) => {{
        use $crate::__private::NoGpuBody as _;
        type Function_ = $function;
        <$crate::__private::VariantProbe<Function_>>::HAS_GPU_BODY
    }};
}

/// What a spawn needs to know of a task function.
#[derive(Debug)]
pub struct TaskBodies {
    /// The kinds of device it has bodies for.
    pub kinds: DeviceKinds,
    /// What tells it apart, from run to run of the program, too.
    pub function: &'static str,
}

/// The bodies of a task function.
#[doc(hidden)]
#[macro_export]
macro_rules! __task_bodies {
    ($function:path) => {{
        use $crate::__private::{DetectCpuOnly as _, DetectGpuVariant as _};
        type Function_ = $function;
        $crate::__private::TaskBodies {
            kinds: (&$crate::__private::VariantProbe::<Function_>::new()).kinds(),
            function: ::core::any::type_name::<Function_>(),
        }
    }};
}

/// Calls a task function, or its variant for the device of the running task.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_task_function {
    ($function:path, $arguments:expr, $call:expr) => {{
        use $crate::__private::{DetectCpuOnly as _, DetectGpuVariant as _};
        type Function_ = $function;
        (&$crate::__private::VariantProbe::<Function_>::new()).call($arguments, $call)
    }};
}

pub use crate::__call_task_function as call_task_function;
pub use crate::__has_gpu_body as has_gpu_body;
pub use crate::__returned as returned;
pub use crate::__task_bodies as task_bodies;
pub use crate::__try_call_task_function as try_call_task_function;
