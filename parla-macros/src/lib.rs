//! Procedural macros of Parla: annotated functions become tasks.
//!
//! Use them through the crate `parla`, whose documentation has runnable examples of every form; the
//! expansions name its runtime.
//!
//! | attribute | stands on | makes |
//! |---|---|---|
//! | [`main`](macro@main), [`test`](macro@test) | a function | an entry point with a runtime, whose body may spawn |
//! | [`task_graph`] | any function or method | a function whose body may spawn in every form |
//! | [`spawn`] | a nested function, a closure, an async block, a call | a task, and a handle of it |
//! | [`task`] | a function | a function that can be spawned by calling it |
//! | [`variant`] | a function | the body of a task function for another kind of device |
//!
//! `#[derive(Element)]` makes a struct a type of elements of arrays, and
//! [`kernels!`] makes functions that launch kernels of CUDA C++ and PTX.
//!
//! The first three kinds of attribute check the task graph that the function makes: tasks spawned
//! twice or never, cycles, waits that can't end.
//!
//! Mistakes have numbers, from `P0001` on; all that are found in one item are reported together.

#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod abi;
mod check;
mod diag;
mod expand;
mod hole;
mod model;
mod parse;
mod pipeline;

use proc_macro::TokenStream;

/// Makes `main` start a runtime, run its body there, and return when every task has ended.
///
/// The function may be `async`, takes nothing, and returns `()` or a `Result`; a task that failed,
/// and whose failure nobody looked at, becomes the error. In its body every form of [`macro@spawn`]
/// works.
///
/// | option | meaning |
/// |---|---|
/// | `workers = n` | number of worker threads; one per core if left out |
/// | `pin_workers = true` | pins each worker to a processor |
/// | `gpus = n` | at most that many GPUs; all there are if left out |
/// | `sim_gpus = n` | where there are no GPUs, simulates that many (feature `sim`) |
/// | `seed = n` | makes the order of execution reproducible with one worker |
/// | `explicit` | accesses to arrays don't order the tasks spawned here: their `deps` do |
/// | `check = false` | leaves the task graph unchecked |
/// | `crate = path` | where Parla is, if not at `::parla` |
///
/// ```ignore
/// use parla::prelude::*;
///
/// #[parla::main(workers = 4)]
/// async fn main() -> parla::Result<()> {
///     let t = TaskSpace::new("T");
///     for i in 0..4 {
///         #[spawn(t[i], deps = [t[i - 1]])]
///         fn step() {
///             println!("task {i}");
///         }
///     }
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::main(args.into(), item.into()).into()
}

/// Makes a test with a runtime of its own; takes the options of [`macro@main`].
///
/// Other attributes, such as `#[should_panic]` and `#[ignore]`, keep their meaning.
///
/// ```ignore
/// #[parla::test]
/// async fn adds() -> parla::Result<()> {
///     let sum = #[spawn] || 1 + 1;
///     assert_eq!(sum.await?, 2);
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::test(args.into(), item.into()).into()
}

/// Lets every form of [`macro@spawn`] be used in the body of a function or method.
///
/// Without it, only nested functions can be spawned: attributes on expressions need a macro around
/// them. The function may be `async`, generic, or a method. If its graph is known exactly when it is
/// compiled, `name::graph()` gives it as data, a `parla::TaskGraph`.
///
/// | option | meaning |
/// |---|---|
/// | `prebuilt` | the function is a prebuilt graph: its first call builds it, and every call runs it |
/// | `explicit` | accesses to arrays don't order the tasks spawned here: their `deps` do |
/// | `check = false` | leaves the task graph unchecked |
/// | `data = false` | makes no `name::graph()` of a graph that is known when it is compiled |
/// | `crate = path` | where Parla is, if not at `::parla` |
///
/// ```ignore
/// #[task_graph]
/// fn pipeline(t: &TaskSpace, n: usize) {
///     for i in 0..n {
///         #[spawn(t[i], deps = [t[i - 1]])]
///         move || println!("stage {i}");
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn task_graph(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::task_graph(args.into(), item.into()).into()
}

