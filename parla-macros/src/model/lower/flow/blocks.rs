//! Blocks, their statements, and the patterns that bind names.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Block, Expr, Item, Local, Pat, Stmt};

use super::Lowering;
use super::tasks::Chain;
use super::terms::{is_maker, makes_data};
use crate::hole::hole_number;
use crate::model::flow::{Kind, Term, Value};

impl Lowering<'_> {
    /// The statements of `block`, in a scope of their own.
    pub(super) fn block(&mut self, block: &Block) {
        let bindings = self.bindings.len();
        self.constants_of(block);
        self.statements(&block.stmts);
        self.bindings.truncate(bindings);
    }

    /// Items are in scope before the statements.
    fn constants_of(&mut self, block: &Block) {
        let mut constants = Vec::new();
        for stmt in &block.stmts {
            // What a configuration leaves out may be there in another form.
            if let Stmt::Item(Item::Const(item)) = stmt
                && !is_conditional(&item.attrs)
            {
                constants.push(item);
            }
        }
        while !constants.is_empty() {
            // They may stand in any order, but none needs itself.
            let needs_none = |item: &&syn::ItemConst| {
                let others = constants.iter().filter(|it| it.ident != item.ident);
                others.clone().all(|it| !mentions(&item.expr, &it.ident))
            };
            let next = constants.iter().position(needs_none);
            let item = constants.remove(next.unwrap_or(0));
            let value = self.settled(&item.expr);
            let variable = self.bind(item.ident.to_string(), false);
            self.set(variable, Value::Term(value));
        }
    }

    pub(super) fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Local(local) if is_conditional(&local.attrs) => {
                self.maybe(|it| it.local(local));
                // The names stay in scope, with values that depend on the configuration.
                self.bind_unknown(&local.pat);
            }
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expr, semicolon) => {
                match attributes(expr) {
                    Some(attrs) if is_conditional(attrs) => self.maybe(|it| it.expr(expr)),
                    _ if semicolon.is_some() && self.spawn_statement(expr) => {}
                    _ => self.expr(expr),
                }
                if semicolon.is_some() {
                    self.touch_by_statement(expr);
                }
            }
            Stmt::Macro(stmt) if is_conditional(&stmt.attrs) => {
                self.maybe(|it| it.macro_call(&stmt.mac));
            }
            Stmt::Macro(stmt) => {
                self.macro_call(&stmt.mac);
                self.bound_by_macro(&stmt.mac);
            }
            // A macro of the function's own may use any of its variables.
            Stmt::Item(Item::Macro(item)) => self.any_tokens(item.mac.tokens.clone()),
            // So may one of an attribute: a spawn under another name, or in another macro.
            Stmt::Item(Item::Fn(item)) if !item.attrs.is_empty() => {
                self.any_tokens(item.to_token_stream());
            }
            Stmt::Item(_) => {}
        }
    }

    fn local(&mut self, local: &Local) {
        let Some(init) = &local.init else {
            self.bind_with(&local.pat, &|_| Value::Term(Term::Unknown));
            return;
        };
        self.bind_value(&local.pat, &init.expr);
        if let Some((_, otherwise)) = &init.diverge {
            self.maybe(|it| it.expr(otherwise));
        }
    }

    /// Evaluates `value` and binds `pat` to it.
    fn bind_value(&mut self, pat: &Pat, value: &Expr) {
        if borrows_mutably(pat) {
            self.expr(value);
            self.forget(value);
            return self.bind_unknown(pat);
        }
        match (pat, value) {
            (Pat::Type(typed), _) => {
                let known = self.flow.symbols.len();
                self.bind_value(&typed.pat, value);
                if let (Pat::Ident(_), [symbol]) = (&*typed.pat, &mut self.flow.symbols[known..]) {
                    symbol.kind = super::kind(&typed.ty);
                }
            }
            (Pat::Paren(paren), _) => self.bind_value(&paren.pat, value),
            (_, Expr::Paren(paren)) => self.bind_value(pat, &paren.expr),
            (Pat::Tuple(pats), Expr::Tuple(values)) if pats.elems.len() == values.elems.len() => {
                // All are evaluated before the first is bound, but none sees a name of another
                // unless it is bound twice, which a pattern can't do; shadowing is what differs.
                let before = self.bindings.len();
                let mut bound = Vec::new();
                for (pat, value) in pats.elems.iter().zip(&values.elems) {
                    self.bind_value(pat, value);
                    bound.extend(self.bindings.drain(before..));
                }
                self.bindings.extend(bound);
            }
            (Pat::Ident(name), _) if name.subpat.is_none() => {
                if let Some(number) = hole_number(value) {
                    let variable = self.variable(name.ident.to_string());
                    self.spawn(number, Some(variable));
                    self.bind_to(name.ident.to_string(), variable, name.mutability.is_some());
                    return;
                }
                if let Expr::MethodCall(call) = value
                    && let Some(chain) = Chain::of(call)
                {
                    let variable = self.variable(name.ident.to_string());
                    self.builder_spawn(chain, Some(variable));
                    self.bind_to(name.ident.to_string(), variable, name.mutability.is_some());
                    return;
                }
                let (makes_spaces, is_new_data) = (is_maker(value), makes_data(value));
                let value = self.value(value, Some(&name.ident));
                let variable = self.bind(name.ident.to_string(), name.mutability.is_some());
                if makes_spaces {
                    self.makers.push(variable);
                }
                if let (Value::Term(Term::Symbol(symbol)), Some(binding)) =
                    (&value, self.bindings.last_mut())
                {
                    binding.is_opaque = true;
                    if is_new_data {
                        self.flow.symbols[*symbol as usize].kind = Kind::Data;
                    }
                }
                self.set(variable, value);
            }
            // Nobody gets what is named here.
            (Pat::Wild(_), _) if self.spawn_statement(value) || self.alias(value).is_some() => {}
            _ => {
                self.expr(value);
                self.bind_unknown(pat);
            }
        }
    }

    /// Binds every name of `pat` to something unknown.
    pub(super) fn bind_unknown(&mut self, pat: &Pat) {
        let mut found = Vec::new();
        names(pat, &mut found);
        for (name, is_mutable) in found {
            let value = match may_be_constant(&name) {
                true => Term::Unknown,
                false => self.unknown(&name.to_string()),
            };
            let variable = self.bind(name.to_string(), is_mutable);
            if let Some(binding) = self.bindings.last_mut() {
                binding.is_opaque = true;
            }
            self.set(variable, Value::Term(value));
        }
    }

    fn bind_with(&mut self, pat: &Pat, value: &dyn Fn(&Ident) -> Value) {
        let mut found = Vec::new();
        names(pat, &mut found);
        for (name, is_mutable) in found {
            let variable = self.bind(name.to_string(), is_mutable);
            self.set(variable, value(&name));
        }
    }
}

