//! What a function under `#[parla::main]` and `#[parla::test]` must look like.

use syn::spanned::Spanned;
use syn::{ReturnType, Type};

use crate::diag::{Code, Diagnostics, Site};
use crate::model::{GraphFunction, Role};

/// Nobody gives an entry point arguments, and its result is known.
pub(crate) fn signature(graph: &GraphFunction, code: Code, diag: &mut Diagnostics) {
    let attribute = match graph.role {
        Role::Main => "#[parla::main]",
        Role::Test => "#[parla::test]",
        Role::TaskGraph => return,
    };
    let sig = &graph.function.sig;
    let name = &sig.ident;
    if graph.role == Role::Main && name != "main" {
        let message = format!("`{attribute}` stands on `main`, not on `{name}`");
        diag.error(name.span(), code, message)
            .help("on other functions that spawn tasks, write `#[task_graph]`");
    }
    if !sig.inputs.is_empty() || sig.variadic.is_some() {
        let message = format!("a function under `{attribute}` has no parameters");
        diag.error(Site::of(&sig.inputs, name.span()), code, message)
            .help("leave them out");
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let site = match sig.generics.params.is_empty() {
            true => Site::of(&sig.generics.where_clause, name.span()),
            false => Site::of(&sig.generics.params, name.span()),
        };
        diag.error(
            site,
            code,
            format!("a function under `{attribute}` can't be generic"),
        )
        .help("leave the parameters out");
    }
    for (word, span) in super::forms::modifiers(sig) {
        diag.error(
            span,
            code,
            format!("a function under `{attribute}` can't be `{word}`"),
        )
        .help(format!("leave `{word}` out"));
    }
    if let ReturnType::Type(_, ty) = &sig.output
        && matches!(**ty, Type::ImplTrait(_) | Type::Never(_))
    {
        let message = format!("a function under `{attribute}` names the type of its result");
        diag.error(Site::of(ty, ty.span()), code, message)
            .help("write `()`, or `parla::Result<()>`");
    }
}
