//! Loops: over ranges and lists, with a condition, and others.

use syn::{Expr, ExprForLoop, RangeLimits};

use super::blocks::has_attributes;
use super::conditions::plain_name;
use super::{Enclosing, Lowering};
use crate::model::flow::{Adapter, Iterator, Label, Step, Term};

impl Lowering<'_> {
    /// Begins a loop, or a block that has a label.
    pub(super) fn enter(&mut self, name: Option<&syn::Label>, is_loop: bool) -> Label {
        let label = self.fresh_label();
        self.loops.push(Enclosing {
            name: name.map(|it| it.name.ident.to_string()),
            label,
            is_loop,
        });
        label
    }

    pub(super) fn maybe_loop(&mut self, label: Label, lower: impl FnOnce(&mut Self)) {
        let (body, assigned) = self.repeated(lower);
        self.loops.pop();
        self.steps.push(Step::Maybe {
            body,
            label,
            assigned,
        });
    }

    pub(super) fn for_loop(&mut self, it: &ExprForLoop) {
        let iterator = self.iterator(&it.expr);
        if iterator.is_none() {
            self.expr(&it.expr);
        }
        let label = self.enter(it.label.as_ref(), true);
        let (Some(iterator), Some(pat)) = (iterator, plain_name(&it.pat)) else {
            return self.maybe_loop(label, |this| {
                this.unseen(false);
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

    pub(super) fn while_loop(&mut self, it: &syn::ExprWhile) {
        let label = self.enter(it.label.as_ref(), true);
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
}
