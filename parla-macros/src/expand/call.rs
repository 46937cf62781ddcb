//! The call of a task function as a body.
//!
//! Arguments are evaluated when the task is spawned, but for those that use what its clauses declare.
//! An argument that is nothing but declared data is passed as such, so that the function sees it on
//! the host, and its variant on the device.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::token::Paren;
use syn::{Expr, ExprCall};

use super::body::{mentions, run_input};
use super::{Context, accesses, at, spawn};
use crate::diag::Site;
use crate::model::{Access, Body, DeviceKind, Mode, Place, Spawn};

/// When an argument gets its value.
enum Argument<'a> {
    /// When the task is spawned.
    AtSpawn,
    /// When it runs.
    InBody,
    /// It is this access, by its position.
    Access(usize, &'a Access),
}

impl<'a> Argument<'a> {
    fn of(value: &Expr, spawn: &'a Spawn, context: &Context) -> Self {
        let mut accesses = spawn.accesses.iter().enumerate();
        if let Some((position, access)) = accesses.find(|(_, it)| is_variable(value, &it.name)) {
            return Self::Access(position, access);
        }
        let run_input = context.prebuilt.as_ref().and_then(Option::as_ref);
        let names = spawn.accesses.iter().map(|access| &access.name);
        let mut names = names.chain(run_input.map(|input| &input.name));
        match names.any(|name| mentions(value.to_token_stream(), name)) {
            true => Self::InBody,
            false => Self::AtSpawn,
        }
    }
}

/// Whether `expr` is `name`, `&name` or `&mut name`.
fn is_variable(expr: &Expr, name: &Ident) -> bool {
    match expr {
        Expr::Path(path) => path.path.is_ident(name),
        Expr::Reference(it) => is_variable(&it.expr, name),
        Expr::Paren(it) => is_variable(&it.expr, name),
        Expr::Group(it) => is_variable(&it.expr, name),
        _ => false,
    }
}

