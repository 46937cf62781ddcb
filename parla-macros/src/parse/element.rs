//! Targets and dependencies: `t[i, j]`, `t[0..n; 2]`, lists of them, and plain expressions.
//!
//! `t[i, j]` is no Rust expression, so the brackets are cut off the end of the tokens and read
//! apart.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Expr;

use super::split::{Chunk, at_semicolons, chunks, only_group};
use crate::diag::{Code, Diagnostics, Site};

/// What may stand in a list of dependencies.
#[derive(Clone, Debug)]
pub(crate) enum Element {
    /// `[a, b]`.
    List {
        elements: Vec<Element>,
        /// The brackets.
        brackets: Span,
    },
    /// `base[dims]`.
    Selection(Selection),
    /// Any other expression.
    Expr(Expr),
}

/// `base[dims]`.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// What is indexed.
    pub(crate) base: Expr,
    /// What stands between the commas of the brackets.
    pub(crate) dims: Vec<Dim>,
    /// The brackets.
    pub(crate) brackets: Span,
}

/// One index or one range.
#[derive(Clone, Debug)]
pub(crate) struct Dim {
    /// An index, or a range in which either end may be absent.
    pub(crate) value: Expr,
    /// What stands behind the semicolon.
    pub(crate) step: Option<Expr>,
}

/// Reads one element. `what` names the clause in messages.
pub(crate) fn element(tokens: &[TokenTree], what: &str, diag: &mut Diagnostics) -> Option<Element> {
    if let Some(group) = only_group(tokens, Delimiter::Bracket) {
        return Some(Element::List {
            elements: list(group, what, diag),
            brackets: group.span(),
        });
    }
    if let Some((base, brackets)) = indexed(tokens) {
        return selection(base, brackets, what, diag).map(Element::Selection);
    }
    expr(tokens, what, diag).map(Element::Expr)
}

/// Reads the elements of `[…]`; one that can't be read is recorded and left out.
pub(crate) fn list(group: &Group, what: &str, diag: &mut Diagnostics) -> Vec<Element> {
    let chunks = chunks(group.stream());
    chunks
        .iter()
        .filter_map(|chunk| element(&chunk.tokens, what, diag))
        .collect()
}

/// Splits `base[dims]` into base and brackets; `vec![…]` and operators such as `a + b[i]` are not
/// that.
fn indexed(tokens: &[TokenTree]) -> Option<(Expr, &Group)> {
    let (last, base) = tokens.split_last()?;
    let brackets = only_group(std::slice::from_ref(last), Delimiter::Bracket)?;
    let base = syn::parse2::<Expr>(base.iter().cloned().collect()).ok()?;
    let can_be_indexed = matches!(
        base,
        Expr::Path(_)
            // What a declarative macro puts in for `$t`.
            | Expr::Group(_)
            | Expr::Field(_)
            | Expr::Call(_)
            | Expr::MethodCall(_)
            | Expr::Index(_)
            | Expr::Paren(_)
            | Expr::Macro(_)
            | Expr::Reference(_)
            | Expr::Try(_)
            | Expr::Await(_)
    );
    can_be_indexed.then_some((base, brackets))
}

fn selection(
    base: Expr,
    brackets: &Group,
    what: &str,
    diag: &mut Diagnostics,
) -> Option<Selection> {
    let dims = chunks(brackets.stream());
    let read = dims
        .iter()
        .map(|dim| self::dim(dim.stream(), brackets.span(), what, diag));
    // All are read before the first failure counts, so that each is reported.
    let read: Vec<_> = read.collect();
    let dims = read.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Selection {
        base,
        dims,
        brackets: brackets.span(),
    })
}

fn dim(tokens: TokenStream, at: Span, what: &str, diag: &mut Diagnostics) -> Option<Dim> {
    let parts = at_semicolons(tokens);
    match parts.as_slice() {
        [value] => Some(Dim {
            value: expr(&value.tokens, what, diag)?,
            step: None,
        }),
        [value, step] => {
            let (value, step) = (
                expr(&value.tokens, what, diag),
                expr(&step.tokens, what, diag),
            );
            Some(Dim {
                value: value?,
                step: Some(step?),
            })
        }
        _ => {
            let site = parts.get(2).map_or(at, Chunk::first_span);
            diag.error(site, Code::P0004, "a slice has one step, `a..b; step`");
            None
        }
    }
}

/// Reads an expression, or records why it can't be read.
pub(crate) fn expr(tokens: &[TokenTree], what: &str, diag: &mut Diagnostics) -> Option<Expr> {
    let stream: TokenStream = tokens.iter().cloned().collect();
    match syn::parse2(stream.clone()) {
        Ok(expr) => Some(expr),
        Err(error) => {
            let site = Site::of(stream, error.span());
            // An error at the end of the input has no token of its own to point at.
            let site = match error.to_string().starts_with("unexpected end") {
                true => site,
                false => error.span().into(),
            };
            diag.error(
                site,
                Code::P0010,
                format!("{what} can't be read here: {error}"),
            );
            None
        }
    }
}
