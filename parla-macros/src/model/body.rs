//! What a task runs, and what can be seen of it without types.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprAsync, ExprCall, ExprClosure, ItemFn, Macro, Stmt};

/// The four kinds of body.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Function(Box<ItemFn>),
    Closure(ExprClosure),
    Async(ExprAsync),
    Call { call: ExprCall, awaited: bool },
}

impl Body {
    /// Whether it says that it may wait.
    pub(crate) fn is_async(&self) -> bool {
        match self {
            Self::Function(function) => function.sig.asyncness.is_some(),
            Self::Closure(closure) => closure.asyncness.is_some(),
            Self::Async(_) => true,
            Self::Call { awaited, .. } => *awaited,
        }
    }

    /// Where it begins.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Function(function) => function.sig.ident.span(),
            Self::Closure(closure) => closure
                .capture
                .map_or_else(|| closure.inputs_begin.span, |it| it.span),
            Self::Async(block) => block.async_token.span,
            Self::Call { call, .. } => call.func.span(),
        }
    }

    /// The `.await`s of a body that is not async: there is nothing there to wait on.
    pub(crate) fn awaits_in_sync(&self) -> Vec<Span> {
        let mut awaits = Awaits(Vec::new());
        match self {
            Self::Function(function) if !self.is_async() => awaits.visit_block(&function.block),
            Self::Closure(closure) if !self.is_async() => awaits.visit_expr(&closure.body),
            _ => {}
        }
        awaits.0
    }
}

/// Finds `.await` outside nested closures, async blocks and items.
struct Awaits(Vec<Span>);

impl<'ast> Visit<'ast> for Awaits {
    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        self.0.push(expr.await_token.span);
        visit::visit_expr_await(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.tokens(mac.tokens.clone());
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Awaits {
    /// The arguments of a macro are unread tokens: `async` or a closure in them may make any
    /// `.await` right.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut found = Vec::new();
        if Self::only_plain(tokens, &mut found) {
            self.0.extend(found);
        }
    }

    fn only_plain(tokens: TokenStream, found: &mut Vec<Span>) -> bool {
        let mut after_dot = false;
        for token in tokens {
            let is_dot = matches!(&token, TokenTree::Punct(it) if it.as_char() == '.');
            match token {
                TokenTree::Ident(ident) if ident == "async" => return false,
                TokenTree::Punct(punct) if punct.as_char() == '|' => return false,
                TokenTree::Ident(ident) if after_dot && ident == "await" => {
                    found.push(ident.span());
                }
                TokenTree::Group(group) if !Self::only_plain(group.stream(), found) => {
                    return false;
                }
                _ => {}
            }
            after_dot = is_dot;
        }
        true
    }
}

/// Whether `expr`, as a body without a declared result, can only diverge, so that nothing tells its
/// type.
pub(crate) fn diverges(expr: &Expr) -> bool {
    let mut exits = Exits(false);
    exits.visit_expr(expr);
    never_ends(expr) && !exits.0
}

/// As [`diverges`], for the statements of an async block.
pub(crate) fn block_diverges(block: &Block) -> bool {
    let mut exits = Exits(false);
    exits.visit_block(block);
    block_never_ends(block) && !exits.0
}

fn never_ends(expr: &Expr) -> bool {
    match expr {
        Expr::Macro(expr) => is_panic(&expr.mac),
        Expr::Block(block) if block.label.is_none() => block_never_ends(&block.block),
        Expr::Unsafe(block) => block_never_ends(&block.block),
        Expr::Paren(paren) => never_ends(&paren.expr),
        Expr::Group(group) => never_ends(&group.expr),
        Expr::Loop(it) => {
            let mut breaks = Breaks(false);
            breaks.visit_block(&it.body);
            !breaks.0
        }
        Expr::If(it) => {
            let otherwise = it
                .else_branch
                .as_ref()
                .is_some_and(|(_, it)| never_ends(it));
            block_never_ends(&it.then_branch) && otherwise
        }
        _ => false,
    }
}

fn block_never_ends(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => never_ends(expr),
        Some(Stmt::Macro(it)) => is_panic(&it.mac),
        _ => false,
    }
}

fn is_panic(mac: &Macro) -> bool {
    let name = mac.path.segments.last().map(|segment| &segment.ident);
    let is = |known| name.is_some_and(|name: &Ident| name == known);
    ["panic", "todo", "unreachable", "unimplemented"]
        .into_iter()
        .any(is)
}

/// Finds what gives a body a result before its end: `return value` and `?`.
struct Exits(bool);

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_return(&mut self, expr: &'ast syn::ExprReturn) {
        self.0 |= expr.expr.is_some();
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.0 = true;
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Finds any `break`: one of an inner loop counts too, which only means that a result type is not
/// added.
struct Breaks(bool);

impl<'ast> Visit<'ast> for Breaks {
    fn visit_expr_break(&mut self, _: &'ast syn::ExprBreak) {
        self.0 = true;
    }
}

/// Whether it changes its left side, as `+=` does.
pub(crate) fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
