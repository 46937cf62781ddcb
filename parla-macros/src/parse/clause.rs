//! The arguments of `#[spawn]`: a target and clauses.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Expr, Path};

use super::access::{self, Access};
use super::element::{self, Element};
use super::keywords::{self, CLAUSES, PLANNED_CLAUSES};
use super::placement::{self, Placement};
use super::split::{Assignment, Chunk, chunks, is_variable, only_group, only_ident};
use crate::diag::{Code, Diagnostics, Site};

/// What stands in the parentheses of one `#[spawn(…)]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpawnArgs {
    pub(crate) target: Option<Element>,
    /// The elements of all clauses that declare accesses, in the order written; each name once.
    pub(crate) accesses: Vec<Access>,
    /// Each other clause at most once, in the order written.
    pub(crate) clauses: Vec<Value>,
}

/// One clause, by its name, with what stands behind the `=`.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Deps(Element),
    Placement(Placement),
    Clone(Vec<Ident>),
    Vcus(Expr),
    Memory(Expr),
    Priority(Expr),
    Name(Expr),
    Crate(Path),
}

impl SpawnArgs {
    /// Reads the arguments; what can't be read is recorded and left out.
    pub(crate) fn parse(tokens: TokenStream, diag: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        for (position, chunk) in with_forgotten_commas(tokens, diag).into_iter().enumerate() {
            match chunk.assignment() {
                Some(assignment) => args.clause(&assignment, &mut seen, diag),
                None => args.positional(&chunk, position, diag),
            }
        }
        args
    }

    fn positional(&mut self, chunk: &Chunk, position: usize, diag: &mut Diagnostics) {
        let site = Site::of(chunk.stream(), chunk.first_span());
        if position > 0 || is_clause_without_value(chunk) {
            let mistake = diag.error(site, Code::P0010, "expected a clause, `name = value`");
            match (
                only_ident(&chunk.tokens)
                    .map(ToString::to_string)
                    .as_deref(),
                &self.target,
            ) {
                (Some(word @ ("cpu" | "gpu" | "any")), _) => {
                    mistake.help(format!("did you mean `placement = {word}`?"));
                }
                _ if is_clause_without_value(chunk) => {
                    let clause = &chunk.tokens[0];
                    mistake.help(format!("write `{clause} = …`"));
                }
                (_, Some(_)) => {
                    mistake.help("tasks to wait for stand in `deps = […]`");
                }
                (_, None) => {
                    mistake.help("the target stands before all clauses");
                }
            }
            return;
        }
        self.target = element::element(&chunk.tokens, "the target", diag);
    }

    fn clause(&mut self, given: &Assignment, seen: &mut Vec<Ident>, diag: &mut Diagnostics) {
        let Assignment {
            name,
            equals,
            value,
        } = given;
        let word = name.to_string();
        let mut effective = name.clone();
        if PLANNED_CLAUSES.contains(&word.as_str()) {
            return planned(name, diag);
        }
        if let Some(first) = seen.iter().find(|it| *it == name) {
            let help = match keywords::takes_a_list(name) {
                true => format!("put all of it into one, `{name} = [a, b]`"),
                false => "leave one of the two out".to_owned(),
            };
            diag.error(name.span(), Code::P0007, format!("`{name}` is given twice"))
                .help(help)
                .also(first.span(), format!("`{name}` is first given here"));
            return;
        }
        if !CLAUSES.contains(&word.as_str()) {
            // Going on with the clause that was meant keeps one slip from causing errors in the
            // body.
            match keywords::unknown(name, "clause", CLAUSES, diag) {
                Some(meant) if !seen.iter().any(|it| it == meant) => {
                    effective = Ident::new(meant, name.span());
                }
                _ => return,
            }
        }
        seen.push(effective.clone());
        if value.is_empty() {
            let example = keywords::example(&effective);
            diag.error(*equals, Code::P0010, format!("`{name}` has no value"))
                .help(format!(
                    "write `{effective} = {example}`, or leave the clause out"
                ));
            return;
        }
        if access::is_access(&effective) {
            return access::accesses(&effective, value, &mut self.accesses, diag);
        }
        if let Some(value) = clause_value(&effective, value, diag) {
            self.clauses.push(value);
        }
    }
}

