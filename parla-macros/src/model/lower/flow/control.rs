//! Expressions by what they do: loops, conditions, jumps, assignments, closures.

use syn::visit::{self, Visit};
use syn::{
    Arm, BinOp, Block, Expr, ExprForLoop, ExprIf, ExprMatch, Item, Macro, Pat, RangeLimits, Type,
};

use super::Lowering;
use super::blocks::{borrows_mutably, has_attributes, is_conditional};
use super::terms::{binary, operator};
use crate::hole::hole_number;
use crate::model::flow::{Adapter, Exit, Iterator, Label, Operator, Step, Term, Value};

/// Where nothing is understood, its parts are looked at one after the other.
impl<'ast> Visit<'ast> for Lowering<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.expr(expr);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.block(block);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.macro_call(mac);
    }

    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_pat(&mut self, _: &'ast Pat) {}

    fn visit_type(&mut self, _: &'ast Type) {}
}

impl Lowering<'_> {
    /// The effects of evaluating `expr`.
    pub(super) fn expr(&mut self, expr: &Expr) {
        if let Some(number) = hole_number(expr) {
            return self.spawn(number, None);
        }
        match expr {
            Expr::Path(it) => {
                if let Some(binding) = it.path.get_ident().and_then(|it| self.binding(it)) {
                    let variable = binding.variable;
                    self.steps.push(Step::Escape(variable));
                }
            }
            Expr::Reference(it) if it.mutability.is_some() => {
                self.expr(&it.expr);
                self.forget(&it.expr);
            }
            Expr::Await(it) => self.wait(&it.base, expr),
            Expr::MethodCall(it) => self.method_call(it),
            Expr::Call(it) => self.call(it),
            Expr::ForLoop(it) => self.for_loop(it),
            Expr::While(it) => self.while_loop(it),
            Expr::Loop(it) => {
                let label = self.enter(it.label.as_ref());
                self.maybe_loop(label, |this| this.block(&it.body));
            }
            Expr::If(it) => self.condition(it),
            Expr::Match(it) => self.matching(it),
            Expr::Block(it) => match &it.label {
                // Leaving a labelled block is leaving a loop of one turn.
                Some(label) => {
                    let label = self.enter(Some(label));
                    let body = self.scoped(|this| this.block(&it.block));
                    self.loops.pop();
                    self.steps.push(Step::Labelled { body, label });
                }
                None => self.block(&it.block),
            },
            Expr::Closure(it) => {
                let body = |this: &mut Self| {
                    it.inputs.iter().for_each(|pat| this.bind_unknown(pat));
                    this.expr(&it.body);
                };
                self.later(body);
            }
            Expr::Async(it) => self.later(|this| this.block(&it.block)),
            Expr::Return(it) => {
                it.expr.iter().for_each(|it| self.expr(it));
                self.steps.push(Step::Exit(Exit::Return));
            }
            Expr::Break(it) => {
                it.expr.iter().for_each(|it| self.expr(it));
                self.jump(it.label.as_ref(), Exit::Break);
            }
            Expr::Continue(it) => self.jump(it.label.as_ref(), Exit::Continue),
            Expr::Assign(it) => self.assign(&it.left, &it.right),
            Expr::Binary(it) => self.binary(it),
            _ => visit::visit_expr(self, expr),
        }
    }

    /// What runs at another time, as often as somebody wants.
    fn later(&mut self, lower: impl FnOnce(&mut Self)) {
        self.maybe(|this| {
            let body = this.deferred(lower);
            if !body.is_empty() {
                this.steps.push(Step::Once { body, scope: None });
            }
        });
    }

    fn enter(&mut self, label: Option<&syn::Label>) -> Label {
        let number = self.fresh_label();
        let name = label.map(|it| it.name.ident.to_string());
        self.loops.push((name, number));
        number
    }

    fn jump(&mut self, label: Option<&syn::Lifetime>, exit: fn(Label) -> Exit) {
        let target = match label {
            Some(label) => {
                let is_it = |(name, _): &&(Option<String>, Label)| {
                    name.as_ref().is_some_and(|name| label.ident == name)
                };
                self.loops.iter().rev().find(is_it)
            }
            None => self.loops.last(),
        };
        // A jump out of something unknown ends all that is known.
        let exit = target.map_or(Exit::Return, |(_, label)| exit(*label));
        self.steps.push(Step::Exit(exit));
    }

    fn maybe_loop(&mut self, label: Label, lower: impl FnOnce(&mut Self)) {
        let (body, assigned) = self.repeated(lower);
        self.loops.pop();
        self.steps.push(Step::Maybe {
            body,
            label,
            assigned,
        });
    }

    fn for_loop(&mut self, it: &ExprForLoop) {
        let iterator = self.iterator(&it.expr);
        if iterator.is_none() {
            self.expr(&it.expr);
        }
        let label = self.enter(it.label.as_ref());
        let (Some(iterator), Some(pat)) = (iterator, plain_name(&it.pat)) else {
            return self.maybe_loop(label, |this| {
                this.bind_unknown(&it.pat);
                this.block(&it.body);
            });
        };
        let mut variable = 0;
        let (body, assigned) = self.repeated(|this| {
            variable = match pat {
                Some(name) => this.bind(name.ident.to_string(), name.mutability.is_some()),
                None => this.variable("_".to_owned()),
            };
            this.block(&it.body);
        });
        self.loops.pop();
        self.steps.push(Step::For {
            variable,
            iterator,
            label,
            body,
            assigned,
        });
    }

    /// `a..b` with its adapters, or a list that is written out.
    fn iterator(&mut self, expr: &Expr) -> Option<Iterator> {
        match expr {
            Expr::Paren(it) => self.iterator(&it.expr),
            Expr::Group(it) => self.iterator(&it.expr),
            Expr::Range(it) => {
                let (Some(start), Some(end)) = (&it.start, &it.end) else {
                    return None;
                };
                self.expr(start);
                self.expr(end);
                Some(Iterator::Range {
                    start: self.settled(start),
                    end: self.settled(end),
                    inclusive: matches!(it.limits, RangeLimits::Closed(_)),
                    adapters: Vec::new(),
                })
            }
            Expr::Array(it) => {
                if it.elems.iter().any(has_attributes) {
                    return None;
                }
                it.elems.iter().for_each(|it| self.expr(it));
                let elements = it.elems.iter().map(|it| self.settled(it));
                Some(Iterator::List(elements.collect()))
            }
            Expr::MethodCall(it) => {
                let adapter = match (it.method.to_string().as_str(), it.args.len()) {
                    ("rev", 0) => Adapter::Reverse,
                    ("step_by", 1) => {
                        self.expr(&it.args[0]);
                        Adapter::StepBy(self.settled(&it.args[0]))
                    }
                    ("into_iter" | "iter", 0) => return self.iterator(&it.receiver),
                    _ => return None,
                };
                match self.iterator(&it.receiver)? {
                    Iterator::Range {
                        start,
                        end,
                        inclusive,
                        mut adapters,
                    } => {
                        adapters.push(adapter);
                        Some(Iterator::Range {
                            start,
                            end,
                            inclusive,
                            adapters,
                        })
                    }
                    Iterator::List(mut elements) if matches!(adapter, Adapter::Reverse) => {
                        elements.reverse();
                        Some(Iterator::List(elements))
                    }
                    Iterator::List(_) => None,
                }
            }
            _ => None,
        }
    }

    fn while_loop(&mut self, it: &syn::ExprWhile) {
        let label = self.enter(it.label.as_ref());
        let mut condition = Term::Unknown;
        let (body, assigned) = self.repeated(|this| {
            condition = this.condition_term(&it.cond);
            this.block(&it.body);
        });
        self.loops.pop();
        self.steps.push(Step::While {
            condition,
            label,
            body,
            assigned,
        });
    }

    /// The effects and the value of a condition, whose patterns bind names.
    fn condition_term(&mut self, expr: &Expr) -> Term {
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

    fn condition(&mut self, it: &ExprIf) {
        let bindings = self.bindings.len();
        let condition = self.condition_term(&it.cond);
        let then = self.scoped(|this| this.block(&it.then_branch));
        // What the condition binds is not there in the other branch.
        self.bindings.truncate(bindings);
        let mut arms = vec![(condition, then)];
        if let Some((_, otherwise)) = &it.else_branch {
            let otherwise = self.scoped(|this| this.expr(otherwise));
            arms.push((Term::Boolean(true), otherwise));
        }
        self.steps.push(Step::If(arms));
    }

    fn matching(&mut self, it: &ExprMatch) {
        self.expr(&it.expr);
        if it.arms.iter().any(|arm| borrows_mutably(&arm.pat)) {
            self.forget(&it.expr);
        }
        let subject = self.term(&it.expr);
        let arms = it.arms.iter().map(|arm| self.arm(arm, &subject));
        let arms = arms.collect();
        self.steps.push(Step::If(arms));
    }

    fn arm(&mut self, arm: &Arm, subject: &Term) -> (Term, Vec<Step>) {
        let mut condition = self.pattern(&arm.pat, subject);
        let is_doubtful = !subject.is_known() && !matches!(condition, Term::Boolean(true));
        if is_doubtful || is_conditional(&arm.attrs) {
            condition = Term::Unknown;
        }
        let body = self.scoped(|this| {
            if let Some(name) = plain_name(&arm.pat).flatten() {
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
        (condition, body)
    }

    /// Whether `pat` matches.
    fn pattern(&mut self, pat: &Pat, subject: &Term) -> Term {
        let compare = |op, left: Term, right: Term| binary(op, left, right);
        match pat {
            Pat::Wild(_) => Term::Boolean(true),
            Pat::Ident(_) if plain_name(pat).is_some() => Term::Boolean(true),
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

    fn assign(&mut self, left: &Expr, right: &Expr) {
        let variable = match left {
            Expr::Path(path) => path.path.get_ident().and_then(|it| self.binding(it)),
            _ => None,
        };
        let Some(variable) = variable.map(|it| it.variable) else {
            self.expr(right);
            visit::visit_expr(self, left);
            return self.forget(left);
        };
        let value = self.value(right, None);
        self.assigns(variable);
        self.steps.push(Step::Set {
            variable,
            value,
            is_assignment: true,
        });
    }

    fn binary(&mut self, it: &syn::ExprBinary) {
        match it.op {
            BinOp::And(_) | BinOp::Or(_) => {
                self.expr(&it.left);
                let right = self.apart(|this| this.expr(&it.right));
                if !right.is_empty() {
                    self.steps.push(Step::If(vec![(Term::Unknown, right)]));
                }
            }
            _ if is_assignment(&it.op) => {
                self.expr(&it.right);
                let variable = match &*it.left {
                    Expr::Path(path) => path.path.get_ident().and_then(|it| self.binding(it)),
                    _ => None,
                };
                let Some(variable) = variable.map(|it| it.variable) else {
                    self.expr(&it.left);
                    return self.forget(&it.left);
                };
                let value = match operator(&it.op) {
                    Some((op, _)) => binary(op, Term::Variable(variable), self.term(&it.right)),
                    None => Term::Unknown,
                };
                self.assigns(variable);
                self.steps.push(Step::Set {
                    variable,
                    value: Value::Term(value),
                    is_assignment: true,
                });
            }
            _ => {
                self.expr(&it.left);
                self.expr(&it.right);
            }
        }
    }
}

/// `name` or `_`, without anything that could refuse a value: the outer `None` is for other
/// patterns.
#[expect(
    clippy::option_option,
    reason = "a pattern without a name is one that is understood"
)]
fn plain_name(pat: &Pat) -> Option<Option<&syn::PatIdent>> {
    match pat {
        Pat::Wild(_) => Some(None),
        Pat::Paren(it) => plain_name(&it.pat),
        Pat::Type(it) => plain_name(&it.pat),
        Pat::Ident(it) if it.subpat.is_none() => {
            let is_constant = it.ident.to_string().starts_with(char::is_uppercase);
            (!is_constant).then_some(Some(it))
        }
        _ => None,
    }
}

fn is_assignment(op: &BinOp) -> bool {
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
