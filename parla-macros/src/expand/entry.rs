//! `main` and tests: a runtime around the body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Block, ItemFn, ReturnType};

use super::{Context, at};
use crate::diag::Site;
use crate::model::{self, Amount, RuntimeOptions};

/// A `main` that starts a runtime and waits for its tasks.
pub(crate) fn main(function: &ItemFn, options: &RuntimeOptions, context: &Context) -> TokenStream {
    let name = &function.sig.ident;
    if model::is_entry(&function.sig) && name == "main" {
        return entry(function, options, context, &Runner::MAIN);
    }
    if name != "main" {
        return unchanged(function);
    }
    // A `main` that takes part in no error of the compiler, with the one that does.
    let mut inner = function.clone();
    inner.sig.ident = context.hygiene.local("main", name.span());
    let inner = unchanged(&inner);
    quote_spanned!(at(name.span())=> fn #name() { #inner })
}

/// A test that does the same.
pub(crate) fn test(function: &ItemFn, options: &RuntimeOptions, context: &Context) -> TokenStream {
    if !model::is_entry(&function.sig) {
        return unchanged(function);
    }
    let test = quote_spanned!(at(function.sig.fn_token.span)=> #[::core::prelude::v1::test]);
    let entry = entry(function, options, context, &Runner::TEST);
    quote!(#test #entry)
}

/// What of the runtime runs the body.
struct Runner {
    of_async: &'static str,
    of_sync: &'static str,
    output: &'static str,
}

impl Runner {
    const MAIN: Self = Self {
        of_async: "run_main",
        of_sync: "run_main_blocking",
        output: "MainOutput",
    };
    const TEST: Self = Self {
        of_async: "run_test",
        of_sync: "run_test_blocking",
        output: "TestOutput",
    };
}

fn entry(
    function: &ItemFn,
    options: &RuntimeOptions,
    context: &Context,
    runner: &Runner,
) -> TokenStream {
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
        ..
    } = function;
    let name = &sig.ident;
    let span = name.span();
    let (output, output_span) = match &sig.output {
        ReturnType::Default => (quote_spanned!(at(span)=> ()), span),
        ReturnType::Type(_, ty) => (ty.to_token_stream(), Site::of(ty, span).start()),
    };
    let output_trait = context.paths.private(runner.output, output_span);
    let builder = context.paths.private("runtime_builder", span);
    let builder_options = builder_options(options);
    let gpus = gpus(options, context);
    let body = body(block, &output, sig.asyncness.is_some());
    let run = if sig.asyncness.is_some() {
        runner.of_async
    } else {
        runner.of_sync
    };
    let run = context.paths.private(run, span);
    let exit = quote_spanned!(at(output_span)=> -> <#output as #output_trait>::Exit);
    // The compiler wants to see with its own eyes that such a test returns nothing.
    let should_panic = attrs
        .iter()
        .any(|attr| attr.path().is_ident("should_panic"));
    let exit = (!should_panic).then_some(exit);
    quote_spanned! {at(span)=>
        #(#attrs)*
        #vis fn #name() #exit {
            #run(#builder(#gpus) #builder_options, #body)
        }
    }
}

fn builder_options(options: &RuntimeOptions) -> TokenStream {
    let workers = options
        .workers
        .iter()
        .filter(|it| it.is_count(1))
        .map(|it| ("workers", it));
    let seed = options
        .seed
        .iter()
        .filter(|it| it.is_count(0))
        .map(|it| ("seed", it));
    let amounts = workers.chain(seed);
    let amounts = amounts.map(|(method, it)| (method, it.site.start(), &it.expr));
    let pin = options.pin_workers.iter();
    let pin = pin.map(|it| ("pin_workers", Site::of_expr(it).start(), it));
    let calls = amounts.chain(pin);
    calls
        .map(|(method, span, value)| super::clauses::call(method, span, value))
        .collect()
}

/// The GPUs of the runtime.
fn gpus(options: &RuntimeOptions, context: &Context) -> TokenStream {
    let count = |amount: &Option<Amount>| {
        let amount = amount.as_ref().filter(|it| it.is_count(0));
        match amount {
            Some(amount) => {
                let (span, value) = (at(amount.site.start()), &amount.expr);
                quote_spanned!(span=> ::core::option::Option::Some(#value))
            }
            None => quote!(::core::option::Option::None),
        }
    };
    let (count, simulated) = (count(&options.gpus), count(&options.sim_gpus));
    let gpus = context.paths.private("gpus", Span::call_site());
    quote!(#gpus(#count, #simulated))
}

/// A closure or a future; only the former can declare its result, so the latter calls one.
fn body(block: &Block, output: &TokenStream, is_async: bool) -> TokenStream {
    let span = at(block.brace_token.span.open());
    if is_async {
        quote_spanned!(span=> async move { (async move || -> #output #block)().await })
    } else {
        quote_spanned!(span=> move || -> #output #block)
    }
}

/// The function as it is; nothing may call it.
fn unchanged(function: &ItemFn) -> TokenStream {
    quote!(#[allow(dead_code)] #function)
}
