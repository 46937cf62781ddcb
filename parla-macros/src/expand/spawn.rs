//! One spawn as a block whose value is the task's handle.
//!
//! The order of its statements matters: the builder sees the user's variables as they are, then
//! come the clones and accesses that shadow them, and last the body that captures them.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

use super::accesses::{self, Declarations};
use super::{Context, at, body, call, clauses};
use crate::model::{Body, DeviceKind, Spawn};

/// The block of `spawn`.
pub(crate) fn spawn(spawn: &Spawn, context: &Context) -> TokenStream {
    let span = spawn.span();
    let builder = context.hygiene.local("builder", span);
    let with_clauses = clauses::builder(spawn, context);
    let bodies = bodies(spawn, context);
    let gpu_body = gpu_body(spawn, context);
    let dependencies = clauses::dependencies(spawn, &builder, context);
    let Declarations { declare, name } = accesses::declarations(spawn, &builder, context);
    let is_mutable = dependencies.is_some() || !declare.is_empty();
    let mutable = is_mutable.then(|| quote_spanned!(at(span)=> mut));
    let clones = clones(spawn);
    let is_anywhere =
        spawn.accesses.is_empty() || spawn.gpu_parameter().is_some() || call::runs_anywhere(spawn);
    let on_host = (!is_anywhere).then(|| quote_spanned!(at(span)=> #builder.__parla_on_host();));
    let arguments = call::arguments(spawn, context);
    let body = body::body(spawn, context);
    let launch = body::launch(spawn, &builder, context);
    let argument_values = arguments.iter().map(|(name, value)| {
        let span = at(name.span());
        quote_spanned!(span=> let #name = #value;)
    });
    let lookup = lookup(spawn);
    quote_spanned! {at(span)=> {
        #lookup
        #gpu_body
        let #mutable #builder = #with_clauses #bodies;
        #dependencies
        #clones
        #declare
        #on_host
        #(#argument_values)*
        #name
        #body
        #launch
    }}
}

/// Looks `spawn` up, as the compiler would have done: without this, it would warn that nothing uses
/// the import.
fn lookup(spawn: &Spawn) -> Option<TokenStream> {
    let mut path = spawn.written.clone()?;
    for segment in &mut path.segments {
        segment.ident.set_span(at(segment.ident.span()));
    }
    let span = at(path.segments.first()?.ident.span());
    Some(quote_spanned!(span=> use #path as _;))
}

/// Which bodies a called task function has.
fn bodies(spawn: &Spawn, context: &Context) -> Option<TokenStream> {
    let function = called(spawn)?;
    let span = spawn.span();
    let bodies = context.paths.private("task_bodies", span);
    Some(clauses::call(
        "__parla_bodies",
        span,
        &quote_spanned!(at(span)=> #bodies!(#function)),
    ))
}

/// Has the compiler see that a called task function has a body for the only devices it may run on.
fn gpu_body(spawn: &Spawn, context: &Context) -> Option<TokenStream> {
    let function = called(spawn)?;
    let span = spawn.placement.as_ref()?.is_only(DeviceKind::Gpu)?;
    let needs = context.paths.private("needs_gpu_body", span);
    Some(quote_spanned!(at(span)=> #needs::<#function>();))
}

/// The type that stands for a called task function. It has no parameters.
pub(super) fn called(spawn: &Spawn) -> Option<syn::Path> {
    let Body::Call { call, .. } = &spawn.body else {
        return None;
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let mut path = function.path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.arguments = syn::PathArguments::None;
    }
    Some(path)
}

fn clones(spawn: &Spawn) -> TokenStream {
    let clone = |name| {
        let span = at(proc_macro2::Ident::span(name));
        // As a method, which clones what a reference is to: tasks of a loop over `&Arc`s share those.
        quote_spanned!(span=> let #name = #name.clone();)
    };
    spawn.clones.iter().map(clone).collect()
}
