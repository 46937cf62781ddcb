//! Spawns in all forms, the tasks they wait for, and waits.

use proc_macro2::Span;
use syn::{Expr, ExprMethodCall, RangeLimits};

use super::Lowering;
use super::blocks::has_attributes;
use crate::diag::{Site, shown};
use crate::model::flow::{
    AccessStep, Extent, Selection, SpawnStep, SpawnTarget, Step, Term, VariableId,
};
use crate::model::{Access, Body, Dependency, Dim, Mode, Operand, Place, Spawn, Subscript, Target};

/// `base.task(index).deps(…).….spawn(body)`.
pub(super) struct Chain<'e> {
    /// The space and the index; the latter is missing for `s.task()`.
    base: &'e Expr,
    index: Option<&'e Expr>,
    /// The methods between `task` and `spawn`.
    clauses: Vec<&'e ExprMethodCall>,
    body: &'e Expr,
    span: Span,
}

impl<'e> Chain<'e> {
    pub(super) fn of(call: &'e ExprMethodCall) -> Option<Self> {
        let is_spawn = call.method == "spawn" || call.method == "try_spawn";
        if !is_spawn || call.args.len() != 1 {
            return None;
        }
        let mut clauses = Vec::new();
        let mut receiver = &*call.receiver;
        loop {
            let Expr::MethodCall(clause) = receiver else {
                return None;
            };
            if clause.method == "task" && clause.args.len() <= 1 {
                clauses.reverse();
                return Some(Self {
                    base: &clause.receiver,
                    index: clause.args.first(),
                    clauses,
                    body: &call.args[0],
                    span: clause.method.span(),
                });
            }
            clauses.push(clause);
            receiver = &clause.receiver;
        }
    }
}

/// Methods of the builder that order nothing which their arguments don't name.
const PLAIN_CLAUSES: &[&str] = &["deps", "label", "memory", "placement", "priority", "vcus"];

