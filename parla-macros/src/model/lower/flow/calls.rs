//! Calls: those of the API that run a closure once, those that do nothing to a space, and others.

use syn::visit;
use syn::{Expr, ExprCall, ExprClosure, ExprMethodCall, Lit};

use super::Lowering;
use super::tasks::Chain;
use crate::diag::Site;
use crate::model::flow::Step;

/// Methods of spaces and handles that only look.
const LOOKING: &[&str] = &[
    "cancel",
    "exists",
    "is_finished",
    "is_empty",
    "len",
    "name",
    "result",
    "shape",
    "state",
];

/// Methods that change what other methods say, also through a shared reference.
const CHANGING: &[&str] = &[
    "add",
    "advance",
    "append",
    "clear",
    "drain",
    "extend",
    "fetch_add",
    "fetch_sub",
    "insert",
    "next",
    "pop",
    "pop_back",
    "pop_front",
    "push",
    "push_back",
    "push_front",
    "recv",
    "remove",
    "replace",
    "resize",
    "retain",
    "send",
    "set",
    "store",
    "swap",
    "take",
    "truncate",
    "try_pop",
    "update",
];

/// Methods that change nothing of what other methods say, whoever has them.
const INNOCENT: &[&str] = &[
    "as_slice",
    "as_str",
    "at",
    "chunks",
    "chunks_exact",
    "clone",
    "cols",
    "columns",
    "contains",
    "copied",
    "count",
    "depth",
    "first",
    "get",
    "height",
    "into_iter",
    "is_empty",
    "iter",
    "last",
    "len",
    "ncols",
    "nrows",
    "rows",
    "size",
    "slice",
    "task",
    "tasks",
    "to_owned",
    "to_string",
    "to_vec",
    "wait_all",
    "width",
    "windows",
];

impl Lowering<'_> {
    pub(super) fn call(&mut self, call: &ExprCall) {
        if let Some(closure) = only_closure(call) {
            if is_scope(&call.func) {
                let site = self.site(Site::of_expr(&call.func));
                return self.once(closure, Some(site));
            }
            if is_path_of(&call.func, "Graph", &["new"]) {
                return self.once(closure, None);
            }
        }
        // Who gives up a handle on a space can't spawn there.
        let is_drop = is_path(&call.func, &["drop"]) && call.args.len() == 1;
        if is_drop && self.alias(&call.args[0]).is_some() {
            return;
        }
        for arg in &call.args {
            // It may be a reference to something that changes.
            if let Expr::Path(_) = arg {
                self.touch(arg);
            }
        }
        visit::visit_expr_call(self, call);
        self.unseen_call(call);
    }

    /// A closure that is called once, here.
    fn once(&mut self, closure: &ExprClosure, scope: Option<u32>) {
        let mut owner = 0;
        let bind_and_lower = |this: &mut Self| {
            owner = super::number(this.flow.variables.len());
            closure.inputs.iter().for_each(|pat| this.bind_unknown(pat));
            let behind = super::number(this.flow.variables.len());
            this.makers.extend(owner..behind);
            this.expr(&closure.body);
        };
        let loops = std::mem::take(&mut self.loops);
        let body = self.scoped(bind_and_lower);
        self.loops = loops;
        let scope = scope.map(|site| (site, owner));
        self.steps.push(Step::Once { body, scope });
    }

    pub(super) fn method_call(&mut self, call: &ExprMethodCall) {
        if let Some(chain) = Chain::of(call) {
            return self.stray(|this, handle| this.builder_spawn(chain, handle));
        }
        let method = call.method.to_string();
        match (method.as_str(), call.args.len()) {
            ("spawn_all", 2) if self.spawn_all(call) => return,
            // Blocks until the tasks have ended.
            ("wait", 0) => {
                let whole = Expr::MethodCall(call.clone());
                if self.try_wait(&call.receiver, &whole) {
                    return;
                }
            }
            _ => {}
        }
        if LOOKING.contains(&method.as_str()) && self.is_only_looked_at(&call.receiver) {
            call.args.iter().for_each(|it| self.expr(it));
            return;
        }
        let receiver = match &*call.receiver {
            Expr::Path(it) => it.path.get_ident().and_then(|it| self.binding(it)),
            _ => None,
        };
        let mutable = receiver
            .filter(|it| it.is_mutable && !is_number_method(&method))
            .map(|it| it.variable);
        visit::visit_expr_method_call(self, call);
        let is = |names: &[&str]| names.contains(&method.as_str());
        let is_opaque = self.root(&call.receiver).is_some_and(|it| it.is_opaque);
        // Who looks into something changes nothing of it, as a rule.
        if is(CHANGING) || is_opaque && !is(INNOCENT) && !is_number_method(&method) {
            self.touch(&call.receiver);
        }
        if let Some(variable) = mutable {
            self.forget_variable(variable);
        }
        if !is(INNOCENT) && !is_number_method(&method) {
            self.unseen_method(&method);
        }
    }

    /// Whether `expr` is a variable, or tasks selected in one.
    fn is_only_looked_at(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::MethodCall(it) => {
                let selects = ["task", "at", "slice", "tasks"]
                    .iter()
                    .any(|name| it.method == name);
                if selects && self.alias(&it.receiver).is_some() {
                    it.args.iter().for_each(|it| self.expr(it));
                    return true;
                }
                false
            }
            _ => self.alias(expr).is_some(),
        }
    }
}

/// Methods of integers, none of which changes its receiver.
fn is_number_method(name: &str) -> bool {
    [
        "min",
        "max",
        "pow",
        "abs",
        "div_ceil",
        "clone",
        "saturating_sub",
        "is_power_of_two",
    ]
    .contains(&name)
}

/// The closure, if it is the only argument.
fn only_closure(call: &ExprCall) -> Option<&ExprClosure> {
    match call.args.first()? {
        Expr::Closure(closure) if call.args.len() == 1 => Some(closure),
        _ => None,
    }
}

/// `scope`, or `parla::scope`; other crates have scopes, too.
fn is_scope(func: &Expr) -> bool {
    let Expr::Path(it) = func else { return false };
    let mut segments = it.path.segments.iter().rev();
    let is_scope = segments.next().is_some_and(|it| it.ident == "scope");
    is_scope
        && segments
            .next()
            .is_none_or(|it| it.ident.to_string().contains("parla"))
}

/// Whether `func` is `…::owner::name` for one of `names`.
pub(super) fn is_path_of(func: &Expr, owner: &str, names: &[&str]) -> bool {
    let Expr::Path(it) = func else { return false };
    let mut segments = it.path.segments.iter().rev();
    let named = segments
        .next()
        .is_some_and(|it| names.iter().any(|name| it.ident == name));
    named && segments.next().is_some_and(|it| it.ident == owner)
}

fn is_path(func: &Expr, names: &[&str]) -> bool {
    let Expr::Path(it) = func else { return false };
    let last = it.path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}

/// The text that `expr` is.
pub(super) fn string(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(it) => match &it.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
