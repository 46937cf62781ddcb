//! What stands beside a function whose graph is known: a type of its name, with the graph as data.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, ItemFn};

use super::paths::Paths;
use super::{at, task};
use crate::model::KnownGraph;

/// The type, unless `function` is seen to be a method, beside which no type can stand, or to be a
/// task function, which has one.
pub(crate) fn known_graph(
    function: &ItemFn,
    known: &KnownGraph,
    paths: &Paths,
) -> Option<TokenStream> {
    let has_one = |attr: &Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|it| it.ident == "task")
    };
    if is_method(function) || function.attrs.iter().any(has_one) {
        return None;
    }
    let span = at(function.sig.ident.span());
    let mut name = function.sig.ident.clone();
    // Lints on names leave this one alone: the user didn't write a type.
    name.set_span(span);
    let vis = &function.vis;
    let cfgs = task::cfgs(function);
    let graph = paths.private("TaskGraph", name.span());
    let read = paths.private("known_graph", name.span());
    // Who asks for the data uses the function.
    let (sig, function_name) = (&function.sig, &function.sig.ident);
    let has_parameters = sig.generics.type_params().next().is_some()
        || sig.generics.const_params().next().is_some()
        || names(sig.inputs.to_token_stream(), "impl");
    let used = (!has_parameters).then(|| quote_spanned!(span=> let _ = #function_name;));
    let task_names = Literal::string(&known.names);
    let dependencies = Literal::byte_string(&known.dependencies);
    Some(quote_spanned! {span=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #name {}
        #(#cfgs)*
        #[allow(dead_code)]
        impl #name {
            #[doc(hidden)]
            #vis fn graph() -> #graph {
                #used
                #read(#task_names, #dependencies)
            }
        }
    })
}

/// Whether it takes or names `self`. Nothing else shows where a function stands.
fn is_method(function: &ItemFn) -> bool {
    function.sig.receiver().is_some() || names(function.to_token_stream(), "Self")
}

/// Whether `word` stands anywhere in `tokens`.
fn names(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => names(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