/// The body that calls.
pub(super) fn call(
    call: &ExprCall,
    awaited: bool,
    spawn: &Spawn,
    context: &Context,
) -> TokenStream {
    if !spawn.accesses.is_empty() {
        return with_accesses(call, awaited, spawn, context);
    }
    let span = at(spawn.span());
    let names = names(call, context);
    let in_body = |(value, name): (&Expr, &Ident)| match Argument::of(value, spawn, context) {
        Argument::AtSpawn => name.to_token_stream(),
        _ => value.to_token_stream(),
    };
    let arguments: Vec<_> = call.args.iter().zip(&names).map(in_body).collect();
    if awaited {
        let call = called_with(call, &arguments, spawn);
        return quote_spanned!(span=> async move { #call.await });
    }
    if context.prebuilt.is_some() {
        let input = run_input(&quote!(#(#arguments)*), context);
        let call = called_with(call, &arguments, spawn);
        return quote_spanned!(span=> move |#input| #call);
    }
    let Some(function) = spawn::called(spawn) else {
        let call = called_with(call, &arguments, spawn);
        return quote_spanned!(span=> move || { #call });
    };
    let call = called_with(call, &names, spawn);
    let call_task_function = context.paths.private("call_task_function", spawn.span());
    quote_spanned! {span=>
        move || {
            #call_task_function!(#function, (#(#arguments,)*), |(#(#names,)*)| #call)
        }
    }
}

/// The same, where data is declared: there may be no argument of it for the function, which is the
/// failure of the task.
fn with_accesses(call: &ExprCall, awaited: bool, spawn: &Spawn, context: &Context) -> TokenStream {
    let span = at(spawn.span());
    let function = spawn::called(spawn).filter(|_| !awaited);
    let opening = opening(call, function.as_ref(), spawn, context);
    let (mut evaluated, mut parameters) = (Vec::new(), Vec::new());
    let (mut before, mut views, mut passed) = (TokenStream::new(), TokenStream::new(), Vec::new());
    for (value, name) in call.args.iter().zip(names(call, context)) {
        let span = name.span();
        let mut parameter = name.to_token_stream();
        match Argument::of(value, spawn, context) {
            Argument::AtSpawn => {
                evaluated.push(name.to_token_stream());
                passed.push(name.to_token_stream());
            }
            Argument::InBody => {
                if function.is_none() {
                    before.extend(quote_spanned!(span=> let #name = #value;));
                }
                evaluated.push(value.to_token_stream());
                passed.push(name.to_token_stream());
            }
            Argument::Access(position, access) => {
                let local = accesses::local(position, access, context);
                let shown = access.name.to_string();
                evaluated.push(quote_spanned!(span=> #local.__parla_argument()));
                let viewed = match access.mode {
                    // It may be a result, of which the argument is a plain reference.
                    Mode::Input => {
                        parameter = quote_spanned!(span=> _);
                        quote_spanned!(span=> #local)
                    }
                    _ if function.is_none() => quote_spanned!(span=> #local),
                    _ => quote_spanned!(span=> #name.0),
                };
                views.extend(quote_spanned! {span=>
                    let mut #name = #viewed.__parla_view(#shown);
                });
                passed.push(quote_spanned!(span=> #name.__parla_pass()?));
            }
        }
        parameters.push(parameter);
    }
    let call = called_with(call, &passed, spawn);
    let private = |name| context.paths.private(name, spawn.span());
    if let Some(function) = function {
        let try_call = private("try_call_task_function");
        return quote_spanned! {span=>
            move || {
                #opening
                #try_call!(#function, (#(#evaluated,)*), |(#(#parameters,)*)| {
                    #views
                    ::core::result::Result::Ok(#call)
                })
            }
        };
    }
    let (returned, error) = (private("returned"), private("BodyError"));
    let (word, wait) = match awaited {
        true => (
            quote_spanned!(span=> async move),
            Some(quote_spanned!(span=> .await)),
        ),
        false => (quote_spanned!(span=> move ||), None),
    };
    quote_spanned! {span=>
        #word {
            #opening
            #before
            #views
            #returned!(::core::result::Result::<_, #error>::Ok(#call #wait))
        }
    }
}

/// The first statements of a body with accesses: those that are changed are captured by value, and those
/// that are more than arguments have their names.
fn opening(
    call: &ExprCall,
    function: Option<&syn::Path>,
    spawn: &Spawn,
    context: &Context,
) -> TokenStream {
    let mut tokens = TokenStream::new();
    for (position, access) in spawn.accesses.iter().enumerate() {
        if !is_used(call, access) {
            continue;
        }
        let local = accesses::local(position, access, context);
        if access.mode != Mode::Input {
            tokens.extend(quote_spanned!(local.span()=> let mut #local = #local;));
        }
        let in_body = |value: &&Expr| {
            mentions(value.to_token_stream(), &access.name)
                && matches!(Argument::of(value, spawn, context), Argument::InBody)
        };
        if let Some(value) = call.args.iter().find(in_body) {
            let span = Site::of_expr(value).start();
            let used_on_host = context.paths.private("used_on_host", span);
            let may_be_on_gpu = may_be_on_gpu(function, spawn, context);
            tokens.extend(quote_spanned! {at(span)=>
                #used_on_host::<{ #may_be_on_gpu }, _>(&#local);
            });
            tokens.extend(accesses::host_view(access, &local));
        }
    }
    tokens
}

/// Whether a call of `function` may run its variant.
fn may_be_on_gpu(function: Option<&syn::Path>, spawn: &Spawn, context: &Context) -> TokenStream {
    let span = at(spawn.span());
    let on_cpu = |place: &Place| place.is_only(DeviceKind::Cpu).is_some();
    match function {
        Some(function) if !spawn.placement.as_ref().is_some_and(on_cpu) => {
            let has_gpu_body = context.paths.private("has_gpu_body", spawn.span());
            quote_spanned!(span=> #has_gpu_body!(#function))
        }
        _ => quote_spanned!(span=> false),
    }
}

/// Whether any argument names what is declared.
pub(super) fn is_used(call: &ExprCall, access: &Access) -> bool {
    mentions(call.args.to_token_stream(), &access.name)
}

/// Whether the body is a call that finds its data wherever it runs.
pub(super) fn runs_anywhere(spawn: &Spawn) -> bool {
    matches!(spawn.body, Body::Call { awaited: false, .. }) && spawn::called(spawn).is_some()
}

/// The arguments of a called task function that are evaluated when it is spawned, with the
/// variables that hold them.
pub(super) fn arguments(spawn: &Spawn, context: &Context) -> Vec<(Ident, TokenStream)> {
    let Body::Call { call, .. } = &spawn.body else {
        return Vec::new();
    };
    let at_spawn = |(name, value): (Ident, &Expr)| match Argument::of(value, spawn, context) {
        Argument::AtSpawn => Some((name, value.to_token_stream())),
        _ => None,
    };
    let arguments = names(call, context).into_iter().zip(&call.args);
    arguments.filter_map(at_spawn).collect()
}

/// The call with these arguments, between the user's own parentheses, so that a wrong number of them
/// is shown there.
fn called_with(call: &ExprCall, arguments: &[impl ToTokens], spawn: &Spawn) -> TokenStream {
    let mut tokens = call.func.to_token_stream();
    Paren::surround(&call.paren_token, &mut tokens, |inner| {
        inner.extend(quote_spanned!(at(spawn.span())=> #(#arguments),*));
    });
    tokens
}

/// The variables that hold the arguments.
fn names(call: &ExprCall, context: &Context) -> Vec<Ident> {
    let name = |(position, value): (usize, &Expr)| {
        let span = Site::of_expr(value).start();
        context.hygiene.local(&format!("argument_{position}"), span)
    };
    call.args.iter().enumerate().map(name).collect()
}