/// The names that `pat` binds, and whether they are mutable.
pub(super) fn names(pat: &Pat, found: &mut Vec<(Ident, bool)>) {
    match pat {
        Pat::Ident(it) => {
            found.push((it.ident.clone(), it.mutability.is_some()));
            if let Some((_, inner)) = &it.subpat {
                names(inner, found);
            }
        }
        Pat::Guard(it) => names(&it.pat, found),
        Pat::Or(it) => {
            // Every case binds the same names.
            if let Some(case) = it.cases.first() {
                names(case, found);
            }
        }
        Pat::Paren(it) => names(&it.pat, found),
        Pat::Reference(it) => names(&it.pat, found),
        Pat::Slice(it) => it.elems.iter().for_each(|it| names(it, found)),
        Pat::Struct(it) => it.fields.iter().for_each(|it| names(&it.pat, found)),
        Pat::Tuple(it) => it.elems.iter().for_each(|it| names(it, found)),
        Pat::TupleStruct(it) => it.elems.iter().for_each(|it| names(it, found)),
        Pat::Type(it) => names(&it.pat, found),
        _ => {}
    }
}

/// Whether, by convention, a pattern that can fail compares with `name` instead of binding it.
pub(super) fn may_be_constant(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}

/// Whether `pat` borrows something mutably, by `ref mut`.
pub(super) fn borrows_mutably(pat: &Pat) -> bool {
    let mut tokens = pat.to_token_stream().into_iter().peekable();
    let mut found = false;
    while let Some(token) = tokens.next() {
        let is_ref = matches!(&token, TokenTree::Ident(it) if it == "ref");
        let then_mut = matches!(tokens.peek(), Some(TokenTree::Ident(it)) if it == "mut");
        let inside = matches!(&token, TokenTree::Group(it) if it.to_string().contains("ref mut"));
        found |= is_ref && then_mut || inside;
    }
    found
}

/// Whether `expr` bears attributes of its own.
pub(super) fn has_attributes(expr: &Expr) -> bool {
    let first = expr.to_token_stream().into_iter().next();
    matches!(first, Some(TokenTree::Punct(it)) if it.as_char() == '#')
}

/// Whether `name` stands in `expr`.
fn mentions(expr: &Expr, name: &Ident) -> bool {
    fn any(tokens: TokenStream, name: &Ident) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == *name,
            TokenTree::Group(group) => any(group.stream(), name),
            _ => false,
        })
    }
    any(expr.to_token_stream(), name)
}

/// Whether a configuration decides if the statement is there.
pub(super) fn is_conditional(attrs: &[Attribute]) -> bool {
    attrs
        .iter()
        .any(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
}

/// The attributes of the expressions that bear some in practice.
fn attributes(expr: &Expr) -> Option<&[Attribute]> {
    let attrs = match expr {
        Expr::Assign(it) => &it.attrs,
        Expr::Await(it) => &it.attrs,
        Expr::Block(it) => &it.attrs,
        Expr::Call(it) => &it.attrs,
        Expr::ForLoop(it) => &it.attrs,
        Expr::If(it) => &it.attrs,
        Expr::Loop(it) => &it.attrs,
        Expr::Macro(it) => &it.attrs,
        Expr::Match(it) => &it.attrs,
        Expr::MethodCall(it) => &it.attrs,
        Expr::Try(it) => &it.attrs,
        Expr::Unsafe(it) => &it.attrs,
        Expr::While(it) => &it.attrs,
        _ => return None,
    };
    Some(attrs)
}
