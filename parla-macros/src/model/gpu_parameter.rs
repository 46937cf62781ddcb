//! The one parameter that a spawned function or closure may have: the GPU that the task was given.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType, Type, TypeReference};

use super::{Body, Spawn};
use crate::diag::Site;

/// `gpu: &Gpu`, or `gpus: &[Gpu]` for a task on a set of them.
#[derive(Clone, Debug)]
pub(crate) struct GpuParameter {
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    /// Whether it stands for all GPUs of the task.
    pub(crate) is_set: bool,
}

impl GpuParameter {
    /// What `typed` is, if it has the type of such a parameter.
    pub(crate) fn of(typed: &PatType) -> Option<Self> {
        let Type::Reference(TypeReference {
            elem,
            mutability: None,
            ..
        }) = &*typed.ty
        else {
            return None;
        };
        let (elem, is_set) = match &**elem {
            Type::Slice(slice) => (&*slice.elem, true),
            elem => (elem, false),
        };
        let Type::Path(path) = elem else { return None };
        let name = &path.path.segments.last()?.ident;
        (name == "Gpu").then(|| Self {
            pat: (*typed.pat).clone(),
            ty: (*typed.ty).clone(),
            is_set,
        })
    }

    /// Where it says so.
    pub(crate) fn site(&self) -> Site {
        Site::of(&self.ty, self.ty.span())
    }

    pub(crate) fn span(&self) -> Span {
        self.site().start()
    }
}

impl Spawn {
    /// The GPU that the body asks for: its only parameter.
    pub(crate) fn gpu_parameter(&self) -> Option<GpuParameter> {
        match &self.body {
            Body::Function(function) => match function.sig.inputs.first()? {
                FnArg::Typed(typed) if function.sig.inputs.len() == 1 => GpuParameter::of(typed),
                _ => None,
            },
            Body::Closure(closure) => match closure.inputs.first()? {
                Pat::Type(typed) if closure.inputs.len() == 1 => GpuParameter::of(typed),
                _ => None,
            },
            Body::Async(_) | Body::Call { .. } => None,
        }
    }
}
