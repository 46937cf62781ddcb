//! Cuts every `#[spawn]` out of a function body, at any depth, and leaves numbered holes.
//!
//! Inner spawns are cut out first, so the body of a spawn may itself have holes, all of lower
//! numbers. Nested items are left alone, except for functions that are spawned: the rest has
//! attributes of its own.

use proc_macro2::{Span, TokenStream};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprAsync, ExprCall, ExprClosure, Item, ItemFn, Local, LocalInit, Pat,
    Path, Stmt, Token,
};

use super::attrs::{self, Written};
use super::clause::SpawnArgs;
use crate::diag::{Code, Diagnostics, Site as At};
use crate::hole::hole;

/// One `#[spawn]` and what it stood on.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The name under which `spawn` was written, where the compiler has not looked it up already.
    pub(crate) path: Option<Path>,
    pub(crate) args: SpawnArgs,
    pub(crate) form: Form,
}

/// The four things that can be spawned.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// `fn name() { … }`.
    Function(Box<ItemFn>),
    /// `move || …`.
    Closure(ExprClosure),
    /// `async move { … }`.
    Async(ExprAsync),
    /// `f(a, b)`, or `f(a, b).await` if `awaited`.
    Call { call: ExprCall, awaited: bool },
}

/// The spawns of one function body; the hole of each bears its number.
#[derive(Debug)]
pub(crate) struct Sites<'a> {
    pub(crate) sites: Vec<Site>,
    diag: &'a mut Diagnostics,
}

impl<'a> Sites<'a> {
    /// Cuts the spawns out of `block`.
    pub(crate) fn cut(block: &mut Block, diag: &'a mut Diagnostics) -> Vec<Site> {
        let mut sites = Self {
            sites: Vec::new(),
            diag,
        };
        sites.visit_block_mut(block);
        sites.sites
    }

    /// Cuts a spawned function out of the statements around it: what is left of it, and all its
    /// spawns.
    pub(crate) fn cut_function(
        function: ItemFn,
        args: TokenStream,
        diag: &'a mut Diagnostics,
    ) -> (Vec<Stmt>, Vec<Site>) {
        let mut sites = Self {
            sites: Vec::new(),
            diag,
        };
        let mut statements = Vec::new();
        sites.function(function, Written { path: None, args }, &mut statements);
        (statements, sites.sites)
    }

    fn add(&mut self, spawn: Written, form: Form, span: Span) -> Expr {
        let args = SpawnArgs::parse(spawn.args, self.diag);
        self.sites.push(Site {
            path: spawn.path,
            args,
            form,
        });
        hole(self.sites.len() - 1, span)
    }

    fn function(&mut self, mut function: ItemFn, spawn: Written, out: &mut Vec<Stmt>) {
        self.visit_block_mut(&mut function.block);
        let attrs = self.statement_attrs(std::mem::take(&mut function.attrs));
        let name = function.sig.ident.clone();
        let hole = self.add(spawn, Form::Function(Box::new(function)), name.span());
        let cfgs = attrs
            .iter()
            .filter(|it| is_one_of(it, &["cfg", "cfg_attr"]))
            .cloned()
            .collect();
        let span = Span::mixed_site().located_at(name.span());
        out.push(Stmt::Local(binding(
            attrs,
            Pat::Ident(plain(name.clone())),
            hole,
            span,
        )));
        // Nobody needs the handle of a task: this counts as a use of it.
        let used = Expr::Reference(syn::ExprReference {
            attrs: Vec::new(),
            and_token: Token![&](span),
            mutability: None,
            expr: Box::new(Expr::Path(syn::ExprPath {
                attrs: Vec::new(),
                qself: None,
                path: name.into(),
            })),
        });
        out.push(Stmt::Local(binding(cfgs, wild(span), used, span)));
    }

    /// The attributes that a `let` can bear; the others are recorded as mistakes.
    fn statement_attrs(&mut self, attrs: Vec<Attribute>) -> Vec<Attribute> {
        const KEPT: &[&str] = &[
            "cfg", "cfg_attr", "allow", "expect", "warn", "deny", "forbid", "doc",
        ];
        let (kept, other): (Vec<_>, Vec<_>) =
            attrs.into_iter().partition(|attr| is_one_of(attr, KEPT));
        for attr in other {
            let path = attr.path();
            let site = At::of(path, attr.pound_token.span);
            let shown = path
                .segments
                .last()
                .map(|it| it.ident.to_string())
                .unwrap_or_default();
            let message = format!("`{shown}` has no meaning on a spawned function");
            self.diag
                .error(site, Code::P0010, message)
                .help("remove it, or put it on an ordinary function that the body calls");
        }
        // Documentation of a statement is read by people only, and rustc warns of it.
        kept.into_iter()
            .filter(|attr| !is_one_of(attr, &["doc"]))
            .collect()
    }

