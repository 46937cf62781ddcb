//! Indices and slices as `i64` arithmetic over `index(leaf)`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};

use super::{Context, at};
use crate::model::{Arithmetic, Dim, Index};

/// An expression of type `i64`.
pub(crate) fn index(index: &Index, context: &Context) -> TokenStream {
    match index {
        Index::Literal { value, span } => {
            let mut literal = Literal::i64_suffixed(*value);
            literal.set_span(at(*span));
            quote!(#literal)
        }
        Index::Leaf(leaf) => {
            let to_index = context.paths.private("index", index.span());
            quote_spanned!(at(index.span())=> #to_index(#leaf))
        }
        Index::Negative { operand, span } => {
            let operand = self::index(operand, context);
            quote_spanned!(at(*span)=> -#operand)
        }
        Index::Binary {
            left,
            op,
            right,
            span,
        } => {
            let (left, right) = (self::index(left, context), self::index(right, context));
            let span = at(*span);
            match op {
                Arithmetic::Add => quote_spanned!(span=> #left + #right),
                Arithmetic::Sub => quote_spanned!(span=> #left - #right),
                Arithmetic::Mul => quote_spanned!(span=> #left * #right),
                Arithmetic::Div => quote_spanned!(span=> #left / #right),
                Arithmetic::Rem => quote_spanned!(span=> #left % #right),
            }
        }
        Index::Parentheses { inner, span } => {
            let inner = self::index(inner, context);
            quote_spanned!(at(*span)=> (#inner))
        }
    }
}

/// `[index, …]`.
pub(crate) fn indices(indices: &[&Index], context: &Context) -> TokenStream {
    let indices = indices.iter().map(|it| index(it, context));
    quote!([#(#indices),*])
}

/// A value of the runtime's type `Dim`.
pub(crate) fn dim(dim: &Dim, context: &Context) -> TokenStream {
    match dim {
        Dim::At(at_index)
        | Dim::SteppedIndex {
            index: at_index, ..
        } => {
            let span = at_index.span();
            let dim = context.paths.private("Dim", span);
            let at_index = index(at_index, context);
            quote_spanned!(at(span)=> #dim::at(#at_index))
        }
        Dim::Range {
            start,
            end,
            inclusive,
            step,
            site,
        } => {
            let span = site.start();
            let bound = |it: &Option<Index>, after: bool| match it {
                None => quote_spanned!(at(span)=> ::core::option::Option::None),
                Some(it) => {
                    let it = index(it, context);
                    let it = if after {
                        quote!((#it).saturating_add(1))
                    } else {
                        it
                    };
                    quote_spanned!(at(span)=> ::core::option::Option::Some(#it))
                }
            };
            let (start, end) = (bound(start, false), bound(end, *inclusive));
            let step = step
                .as_ref()
                .map_or_else(|| quote!(1i64), |step| index(step, context));
            let dim = context.paths.private("Dim", span);
            quote_spanned!(at(span)=> #dim::range(#start, #end, #step))
        }
    }
}
