//! Selections of tasks without the macros' notation, and waits for them.

use syn::{Expr, RangeLimits};

use super::Lowering;
use super::tasks::after;
use crate::diag::Site;
use crate::model::flow::{Extent, Selection, Step, Term};

impl Lowering<'_> {
    /// `tasks.await`, where `whole` is all of it.
    pub(super) fn wait(&mut self, tasks: &Expr, whole: &Expr) {
        if !self.try_wait(tasks, whole) {
            self.expr(tasks);
            self.unseen(true);
        }
    }

    /// As [`wait`](Self::wait), unless `tasks` is not understood.
    pub(super) fn try_wait(&mut self, tasks: &Expr, whole: &Expr) -> bool {
        let Some(tasks) = self.selection(tasks) else {
            return false;
        };
        let site = self.site(Site::of_expr(whole));
        self.steps.push(Step::Wait { tasks, site });
        true
    }

    /// The tasks that `expr` selects.
    pub(super) fn selection(&mut self, expr: &Expr) -> Option<Selection> {
        match expr {
            Expr::Paren(it) => return self.selection(&it.expr),
            Expr::Group(it) => return self.selection(&it.expr),
            Expr::Reference(it) if it.mutability.is_none() => return self.selection(&it.expr),
            Expr::MethodCall(call) => {
                let arg = call.args.first();
                match (call.method.to_string().as_str(), arg, call.args.len()) {
                    ("wait_all", None, 0) => {
                        return match self.alias(&call.receiver) {
                            Some(space) => Some(Selection::Spawned(space)),
                            None => self.selection(&call.receiver),
                        };
                    }
                    ("tasks", None, 0) => {
                        return self.alias(&call.receiver).map(Selection::Variable);
                    }
                    ("task" | "at", Some(index), 1) => {
                        let base = self.alias(&call.receiver)?;
                        let dims = self.coordinates(index).into_iter().map(Extent::At);
                        return Some(Selection::Subscript {
                            base,
                            dims: dims.collect(),
                        });
                    }
                    ("slice", Some(dims), 1) => {
                        let base = self.alias(&call.receiver)?;
                        let dims = self.slice(dims)?;
                        return Some(Selection::Subscript { base, dims });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.alias(expr).map(Selection::Variable)
    }

    /// `i`, `(i, j)` or `[i, j]`.
    pub(super) fn coordinates(&mut self, index: &Expr) -> Vec<Term> {
        self.expr(index);
        match index {
            Expr::Tuple(it) => it.elems.iter().map(|it| self.term(it)).collect(),
            Expr::Array(it) => it.elems.iter().map(|it| self.term(it)).collect(),
            Expr::Paren(it) => self.coordinates(&it.expr),
            other => vec![Term::Single(Box::new(self.term(other)))],
        }
    }

    /// The argument of `slice`: a range, or a tuple of ranges and indices.
    fn slice(&mut self, dims: &Expr) -> Option<Vec<Extent>> {
        self.expr(dims);
        match dims {
            Expr::Tuple(it) => it.elems.iter().map(|it| self.slice_dim(it)).collect(),
            other => Some(vec![self.slice_dim(other)?]),
        }
    }

    fn slice_dim(&mut self, dim: &Expr) -> Option<Extent> {
        match dim {
            Expr::Range(it) => {
                let end = it.end.as_ref().map(|it| self.term(it));
                let inclusive = matches!(it.limits, RangeLimits::Closed(_));
                Some(Extent::Range {
                    start: it.start.as_ref().map(|it| self.term(it)),
                    end: end.map(|it| if inclusive { after(it) } else { it }),
                    step: Term::Integer(1),
                })
            }
            // A step.
            Expr::Call(_) | Expr::MethodCall(_) => None,
            // A variable may hold a range.
            other => Some(Extent::At(Term::Single(Box::new(self.term(other))))),
        }
    }
}
