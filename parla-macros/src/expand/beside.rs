//! What stands beside a graph function: a type of its name, with the graph as data if it is known,
//! and the prebuilt graph if it is one.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, ItemFn};

use super::paths::Paths;
use super::{at, task};
use crate::model::KnownGraph;

/// The type with these functions, if there are any.
pub(crate) fn beside(
    function: &ItemFn,
    data: Option<TokenStream>,
    prebuilt: Option<TokenStream>,
) -> Option<TokenStream> {
    // No type can stand beside a method, and a task function has one.
    let data = data.filter(|_| !is_method(function) && !is_task(function));
    if data.is_none() && prebuilt.is_none() {
        return None;
    }
    let span = at(function.sig.ident.span());
    let mut name = function.sig.ident.clone();
    // Lints on names leave this one alone: the user didn't write a type.
    name.set_span(span);
    let vis = &function.vis;
    let cfgs = task::cfgs(function);
    Some(quote_spanned! {span=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #name {}
        #(#cfgs)*
        #[allow(dead_code)]
        impl #name {
            #data
            #prebuilt
        }
    })
}

/// `graph()`, which gives the graph as data.
pub(crate) fn data(function: &ItemFn, known: &KnownGraph, paths: &Paths) -> TokenStream {
    let span = at(function.sig.ident.span());
    let (vis, sig, name) = (&function.vis, &function.sig, &function.sig.ident);
    let graph = paths.private("TaskGraph", name.span());
    let read = paths.private("known_graph", name.span());
    // Who asks for the data uses the function.
    let has_parameters = sig.generics.type_params().next().is_some()
        || sig.generics.const_params().next().is_some()
        || names(sig.inputs.to_token_stream(), "impl");
    let used = (!has_parameters).then(|| quote_spanned!(span=> let _ = #name;));
    let task_names = Literal::string(&known.names);
    let dependencies = Literal::byte_string(&known.dependencies);
    quote_spanned! {span=>
        #[doc(hidden)]
        #vis fn graph() -> #graph {
            #used
            #read(#task_names, #dependencies)
        }
    }
}

fn is_task(function: &ItemFn) -> bool {
    let is_it = |attr: &Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|it| it.ident == "task")
    };
    function.attrs.iter().any(is_it)
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
