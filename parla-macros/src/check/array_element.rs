//! What a type under `#[derive(Element)]` must look like, as far as that can be seen without types.

use crate::diag::{Code, Diagnostics};
use crate::model::ArrayElement;

/// Its bytes are known to be the bytes of its fields.
pub(crate) fn form(element: &ArrayElement, code: Code, diag: &mut Diagnostics) {
    let name = &element.name;
    if element.fields.is_none() {
        let message = "only a struct can derive `Element`";
        diag.error(element.keyword, code, message)
            .help("not all bytes are values of other types: use a struct of numbers");
        return;
    }
    if let Some(generics) = element.generics {
        let message = "a type that derives `Element` can't be generic";
        diag.error(generics, code, message)
            .help("derive it for a type of its own, with the types that are meant");
    }
    if !element.is_c {
        diag.error(
            name.span(),
            code,
            format!("the layout of `{name}` is the compiler's choice"),
        )
        .help("add `#[repr(C)]`, or `#[repr(transparent)]` where there is one field");
    }
}
