//! Conditions: `if`, `match`, and the patterns in them.

use syn::{BinOp, Expr, ExprIf, ExprMatch, Pat, RangeLimits};

use super::Lowering;
use super::blocks::{borrows_mutably, is_conditional, may_be_constant};
use super::terms::binary;
use crate::model::flow::{Arm, Operator, Step, Term, Value};

impl Lowering<'_> {
    /// The effects and the value of a condition, whose patterns bind names.
    pub(super) fn condition_term(&mut self, expr: &Expr) -> Term {
        match expr {
            Expr::Let(it) => {
                self.expr(&it.expr);
                if borrows_mutably(&it.pat) {
                    self.forget(&it.expr);
                }
                self.bind_unknown(&it.pat);
                Term::Unknown
            }
            Expr::Paren(it) => self.condition_term(&it.expr),
            Expr::Binary(it) if matches!(it.op, BinOp::And(_)) => {
                let left = self.condition_term(&it.left);
                let right = self.condition_term(&it.right);
                binary(Operator::And, left, right)
            }
            _ => {
                self.expr(expr);
                self.term(expr)
            }
        }
    }

    pub(super) fn condition(&mut self, it: &ExprIf) {
        let bindings = self.bindings.len();
        let condition = self.condition_term(&it.cond);
        let then = self.scoped(|this| this.block(&it.then_branch));
        // What the condition binds is not there in the other branch.
        self.bindings.truncate(bindings);
        let mut arms = vec![self.number(condition, then)];
        if let Some((_, otherwise)) = &it.else_branch {
            let otherwise = self.scoped(|this| this.expr(otherwise));
            arms.push(self.number(Term::Boolean(true), otherwise));
        }
        self.steps.push(Step::If(arms));
    }

    fn number(&mut self, condition: Term, body: Vec<Step>) -> Arm {
        let number = self.flow.arms;
        self.flow.arms += 1;
        Arm {
            condition,
            body,
            number,
        }
    }

    /// What happens if `condition` holds.
    pub(super) fn only_if(&mut self, condition: Term, body: Vec<Step>) {
        let arm = self.number(condition, body);
        self.steps.push(Step::If(vec![arm]));
    }

    pub(super) fn matching(&mut self, it: &ExprMatch) {
        self.expr(&it.expr);
        if it.arms.iter().any(|arm| borrows_mutably(&arm.pat)) {
            self.forget(&it.expr);
        }
        let subject = self.term(&it.expr);
        let arms = it.arms.iter().map(|arm| self.arm(arm, &subject));
        let arms = arms.collect();
        self.steps.push(Step::If(arms));
    }

    fn arm(&mut self, arm: &syn::Arm, subject: &Term) -> Arm {
        let mut condition = self.pattern(&arm.pat, subject);
        let is_doubtful = !subject.is_known() && !matches!(condition, Term::Boolean(true));
        if is_doubtful || is_conditional(&arm.attrs) {
            condition = Term::Unknown;
        }
        let body = self.scoped(|this| {
            if let Some(name) = catch_all(&arm.pat).flatten() {
                let variable = this.bind(name.ident.to_string(), name.mutability.is_some());
                this.set(variable, Value::Term(subject.clone()));
            } else {
                this.bind_unknown(&arm.pat);
            }
            if let Pat::Guard(guarded) = &arm.pat {
                this.expr(&guarded.guard);
            }
            this.expr(&arm.body);
        });
        self.number(condition, body)
    }

    /// Whether `pat` matches.
    fn pattern(&mut self, pat: &Pat, subject: &Term) -> Term {
        let compare = |op, left: Term, right: Term| binary(op, left, right);
        match pat {
            Pat::Wild(_) => Term::Boolean(true),
            Pat::Ident(_) if catch_all(pat).is_some() => Term::Boolean(true),
            Pat::Paren(it) => self.pattern(&it.pat, subject),
            Pat::Lit(it) => {
                let value = self.term(&Expr::Lit(it.clone()));
                compare(Operator::Equal, subject.clone(), value)
            }
            Pat::Range(it) => {
                let mut both = Term::Boolean(true);
                if let Some(start) = &it.start {
                    let start = self.term(start);
                    both = compare(Operator::LessOrEqual, start, subject.clone());
                }
                if let Some(end) = &it.end {
                    let op = match it.limits {
                        RangeLimits::HalfOpen(_) => Operator::Less,
                        RangeLimits::Closed(_) => Operator::LessOrEqual,
                    };
                    let end = self.term(end);
                    let below = compare(op, subject.clone(), end);
                    both = binary(Operator::And, both, below);
                }
                both
            }
            Pat::Or(it) => {
                let cases = it.cases.iter().map(|case| self.pattern(case, subject));
                let either = cases.reduce(|one, other| binary(Operator::Or, one, other));
                either.unwrap_or(Term::Unknown)
            }
            _ => Term::Unknown,
        }
    }
}

/// `name` or `_`: the outer `None` is for other patterns.
#[expect(
    clippy::option_option,
    reason = "a pattern without a name is one that is understood"
)]
pub(super) fn plain_name(pat: &Pat) -> Option<Option<&syn::PatIdent>> {
    match pat {
        Pat::Wild(_) => Some(None),
        Pat::Paren(it) => plain_name(&it.pat),
        Pat::Type(it) => plain_name(&it.pat),
        Pat::Ident(it) if it.subpat.is_none() => Some(Some(it)),
        _ => None,
    }
}

/// As [`plain_name`], where a pattern may refuse a value.
#[expect(clippy::option_option, reason = "as above")]
fn catch_all(pat: &Pat) -> Option<Option<&syn::PatIdent>> {
    plain_name(pat).filter(|it| it.is_none_or(|it| !may_be_constant(&it.ident)))
}
