//! Expressions by what they do: loops, conditions, jumps, assignments, closures.

use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Item, Macro, Pat, Type};

use super::terms::{binary, operator};
use super::{Enclosing, Lowering};
use crate::hole::hole_number;
use crate::model::flow::{Exit, Label, Step, Term, Value};
use crate::model::is_assignment;

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
            return self.stray(|this, handle| this.spawn(number, handle));
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
                let label = self.enter(it.label.as_ref(), true);
                self.maybe_loop(label, |this| this.block(&it.body));
            }
            Expr::If(it) => self.condition(it),
            Expr::Match(it) => self.matching(it),
            Expr::Block(it) => match &it.label {
                // Leaving a labelled block is leaving a loop of one turn.
                Some(label) => {
                    let label = self.enter(Some(label), false);
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
            Expr::Try(it) => {
                self.expr(&it.expr);
                self.may_fail(&it.expr);
            }
            Expr::Assign(it) => self.assign(&it.left, &it.right),
            Expr::Binary(it) => self.binary(it),
            _ => visit::visit_expr(self, expr),
        }
    }

    /// Behind `?`. Outside of loops, what comes is what the program does when all goes well; in a
    /// loop it may be how the loop ends, unless it is a task that fails.
    fn may_fail(&mut self, expr: &Expr) {
        let is_wait = match expr {
            Expr::Await(_) => true,
            Expr::MethodCall(it) => it.method == "wait",
            _ => false,
        };
        if !is_wait && self.loops.iter().any(|it| it.is_loop) {
            let exit = vec![Step::Exit(Exit::Return)];
            self.only_if(Term::Unknown, exit);
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

    fn jump(&mut self, label: Option<&syn::Lifetime>, exit: fn(Label) -> Exit) {
        let is_meant = |it: &&Enclosing| match (label, &it.name) {
            (None, _) => it.is_loop,
            (Some(label), Some(name)) => label.ident == name,
            (Some(_), None) => false,
        };
        let target = self.loops.iter().rev().find(is_meant);
        // A jump out of something unknown ends all that is known.
        let exit = target.map_or(Exit::Return, |it| exit(it.label));
        self.steps.push(Step::Exit(exit));
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
                    self.only_if(Term::Unknown, right);
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
