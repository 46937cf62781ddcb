//! Variables that change, and parts of them, in ways that are not followed.

use syn::Expr;

use super::terms::is_said;
use super::{Binding, Lowering};
use crate::model::flow::Step;

impl Lowering<'_> {
    /// Somebody may change the variable that `expr` is a place in.
    pub(super) fn forget(&mut self, expr: &Expr) {
        match expr {
            Expr::Path(it) => {
                if let Some(binding) = it.path.get_ident().and_then(|it| self.binding(it)) {
                    let variable = binding.variable;
                    self.forget_variable(variable);
                }
            }
            Expr::Field(it) => self.forget(&it.base),
            Expr::Index(it) => self.forget(&it.expr),
            Expr::Paren(it) => self.forget(&it.expr),
            Expr::Unary(it) => self.forget(&it.expr),
            Expr::Tuple(it) => it.elems.iter().for_each(|it| self.forget(it)),
            Expr::Array(it) => it.elems.iter().for_each(|it| self.forget(it)),
            Expr::Struct(it) => it.fields.iter().for_each(|it| self.forget(&it.expr)),
            Expr::Call(it) => it.args.iter().for_each(|it| self.forget(it)),
            _ => {}
        }
    }

    /// Something may have changed parts of what `expr` is a place in.
    pub(super) fn touch(&mut self, expr: &Expr) {
        if let Some(binding) = self.root(expr) {
            let (variable, is_any) = (binding.variable, binding.is_opaque);
            self.touch_variable(variable, is_any);
        }
    }

    /// A call whose value nobody wants is there for what it changes.
    pub(super) fn touch_by_statement(&mut self, expr: &Expr) {
        match expr {
            Expr::MethodCall(it) => self.touch(&it.receiver),
            Expr::Try(it) => self.touch_by_statement(&it.expr),
            Expr::Await(it) => self.touch_by_statement(&it.base),
            Expr::Paren(it) => self.touch_by_statement(&it.expr),
            _ => {}
        }
    }

    /// The variable that `expr` is a place in.
    pub(super) fn root(&self, expr: &Expr) -> Option<&Binding> {
        match expr {
            Expr::Path(it) => self.binding(it.path.get_ident()?),
            Expr::Field(it) => self.root(&it.base),
            Expr::Index(it) => self.root(&it.expr),
            Expr::Paren(it) => self.root(&it.expr),
            Expr::Unary(it) => self.root(&it.expr),
            _ => None,
        }
    }

    pub(super) fn touch_variable(&mut self, variable: u32, is_any: bool) {
        *self.touched.entry(variable).or_default() |= is_any;
        for ((owner, part), known) in &self.parts {
            if *owner == variable && (is_any || is_said(part)) {
                self.flow.variables[*known as usize].is_volatile = true;
            }
        }
    }

    pub(super) fn forget_variable(&mut self, variable: u32) {
        self.assigns(variable);
        // Whoever holds the reference may use it at any time.
        self.flow.variables[variable as usize].is_volatile = true;
        self.touch_variable(variable, true);
        self.steps.push(Step::Forget(variable));
    }
}
