//! The arguments of macros: read as expressions where the macro is one of the standard library,
//! and otherwise as tokens that may do anything with the variables they name.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Token};

use super::Lowering;
use crate::model::flow::{Exit, Step, Term};

/// Macros that only evaluate their arguments.
const EVALUATING: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "eprint",
    "eprintln",
    "format",
    "print",
    "println",
    "vec",
    "write",
    "writeln",
];

/// Of these, the ones whose first argument holds afterwards.
const ASSERTING: &[&str] = &["assert"];

/// Other macros that neither bind names nor jump out of a loop.
const STAYING: &[&str] = &[
    "cfg",
    "concat",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "error",
    "event",
    "info",
    "join",
    "log",
    "matches",
    "pin",
    "select",
    "span",
    "trace",
    "try_join",
    "warn",
];

/// Macros that wait for what they are given.
const WAITING: &[&str] = &["join", "select", "try_join"];

/// Macros after which nothing happens.
const DIVERGING: &[&str] = &["panic", "todo", "unimplemented", "unreachable"];

/// Whether a jump is written out in `tokens`.
fn has_jump(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ["break", "continue", "return"].iter().any(|it| ident == it),
        TokenTree::Group(group) => has_jump(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

impl Lowering<'_> {
    /// What a call of a macro does.
    pub(super) fn macro_call(&mut self, mac: &Macro) {
        let name = mac.path.segments.last().map(|it| it.ident.to_string());
        let name = name.unwrap_or_default();
        let is = |names: &[&str]| names.contains(&name.as_str());
        if is(EVALUATING)
            && let Ok(args) =
                Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone())
        {
            args.iter().for_each(|it| self.expr(it));
            if is(ASSERTING)
                && let Some(condition) = args.first()
            {
                let failed = Term::Not(Box::new(self.term(condition)));
                // A condition that is not understood is taken to hold: a panic is no way through.
                if failed.is_known() {
                    let exit = vec![Step::Exit(Exit::Return)];
                    self.only_if(failed, exit);
                }
            }
            return;
        }
        self.any_tokens(mac.tokens.clone());
        let is_unknown = !is(EVALUATING) && !is(STAYING) && !is(DIVERGING);
        self.unseen_macro(mac.tokens.clone(), !is_unknown && !is(WAITING));
        if !self.loops.is_empty() && (is_unknown || has_jump(mac.tokens.clone())) {
            // A jump decides how often a loop turns.
            let exit = vec![Step::Exit(Exit::Return)];
            self.only_if(Term::Unknown, exit);
        }
        if is(DIVERGING) {
            self.steps.push(Step::Exit(Exit::Return));
        }
    }

    /// A macro that stands as a statement may bind names that it is given anew.
    pub(super) fn bound_by_macro(&mut self, mac: &Macro) {
        let name = mac.path.segments.last().map(|it| it.ident.to_string());
        let name = name.unwrap_or_default();
        let known = [EVALUATING, STAYING, DIVERGING].concat();
        if !known.contains(&name.as_str()) {
            self.forget_named(mac.tokens.clone());
        }
    }

    fn forget_named(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if let Some(binding) = self.binding(&ident) {
                        let variable = binding.variable;
                        self.steps.push(Step::Forget(variable));
                    }
                }
                TokenTree::Group(group) => self.forget_named(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Tokens of which nothing is known: what they name may be changed, may be a space in which they
    /// spawn, and may be left with a jump.
    pub(super) fn any_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let Some(binding) = self.binding(&ident) else {
                        continue;
                    };
                    let (variable, is_mutable) = (binding.variable, binding.is_mutable);
                    let is_opaque = binding.is_opaque;
                    self.steps.push(Step::Escape(variable));
                    self.touch_variable(variable, is_opaque);
                    if is_mutable {
                        self.forget_variable(variable);
                    }
                }
                TokenTree::Group(group) => self.any_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}
