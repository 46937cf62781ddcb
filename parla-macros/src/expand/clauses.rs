//! The clauses of a spawn as calls of the builder's methods.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::{Context, at, index, placement, prebuilt};
use crate::diag::Site;
use crate::model::{Amount, Dependency, Number, Place, Spawn, Subscript, Target};

/// The builder with everything but the dependencies, and the inputs, which must come after the
/// clones.
pub(crate) fn builder(spawn: &Spawn, context: &Context) -> TokenStream {
    let mut tokens = target(spawn, context);
    if context.is_explicit && context.prebuilt.is_none() {
        tokens.extend(quote_spanned!(at(spawn.span())=> .explicit()));
    }
    if let Some(place) = spawn.placement.as_ref().filter(|place| place.is_sound()) {
        let value = placement::place(place, context);
        tokens.extend(call("placement", place_span(place), &value));
    }
    if let Some(vcus) = spawn.vcus.as_ref().filter(|vcus| vcus.is_share()) {
        tokens.extend(call("vcus", vcus.site.start(), &share(vcus)));
    }
    if let Some(memory) = spawn.memory.as_ref().filter(|memory| memory.is_sound()) {
        let value = placement::size(memory, context);
        tokens.extend(call("memory", placement::size_span(memory), &value));
    }
    for (method, value) in [("priority", &spawn.priority), ("label", &spawn.name)] {
        if let Some(value) = value {
            tokens.extend(call(method, Site::of_expr(value).start(), value));
        }
    }
    tokens
}

/// `.method(value)`, blamed on the value.
pub(crate) fn call(method: &str, span: Span, value: &impl ToTokens) -> TokenStream {
    let span = at(span);
    let method = Ident::new(method, span);
    quote_spanned!(span=> .#method(#value))
}

fn place_span(place: &Place) -> Span {
    match place {
        Place::Device { span, .. }
        | Place::Near { span, .. }
        | Place::With { span, .. }
        | Place::Alternatives { span, .. }
        | Place::Set { span, .. } => *span,
        Place::Times { place, .. } | Place::Shared { place, .. } => place_span(place),
        Place::Value(expr) => Site::of_expr(expr).start(),
    }
}

fn target(spawn: &Spawn, context: &Context) -> TokenStream {
    let task = match &spawn.target {
        Target::Subscript(subscript) => task(subscript, context),
        Target::Anonymous | Target::Wrong { .. } => None,
    };
    task.unwrap_or_else(|| {
        if context.prebuilt.is_some() {
            return prebuilt::anonymous(context, spawn.span());
        }
        let anonymous = context.paths.private("anonymous", spawn.span());
        quote_spanned!(at(spawn.span())=> #anonymous())
    })
}

/// `base.task([indices])`, where `subscript` is one task.
pub(crate) fn task(subscript: &Subscript, context: &Context) -> Option<TokenStream> {
    let indices = index::indices(&subscript.indices()?, context);
    let span = Site::of_expr(&subscript.base).start();
    let base = receiver(&subscript.base);
    let task = Ident::new("task", at(span));
    Some(quote_spanned!(at(span)=> #base.#task(#indices)))
}

/// `expr`, in parentheses unless it can stand before a dot or behind a `&` as it is.
pub(crate) fn receiver(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Call(_)
        | Expr::MethodCall(_)
        | Expr::Index(_)
        | Expr::Paren(_)
        | Expr::Macro(_) => expr.to_token_stream(),
        _ => quote_spanned!(at(Site::of_expr(expr).start())=> (#expr)),
    }
}

/// The block that adds the dependencies to `builder`. No closure: their expressions may have `?`
/// and `.await`.
pub(crate) fn dependencies(
    spawn: &Spawn,
    builder: &Ident,
    context: &Context,
) -> Option<TokenStream> {
    let add = |dependency| add(dependency, context);
    let adds: Vec<_> = spawn.deps.iter().filter_map(add).collect();
    if adds.is_empty() {
        return None;
    }
    let span = spawn.span();
    let sink = context.hygiene.local("sink", span);
    Some(quote_spanned! {at(span)=>
        {
            let #sink = &mut #builder.__parla_deps();
            #(#adds)*
        }
    })
}

fn add(dependency: &Dependency, context: &Context) -> Option<TokenStream> {
    let blamed = match dependency {
        Dependency::Subscript(subscript) => Site::of_expr(&subscript.base).start(),
        Dependency::Value { expr, .. } => Site::of_expr(expr).start(),
    };
    let span = at(blamed);
    let sink = context.hygiene.local("sink", blamed);
    match dependency {
        Dependency::Subscript(subscript) => {
            let select = context.paths.private("SelectTasks", blamed);
            let base = receiver(&subscript.base);
            let dims = subscript.dims.iter().map(|it| index::dim(it, context));
            let sound = subscript.is_sound();
            sound.then(|| quote_spanned!(span=> #select::select(&#base, &[#(#dims),*], #sink);))
        }
        Dependency::Value {
            expr,
            by_reference: true,
        } => {
            let set = context.paths.private("TaskSetRef", blamed);
            Some(quote_spanned!(span=> #set::add_ref(&#expr, #sink);))
        }
        Dependency::Value { expr, .. } => {
            let set = context.paths.private("TaskSet", blamed);
            Some(quote_spanned!(span=> #set::add_to(#expr, #sink);))
        }
    }
}

/// A share as an `f64`: whole numbers that are written out are made decimal.
pub(crate) fn share(vcus: &Amount) -> TokenStream {
    match vcus.number {
        Number::Integer(number) => {
            let span = at(vcus.site.start());
            if number == 0 {
                quote_spanned!(span=> 0f64)
            } else {
                quote_spanned!(span=> 1f64)
            }
        }
        _ => vcus.expr.to_token_stream(),
    }
}
