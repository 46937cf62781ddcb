//! One spawn: which task, what it waits for, where it may run, what it runs.

use proc_macro2::{Ident, Span};
use syn::{Expr, Path};

use super::{Amount, Body, Place, Size, Subscript};

/// One task description.
#[derive(Clone, Debug)]
pub(crate) struct Spawn {
    /// The name under which `spawn` was written, where the compiler has not looked it up already.
    pub(crate) written: Option<Path>,
    pub(crate) target: Target,
    pub(crate) deps: Vec<Dependency>,
    pub(crate) placement: Option<Place>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) clones: Vec<Ident>,
    pub(crate) vcus: Option<Amount>,
    pub(crate) memory: Option<Size>,
    pub(crate) priority: Option<Expr>,
    pub(crate) name: Option<Expr>,
    pub(crate) body: Body,
}

/// Which task is spawned.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// One without a place in a space.
    Anonymous,
    /// `space[i]`.
    Subscript(Subscript),
    /// Something else, which can't be spawned.
    Wrong {
        shown: String,
        is_name: bool,
        span: crate::diag::Site,
    },
}

/// One element of `deps`.
#[derive(Clone, Debug)]
pub(crate) enum Dependency {
    Subscript(Subscript),
    /// A task, a space or an iterator of tasks; `by_reference` if the expression is a place that
    /// must not be moved out of.
    Value {
        expr: Expr,
        by_reference: bool,
    },
}

/// A task whose result the body reads.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What the body calls it.
    pub(crate) name: Ident,
    /// The task; the variable of the same name if absent.
    pub(crate) value: Option<Expr>,
}

impl Spawn {
    /// A place to point at when the whole spawn is meant.
    pub(crate) fn span(&self) -> Span {
        self.body.span()
    }
}
