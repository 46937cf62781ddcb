//! Placements as values of the runtime's type `Placement`, and amounts of memory.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::{Context, at, index};
use crate::diag::Site;
use crate::model::{DeviceKind, Operand, Place, Size};

/// A value of type `Placement`.
pub(crate) fn place(place: &Place, context: &Context) -> TokenStream {
    match place {
        Place::Device { kind, number, span } => {
            let placement = context.paths.private("Placement", *span);
            let (any_of_kind, exactly) = match kind {
                DeviceKind::Cpu => ("cpu", "cpu_at"),
                DeviceKind::Gpu => ("gpu", "gpu_at"),
                DeviceKind::Any => ("any", "any"),
            };
            let method = if number.is_some() {
                exactly
            } else {
                any_of_kind
            };
            let method = Ident::new(method, at(*span));
            let number = number.as_ref().map(|number| index::index(number, context));
            quote_spanned!(at(*span)=> #placement::#method(#number))
        }
        Place::Near { operand, span } => located("near", operand, *span, context),
        Place::With { operand, span } => located("with", operand, *span, context),
        Place::Alternatives { places, span } => several("alternatives", places, *span, context),
        Place::Set { places, span } => several("set", places, *span, context),
        Place::Times { place: one, count } => {
            let (one, count, span) = (self::place(one, context), &count.expr, count.site.start());
            quote_spanned!(at(span)=> #one.times(#count))
        }
        Place::Shared { place: one, share } => {
            let mut tokens = self::place(one, context);
            if let Some(vcus) = &share.vcus {
                let value = super::clauses::share(vcus);
                tokens = quote_spanned!(at(vcus.site.start())=> #tokens.with_vcus(#value));
            }
            if let Some(memory) = &share.memory {
                let (span, value) = (size_span(memory), size(memory, context));
                tokens = quote_spanned!(span=> #tokens.with_memory(#value));
            }
            tokens
        }
        Place::Value(expr) => {
            let span = Site::of_expr(expr).start();
            let placement = context.paths.private("Placement", span);
            quote_spanned!(at(span)=> #placement::from(#expr))
        }
    }
}

fn several(constructor: &str, places: &[Place], span: Span, context: &Context) -> TokenStream {
    let placement = context.paths.private("Placement", span);
    let constructor = Ident::new(constructor, at(span));
    let places = places.iter().map(|it| place(it, context));
    quote_spanned!(at(span)=> #placement::#constructor([#(#places),*]))
}

fn located(constructor: &str, operand: &Operand, span: Span, context: &Context) -> TokenStream {
    let placement = context.paths.private("Placement", span);
    let constructor = Ident::new(constructor, at(span));
    let (operand, blamed) = match operand {
        Operand::Subscript(subscript) => (
            super::clauses::task(subscript, context),
            Site::of_expr(&subscript.base).start(),
        ),
        Operand::Value(value) => (
            Some(super::clauses::receiver(value)),
            Site::of_expr(value).start(),
        ),
        Operand::List(site) => (None, site.start()),
    };
    let reference = quote_spanned!(at(blamed)=> &#operand);
    quote_spanned!(at(span)=> #placement::#constructor(#reference))
}

/// A value that becomes the runtime's type `Bytes`.
pub(crate) fn size(size: &Size, context: &Context) -> TokenStream {
    let span = size_span(size);
    let bytes = context.paths.private("Bytes", span);
    match size {
        Size::Bytes { bytes: count, .. } => {
            let mut count = Literal::u64_suffixed(*count);
            count.set_span(span);
            quote_spanned!(span=> #bytes::new(#count))
        }
        Size::Unknown(expr) => quote_spanned!(span=> #bytes::from(#expr)),
        Size::Wrong { .. } => quote_spanned!(span=> #bytes::new(0u64)),
    }
}

/// Where an error about the size is shown.
pub(crate) fn size_span(size: &Size) -> Span {
    at(match size {
        Size::Bytes { site, .. } | Size::Wrong { site, .. } => site.start(),
        Size::Unknown(expr) => Site::of_expr(expr).start(),
    })
}
