//! The body of a graph function as a [`Flow`].
//!
//! Names are resolved here, by scope; effects come out as steps, in order of evaluation. Whatever is
//! not understood is visited for what it might do to spaces and variables.

mod blocks;
mod calls;
mod changes;
mod conditions;
mod control;
mod loops;
mod selections;
mod tasks;
mod terms;
mod tokens;
mod unseen;

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::{FnArg, ItemFn, Pat, Type};

use crate::diag::Site;
use crate::model::Spawn;
use crate::model::flow::{
    Flow, Kind, Label, SiteId, Step, Symbol, SymbolId, Term, Value, Variable, VariableId,
};

/// The flow of `function`, in whose body `spawns` have their holes.
///
/// Where it `is_explicit`, accesses don't order tasks.
pub(crate) fn flow(function: &ItemFn, spawns: &[Spawn], is_explicit: bool) -> Flow {
    let mut lowering = Lowering {
        spawns,
        flow: Flow {
            is_explicit,
            ..Flow::default()
        },
        bindings: Vec::new(),
        steps: Vec::new(),
        constants: HashMap::new(),
        parts: HashMap::new(),
        loops: Vec::new(),
        labels: 0,
        repeats: 0,
        assigned: Vec::new(),
        deferred: Vec::new(),
        makers: Vec::new(),
        touched: HashMap::new(),
        unseen: 0,
    };
    for input in &function.sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                let is_mutable = receiver.mutability.is_some();
                lowering.bind("self".to_owned(), is_mutable);
            }
            FnArg::Typed(typed) => {
                let is_mutable =
                    matches!(&*typed.ty, Type::Reference(it) if it.mutability.is_some());
                let first = lowering.flow.variables.len();
                lowering.parameter(&typed.pat, is_mutable, kind(&typed.ty));
                if makes_spaces(&typed.ty) {
                    lowering
                        .makers
                        .extend(number(first)..number(lowering.flow.variables.len()));
                }
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
    /// The variables whose `task_space` is that of the library.
    makers: Vec<VariableId>,
    /// Variables of which something may have changed a part, and whether it may be any part: of
    /// others it is what methods say.
    touched: HashMap<VariableId, bool>,
    /// How often code runs that is not seen, outside of what is deferred.
    unseen: usize,
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
    /// Whether it may be a reference through which others change.
    is_opaque: bool,
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
            is_opaque: false,
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

    fn symbol(&mut self, name: String, kind: Kind) -> SymbolId {
        let symbol = number(self.flow.symbols.len());
        self.flow.symbols.push(Symbol { name, kind });
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
    fn parameter(&mut self, pat: &Pat, is_mutable: bool, kind: Kind) {
        let mut names = Vec::new();
        blocks::names(pat, &mut names);
        for (name, declared_mutable) in names {
            let symbol = self.symbol(name.to_string(), kind);
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
        let unseen = self.unseen;
        self.deferred.push(self.flow.variables.len());
        let steps = self.scoped(lower);
        self.deferred.pop();
        self.unseen = unseen;
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

/// What values of type `ty` are.
fn kind(ty: &Type) -> Kind {
    match ty {
        Type::Path(it) if is_space(&it.path) => Kind::Space,
        Type::Path(it) if is_data(&it.path) => Kind::Data,
        Type::Path(it) => match it.path.get_ident().map(Ident::to_string).as_deref() {
            Some("u8" | "u16" | "u32" | "u64" | "u128" | "usize") => Kind::Unsigned,
            Some("i8" | "i16" | "i32" | "i64" | "i128" | "isize") => Kind::Integer,
            _ => Kind::Any,
        },
        Type::Reference(it) => kind(&it.elem),
        Type::Paren(it) => kind(&it.elem),
        Type::Slice(it) => kind_of_elements(&it.elem),
        Type::Array(it) => kind_of_elements(&it.elem),
        _ => Kind::Any,
    }
}

fn kind_of_elements(ty: &Type) -> Kind {
    match kind(ty) {
        Kind::Data => Kind::Data,
        _ => Kind::Any,
    }
}

/// Whether `path` names one of the types of data.
pub(super) fn is_data(path: &syn::Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|it| it.ident == "PArray" || it.ident == "Shared")
}

fn is_space(path: &syn::Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|it| it.ident == "TaskSpace" || it.ident == "GraphSpace")
}

/// Whether `ty` is one of those of the library that make spaces.
fn makes_spaces(ty: &Type) -> bool {
    match ty {
        Type::Path(it) => it.path.segments.last().is_some_and(|it| {
            ["Scope", "GraphBuilder", "Runtime", "Handle"]
                .iter()
                .any(|name| it.ident == name)
        }),
        Type::Reference(it) => makes_spaces(&it.elem),
        _ => false,
    }
}

/// Ids are 32 bits wide; no source has as many of anything.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
