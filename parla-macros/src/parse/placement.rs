//! Placements: `gpu`, `gpu(1)`, `gpu * 2`, `[cpu, gpu]`, `(gpu, gpu)`, `near(x)`, each with an
//! optional `{ vcus = …, memory = … }`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::Expr;

use super::element::{self, Element};
use super::keywords::{self, SHARES};
use super::split::{Chunk, chunks, only_group};
use crate::diag::{Code, Diagnostics, Site};

/// One placement with what may follow it.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) core: Core,
    /// The number behind `*`.
    pub(crate) times: Option<Expr>,
    /// What stands in braces.
    pub(crate) shares: Vec<Share>,
}

/// The placement itself.
#[derive(Clone, Debug)]
pub(crate) enum Core {
    /// `cpu`, `gpu`, `any`, with the number in parentheses.
    Device {
        keyword: Keyword,
        span: Span,
        number: Option<Expr>,
    },
    /// `near(x)`.
    Near { span: Span, operand: Element },
    /// `with(task)`.
    With { span: Span, operand: Element },
    /// `[a, b]`.
    Alternatives { span: Span, places: Vec<Placement> },
    /// `(a, b)`.
    Set { span: Span, places: Vec<Placement> },
    /// Any other expression.
    Expr(Expr),
}

/// The words for devices in a placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Cpu,
    Gpu,
    Any,
}

/// One clause of the braces behind a placement.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// `vcus` or `memory`.
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// Reads one placement.
pub(crate) fn placement(tokens: &[TokenTree], diag: &mut Diagnostics) -> Option<Placement> {
    let Some((head, mut rest)) = head(tokens) else {
        return plain(tokens, diag);
    };
    let mut shares = None;
    if let Some((TokenTree::Group(braces), before)) = rest.split_last()
        && braces.delimiter() == Delimiter::Brace
    {
        (shares, rest) = (Some(braces), before);
    }
    let times = match rest {
        [] => None,
        [TokenTree::Punct(star), factor @ ..] if star.as_char() == '*' && !factor.is_empty() => {
            Some(factor)
        }
        // Such as `with(t).first()` or `gpu.clone()`: Rust after all.
        _ => return plain(tokens, diag),
    };
    let core = core(&head, diag);
    let times = times.map(|factor| element::expr(factor, "a number of devices", diag));
    let shares = shares
        .map(|braces| self::shares(braces, diag))
        .unwrap_or_default();
    Some(Placement {
        core: core?,
        times: times.flatten(),
        shares,
    })
}

/// The tokens of a placement that are not Rust.
enum Head<'a> {
    Word(&'a Ident, Keyword, Option<&'a Group>),
    Near(&'a Ident, &'a Group),
    With(&'a Ident, &'a Group),
    List(&'a Group),
    Tuple(&'a Group),
}

fn head(tokens: &[TokenTree]) -> Option<(Head<'_>, &[TokenTree])> {
    let (first, rest) = tokens.split_first()?;
    let group = |token: &'_ TokenTree, delimiter| match token {
        TokenTree::Group(group) => group.delimiter() == delimiter,
        _ => false,
    };
    match (first, rest) {
        (TokenTree::Group(list), rest) if group(first, Delimiter::Bracket) => {
            Some((Head::List(list), rest))
        }
        (TokenTree::Group(tuple), rest) if group(first, Delimiter::Parenthesis) => {
            Some((Head::Tuple(tuple), rest))
        }
        (TokenTree::Ident(word), rest) => {
            let (arguments, after) = match rest.split_first() {
                Some((it @ TokenTree::Group(arguments), after))
                    if group(it, Delimiter::Parenthesis) =>
                {
                    (Some(arguments), after)
                }
                _ => (None, rest),
            };
            let head = match (word.to_string().as_str(), arguments) {
                ("cpu", arguments) => Head::Word(word, Keyword::Cpu, arguments),
                ("gpu", arguments) => Head::Word(word, Keyword::Gpu, arguments),
                ("any", arguments) => Head::Word(word, Keyword::Any, arguments),
                ("near", Some(arguments)) => Head::Near(word, arguments),
                ("with", Some(arguments)) => Head::With(word, arguments),
                _ => return None,
            };
            Some((head, after))
        }
        _ => None,
    }
}

fn core(head: &Head<'_>, diag: &mut Diagnostics) -> Option<Core> {
    match *head {
        Head::Word(word, keyword, None) => Some(Core::Device {
            keyword,
            span: word.span(),
            number: None,
        }),
        Head::Word(word, keyword, Some(number)) => device(word, keyword, number, diag),
        Head::Near(word, operand) => {
            let operand = one_operand(word, operand, diag)?;
            Some(Core::Near {
                span: word.span(),
                operand,
            })
        }
        Head::With(word, operand) => {
            let operand = one_operand(word, operand, diag)?;
            Some(Core::With {
                span: word.span(),
                operand,
            })
        }
        Head::List(list) => {
            let places = places(list, diag)?;
            Some(Core::Alternatives {
                span: list.span_open(),
                places,
            })
        }
        Head::Tuple(tuple) => {
            let places = places(tuple, diag)?;
            Some(Core::Set {
                span: tuple.span_open(),
                places,
            })
        }
    }
}

