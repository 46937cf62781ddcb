//! Runs the stages one after the other, on `proc_macro2` tokens, so that all of it can be tested
//! without a compiler.
//!
//! Whatever happens, the result is the item in some form, and all mistakes found in it. A panic in
//! a stage is a bug in Parla and is reported as one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Span, TokenStream};

use crate::diag::{Diagnostics, Site};
use crate::expand::{self, Hygiene};
use crate::model::{self, Role};
use crate::{check, parse};

/// Expands `#[parla::main]`.
pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        graph_function(Role::Main, args, item, diag)
    })
}

/// Expands `#[parla::test]`.
pub(crate) fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        graph_function(Role::Test, args, item, diag)
    })
}

/// Expands `#[task_graph]`.
pub(crate) fn task_graph(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        graph_function(Role::TaskGraph, args, item, diag)
    })
}

/// Expands `#[spawn]` outside the functions above.
pub(crate) fn spawn(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        let hygiene = Hygiene::new([&args, item]);
        let function = parse::spawned_function(item, diag)?;
        let bare = model::bare_spawn(function, args, diag);
        check::spawns(&bare.spawns, diag);
        Some(expand::bare_spawn(bare, hygiene))
    })
}

/// Expands `#[task]`.
pub(crate) fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        let args = parse::task(args, diag);
        let task = model::task(parse::function(item, "task", diag)?, args);
        check::task(&task, diag);
        Some(expand::task(task))
    })
}

/// Expands `#[variant]`.
pub(crate) fn variant(args: TokenStream, item: TokenStream) -> TokenStream {
    guarded(item, |item, diag| {
        let args = parse::variant(args, diag);
        let function = parse::function(item, "variant", diag);
        let variant = model::variant(function?, args?);
        check::variant(&variant, diag);
        Some(expand::variant(variant))
    })
}

/// Expands `#[derive(Element)]`, which leaves the item alone.
pub(crate) fn element(item: TokenStream) -> TokenStream {
    guarded(TokenStream::new(), |_, diag| {
        let element = model::array_element(parse::derive(&item, diag)?);
        check::array_element(&element, diag);
        expand::array_element(element)
    })
}

/// Expands `kernels!`.
pub(crate) fn kernels(input: TokenStream) -> TokenStream {
    guarded(TokenStream::new(), |_, diag| {
        let hygiene = Hygiene::new([&input]);
        let kernels = model::kernels(parse::kernels::kernels(input.clone(), diag), diag);
        check::kernels(&kernels, diag);
        Some(expand::kernels(&kernels, diag.is_empty(), &hygiene))
    })
}

fn graph_function(
    role: Role,
    args: TokenStream,
    item: &TokenStream,
    diag: &mut Diagnostics,
) -> Option<TokenStream> {
    let hygiene = Hygiene::new([&args, item]);
    let (attribute, valid) = match role {
        Role::Main => ("parla::main", parse::ENTRY_OPTIONS),
        Role::Test => ("parla::test", parse::ENTRY_OPTIONS),
        Role::TaskGraph => ("task_graph", parse::GRAPH_OPTIONS),
    };
    let options = parse::options(args, valid, diag);
    let function = parse::function(item, attribute, diag)?;
    let graph = model::graph_function(role, function, options, diag);
    let known = check::graph_function(&graph, diag);
    let known = known.filter(|_| diag.is_empty());
    let mut expansion = expand::graph_function(graph, known.as_ref(), diag.is_empty(), hygiene);
    if !diag.is_empty() {
        expansion = expand::without_warnings(expansion);
    }
    Some(expansion)
}

/// The expansion, or the item as it is, with the mistakes behind it.
fn guarded(
    item: TokenStream,
    stages: impl FnOnce(&TokenStream, &mut Diagnostics) -> Option<TokenStream>,
) -> TokenStream {
    let run = || {
        let mut diag = Diagnostics::new();
        let expansion = stages(&item, &mut diag);
        (expansion, diag)
    };
    let (expansion, diag) = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let mut diag = Diagnostics::new();
        let site = Site::of(item.clone(), Span::call_site());
        diag.bug(site, text.unwrap_or("the macro panicked"));
        (None, diag)
    });
    let mut tokens = expand::kept_together(expansion.unwrap_or(item));
    tokens.extend(diag.finish());
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_reported_as_a_bug_behind_the_item() {
        let tokens = guarded(
            quote::quote!(
                fn f() {}
            ),
            |_, _| panic!("no such stage"),
        );
        let text = tokens.to_string();
        assert!(text.starts_with("fn f () { }"), "{text}");
        assert!(
            text.contains("this is a bug in Parla: no such stage"),
            "{text}"
        );
    }

    #[test]
    #[should_panic(expected = "diagnostics were dropped unread")]
    fn mistakes_that_nobody_reads_are_a_bug() {
        drop(Diagnostics::new());
    }
}
