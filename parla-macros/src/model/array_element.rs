//! A type that is to be the elements of arrays.

use proc_macro2::{Ident, Span};
use syn::{Path, Type};

use crate::diag::Site;

/// A type under `#[derive(Element)]`.
#[derive(Clone, Debug)]
pub(crate) struct ArrayElement {
    pub(crate) name: Ident,
    /// The types of its fields; absent if it is no struct.
    pub(crate) fields: Option<Vec<Type>>,
    /// Its parameters, if it has any.
    pub(crate) generics: Option<Site>,
    /// Whether its layout is that of C.
    pub(crate) is_c: bool,
    /// Where it says `struct`, `enum` or `union`.
    pub(crate) keyword: Span,
    /// The path to Parla's crate, where it is not `::parla`.
    pub(crate) krate: Option<Path>,
}

impl ArrayElement {
    /// Whether it can be expanded; `check` has recorded why if not.
    pub(crate) fn is_sound(&self) -> bool {
        self.fields.is_some() && self.generics.is_none() && self.is_c
    }
}
