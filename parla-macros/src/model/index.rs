//! Indices and slices of task spaces, with their arithmetic taken apart.
//!
//! The arithmetic is done in `i64`, so that `t[i - 1]` with `i: usize == 0` is index -1, which is
//! no task.

use proc_macro2::Span;
use syn::Expr;

use crate::diag::Site;

/// An index as a tree of operations.
#[derive(Clone, Debug)]
pub(crate) enum Index {
    Literal {
        value: i64,
        span: Span,
    },
    /// Anything that isn't arithmetic: an integer of any type when the program runs.
    Leaf(Box<Expr>),
    Negative {
        operand: Box<Index>,
        span: Span,
    },
    Binary {
        left: Box<Index>,
        op: Arithmetic,
        right: Box<Index>,
        span: Span,
    },
    Parentheses {
        inner: Box<Index>,
        span: Span,
    },
}

/// The operations that are done in `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Index {
    /// The value, where it is written out.
    pub(crate) fn constant(&self) -> Option<i64> {
        match self {
            Self::Literal { value, .. } => Some(*value),
            Self::Leaf(_) => None,
            Self::Negative { operand, .. } => operand.constant()?.checked_neg(),
            Self::Parentheses { inner, .. } => inner.constant(),
            Self::Binary {
                left, op, right, ..
            } => {
                let (left, right) = (left.constant()?, right.constant()?);
                match op {
                    Arithmetic::Add => left.checked_add(right),
                    Arithmetic::Sub => left.checked_sub(right),
                    Arithmetic::Mul => left.checked_mul(right),
                    Arithmetic::Div => left.checked_div(right),
                    Arithmetic::Rem => left.checked_rem(right),
                }
            }
        }
    }
}

impl Index {
    /// Where it begins.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal { span, .. }
            | Self::Negative { span, .. }
            | Self::Parentheses { span, .. } => *span,
            Self::Leaf(expr) => Site::of_expr(expr).start(),
            Self::Binary { left, .. } => left.span(),
        }
    }
}

/// What stands between two commas of the brackets.
#[derive(Clone, Debug)]
pub(crate) enum Dim {
    At(Index),
    Range {
        start: Option<Index>,
        end: Option<Index>,
        inclusive: bool,
        step: Option<Index>,
        /// The range, without its step.
        site: Site,
    },
    /// An index with a step, which means nothing.
    SteppedIndex {
        index: Index,
        step: Index,
    },
}

impl Index {
    /// Calls `visit` with every expression in it.
    pub(crate) fn leaves(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Self::Literal { .. } => {}
            Self::Leaf(expr) => visit(expr),
            Self::Negative { operand, .. } => operand.leaves(visit),
            Self::Parentheses { inner, .. } => inner.leaves(visit),
            Self::Binary { left, right, .. } => {
                left.leaves(visit);
                right.leaves(visit);
            }
        }
    }
}

impl Dim {
    /// Calls `visit` with every expression in it.
    pub(crate) fn leaves(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Self::At(index) => index.leaves(visit),
            Self::Range {
                start, end, step, ..
            } => {
                let all = [start, end, step];
                all.into_iter().flatten().for_each(|it| it.leaves(visit));
            }
            Self::SteppedIndex { index, step } => {
                index.leaves(visit);
                step.leaves(visit);
            }
        }
    }

    /// Whether it can be one of a region: a step, where there is one, counts upwards.
    pub(crate) fn is_upward(&self) -> bool {
        match self {
            Self::At(_) => true,
            Self::Range { step, .. } => {
                let step = step.as_ref().and_then(Index::constant);
                step.is_none_or(|step| step > 0)
            }
            Self::SteppedIndex { .. } => false,
        }
    }

    /// The index, if it is one.
    fn index(&self) -> Option<&Index> {
        match self {
            Self::At(index) => Some(index),
            Self::Range { .. } | Self::SteppedIndex { .. } => None,
        }
    }
}

/// `base[dims]`.
#[derive(Clone, Debug)]
pub(crate) struct Subscript {
    pub(crate) base: Box<Expr>,
    pub(crate) dims: Vec<Dim>,
    /// The brackets.
    pub(crate) span: Span,
}

impl Subscript {
    /// The indices, if it names exactly one task.
    pub(crate) fn indices(&self) -> Option<Vec<&Index>> {
        let indices: Option<Vec<_>> = self.dims.iter().map(Dim::index).collect();
        indices.filter(|indices| !indices.is_empty())
    }

    /// Whether it can be looked up: it has dimensions, and each makes sense.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |dim: &Dim| match dim {
            Dim::At(_) => true,
            Dim::Range { step, .. } => step
                .as_ref()
                .and_then(Index::constant)
                .is_none_or(|step| step != 0),
            Dim::SteppedIndex { .. } => false,
        };
        !self.dims.is_empty() && self.dims.iter().all(sound)
    }
}