/// Spawns a task.
///
/// It stands on a nested function, which becomes a variable that holds the handle of the task; and
/// in functions under [`macro@main`], [`macro@test`] and [`macro@task_graph`] also on a closure, an
/// async block, or the call of a function under [`macro@task`]. A nested function captures the
/// variables around it, by value.
///
/// The first argument is the task, `space[i]` or `space[i, j]`; without it the task has no place in
/// a space. Clauses follow:
///
/// | clause | meaning |
/// |---|---|
/// | `deps = […]` | what must end first: tasks, `t[i]`, `t[a..b]`, `t[a..b; step]`, `t[.., j]`, spaces, iterators of tasks, lists of them |
/// | `placement = …` | where it may run: `cpu`, `gpu`, `gpu(1)`, `any`, `[a, b]` one of them, `(a, b)` or `gpu * 2` distinct devices, `near(x)`, `with(task)`, or any value that becomes a `Placement`; each may be followed by `{ vcus = …, memory = … }` |
/// | `input = [a, b = expr, x[0..n]]` | what the body reads under these names: results of tasks, arrays, regions of arrays, shared values |
/// | `output = […]` | arrays and regions that it overwrites without reading them |
/// | `inout = […]` | those that it reads and changes |
/// | `commute = […]` | those that it changes as others may before or after, one at a time |
/// | `reduce = […]` | reductions to which it contributes, as others may at the same time |
/// | `clone = [a, b]` | variables that are cloned for the body |
/// | `vcus = 0.5` | share of a device |
/// | `memory = "2 GiB"` | memory it needs |
/// | `priority = 1` | higher runs first |
/// | `name = "label"` | name in errors and traces |
/// | `crate = path` | where Parla is, if not at `::parla` |
///
/// Arrays order tasks as if these ran one after the other, as they were spawned. In the body, and among
/// the arguments of a call, their names mean `ndarray` views of the elements on the host, or views of
/// the copies on its GPU in a body that takes a `gpu: &Gpu`. An argument that is nothing but such a name
/// is what the parameter asks for: a slice, an `ArrayView`, a `&ArrayRef`, or a GPU variant's
/// `&DeviceSlice` or `&DeviceView`.
///
/// Indices are computed in `i64`: `t[i - 1]` with `i == 0` is no task, so a chain needs no special
/// first step.
///
/// ```ignore
/// #[spawn(t[i], deps = [t[0..i]], placement = [cpu, gpu], memory = "64 MiB")]
/// fn step() -> f64 {
///     work(i)
/// }
/// let sum = #[spawn(input = [step])] move || step + 1.0;
///
/// #[spawn(input = [above = x[i - 1]], inout = [row = x[i]])]
/// move || row += &above;
/// #[spawn(input = [x], inout = [y], placement = [cpu, gpu])]
/// axpy(2.0, &x, &mut y);
/// ```
#[proc_macro_attribute]
pub fn spawn(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::spawn(args.into(), item.into()).into()
}

/// Makes a function that can be spawned by calling it.
///
/// It remains an ordinary function and can be called directly. `#[spawn(…)] f(a, b)` spawns it:
/// arguments that name an `input` of the spawn are evaluated when the task runs, the others when it
/// is spawned.
///
/// ```ignore
/// #[task]
/// fn add(a: f64, b: &f64) -> f64 {
///     a + b
/// }
/// ```
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::task(args.into(), item.into()).into()
}

/// Makes a function the body of a task function for another kind of device:
/// `#[variant(function, gpu)]`.
///
/// Its first parameter may be the GPU. Where the task function takes `&[T]` or `&mut [T]`, it takes
/// `&DeviceSlice<T>` or `&mut DeviceSliceMut<T>`; where that takes an array of `ndarray`, it takes
/// `&DeviceView<T, D>` or `&mut DeviceViewMut<T, D>`. These are copies on the device, and those that it
/// may change are copied back before the body ends; then it returns a `Result`. Of an array that the
/// spawn declares to use it takes the copy that is there already. All else is as in the function.
///
/// ```ignore
/// #[variant(scale, gpu)]
/// fn scale_gpu(gpu: &Gpu, a: f32, x: &mut DeviceSliceMut<f32>) -> parla::Result<()> {
///     blas::sscal(gpu, grid_for(x.len()), x.len() as u32, a, x)?;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn variant(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::variant(args.into(), item.into()).into()
}

