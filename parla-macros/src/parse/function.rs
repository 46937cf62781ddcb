//! The function under an attribute. A body that can't be parsed is kept as it is, for the compiler
//! to judge.

use proc_macro2::{Group, Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{AttrStyle, Attribute, Block, Expr, Item, ItemFn, Signature, Stmt, Visibility, token};

use crate::diag::{Code, Diagnostics, Site};

/// Reads `item` as a function, with all its attributes outside the body; anything else is recorded
/// as a mistake of the attribute `name`.
pub(crate) fn function(item: &TokenStream, name: &str, diag: &mut Diagnostics) -> Option<ItemFn> {
    let function = read(item);
    if function.is_none() {
        let message = format!("`#[{name}]` stands on a function");
        diag.error(beginning(item), Code::P0010, message);
    }
    function
}

/// Reads `item` as a function under `#[spawn]` itself. What can be spawned elsewhere is told where;
/// other items are not.
pub(crate) fn spawned_function(item: &TokenStream, diag: &mut Diagnostics) -> Option<ItemFn> {
    if syn::parse2::<Item>(item.clone()).is_ok() {
        return function(item, "spawn", diag);
    }
    let function = read(item);
    if function.is_none() {
        let message = "only a nested function can be spawned here";
        diag.error(beginning(item), Code::P0010, message).help(
            "put `#[parla::main]`, `#[parla::test]` or `#[task_graph]` on the function around it",
        );
    }
    function
}

fn read(item: &TokenStream) -> Option<ItemFn> {
    let parsed = syn::parse2::<ItemFn>(item.clone());
    let mut function = parsed
        .or_else(|_| with_raw_body.parse2(item.clone()))
        .ok()?;
    for attr in &mut function.attrs {
        attr.style = AttrStyle::Outer;
    }
    Some(function)
}

fn beginning(item: &TokenStream) -> Span {
    Site::of(item, Span::call_site()).start()
}

/// A function whose body is one unread piece of code.
fn with_raw_body(input: ParseStream<'_>) -> syn::Result<ItemFn> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let sig: Signature = input.parse()?;
    let body: Group = input.parse()?;
    let raw = Stmt::Expr(Expr::Verbatim(body.stream()), None);
    let block = Block {
        brace_token: token::Brace(body.span()),
        stmts: vec![raw],
    };
    Ok(ItemFn {
        attrs,
        vis,
        modifiers: syn::FnModifiers::default(),
        sig,
        block: Box::new(block),
    })
}
