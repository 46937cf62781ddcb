//! One spawn as a block whose value is the task's handle.
//!
//! The order of its statements matters: the builder sees the user's variables as they are, then
//! come the clones and inputs that shadow them, and last the body that captures them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};
use syn::Expr;

use super::{Context, at, body, clauses};
use crate::diag::Site;
use crate::model::{Body, Input, Spawn};

/// The block of `spawn`.
pub(crate) fn spawn(spawn: &Spawn, context: &Context) -> TokenStream {
    let span = spawn.span();
    let builder = context.hygiene.local("builder", span);
    let with_clauses = clauses::builder(spawn, context);
    let kinds = kinds(spawn, context);
    let gpu_body = gpu_body(spawn, context);
    let dependencies = clauses::dependencies(spawn, &builder, context);
    let mutable = dependencies
        .is_some()
        .then(|| quote_spanned!(at(span)=> mut));
    let clones = clones(spawn);
    let Inputs { before, after } = inputs(&spawn.inputs, &builder, context);
    let arguments = body::arguments(spawn, context);
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
        let #mutable #builder = #with_clauses #kinds;
        #dependencies
        #clones
        #before
        #(#argument_values)*
        #after
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

/// Which devices a called task function has bodies for.
fn kinds(spawn: &Spawn, context: &Context) -> Option<TokenStream> {
    let function = called(spawn)?;
    let span = spawn.span();
    let kinds = context.paths.private("task_function_kinds", span);
    Some(clauses::call(
        "kinds",
        span,
        &quote_spanned!(at(span)=> #kinds!(#function)),
    ))
}

/// Has the compiler see that a called task function has a body for the only devices it may run on.
fn gpu_body(spawn: &Spawn, context: &Context) -> Option<TokenStream> {
    let function = called(spawn)?;
    let span = spawn.placement.as_ref()?.is_gpu_only()?;
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
        quote_spanned!(span=> let #name = ::core::clone::Clone::clone(&#name);)
    };
    spawn.clones.iter().map(clone).collect()
}

/// The statements that take the inputs, and those that give them their names.
struct Inputs {
    before: TokenStream,
    after: TokenStream,
}

/// All inputs are taken before the first gets its name: a later one may mean the variable that an
/// earlier one shadows.
fn inputs(inputs: &[Input], builder: &proc_macro2::Ident, context: &Context) -> Inputs {
    let (mut before, mut after) = (TokenStream::new(), TokenStream::new());
    for (position, Input { name, value }) in inputs.iter().enumerate() {
        let span = value
            .as_ref()
            .map_or_else(|| name.span(), |it| Site::of_expr(it).start());
        let local = context
            .hygiene
            .local(&format_ident!("input_{position}").to_string(), span);
        let input = context.paths.private("input", span);
        let value = match value {
            Some(value) => clauses::receiver(value),
            None => quote_spanned!(name.span()=> #name),
        };
        before.extend(quote_spanned! {at(span)=>
            let #local = #input(&#value);
            let #builder = #builder.input(&#local);
        });
        after.extend(quote_spanned!(at(name.span())=> let #name = #local;));
    }
    Inputs { before, after }
}
