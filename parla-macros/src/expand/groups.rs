//! Keeps together what a declarative macro put in for `$e`.
//!
//! Such a piece is a group without delimiters, and the compiler forgets those that come out of a
//! procedural macro: `$e * 2` with `1 + 1` for `$e` would become `1 + 1 * 2`. Parentheses say the same
//! and stay.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::Expr;

use super::at;
use crate::model::is_assignment;

/// `tokens` with parentheses around each piece that its surroundings could pull apart.
pub(crate) fn kept_together(tokens: TokenStream) -> TokenStream {
    changed(&tokens).unwrap_or(tokens)
}

/// `None` if there is nothing to change: new groups would not know where their ends were written.
fn changed(tokens: &TokenStream) -> Option<TokenStream> {
    let mut is_changed = false;
    let kept = tokens.clone().into_iter().map(|token| {
        let changed = changed_group(&token);
        is_changed |= changed.is_some();
        changed.unwrap_or(token)
    });
    let kept = kept.collect();
    is_changed.then_some(kept)
}

fn changed_group(token: &TokenTree) -> Option<TokenTree> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    let inner = changed(&group.stream());
    let is_changed = inner.is_some();
    let inner = inner.unwrap_or_else(|| group.stream());
    let is_loose = group.delimiter() == Delimiter::None && is_loose(inner.clone());
    if !is_changed && !is_loose {
        return None;
    }
    let (delimiter, span) = match is_loose {
        true => (Delimiter::Parenthesis, at(group.span())),
        false => (group.delimiter(), group.span()),
    };
    let mut kept = Group::new(delimiter, inner);
    kept.set_span(span);
    Some(TokenTree::Group(kept))
}

/// Whether these are operands and operators. Types and patterns that look the same may stand in
/// parentheses as well.
fn is_loose(tokens: TokenStream) -> bool {
    match syn::parse2::<Expr>(tokens) {
        Ok(Expr::Binary(it)) => !is_assignment(&it.op),
        // `..` alone may be a pattern that leaves out fields.
        Ok(Expr::Range(it)) => it.start.is_some() || it.end.is_some(),
        Ok(expr) => matches!(
            expr,
            Expr::Unary(_) | Expr::Cast(_) | Expr::Reference(_) | Expr::Closure(_)
        ),
        Err(_) => false,
    }
}
