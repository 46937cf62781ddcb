//! The body of a graph function as a [`Flow`].
//!
//! Names are resolved here, by scope; effects come out as steps, in order of evaluation. Whatever is
//! not understood is visited for what it might do to spaces and variables.

mod blocks;
mod calls;
mod conditions;
mod control;
mod loops;
mod selections;
mod tasks;
mod terms;
mod tokens;

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, ItemFn, Pat};

use crate::diag::Site;
use crate::model::Spawn;
use crate::model::flow::{
    Flow, Label, SiteId, Step, Symbol, SymbolId, Term, Value, Variable, VariableId,
};

/// The flow of `function`, in whose body `spawns` have their holes.
pub(crate) fn flow(function: &ItemFn, spawns: &[Spawn]) -> Flow {
    let mut lowering = Lowering {
        spawns,
        flow: Flow::default(),
        bindings: Vec::new(),
        steps: Vec::new(),
        constants: HashMap::new(),
        parts: HashMap::new(),
        loops: Vec::new(),
        labels: 0,
        repeats: 0,
        assigned: Vec::new(),
        deferred: Vec::new(),
    };
    for input in &function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                let is_mutable = receiver.mutability.is_some();
                lowering.bind("self".to_owned(), is_mutable);
            }
            FnArg::Typed(typed) => {
                let is_mutable =
                    matches!(&*typed.ty, syn::Type::Reference(it) if it.mutability.is_some());
                let is_space = names_space(typed.ty.to_token_stream());
                lowering.parameter(&typed.pat, is_mutable, is_space);
            }
        }
    }
    lowering.block(&function.block);
    lowering.flow.steps.append(&mut lowering.steps);
    lowering.flow
}

struct Lowering<'a> {
    spawns: &'a [Spawn],
    flow: Flow,
    /// What is in scope; later bindings shadow earlier ones.
    bindings: Vec<Binding>,
    /// The steps of the innermost block.
    steps: Vec<Step>,
    /// Symbols of constants, by their text.
    constants: HashMap<String, SymbolId>,
    /// The variables that stand for parts of others: fields, lengths.
    parts: HashMap<(VariableId, String), VariableId>,
    /// The loops and labelled blocks around, with their labels in the source.
    loops: Vec<Enclosing>,
    labels: Label,
    /// How many loops and closures are around: only outside of them is an unknown value one value.
    repeats: usize,
    /// For each repetition around, what is assigned in it.
    assigned: Vec<Vec<VariableId>>,
    /// For each closure or body around, how many variables there were when it began.
    deferred: Vec<usize>,
}

/// A loop, or a labelled block.
struct Enclosing {
    name: Option<String>,
    label: Label,
    is_loop: bool,
}

struct Binding {
    name: String,
    variable: VariableId,
    is_mutable: bool,
    /// Whether it is bound anew in each turn of something.
    is_repeated: bool,
}

impl Lowering<'_> {
    /// A new variable in the innermost scope.
    fn bind(&mut self, name: String, is_mutable: bool) -> VariableId {
        let variable = self.variable(name.clone());
        self.bind_to(name, variable, is_mutable);
        variable
    }

    /// A name for a variable that is there.
    fn bind_to(&mut self, name: String, variable: VariableId, is_mutable: bool) {
        self.bindings.push(Binding {
            name,
            variable,
            is_mutable,
            is_repeated: self.repeats > 0,
        });
    }

    fn variable(&mut self, name: String) -> VariableId {
        let variable = number(self.flow.variables.len());
        self.flow.variables.push(Variable {
            name,
            is_volatile: false,
        });
        variable
    }

    fn symbol(&mut self, name: String) -> SymbolId {
        let symbol = number(self.flow.symbols.len());
        self.flow.symbols.push(Symbol {
            name,
            is_space: false,
        });
        symbol
    }

    fn site(&mut self, site: Site) -> SiteId {
        let id = number(self.flow.sites.len());
        self.flow.sites.push(site);
        id
    }

    fn binding(&self, name: &Ident) -> Option<&Binding> {
        self.bindings.iter().rev().find(|it| *name == it.name)
    }

    /// A parameter is unknown, but the same throughout.
    fn parameter(&mut self, pat: &Pat, is_mutable: bool, is_space: bool) {
        let mut names = Vec::new();
        blocks::names(pat, &mut names);
        for (name, declared_mutable) in names {
            let symbol = self.symbol(name.to_string());
            self.flow.symbols[symbol as usize].is_space = is_space;
            let variable = self.bind(name.to_string(), is_mutable || declared_mutable);
            self.set(variable, Value::Term(Term::Symbol(symbol)));
        }
    }

    fn set(&mut self, variable: VariableId, value: Value) {
        self.steps.push(Step::Set {
            variable,
            value,
            is_assignment: false,
        });
    }

    /// Records that the step to come gives `variable` another value.
    fn assigns(&mut self, variable: VariableId) {
        for assigned in &mut self.assigned {
            assigned.push(variable);
        }
        if self
            .deferred
            .iter()
            .any(|&before| (variable as usize) < before)
        {
            self.flow.variables[variable as usize].is_volatile = true;
        }
    }

    /// The steps that `lower` makes, apart.
    fn apart(&mut self, lower: impl FnOnce(&mut Self)) -> Vec<Step> {
        let outer = std::mem::take(&mut self.steps);
        lower(self);
        std::mem::replace(&mut self.steps, outer)
    }

    /// As [`apart`](Self::apart), in a scope of its own.
    fn scoped(&mut self, lower: impl FnOnce(&mut Self)) -> Vec<Step> {
        let bindings = self.bindings.len();
        let steps = self.apart(lower);
        self.bindings.truncate(bindings);
        steps
    }

    /// The steps of something that may run several times, and what they assign.
    fn repeated(&mut self, lower: impl FnOnce(&mut Self)) -> (Vec<Step>, Vec<VariableId>) {
        self.repeats += 1;
        self.assigned.push(Vec::new());
        let steps = self.scoped(lower);
        self.repeats -= 1;
        (steps, self.assigned.pop().unwrap_or_default())
    }

    /// The steps of something that runs at another time: its loops are its own.
    fn deferred(&mut self, lower: impl FnOnce(&mut Self)) -> Vec<Step> {
        let loops = std::mem::take(&mut self.loops);
        self.deferred.push(self.flow.variables.len());
        let steps = self.scoped(lower);
        self.deferred.pop();
        self.loops = loops;
        steps
    }

    /// What happens any number of times, or never.
    fn maybe(&mut self, lower: impl FnOnce(&mut Self)) {
        let label = self.fresh_label();
        let (body, assigned) = self.repeated(lower);
        if !body.is_empty() {
            self.steps.push(Step::Maybe {
                body,
                label,
                assigned,
            });
        }
    }

    fn fresh_label(&mut self) -> Label {
        self.labels += 1;
        self.labels
    }
}

/// Ids are 32 bits wide; no source has as many of anything.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether a type is that of a task space, or made of it.
fn names_space(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "TaskSpace" || ident == "GraphSpace",
        TokenTree::Group(group) => names_space(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
