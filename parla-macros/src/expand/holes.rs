//! Puts the expansions of spawns where `parse` left holes.

use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr};

use super::{Context, spawn};
use crate::hole::hole_number;
use crate::model::{Body, Spawn};

/// Fills every hole of `block`; the bodies of the spawns have holes too.
pub(crate) fn fill(block: &mut Block, spawns: Vec<Spawn>, context: &Context) {
    let inner = Context {
        prebuilt: None,
        ..context.clone()
    };
    let mut filler = Filler {
        spawns: spawns.into_iter().map(Some).collect(),
        context,
        inner: &inner,
    };
    filler.visit_block_mut(block);
}

struct Filler<'a> {
    /// Each is taken when its hole is met.
    spawns: Vec<Option<Spawn>>,
    context: &'a Context,
    /// That of the spawns in bodies, whose tasks are the runtime's.
    inner: &'a Context,
}

impl VisitMut for Filler<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let hole = hole_number(expr).and_then(|number| self.spawns.get_mut(number)?.take());
        let Some(mut spawn) = hole else {
            return visit_mut::visit_expr_mut(self, expr);
        };
        let context = std::mem::replace(&mut self.context, self.inner);
        match &mut spawn.body {
            Body::Function(function) => self.visit_block_mut(&mut function.block),
            Body::Closure(closure) => self.visit_expr_mut(&mut closure.body),
            Body::Async(block) => self.visit_block_mut(&mut block.block),
            Body::Call { call, .. } => {
                call.args
                    .iter_mut()
                    .for_each(|argument| self.visit_expr_mut(argument));
            }
        }
        self.context = context;
        *expr = Expr::Verbatim(spawn::spawn(&spawn, context));
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
