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

/// Macros after which nothing happens.
const DIVERGING: &[&str] = &["panic", "todo", "unimplemented", "unreachable"];

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
                    self.steps.push(Step::If(vec![(failed, exit)]));
                }
            }
            return;
        }
        self.any_tokens(mac.tokens.clone());
        if is(DIVERGING) {
            self.steps.push(Step::Exit(Exit::Return));
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
                    self.steps.push(Step::Escape(variable));
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
