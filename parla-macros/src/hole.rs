//! The marks that stand in a function body where a spawn was taken out of it.
//!
//! `parse` cuts the spawns out and leaves marks, `expand` puts the expansions in; nothing between
//! the two needs to know how a mark looks.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprMacro, Macro, MacroDelimiter, Token, token};

/// Trailing underscores keep it apart from any macro a user would call.
const NAME: &str = "parla_spawn_hole__";

/// The mark of the spawn with this number.
pub(crate) fn hole(number: usize, span: Span) -> Expr {
    Expr::Macro(ExprMacro {
        attrs: Vec::new(),
        mac: Macro {
            path: Ident::new(NAME, span).into(),
            bang_token: Token![!](span),
            delimiter: MacroDelimiter::Paren(token::Paren(span)),
            tokens: Literal::usize_unsuffixed(number).into_token_stream(),
        },
    })
}

/// The number of the spawn whose mark `expr` is.
pub(crate) fn hole_number(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Macro(ExprMacro { mac, .. }) if mac.path.is_ident(NAME) => {
            mac.tokens.to_string().parse().ok()
        }
        _ => None,
    }
}

/// The numbers of all marks in `tokens`.
pub(crate) fn hole_numbers(tokens: TokenStream) -> Vec<usize> {
    let mut found = Vec::new();
    let mut is_hole = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_hole = ident == NAME,
            TokenTree::Group(group) if is_hole => {
                found.extend(group.stream().to_string().parse::<usize>());
                is_hole = false;
            }
            TokenTree::Group(group) => found.extend(hole_numbers(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}
