//! The one namespace of the runtime that generated code may name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Path;

use super::at;

/// Where Parla's crate is.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    krate: Option<Path>,
}

impl Paths {
    /// `::parla`, or what `crate = path` says.
    pub(crate) fn new(krate: Option<Path>) -> Self {
        Self { krate }
    }

    /// `::parla::__private::name`; an error about it is shown at `span`.
    pub(crate) fn private(&self, name: &str, span: Span) -> TokenStream {
        let span = at(span);
        let name = Ident::new(name, span);
        match &self.krate {
            Some(krate) => quote_spanned!(span=> #krate::__private::#name),
            None => quote_spanned!(span=> ::parla::__private::#name),
        }
    }

    /// `::parla::__private::gpu::name`, likewise.
    pub(crate) fn gpu(&self, name: &str, span: Span) -> TokenStream {
        let gpu = self.private("gpu", span);
        let span = at(span);
        let name = Ident::new(name, span);
        quote_spanned!(span=> #gpu::#name)
    }
}
