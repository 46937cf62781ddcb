//! The item under `#[derive(Element)]`.

use proc_macro2::TokenStream;
use syn::{DeriveInput, Meta, Path};

use super::keywords::TASK_OPTIONS;
use super::options::options;
use crate::diag::Diagnostics;

/// A type, and what stands in its `#[element(…)]`.
#[derive(Clone, Debug)]
pub(crate) struct Derive {
    pub(crate) input: DeriveInput,
    pub(crate) krate: Option<Path>,
}

/// Reads the item; the compiler has seen that it is one.
pub(crate) fn derive(item: &TokenStream, diag: &mut Diagnostics) -> Option<Derive> {
    let input = syn::parse2::<DeriveInput>(item.clone()).ok()?;
    let mut krate = None;
    for attr in &input.attrs {
        if let Meta::List(list) = &attr.meta
            && list.path.is_ident("element")
        {
            krate = options(list.tokens.clone(), TASK_OPTIONS, diag).krate;
        }
    }
    Some(Derive { input, krate })
}
