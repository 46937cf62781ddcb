//! Gives `#[derive(Element)]` its meaning.

use syn::{Attribute, Data, DeriveInput, Meta, Token, punctuated::Punctuated};

use crate::diag::Site;
use crate::model::ArrayElement;
use crate::parse::Derive;

/// The type that is to be an element.
pub(crate) fn array_element(derive: Derive) -> ArrayElement {
    let Derive { input, krate } = derive;
    let DeriveInput {
        attrs,
        ident,
        generics,
        data,
        ..
    } = input;
    let (fields, keyword) = match data {
        Data::Struct(it) => {
            let types = it.fields.into_iter().map(|field| field.ty);
            (Some(types.collect()), it.struct_token.span)
        }
        Data::Enum(it) => (None, it.enum_token.span),
        Data::Union(it) => (None, it.union_token.span),
    };
    let has_generics = !generics.params.is_empty();
    ArrayElement {
        generics: has_generics.then(|| Site::of(&generics.params, ident.span())),
        name: ident,
        fields,
        is_c: attrs.iter().any(is_repr_c),
        keyword,
        krate,
    }
}

/// `#[repr(C)]`, `#[repr(transparent)]`, also with more.
fn is_repr_c(attr: &Attribute) -> bool {
    if !attr.path().is_ident("repr") {
        return false;
    }
    let words = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let is_it = |it: &Meta| it.path().is_ident("C") || it.path().is_ident("transparent");
    words.is_ok_and(|words| words.iter().any(is_it))
}