fn device(word: &Ident, keyword: Keyword, number: &Group, diag: &mut Diagnostics) -> Option<Core> {
    if keyword == Keyword::Any {
        diag.error(number.span(), Code::P0010, "`any` takes no number")
            .help("write `any`, or the number of one device, such as `gpu(1)`");
        return Some(Core::Device {
            keyword,
            span: word.span(),
            number: None,
        });
    }
    let chunks = chunks(number.stream());
    let [number] = chunks.as_slice() else {
        diag.error(
            number.span(),
            Code::P0010,
            format!("`{word}` takes the number of one device"),
        )
        .help(format!(
            "several devices are alternatives, `[{word}(0), {word}(1)]`"
        ));
        return None;
    };
    let number = element::expr(&number.tokens, "the number of a device", diag)?;
    Some(Core::Device {
        keyword,
        span: word.span(),
        number: Some(number),
    })
}

fn one_operand(word: &Ident, operand: &Group, diag: &mut Diagnostics) -> Option<Element> {
    let (what, operands) = match word == "near" {
        true => ("one task or array", "tasks or arrays"),
        false => ("one task", "tasks"),
    };
    let chunks = chunks(operand.stream());
    let [operand] = chunks.as_slice() else {
        let message = format!("`{word}` takes {what}");
        let help = match (chunks.as_slice(), what) {
            ([], "one task") => format!("name the task, `{word}(task)`"),
            ([], _) => format!("name the task or the array, `{word}(task)`"),
            _ => format!("several {operands} are alternatives, `[{word}(a), {word}(b)]`"),
        };
        diag.error(operand.span(), Code::P0010, message).help(help);
        return None;
    };
    element::element(&operand.tokens, &format!("the operand of `{word}`"), diag)
}

fn places(group: &Group, diag: &mut Diagnostics) -> Option<Vec<Placement>> {
    let chunks = chunks(group.stream());
    if chunks.is_empty() {
        diag.error(group.span(), Code::P0010, "a placement without any device")
            .help("write `any`, or leave the clause out");
        return None;
    }
    let places: Vec<_> = chunks
        .iter()
        .map(|it| placement(&it.tokens, diag))
        .collect();
    places.into_iter().collect()
}

/// An expression, except where it only looks like one.
fn plain(tokens: &[TokenTree], diag: &mut Diagnostics) -> Option<Placement> {
    if let [TokenTree::Ident(word), rest] = tokens
        && keywords::DEVICES.iter().any(|device| word == device)
        && let Some(number) = only_group(std::slice::from_ref(rest), Delimiter::Bracket)
    {
        let site = Site::of(tokens.iter().cloned().collect::<TokenStream>(), word.span());
        diag.error(
            site,
            Code::P0010,
            format!("the number of a `{word}` stands in parentheses"),
        )
        .help(format!("write `{word}({})`", number.stream()));
        return None;
    }
    let expr = element::expr(tokens, "a placement", diag)?;
    Some(Placement {
        core: Core::Expr(expr),
        times: None,
        shares: Vec::new(),
    })
}

fn shares(braces: &Group, diag: &mut Diagnostics) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for chunk in chunks(braces.stream()) {
        let Some(share) = share(&chunk, diag) else {
            continue;
        };
        match shares.iter().find(|it| it.name == share.name) {
            Some(first) => {
                let message = format!("`{}` is given twice", share.name);
                diag.error(share.name.span(), Code::P0007, message).also(
                    first.name.span(),
                    format!("`{}` is first given here", share.name),
                );
            }
            None => shares.push(share),
        }
    }
    shares
}

/// A clause of the spawn that was written into the braces.
fn clause_as_share(name: &Ident, diag: &mut Diagnostics) {
    let message = format!("`{name}` can't stand behind a placement");
    diag.error(name.span(), Code::P0007, message).help(format!(
        "the braces take `vcus` and `memory`; write `{name} = …` as a clause of the spawn"
    ));
}

fn is_clause(name: &Ident) -> bool {
    keywords::CLAUSES.iter().any(|clause| name == clause)
}

fn share(chunk: &Chunk, diag: &mut Diagnostics) -> Option<Share> {
    let Some(assignment) = chunk.assignment() else {
        let site = Site::of(chunk.stream(), chunk.first_span());
        diag.error(site, Code::P0010, "expected `vcus = …` or `memory = …`");
        return None;
    };
    let name = &assignment.name;
    if !SHARES.iter().any(|known| name == known) {
        if keywords::nearest(&name.to_string(), SHARES).is_none() && is_clause(name) {
            clause_as_share(name, diag);
        } else {
            keywords::unknown(name, "clause", SHARES, diag);
        }
        return None;
    }
    if assignment.value.is_empty() {
        diag.error(
            assignment.equals,
            Code::P0010,
            format!("`{name}` has no value"),
        );
        return None;
    }
    let value = element::expr(&assignment.value, &format!("the value of `{name}`"), diag)?;
    Some(Share {
        name: name.clone(),
        value,
    })
}
