//! Names for the local variables of expansions.
//!
//! All end in an underscore, so that a forgotten `#` in a template shows. Their spans already keep
//! them apart from the user's names; they are checked against them as well, so that an expansion
//! also reads right when it is printed.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

use super::at;

/// Makes names that stand nowhere in the user's tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hygiene {
    taken: HashSet<String>,
}

impl Hygiene {
    /// For an item of these tokens.
    pub(crate) fn new<'a>(tokens: impl IntoIterator<Item = &'a TokenStream>) -> Self {
        let mut hygiene = Self::default();
        for tokens in tokens {
            hygiene.collect(tokens.clone());
        }
        hygiene
    }

    fn collect(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.collect(group.stream()),
                TokenTree::Ident(ident) => {
                    self.taken.insert(ident.to_string());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// The variable `name_`, with more underscores if the user has that one; the same for each
    /// call.
    pub(crate) fn local(&self, name: &str, span: Span) -> Ident {
        let mut name = format!("{name}_");
        while self.taken.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, at(span))
    }
}
