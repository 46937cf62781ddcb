//! Task functions and their variants: the function as it is, and what the runtime finds it by.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, ItemFn, Meta, parse_quote};

use super::paths::Paths;
use super::{at, gpu_body};
use crate::model::{DeviceKind, TaskFunction, Variant};

/// A type of the function's name stands for it; types and functions don't share names, so both can
/// have it.
pub(crate) fn task(task: TaskFunction) -> TokenStream {
    let TaskFunction {
        mut function,
        krate,
    } = task;
    if function.sig.receiver().is_some() {
        return quote!(#function);
    }
    without_data(&mut function.attrs);
    let vis = &function.vis;
    let name_text = unraw(&function.sig.ident);
    let span = at(function.sig.ident.span());
    let mut name = function.sig.ident.clone();
    // Lints on names leave this one alone: the user didn't write a type.
    name.set_span(span);
    let task_function = Paths::new(krate).private("TaskFunction", span);
    let cfgs = cfgs(&function);
    let marker = quote_spanned! {span=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #name {}
        #(#cfgs)*
        impl #task_function for #name {
            const NAME: &'static str = #name_text;
        }
    };
    quote!(#function #marker)
}

/// An `impl` on the type that stands for the task function.
pub(crate) fn variant(variant: Variant) -> TokenStream {
    let Variant {
        function,
        of,
        device,
        device_span,
        krate,
    } = variant;
    let unchanged = quote!(#[allow(dead_code)] #function);
    if device != DeviceKind::Gpu {
        return unchanged;
    }
    if function.sig.receiver().is_some() {
        return quote!(#function);
    }
    let paths = Paths::new(krate);
    let span = at(device_span);
    let (variant, kind) = (paths.private("Variant", span), paths.private("Gpu", span));
    let name_text = unraw(&function.sig.ident);
    let cfgs = cfgs(&function);
    let body = gpu_body::gpu_body(&function, &of, &paths, span);
    quote_spanned! {span=>
        #unchanged
        #(#cfgs)*
        impl #variant<#kind> for #of {
            const NAME: &'static str = #name_text;
        }
        #(#cfgs)*
        #body
    }
}

/// The type of the function's name is taken: `#[task_graph]` can't make one for its data.
fn without_data(attrs: &mut [Attribute]) {
    for attr in attrs {
        let is_graph = attr
            .path()
            .segments
            .last()
            .is_some_and(|it| it.ident == "task_graph");
        if !is_graph {
            continue;
        }
        let (path, given) = match &attr.meta {
            Meta::Path(path) => (path.clone(), TokenStream::new()),
            Meta::List(list) => (list.path.clone(), list.tokens.clone()),
            Meta::NameValue(_) => continue,
        };
        attr.meta = parse_quote!(#path(data = false, #given));
    }
}

/// What decides whether the function exists decides the same for what stands beside it.
pub(super) fn cfgs(function: &ItemFn) -> Vec<&Attribute> {
    function
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .collect()
}

/// `fn`, not `r#fn`.
fn unraw(name: &proc_macro2::Ident) -> String {
    syn::ext::IdentExt::unraw(name).to_string()
}