    fn statement(&mut self, mut stmt: Stmt, out: &mut Vec<Stmt>) {
        if let Stmt::Item(Item::Fn(function)) = &mut stmt {
            match attrs::take(&mut function.attrs, self.diag) {
                Some(attr) => {
                    let spawn = attrs::read(attr, self.diag);
                    let Stmt::Item(Item::Fn(function)) = stmt else {
                        return;
                    };
                    self.function(function, spawn, out);
                }
                None => {
                    self.visit_stmt_mut(&mut stmt);
                    out.push(stmt);
                }
            }
            return;
        }
        if let Some(attr) =
            attrs::of_statement(&mut stmt).and_then(|attrs| attrs::take(attrs, self.diag))
        {
            self.misplaced(&attr, matches!(stmt, Stmt::Local(_)));
        }
        let Stmt::Expr(mut expr, semi) = stmt else {
            visit_mut::visit_stmt_mut(self, &mut stmt);
            out.push(stmt);
            return;
        };
        // A `let _` can bear the other attributes of a spawned statement, its value can't.
        let others = match attrs::of_expr(&mut expr) {
            Some(attrs) if semi.is_some() && attrs.iter().any(attrs::is_spawn) => attrs
                .extract_if(.., |attr| !attrs::is_spawn(attr))
                .collect(),
            _ => Vec::new(),
        };
        self.visit_expr_mut(&mut expr);
        match (semi, crate::hole::hole_number(&expr)) {
            (Some(semi), Some(_)) => {
                let span = Span::mixed_site().located_at(semi.span);
                out.push(Stmt::Local(binding(others, wild(span), expr, span)));
            }
            (semi, _) => {
                if let Some(attrs) = attrs::of_expr(&mut expr) {
                    attrs.extend(others);
                }
                out.push(Stmt::Expr(expr, semi));
            }
        }
    }

    fn misplaced(&mut self, attr: &Attribute, on_let: bool) {
        let site = At::of(attr.path(), attr.pound_token.span);
        let message = "`#[spawn]` stands on a nested function, a closure, an async block or a call";
        let mistake = self.diag.error(site, Code::P0010, message);
        if on_let {
            mistake.help("move it behind the `=`, `let task = #[spawn(…)] move || …`");
        } else {
            mistake.help("spawn a closure, `#[spawn(…)] move || …`");
        }
    }
}

impl VisitMut for Sites<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        for stmt in std::mem::take(&mut block.stmts) {
            self.statement(stmt, &mut block.stmts);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let attr = attrs::of_expr(expr).and_then(|attrs| attrs::take(attrs, self.diag));
        visit_mut::visit_expr_mut(self, expr);
        let Some(attr) = attr else { return };
        let span = attr.pound_token.span;
        let form = match ungrouped(std::mem::replace(expr, Expr::PLACEHOLDER)) {
            Expr::Closure(closure) => Form::Closure(closure),
            Expr::Async(block) => Form::Async(block),
            Expr::Call(call) if matches!(*call.func, Expr::Path(_)) => Form::Call {
                call,
                awaited: false,
            },
            Expr::Await(awaited) if is_call_of_path(&awaited.base) => {
                let Expr::Call(call) = *awaited.base else {
                    return;
                };
                Form::Call {
                    call,
                    awaited: true,
                }
            }
            other => {
                *expr = other;
                self.misplaced(&attr, false);
                return;
            }
        };
        let spawn = attrs::read(attr, self.diag);
        *expr = self.add(spawn, form, span);
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        Outside { diag: self.diag }.visit_item_mut(item);
    }
}

/// Finds spawned expressions in items inside a function, which its attribute does not reach.
struct Outside<'a> {
    diag: &'a mut Diagnostics,
}

impl VisitMut for Outside<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(attr) = attrs::of_expr(expr).and_then(|attrs| attrs::take(attrs, self.diag)) {
            let site = At::of(attr.path(), attr.pound_token.span);
            let message = "only a nested function can be spawned here";
            self.diag
                .error(site, Code::P0010, message)
                .help("put `#[task_graph]` on the function around it");
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        if !function.attrs.iter().any(attrs::expands_spawns) {
            visit_mut::visit_item_fn_mut(self, function);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        if !function.attrs.iter().any(attrs::expands_spawns) {
            visit_mut::visit_impl_item_fn_mut(self, function);
        }
    }
}

fn is_call_of_path(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(*call.func, Expr::Path(_)))
}

/// `expr` as it was written where a declarative macro puts it, or the function it calls, in for `$e`.
fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungrouped(*group.expr),
        Expr::Call(mut call) => {
            *call.func = ungrouped(std::mem::replace(&mut *call.func, Expr::PLACEHOLDER));
            Expr::Call(call)
        }
        Expr::Await(mut awaited) => {
            *awaited.base = ungrouped(std::mem::replace(&mut *awaited.base, Expr::PLACEHOLDER));
            Expr::Await(awaited)
        }
        other => other,
    }
}

fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attr.path().is_ident(name))
}

fn binding(attrs: Vec<Attribute>, pat: Pat, value: Expr, span: Span) -> Local {
    let init = LocalInit {
        eq_token: Token![=](span),
        expr: Box::new(value),
        diverge: None,
    };
    Local {
        attrs,
        let_token: Token![let](span),
        modifiers: syn::LocalModifiers::default(),
        pat,
        init: Some(init),
        semi_token: Token![;](span),
    }
}

fn plain(ident: syn::Ident) -> syn::PatIdent {
    syn::PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: None,
        ident,
        subpat: None,
    }
}

fn wild(span: Span) -> Pat {
    Pat::Wild(syn::PatWild {
        attrs: Vec::new(),
        underscore_token: Token![_](span),
    })
}
