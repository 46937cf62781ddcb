//! What a task reads and writes: the elements of `input`, `output`, `inout`, `commute` and `reduce`.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::clause::in_brackets;
use super::element::{self, Element};
use super::keywords::ACCESSES;
use super::split::{Assignment, Chunk, is_variable, only_ident};
use crate::diag::{Code, Diagnostics, Site, shown};

/// One element of such a clause.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The word of the clause that it stands in.
    pub(crate) clause: Ident,
    /// What the body calls it.
    pub(crate) name: Ident,
    /// What it is: an expression, or a selection from one; the variable of that name if absent.
    pub(crate) value: Option<Element>,
}

/// Whether a clause has such elements.
pub(super) fn is_access(clause: &Ident) -> bool {
    ACCESSES.iter().any(|it| clause == it)
}

/// Adds the elements of one clause to `found`.
pub(super) fn accesses(
    clause: &Ident,
    value: &[TokenTree],
    found: &mut Vec<Access>,
    diag: &mut Diagnostics,
) {
    for chunk in in_brackets(value) {
        let Some(access) = access(clause, &chunk, diag) else {
            continue;
        };
        match found.iter().find(|it| it.name == access.name) {
            Some(first) => given_twice(first, &access, &chunk, diag),
            None => found.push(access),
        }
    }
}

fn given_twice(first: &Access, second: &Access, chunk: &Chunk, diag: &mut Diagnostics) {
    let name = &second.name;
    let message = format!("the name `{name}` is given twice");
    let help = match (first.clause == second.clause, &second.value) {
        (false, None) => {
            format!("what is read and written stands in one clause, `inout = [{name}]`")
        }
        _ => {
            let value = chunk.assignment().map(|it| it.value.into_iter().collect());
            let value = value.unwrap_or_else(|| chunk.stream());
            format!("rename one of the two, `other = {}`", shown(value))
        }
    };
    diag.error(name.span(), Code::P0007, message)
        .help(help)
        .also(first.name.span(), format!("`{name}` is first given here"));
}

fn access(clause: &Ident, chunk: &Chunk, diag: &mut Diagnostics) -> Option<Access> {
    let access = |name: &Ident, value| Access {
        clause: clause.clone(),
        name: name.clone(),
        value,
    };
    if let Some(name) = variable(&chunk.tokens) {
        return Some(access(name, None));
    }
    let Some(Assignment {
        name,
        equals,
        value,
    }) = chunk.assignment()
    else {
        return region_of_variable(clause, chunk, diag);
    };
    if !is_variable(&name) {
        let message = format!("`{name}` is not a name for a variable");
        diag.error(name.span(), Code::P0010, message).help(format!(
            "write another name, as in `data = {}`",
            shown(TokenStream::from_iter(value))
        ));
        return None;
    }
    if value.is_empty() {
        diag.error(equals, Code::P0010, format!("`{name}` has no value"));
        return None;
    }
    let what = format!("the value of `{name}`");
    let value = match element::element(&value, &what, diag)? {
        Element::List { brackets, .. } => {
            diag.error(brackets, Code::P0010, format!("{what} is a list"))
                .help("give each of them a name of its own");
            return None;
        }
        value => value,
    };
    Some(access(&name, Some(value)))
}

/// `base[dims]`, which the body calls `base`.
fn region_of_variable(clause: &Ident, chunk: &Chunk, diag: &mut Diagnostics) -> Option<Access> {
    if let [TokenTree::Ident(name), TokenTree::Group(dims)] = chunk.tokens.as_slice()
        && variable(&chunk.tokens[..1]).is_some()
        && dims.delimiter() == Delimiter::Bracket
    {
        let what = format!("the region of `{name}`");
        return Some(Access {
            clause: clause.clone(),
            name: name.clone(),
            value: Some(element::element(&chunk.tokens, &what, diag)?),
        });
    }
    let site = Site::of(chunk.stream(), chunk.first_span());
    diag.error(
        site,
        Code::P0010,
        format!("an element of `{clause}` needs a name"),
    )
    .help(format!(
        "write `name = {}`; the body uses it as `name`",
        shown(chunk.stream())
    ));
    None
}

/// The variable that `tokens` are.
fn variable(tokens: &[TokenTree]) -> Option<&Ident> {
    only_ident(tokens).filter(|it| is_variable(it))
}
