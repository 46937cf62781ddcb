//! Code that is not seen, and may wait for tasks: what it waited for comes before what is spawned
//! behind it, though nothing in the source says so.
//!
//! Only where accesses don't order tasks does that matter: see `check/graph/races.rs`.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Expr, ExprCall, Stmt};

use super::Lowering;
use super::tasks::Chain;
use crate::hole::hole_number;
use crate::model::flow::Step;

/// Types whose functions wait for nothing.
const WAITLESS: &[&str] = &[
    "Arc",
    "Array",
    "Array1",
    "Array2",
    "Array3",
    "BTreeMap",
    "BTreeSet",
    "Box",
    "HashMap",
    "HashSet",
    "PArray",
    "Rc",
    "Shared",
    "String",
    "TaskSpace",
    "Vec",
    "VecDeque",
];

/// Methods that wait for whatever they belong to.
const WAITING: &[&str] = &["block_on", "join", "wait", "wait_all"];

impl Lowering<'_> {
    /// Code runs that is not seen.
    pub(super) fn unseen(&mut self, is_wait: bool) {
        if self.flow.is_explicit {
            self.unseen += 1;
            self.steps.push(Step::Unseen { is_wait });
        }
    }

    pub(super) fn unseen_call(&mut self, call: &ExprCall) {
        if !is_waitless(&call.func) {
            self.unseen(false);
        }
    }

    pub(super) fn unseen_method(&mut self, method: &str) {
        self.unseen(WAITING.contains(&method));
    }

    pub(super) fn unseen_macro(&mut self, tokens: TokenStream, is_known: bool) {
        let is_wait = has_await(tokens);
        if is_wait || !is_known {
            self.unseen(is_wait);
        }
    }

    /// The statements of a block. What is not seen made a value that may wait when it is dropped.
    pub(super) fn statements(&mut self, stmts: &[Stmt]) {
        let mut has_guard = false;
        for stmt in stmts {
            let before = self.unseen;
            self.statement(stmt);
            has_guard |= matches!(stmt, Stmt::Local(_)) && self.unseen > before;
        }
        if has_guard {
            self.unseen(false);
        }
    }

    /// A spawn whose handle goes where nobody follows it.
    pub(super) fn stray(&mut self, spawn: impl FnOnce(&mut Self, Option<u32>)) {
        if !self.flow.is_explicit {
            return spawn(self, None);
        }
        let handle = self.variable(String::new());
        spawn(self, Some(handle));
        self.steps.push(Step::Escape(handle));
    }

    /// The spawn that a statement is, if it is one: nobody gets the handle.
    pub(super) fn spawn_statement(&mut self, expr: &Expr) -> bool {
        if let Some(number) = hole_number(expr) {
            self.spawn(number, None);
            return true;
        }
        match expr {
            Expr::MethodCall(call) => match Chain::of(call) {
                Some(chain) => {
                    self.builder_spawn(chain, None);
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}

/// Whether `func` makes a value and does nothing else.
fn is_waitless(func: &Expr) -> bool {
    let Expr::Path(it) = func else { return false };
    let mut segments = it.path.segments.iter().rev();
    let Some(last) = segments.next() else {
        return false;
    };
    // By convention a variant, or a struct with fields.
    if last.ident.to_string().starts_with(char::is_uppercase) {
        return true;
    }
    let owner = segments.next();
    owner.is_some_and(|it| WAITLESS.iter().any(|name| it.ident == name))
}

fn has_await(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "await",
        TokenTree::Group(group) => has_await(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
