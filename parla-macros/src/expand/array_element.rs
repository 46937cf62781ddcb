//! `#[derive(Element)]`: the promises about the bytes of a type, behind what proves them.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::at;
use super::paths::Paths;
use crate::diag::Site;
use crate::model::ArrayElement;

/// The `impl`s, if they can be.
pub(crate) fn array_element(element: ArrayElement) -> Option<TokenStream> {
    let is_sound = element.is_sound();
    let ArrayElement {
        name,
        fields,
        krate,
        ..
    } = element;
    let fields = fields.filter(|_| is_sound)?;
    let paths = Paths::new(krate);
    let span = at(name.span());
    let private = |it| paths.private(it, name.span());
    let (bytemuck, trait_, padding) = (
        private("bytemuck"),
        private("Element"),
        private("has_padding"),
    );
    let needs_pod = fields.iter().map(|ty| {
        let blamed = Site::of(ty, ty.span()).start();
        let needs_pod = paths.private("needs_element_field", blamed);
        quote_spanned!(at(blamed)=> #needs_pod::<#ty>();)
    });
    let sizes = fields
        .iter()
        .map(|ty| quote_spanned!(span=> ::core::mem::size_of::<#ty>()));
    let message = format!(
        "`{name}` has padding, which has no value: add fields in its place, such as `padding: [u8; 4]`"
    );
    Some(quote_spanned! {span=>
        const _: () = {
            #(#needs_pod)*
            ::core::assert!(!#padding::<#name>(&[#(#sizes),*]), #message);
        };
        #[automatically_derived]
        unsafe impl #bytemuck::Zeroable for #name {}
        #[automatically_derived]
        unsafe impl #bytemuck::Pod for #name {}
        #[automatically_derived]
        unsafe impl #trait_ for #name {
            type OnDevice = Self;
        }
    })
}
