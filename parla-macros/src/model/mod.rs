//! Second stage: what the annotations mean, as plain data with spans.
//!
//! `check` reads it, `expand` turns it into tokens; both see nothing of the syntax it came from.
//! Nothing here makes tokens. The checks of whole graphs build on [`GraphFunction`]: its block
//! tells where each spawn stands, its spawns what each one is.

mod amount;
mod array_element;
mod body;
pub(crate) mod flow;
mod gpu_parameter;
mod index;
pub(crate) mod instance;
mod kernel;
mod lower;
mod placement;
mod spawn;
mod variant_parameter;

pub(crate) use amount::{Amount, Number, Size};
pub(crate) use array_element::ArrayElement;
pub(crate) use body::{Body, block_diverges, diverges, is_assignment};
pub(crate) use gpu_parameter::GpuParameter;
pub(crate) use index::{Arithmetic, Dim, Index, Subscript};
pub(crate) use instance::KnownGraph;
pub(crate) use kernel::{
    Kernel, KernelImage, KernelModule, KernelParam, KernelSource, KernelType, Kernels,
};
pub(crate) use lower::{array_element, bare_spawn, graph_function, kernels, task, variant};
pub(crate) use placement::{DeviceKind, Operand, Place, Share};
pub(crate) use spawn::{Access, Dependency, Mode, Spawn, Target};
pub(crate) use variant_parameter::{DeviceData, VariantParameter};

use flow::Flow;
use proc_macro2::{Ident, Span};
use syn::{Expr, FnArg, ItemFn, Pat, Path, ReturnType, Safety, Signature, Stmt, Type};

#[cfg(test)]
mod tests;

/// A function whose body may spawn tasks.
#[derive(Debug)]
pub(crate) struct GraphFunction {
    pub(crate) role: Role,
    /// The function; a hole stands in its body where a spawn was.
    pub(crate) function: ItemFn,
    /// The spawns, by the number of their hole; inner ones come before the one they stand in.
    pub(crate) spawns: Vec<Spawn>,
    /// What the body does with task spaces; absent where nobody wants that checked.
    pub(crate) flow: Option<Flow>,
    /// Whether its graph is given as data if it is known.
    pub(crate) gives_data: bool,
    /// The word `prebuilt`, where the function is to be a graph that is built once.
    pub(crate) prebuilt: Option<Span>,
    /// The word `explicit`, where accesses don't order its tasks.
    pub(crate) explicit: Option<Span>,
    pub(crate) options: RuntimeOptions,
    /// The path to Parla's crate, where it is not `::parla`.
    pub(crate) krate: Option<Path>,
}

/// Which attribute stands on a graph function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Main,
    Test,
    TaskGraph,
}

/// The parameter `name: &Type` of a prebuilt graph, which each run has its own value for.
#[derive(Clone, Debug)]
pub(crate) struct RunInput {
    pub(crate) name: Ident,
    /// What it refers to.
    pub(crate) ty: Type,
}

/// The parameters of a function whose graph can be prebuilt: one, or none. `check` has recorded why
/// if it can't be.
pub(crate) fn prebuilt_input(sig: &Signature) -> Option<Option<RunInput>> {
    let has_result = matches!(sig.output, ReturnType::Type(..));
    let is_plain = sig.asyncness.is_none() && sig.generics.params.is_empty();
    if !has_result || !is_plain || sig.inputs.len() > 1 {
        return None;
    }
    let Some(input) = sig.inputs.first() else {
        return Some(None);
    };
    run_input(input).map(Some)
}

/// The parameter, if it can be the input of a run.
pub(crate) fn run_input(input: &FnArg) -> Option<RunInput> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    match (&*typed.pat, &*typed.ty) {
        (Pat::Ident(name), Type::Reference(ty))
            if name.subpat.is_none()
                && name.mutability.is_none()
                && ty.mutability.is_none()
                && ty.lifetime.is_none() =>
        {
            Some(RunInput {
                name: name.ident.clone(),
                ty: (*ty.elem).clone(),
            })
        }
        _ => None,
    }
}

/// Whether a function with this signature can be an entry point; `check` has recorded why if not.
pub(crate) fn is_entry(sig: &Signature) -> bool {
    let named_result = match &sig.output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => !matches!(**ty, Type::ImplTrait(_) | Type::Never(_)),
    };
    let no_modifiers =
        sig.constness.is_none() && sig.abi.is_none() && !matches!(sig.safety, Safety::Unsafe(_));
    let no_generics = sig.generics.params.is_empty() && sig.generics.where_clause.is_none();
    named_result && no_modifiers && no_generics && sig.inputs.is_empty()
}

/// What the runtime of a main or a test is started with.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuntimeOptions {
    pub(crate) workers: Option<Amount>,
    pub(crate) pin_workers: Option<Expr>,
    /// How many GPUs it has at most.
    pub(crate) gpus: Option<Amount>,
    /// How many are simulated where there are none.
    pub(crate) sim_gpus: Option<Amount>,
    pub(crate) seed: Option<Amount>,
}

/// A spawned function outside any graph function.
#[derive(Clone, Debug)]
pub(crate) struct BareSpawn {
    /// The statements in place of the function, with a hole.
    pub(crate) statements: Vec<Stmt>,
    pub(crate) spawns: Vec<Spawn>,
    pub(crate) krate: Option<Path>,
}

/// A function that can be spawned by calling it.
#[derive(Clone, Debug)]
pub(crate) struct TaskFunction {
    pub(crate) function: ItemFn,
    pub(crate) krate: Option<Path>,
}

/// The body of a task function for one kind of device.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) function: ItemFn,
    /// The task function.
    pub(crate) of: Path,
    pub(crate) device: DeviceKind,
    pub(crate) device_span: Span,
    pub(crate) krate: Option<Path>,
}
