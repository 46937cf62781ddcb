//! The body of a spawn, and the call that hands it to the runtime.
//!
//! The runtime finds out by autoref whether a body returns a `Result`, so that a failing body makes
//! a failed task; the traits it does that with are named in [`launch`].

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Block, Expr, ExprAsync, ExprClosure, ItemFn, ReturnType, Type};

use super::{Context, accesses, at, call};
use crate::model::{self, Body, GpuParameter, RunInput, Spawn};

/// The statement that makes the body.
pub(crate) fn body(spawn: &Spawn, context: &Context) -> TokenStream {
    let value = match &spawn.body {
        Body::Function(function) => self::function(function, spawn, context),
        Body::Closure(closure) => self::closure(closure, spawn, context),
        Body::Async(block) => async_block(block, spawn, context),
        Body::Call { call, awaited } => call::call(call, *awaited, spawn, context),
    };
    let name = context.hygiene.local("body", spawn.span());
    quote_spanned!(at(spawn.span())=> let #name = #value;)
}

/// The expression that spawns the body: its value is the handle.
pub(crate) fn launch(spawn: &Spawn, builder: &Ident, context: &Context) -> TokenStream {
    let span = spawn.span();
    let body = context.hygiene.local("body", span);
    if context.prebuilt.is_some() {
        return quote_spanned!(at(span)=> #builder.spawn(#body));
    }
    let (fallible, plain, probe) = match is_async(spawn) {
        true => ("DetectFallibleFuture", "DetectPlainFuture", "FutureProbe"),
        false => ("DetectFallible", "DetectPlain", "Probe"),
    };
    let fallible = context.paths.private(fallible, span);
    let plain = context.paths.private(plain, span);
    let probe = context.paths.private(probe, span);
    quote_spanned! {at(span)=>
        {
            use #fallible as _;
            use #plain as _;
            (&#probe::of(&#body)).__parla_detect().of(#builder).spawn(#body)
        }
    }
}

/// The parameter of a body of a prebuilt graph, if the body may use it: what bears its name may also
/// be a field.
pub(super) fn run_input(body: &TokenStream, context: &Context) -> Option<TokenStream> {
    let RunInput { name, ty } = context.prebuilt.as_ref()?.as_ref()?;
    mentions(body.clone(), name).then(|| quote!(#[allow(unused_variables)] #name: &#ty))
}

/// A body with an `await` that it can't have is treated as the async one it was meant to be.
fn is_async(spawn: &Spawn) -> bool {
    spawn.body.is_async() || !spawn.body.awaits_in_sync().is_empty()
}

/// The first statements of a body: the GPU is there, and accesses become what they are to.
///
/// Without `move`, a body would borrow the locals of the block it is made in; naming them by value
/// makes it capture them.
fn opening(spawn: &Spawn, is_move: bool, context: &Context) -> TokenStream {
    let mut tokens = TokenStream::new();
    let accesses = spawn.accesses.iter().map(|access| &access.name);
    if !is_move {
        for name in spawn.clones.iter().chain(accesses) {
            tokens.extend(quote_spanned!(at(name.span())=> let #name = #name;));
        }
    }
    if let Some(parameter) = spawn.gpu_parameter() {
        let GpuParameter { pat, ty, is_set } = &parameter;
        let (span, current) = (
            parameter.span(),
            match is_set {
                true => "current_gpus",
                false => "current_gpu",
            },
        );
        let current = context.paths.private(current, span);
        let gpu = context.hygiene.local("gpu", span);
        tokens.extend(quote_spanned! {at(span)=>
            let #gpu = #current();
            let #pat: #ty = &#gpu;
        });
    }
    tokens.extend(accesses::views(spawn, context));
    tokens
}

/// `{ opening statements }`, with the braces of `block`.
fn opened(opening: TokenStream, block: &Block) -> TokenStream {
    let mut tokens = TokenStream::new();
    block.brace_token.surround(&mut tokens, |inner| {
        inner.extend(opening);
        block.stmts.iter().for_each(|stmt| stmt.to_tokens(inner));
    });
    tokens
}

fn function(function: &ItemFn, spawn: &Spawn, context: &Context) -> TokenStream {
    let span = at(function.sig.ident.span());
    let has_parameters = !function.sig.inputs.is_empty() && spawn.gpu_parameter().is_none();
    let takes_part = !has_parameters && function.sig.generics.params.is_empty();
    let output = match &function.sig.output {
        // A body that needs parameters is left out, and so is a result that may be made of them.
        _ if !function.sig.generics.params.is_empty() => quote_spanned!(span=> ()),
        ReturnType::Type(_, ty) if !matches!(**ty, Type::Never(_)) => ty.to_token_stream(),
        _ => quote_spanned!(span=> ()),
    };
    let block = match takes_part {
        true => opened(opening(spawn, true, context), &function.block),
        false => left_out(span),
    };
    match is_async(spawn) {
        true => called_at_once(
            quote_spanned!(span=> async move || -> #output #block),
            true,
            span,
        ),
        false => {
            let input = run_input(&block, context);
            quote_spanned!(span=> move |#input| -> #output #block)
        }
    }
}

fn closure(closure: &ExprClosure, spawn: &Spawn, context: &Context) -> TokenStream {
    let span = at(spawn.span());
    let is_move = closure.capture.is_some();
    let opening = opening(spawn, is_move, context);
    let has_parameters = !closure.inputs.is_empty() && spawn.gpu_parameter().is_none();
    let mut output = closure.output.to_token_stream();
    if output.is_empty() && (model::diverges(&closure.body) || has_parameters) {
        output = quote_spanned!(span=> -> ());
    }
    let block = match &*closure.body {
        _ if has_parameters => left_out(span),
        Expr::Block(it) if it.label.is_none() && it.attrs.is_empty() => opened(opening, &it.block),
        plain if output.is_empty() && opening.is_empty() => plain.to_token_stream(),
        plain => quote_spanned!(span=> { #opening #plain }),
    };
    let (attrs, capture) = (&closure.attrs, &closure.capture);
    let (begin, end) = (closure.inputs_begin, closure.inputs_end);
    match is_async(spawn) {
        true => {
            let word = closure
                .asyncness
                .map_or_else(|| quote_spanned!(span=> async), |it| quote!(#it));
            let closure = quote!(#(#attrs)* #word #capture #begin #end #output #block);
            called_at_once(closure, is_move, span)
        }
        false => {
            let input = run_input(&block, context);
            quote!(#(#attrs)* #capture #begin #input #end #output #block)
        }
    }
}

/// A future from an async closure: only a closure can declare the type of its result.
fn called_at_once(closure: TokenStream, is_move: bool, span: Span) -> TokenStream {
    let capture = is_move.then(|| quote_spanned!(span=> move));
    quote_spanned!(span=> async #capture { (#closure)().await })
}

fn async_block(block: &ExprAsync, spawn: &Spawn, context: &Context) -> TokenStream {
    let span = at(spawn.span());
    let (attrs, word, capture) = (&block.attrs, &block.async_token, &block.capture);
    let body = opened(opening(spawn, capture.is_some(), context), &block.block);
    if model::block_diverges(&block.block) {
        let closure = quote_spanned!(span=> #word #capture || -> () #body);
        return called_at_once(closure, capture.is_some(), span);
    }
    quote!(#(#attrs)* #word #capture #body)
}

/// In place of a body that can't run.
fn left_out(span: Span) -> TokenStream {
    quote_spanned!(span=> { ::core::unreachable!() })
}

/// Whether the identifier stands anywhere in the tokens, or in a text that may be a format.
pub(super) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(Group::stream(&group), name),
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}