/// Makes a struct a type of elements of arrays that move between devices.
///
/// The struct is `Copy` and `#[repr(C)]` or `#[repr(transparent)]`; it has no parameters and no
/// padding, and its fields are numbers, arrays of numbers, or such structs: all that
/// `bytemuck::Pod` is implemented for, which the struct implements too. What is wrong is an error at
/// the field. `#[element(crate = path)]` says where Parla is, if not at `::parla`.
///
/// ```ignore
/// #[derive(Clone, Copy, Element)]
/// #[repr(C)]
/// struct Particle {
///     position: [f32; 3],
///     mass: f32,
/// }
/// ```
#[proc_macro_derive(Element, attributes(element))]
pub fn element(item: TokenStream) -> TokenStream {
    pipeline::element(item.into()).into()
}

/// Makes typed functions that launch the kernels of PTX files.
///
/// ```ignore
/// parla::kernels! {
///     /// Level 1 of BLAS.
///     pub mod blas = "kernels/blas.cu";
/// }
///
/// fn add(gpu: &Gpu, n: u32, x: &DeviceBuffer<f32>, y: &mut DeviceBuffer<f32>) -> parla::Result<()> {
///     blas::saxpy(gpu, grid_for(n as usize), n, 1.0, x, y)
/// }
/// ```
///
/// A module is named with its visibility, and holds a function for each kernel. A function takes the
/// GPU and the shape of the launch, then the parameters of the kernel; it queues the kernel and
/// returns. Three kinds of image can stand behind the `=`; paths begin at the folder of the crate's
/// `Cargo.toml`:
///
/// | image | kernels |
/// |---|---|
/// | `"kernels/blas.cu"` | those of `kernels/blas.ptx` beside it; names, types and `///` comments are those of the `.cu` |
/// | `"kernels/blas.ptx"` | those that are declared |
/// | `ptx "…"` | those that are declared, in PTX that stands right there |
///
/// Kernels are declared in braces, as functions without a body; a module with braces has no others:
///
/// ```ignore
/// parla::kernels! {
///     mod particles = "kernels/particles.ptx" {
///         /// Moves `n` particles by one step.
///         pub fn advance(n: u32, step: f32, force: [f32; 3], particles: &mut [Particle]);
///     }
/// }
/// ```
///
/// | declared | in CUDA C++ | what a call takes |
/// |---|---|---|
/// | `u32`, `i64`, `f32`, … | `unsigned`, `int64_t`, `float`, … | the number |
/// | `&[T]` | `const T*` | what has elements on a GPU, by reference |
/// | `&mut [T]` | `T*` | the same, by mutable reference |
/// | any other type `T` | a struct, by value | the value, whose size is checked |
///
/// Names are those of C, so a kernel stands in `extern "C"`. Of C++, types of numbers and pointers to
/// them are understood; `long`, which differs between systems, type definitions, templates and macros
/// are not, and what they hide is declared. A `.cu` and its `.ptx` belong together: the `.ptx` names the
/// hash of the `.cu`, and one that was changed since is an error. `kernels/build.py` of the crate
/// `parla-gpu` builds such files, without a GPU or a toolkit.
///
/// What is declared is compared with the image, and with the source where there is one: the number of
/// parameters, their sizes and kinds, what is only read. Mistakes are P0008, at the parameter that is
/// wrong. **Lengths are not checked**: a kernel that is told of more elements than a slice has, or of
/// another type behind a pointer in PTX alone, reads and writes what isn't its own.
///
/// `crate = path;` before the modules says where Parla is, if not at `::parla`.
#[proc_macro]
pub fn kernels(input: TokenStream) -> TokenStream {
    pipeline::kernels(input.into()).into()
}
