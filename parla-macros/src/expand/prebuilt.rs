//! `#[task_graph(prebuilt)]`: the body describes a graph that is built by the first call.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, ItemFn, parse_quote_spanned};

use super::{Context, at};
use crate::model::RunInput;

/// Makes the spaces of `block` spaces of the graph that is built. The bodies of its tasks have been
/// cut out: their spaces are the runtime's.
pub(crate) fn spaces_of_graph(block: &mut Block, context: &Context) {
    let builder = builder(block, context);
    Spaces { builder }.visit_block_mut(block);
}

/// In place of a body in which there are mistakes.
pub(crate) fn left_out(block: &Block) -> Block {
    parse_quote_spanned!(at(block.brace_token.span.open())=> { ::core::unreachable!() })
}

/// The variable that holds the builder.
fn builder(block: &Block, context: &Context) -> Ident {
    context
        .hygiene
        .local("graph", block.brace_token.span.open())
}

/// The target of a task without a place.
pub(crate) fn anonymous(context: &Context, span: proc_macro2::Span) -> TokenStream {
    let builder = context.hygiene.local("graph", span);
    quote_spanned!(at(span)=> #builder.task())
}

/// Makes `function` run the graph, and gives the function that builds it.
pub(crate) fn prebuild(
    function: &mut ItemFn,
    input: &Option<RunInput>,
    context: &Context,
) -> TokenStream {
    let span = at(function.sig.ident.span());
    let private = |name| context.paths.private(name, function.sig.ident.span());
    let (vis, name, output) = (&function.vis, &function.sig.ident, &function.sig.output);
    let ty = match input {
        Some(input) => input.ty.to_token_stream(),
        None => quote_spanned!(span=> ()),
    };
    let value = match input {
        Some(input) => input.name.to_token_stream(),
        None => quote_spanned!(span=> &()),
    };
    let builder = builder(&function.block, context);
    let (graph, cell, prebuild) = (private("Graph"), private("GraphCell"), private("prebuild"));
    let (build, result) = (private("GraphBuilder"), private("Result"));
    let block = &function.block;
    // The body moves, and with it what the user says of lints in it.
    let is_of_lints = |attr: &&Attribute| {
        let mut levels = ["allow", "warn", "deny", "forbid"].iter();
        levels.any(|level| attr.path().is_ident(level))
    };
    let lints = function.attrs.iter().filter(is_of_lints);
    let prebuilt = quote_spanned! {span=>
        #(#lints)*
        #[doc(hidden)]
        #vis fn prebuilt() -> #result<&'static #graph<#ty>> {
            static GRAPH: #cell<#ty> = #cell::new();
            #prebuild(&GRAPH, |#builder: &#build<#ty>| #output #block)
        }
    };
    let run = private("run_prebuilt");
    *function.block = parse_quote_spanned!(span=> { #run(#name::prebuilt(), #value) });
    prebuilt
}

/// Replaces `TaskSpace::new` and `TaskSpace::with_shape` by the builder's methods.
struct Spaces {
    builder: Ident,
}

impl VisitMut for Spaces {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Expr::Call(call) = expr else { return };
        let Expr::Path(path) = &*call.func else {
            return;
        };
        let mut segments = path.path.segments.iter().rev();
        let (Some(function), Some(owner)) = (segments.next(), segments.next()) else {
            return;
        };
        let span = at(function.ident.span());
        let method = match function.ident.to_string().as_str() {
            _ if owner.ident != "TaskSpace" => return,
            "new" => Ident::new("task_space", span),
            "with_shape" => Ident::new("task_space_with_shape", span),
            _ => return,
        };
        let (builder, args) = (&self.builder, &call.args);
        *expr = parse_quote_spanned!(span=> #builder.#method(#args));
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
