//! One spawn: which task, what it waits for, where it may run, what it runs.

use std::fmt;

use proc_macro2::{Ident, Span};
use syn::{Expr, Path};

use super::{Amount, Body, Dim, Place, Size, Subscript};
use crate::diag::Site;

/// One task description.
#[derive(Clone, Debug)]
pub(crate) struct Spawn {
    /// The name under which `spawn` was written, where the compiler has not looked it up already.
    pub(crate) written: Option<Path>,
    pub(crate) target: Target,
    pub(crate) deps: Vec<Dependency>,
    pub(crate) placement: Option<Place>,
    /// What the body reads and writes, in the order written; each name once.
    pub(crate) accesses: Vec<Access>,
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
        span: Site,
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

/// Data that the body uses.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// What the body calls it.
    pub(crate) name: Ident,
    pub(crate) mode: Mode,
    /// The data, or what the region is one of: a variable, or any other expression.
    pub(crate) base: Expr,
    /// The region, where one is selected.
    pub(crate) dims: Option<Vec<Dim>>,
    /// Data and region in the source.
    pub(crate) site: Site,
}

/// How a body uses data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads it.
    Input,
    /// Overwrites all of it without reading it.
    Output,
    /// Reads and changes it.
    Inout,
    /// Changes it as others may before or after.
    Commute,
    /// Contributes to it, as others may at the same time.
    Reduce,
}

impl fmt::Display for Mode {
    /// The word of its clause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Inout => "inout",
            Self::Commute => "commute",
            Self::Reduce => "reduce",
        })
    }
}

impl Spawn {
    /// A place to point at when the whole spawn is meant.
    pub(crate) fn span(&self) -> Span {
        self.body.span()
    }
}