/// The chunks between the commas, and between the commas that should be there.
fn with_forgotten_commas(tokens: TokenStream, diag: &mut Diagnostics) -> Vec<Chunk> {
    let mut all = Vec::new();
    for mut chunk in chunks(tokens) {
        while let Some(next) = chunk.split_at_missing_comma(CLAUSES) {
            let message = format!("expected `,` before `{}`", next.tokens[0]);
            diag.error(next.first_span(), Code::P0010, message);
            all.push(std::mem::replace(&mut chunk, next));
        }
        all.push(chunk);
    }
    all
}

/// `deps([t[0]])`, `placement: gpu`, or `deps` alone.
fn is_clause_without_value(chunk: &Chunk) -> bool {
    let TokenTree::Ident(first) = &chunk.tokens[0] else {
        return false;
    };
    let is_clause = CLAUSES.iter().any(|it| first == it) || only_device(chunk);
    let looks_like_clause = match chunk.tokens.get(1) {
        None => true,
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ':',
        Some(_) => false,
    };
    is_clause && looks_like_clause
}

fn only_device(chunk: &Chunk) -> bool {
    only_ident(&chunk.tokens).is_some_and(|it| it == "cpu" || it == "gpu" || it == "any")
}

fn planned(name: &Ident, diag: &mut Diagnostics) {
    let message = format!("`{name}` is not in this version yet");
    diag.error(name.span(), Code::P0010, message)
        .help("leave it out");
}

fn clause_value(name: &Ident, value: &[TokenTree], diag: &mut Diagnostics) -> Option<Value> {
    let what = format!("the value of `{name}`");
    match name.to_string().as_str() {
        "deps" => element::element(value, &what, diag).map(Value::Deps),
        "placement" => placement::placement(value, diag).map(Value::Placement),
        "clone" => Some(Value::Clone(clones(name, value, diag))),
        "vcus" => element::expr(value, &what, diag).map(Value::Vcus),
        "memory" => element::expr(value, &what, diag).map(Value::Memory),
        "priority" => element::expr(value, &what, diag).map(Value::Priority),
        "name" => element::expr(value, &what, diag).map(Value::Name),
        _ => krate(value, diag).map(Value::Crate),
    }
}

/// Reads the path of `crate = path`.
pub(crate) fn krate(value: &[TokenTree], diag: &mut Diagnostics) -> Option<Path> {
    let stream: TokenStream = value.iter().cloned().collect();
    let site = Site::of(stream.clone(), value.first()?.span());
    match syn::parse::Parser::parse2(Path::parse_mod_style, stream) {
        Ok(path) => Some(path),
        Err(_) => {
            diag.error(site, Code::P0010, "`crate` takes the path of Parla's crate")
                .help("write a path, such as `crate = ::parla`");
            None
        }
    }
}

/// The chunks of `[a, b]`, or of a single element without brackets.
pub(super) fn in_brackets(value: &[TokenTree]) -> Vec<Chunk> {
    match only_group(value, Delimiter::Bracket) {
        Some(group) => chunks(group.stream()),
        None => vec![Chunk {
            tokens: value.to_vec(),
        }],
    }
}

fn clones(clause: &Ident, value: &[TokenTree], diag: &mut Diagnostics) -> Vec<Ident> {
    let mut names: Vec<Ident> = Vec::new();
    for chunk in in_brackets(value) {
        let Some(name) = only_ident(&chunk.tokens).filter(|it| is_variable(it)) else {
            let site = Site::of(chunk.stream(), chunk.first_span());
            diag.error(
                site,
                Code::P0010,
                format!("an element of `{clause}` is a variable"),
            )
            .help("bind the value to a variable first, and name that");
            continue;
        };
        match names.iter().find(|it| *it == name) {
            Some(first) => {
                diag.error(name.span(), Code::P0007, format!("`{name}` is given twice"))
                    .also(first.span(), format!("`{name}` is first given here"));
            }
            None => names.push(name.clone()),
        }
    }
    names
}
