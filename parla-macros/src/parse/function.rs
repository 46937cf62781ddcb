//! The function under an attribute. A body that can't be parsed is kept as it is, for the compiler to judge.

use proc_macro2::{Group, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{AttrStyle, Attribute, Block, Expr, ItemFn, Signature, Stmt, Visibility, token};

use crate::diag::{Code, Diagnostics, Site};

/// Reads `item` as a function, with all its attributes outside the body; anything else is recorded as a mistake of the attribute `name`.
pub(crate) fn function(item: &TokenStream, name: &str, diag: &mut Diagnostics) -> Option<ItemFn> {
    let parsed = syn::parse2::<ItemFn>(item.clone());
    let function = parsed.or_else(|_| with_raw_body.parse2(item.clone()));
    let Ok(mut function) = function else {
        let first = item.clone().into_iter().find(|it| it.to_string() != "#");
        let span = first.map_or_else(proc_macro2::Span::call_site, |it| it.span());
        diag.error(
            Site::of(item, span).start(),
            Code::P0010,
            format!("`#[{name}]` stands on a function"),
        );
        return None;
    };
    for attr in &mut function.attrs {
        attr.style = AttrStyle::Outer;
    }
    Some(function)
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
