//! Takes indices apart into arithmetic over leaves.

use proc_macro2::Span;
use syn::{BinOp, Expr, Lit, RangeLimits, UnOp};

use crate::diag::Site;
use crate::model::{Arithmetic, Dim, Index, Subscript};
use crate::parse;

/// The index that `expr` is.
pub(crate) fn index(expr: Expr) -> Index {
    match expr {
        Expr::Lit(it) => literal(it),
        Expr::Paren(it) => Index::Parentheses {
            span: it.paren_token.span.join(),
            inner: boxed(*it.expr),
        },
        Expr::Group(it) => grouped(it),
        Expr::Unary(it) => match it.op {
            UnOp::Neg(minus) => Index::Negative {
                operand: boxed(*it.expr),
                span: minus.span,
            },
            _ => Index::Leaf(Box::new(Expr::Unary(it))),
        },
        Expr::Binary(it) => match arithmetic(&it.op) {
            Some((op, span)) => Index::Binary {
                left: boxed(*it.left),
                op,
                right: boxed(*it.right),
                span,
            },
            None => Index::Leaf(Box::new(Expr::Binary(it))),
        },
        other => Index::Leaf(Box::new(other)),
    }
}

/// What a declarative macro put in for `$i`: arithmetic in it comes first.
fn grouped(group: syn::ExprGroup) -> Index {
    match index(*group.expr) {
        inner @ (Index::Binary { .. } | Index::Negative { .. }) => Index::Parentheses {
            span: group.group_token.span,
            inner: Box::new(inner),
        },
        other => other,
    }
}

fn boxed(expr: Expr) -> Box<Index> {
    Box::new(index(expr))
}

fn literal(literal: syn::ExprLit) -> Index {
    // A literal too large for i64 stays a leaf, which the compiler judges.
    let value = match &literal.lit {
        Lit::Int(int) => int.base10_parse().ok(),
        _ => None,
    };
    match value {
        Some(value) => Index::Literal {
            value,
            span: literal.lit.span(),
        },
        None => Index::Leaf(Box::new(Expr::Lit(literal))),
    }
}

fn arithmetic(op: &BinOp) -> Option<(Arithmetic, Span)> {
    let op = match op {
        BinOp::Add(it) => (Arithmetic::Add, it.span),
        BinOp::Sub(it) => (Arithmetic::Sub, it.span),
        BinOp::Mul(it) => (Arithmetic::Mul, it.span),
        BinOp::Div(it) => (Arithmetic::Div, it.span),
        BinOp::Rem(it) => (Arithmetic::Rem, it.span),
        _ => return None,
    };
    Some(op)
}

/// `base[dims]` with every dimension taken apart.
pub(crate) fn subscript(selection: parse::Selection) -> Subscript {
    let parse::Selection {
        base,
        dims,
        brackets,
    } = selection;
    Subscript {
        base: Box::new(base),
        dims: dims.into_iter().map(dim).collect(),
        span: brackets,
    }
}

fn dim(dim: parse::Dim) -> Dim {
    let step = dim.step.map(index);
    let value = match dim.value {
        Expr::Group(group) if matches!(*group.expr, Expr::Range(_)) => *group.expr,
        value => value,
    };
    match (value, step) {
        (Expr::Range(range), step) => {
            let (inclusive, dots) = match range.limits {
                RangeLimits::HalfOpen(dots) => (false, dots.spans[0]),
                RangeLimits::Closed(dots) => (true, dots.spans[0]),
            };
            let site = Site::of(&range, dots);
            let end = |it: Option<Box<Expr>>| it.map(|it| index(*it));
            Dim::Range {
                start: end(range.start),
                end: end(range.end),
                inclusive,
                step,
                site,
            }
        }
        (value, None) => Dim::At(index(value)),
        (value, Some(step)) => Dim::SteppedIndex {
            index: index(value),
            step,
        },
    }
}