impl Lowering<'_> {
    /// The spawn whose hole bears `number`.
    pub(super) fn spawn(&mut self, number: usize, handle: Option<VariableId>) {
        let spawns = self.spawns;
        let Some(spawn) = spawns.get(number) else {
            return;
        };
        let (target, site) = self.target(spawn);
        let mut dependencies = Vec::new();
        for dependency in &spawn.deps {
            self.dependency(dependency, &mut dependencies);
        }
        self.other_clauses(spawn);
        let mut accesses = Vec::new();
        for access in &spawn.accesses {
            self.access(access, &mut dependencies, &mut accesses);
        }
        let label = match &spawn.body {
            Body::Function(function) => function.sig.ident.to_string(),
            Body::Call { call, .. } => shown(&call.func),
            Body::Closure(_) | Body::Async(_) => self.handle_name(handle),
        };
        let body = self.body_of(spawn);
        let site = self.site(site);
        self.push_spawn(SpawnStep {
            handle,
            target,
            site,
            label,
            dependencies,
            accesses,
            body,
        });
    }

    fn push_spawn(&mut self, step: SpawnStep) {
        self.steps.push(Step::Spawn(Box::new(step)));
    }

    fn target(&mut self, spawn: &Spawn) -> (SpawnTarget, Site) {
        let subscript = match &spawn.target {
            Target::Anonymous => return (SpawnTarget::Anonymous, spawn.span().into()),
            Target::Wrong { span, .. } => {
                // Which tasks were meant is unknown, and so is whose dependencies they are.
                for binding in &self.bindings {
                    self.steps.push(Step::Escape(binding.variable));
                }
                return (SpawnTarget::Somewhere(None), *span);
            }
            Target::Subscript(subscript) => subscript,
        };
        let site = subscript_site(subscript);
        self.visit_indices(subscript);
        let base = self.alias(&subscript.base);
        let target = match (base, subscript.indices()) {
            (Some(base), Some(indices)) => SpawnTarget::Place {
                base,
                indices: indices.into_iter().map(|it| self.index(it)).collect(),
                is_space: true,
            },
            (base, _) => SpawnTarget::Somewhere(base),
        };
        if base.is_none() {
            self.expr(&subscript.base);
        }
        (target, site)
    }

    fn dependency(&mut self, dependency: &Dependency, found: &mut Vec<(Selection, u32)>) {
        match dependency {
            Dependency::Subscript(subscript) => {
                self.visit_indices(subscript);
                match self.alias(&subscript.base) {
                    Some(base) if subscript.is_sound() => {
                        let dims = subscript.dims.iter().map(|it| self.extent(it)).collect();
                        let site = subscript_site(subscript);
                        self.depend(Selection::Subscript { base, dims }, site, found);
                    }
                    Some(_) => {}
                    None => {
                        self.expr(&subscript.base);
                        self.depend(Selection::Unknown, subscript_site(subscript), found);
                    }
                }
            }
            Dependency::Value { expr, .. } => self.dependency_value(expr, found),
        }
    }

    /// What the argument of `deps` may be without the macros' notation.
    fn dependency_value(&mut self, expr: &Expr, found: &mut Vec<(Selection, u32)>) {
        match expr {
            // What a configuration leaves out is no dependency.
            _ if has_attributes(expr) => self.expr(expr),
            Expr::Array(it) => it
                .elems
                .iter()
                .for_each(|it| self.dependency_value(it, found)),
            Expr::Tuple(it) => it
                .elems
                .iter()
                .for_each(|it| self.dependency_value(it, found)),
            Expr::Reference(it) => self.dependency_value(&it.expr, found),
            Expr::Paren(it) => self.dependency_value(&it.expr, found),
            Expr::Group(it) => self.dependency_value(&it.expr, found),
            _ => match self.selection(expr) {
                Some(selection) => self.depend(selection, Site::of_expr(expr), found),
                None => {
                    self.expr(expr);
                    self.depend(Selection::Unknown, Site::of_expr(expr), found);
                }
            },
        }
    }

    fn depend(&mut self, selection: Selection, site: Site, found: &mut Vec<(Selection, u32)>) {
        let site = self.site(site);
        found.push((selection, site));
    }

    /// What a task waits for because of what it uses: the task whose result it reads; otherwise those
    /// that used the same data before, which nobody knows, unless accesses order nothing.
    fn access(
        &mut self,
        access: &Access,
        found: &mut Vec<(Selection, u32)>,
        accesses: &mut Vec<AccessStep>,
    ) {
        let variable = self.alias(&access.base);
        if variable.is_none() {
            self.expr(&access.base);
        }
        for dim in access.dims.iter().flatten() {
            dim.leaves(&mut |expr| self.expr(expr));
        }
        let selection = match variable {
            Some(variable) if access.mode == Mode::Input && access.dims.is_none() => {
                Selection::Variable(variable)
            }
            _ => Selection::Unknown,
        };
        if !self.flow.is_explicit {
            return self.depend(selection, access.site, found);
        }
        let site = self.site(access.site);
        if let Some(data) = variable {
            let dims = access.dims.as_ref();
            let dims = dims.map(|dims| dims.iter().map(|it| self.extent(it)).collect());
            accesses.push(AccessStep {
                mode: access.mode,
                data,
                dims,
                site,
            });
        } else if access.mode == Mode::Input {
            // It may be a task.
            found.push((selection, site));
        }
    }

    fn extent(&mut self, dim: &Dim) -> Extent {
        match dim {
            Dim::At(index) | Dim::SteppedIndex { index, .. } => Extent::At(self.index(index)),
            Dim::Range {
                start,
                end,
                inclusive,
                step,
                ..
            } => {
                let end = end.as_ref().map(|it| self.index(it));
                Extent::Range {
                    start: start.as_ref().map(|it| self.index(it)),
                    end: end.map(|it| if *inclusive { after(it) } else { it }),
                    step: step.as_ref().map_or(Term::Integer(1), |it| self.index(it)),
                }
            }
        }
    }

    /// The effects of computing indices.
    fn visit_indices(&mut self, subscript: &Subscript) {
        for dim in &subscript.dims {
            dim.leaves(&mut |expr| self.expr(expr));
        }
    }

    fn other_clauses(&mut self, spawn: &Spawn) {
        let amount = spawn.vcus.as_ref().map(|it| &it.expr);
        let others = [&spawn.priority, &spawn.name];
        let exprs = amount.into_iter().chain(others.into_iter().flatten());
        exprs.for_each(|it| self.expr(it));
        let Some(placement) = &spawn.placement else {
            return;
        };
        placement.walk(&mut |place| match place {
            Place::Near { operand, .. } | Place::With { operand, .. } => {
                let base = match operand {
                    Operand::Subscript(subscript) => &*subscript.base,
                    Operand::Value(expr) => expr,
                    Operand::List(_) => return,
                };
                if self.alias(base).is_none() {
                    self.expr(base);
                }
            }
            Place::Value(expr) => self.expr(expr),
            _ => {}
        });
    }

    /// What happens in the body, with what it captures as it is at the spawn.
    fn body_of(&mut self, spawn: &Spawn) -> Vec<Step> {
        if let Body::Call { call, .. } = &spawn.body {
            call.args.iter().for_each(|it| self.expr(it));
            return Vec::new();
        }
        self.deferred(|this| {
            for access in &spawn.accesses {
                let is_mutable = access.mode != Mode::Input;
                let variable = this.bind(access.name.to_string(), is_mutable);
                let value = this.unknown(&access.name.to_string());
                this.set(variable, crate::model::flow::Value::Term(value));
            }
            match &spawn.body {
                Body::Function(function) => this.block(&function.block),
                Body::Closure(closure) => {
                    closure.inputs.iter().for_each(|pat| this.bind_unknown(pat));
                    this.expr(&closure.body);
                }
                Body::Async(block) => this.block(&block.block),
                Body::Call { .. } => {}
            }
        })
    }

    /// A spawn without macros.
    pub(super) fn builder_spawn(&mut self, chain: Chain<'_>, handle: Option<VariableId>) {
        let Chain {
            base,
            index,
            clauses,
            body,
            span,
        } = chain;
        let target = match (self.alias(base), index) {
            (_, None) => SpawnTarget::Anonymous,
            (Some(base), Some(index)) => SpawnTarget::Place {
                base,
                indices: self.coordinates(index),
                is_space: false,
            },
            (None, Some(index)) => {
                self.expr(base);
                self.expr(index);
                SpawnTarget::Somewhere(None)
            }
        };
        let mut dependencies = Vec::new();
        for clause in clauses {
            match (clause.method == "deps", clause.args.first()) {
                (true, Some(tasks)) => self.dependency_value(tasks, &mut dependencies),
                _ => clause.args.iter().for_each(|it| self.expr(it)),
            }
            if self.flow.is_explicit && !PLAIN_CLAUSES.iter().any(|it| clause.method == it) {
                let site = clause.method.span().into();
                self.depend(Selection::Unknown, site, &mut dependencies);
            }
        }
        let body = match body {
            Expr::Closure(closure) => self.deferred(|this| {
                closure.inputs.iter().for_each(|pat| this.bind_unknown(pat));
                this.expr(&closure.body);
            }),
            Expr::Async(block) => self.deferred(|this| this.block(&block.block)),
            other => {
                self.expr(other);
                Vec::new()
            }
        };
        let site = match index {
            Some(index) => Site::between(Site::of_expr(base), Site::of_expr(index)),
            None => span.into(),
        };
        let step = SpawnStep {
            handle,
            target,
            site: self.site(site),
            label: self.handle_name(handle),
            dependencies,
            accesses: Vec::new(),
            body,
        };
        self.push_spawn(step);
    }

    /// What the handle of a task is bound to.
    fn handle_name(&self, handle: Option<VariableId>) -> String {
        let name = |it: VariableId| self.flow.variables[it as usize].name.clone();
        handle.map(name).unwrap_or_default()
    }

    /// `t.spawn_all(a..b, |i| …)`.
    pub(super) fn spawn_all(&mut self, call: &ExprMethodCall) -> bool {
        let (Some(base), Expr::Range(range)) = (self.alias(&call.receiver), &call.args[0]) else {
            return false;
        };
        let (Some(start), Some(end)) = (&range.start, &range.end) else {
            return false;
        };
        let (start, end) = (self.settled(start), self.settled(end));
        let end = match range.limits {
            RangeLimits::HalfOpen(_) => end,
            RangeLimits::Closed(_) => after(end),
        };
        self.expr(&call.args[0]);
        // The bodies run any number of times.
        self.expr(&call.args[1]);
        let site = self.site(Site::of_expr(&call.args[0]));
        self.push_spawn(SpawnStep {
            handle: None,
            target: SpawnTarget::All { base, start, end },
            site,
            label: String::new(),
            dependencies: Vec::new(),
            accesses: Vec::new(),
            body: Vec::new(),
        });
        true
    }
}

pub(super) fn after(term: Term) -> Term {
    let add = crate::model::flow::Operator::Arithmetic(crate::model::Arithmetic::Add);
    super::terms::binary(add, term, Term::Integer(1))
}

fn subscript_site(subscript: &Subscript) -> Site {
    Site::between(Site::of_expr(&subscript.base), subscript.span.into())
}
