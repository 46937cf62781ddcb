//! What a function under `#[task_graph(prebuilt)]` must look like.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ReturnType};

use crate::diag::{Code, Diagnostics, Site};
use crate::model::{Body, Dependency, GraphFunction, Mode, Spawn, Subscript, Target, run_input};

/// It is built once, so all that differs between its runs is one input.
pub(crate) fn signature(graph: &GraphFunction, code: Code, diag: &mut Diagnostics) {
    if graph.prebuilt.is_none() {
        return;
    }
    let sig = &graph.function.sig;
    if let Some(word) = &sig.asyncness {
        let help = format!(
            "leave `async` out; `{0}::prebuilt()?.run_async(…)` makes a future of a run",
            sig.ident
        );
        diag.error(word.span, code, "a prebuilt graph can't be `async`")
            .help(help);
    }
    if !sig.generics.params.is_empty() {
        let site = Site::of(&sig.generics.params, sig.ident.span());
        diag.error(site, code, "a prebuilt graph can't be generic")
            .help("build the graph with `Graph::new`, or choose a type");
    }
    for (position, input) in sig.inputs.iter().enumerate() {
        if position == 0 && run_input(input).is_some() {
            continue;
        }
        let message = match position {
            0 => "the input of a prebuilt graph is a reference, `name: &Type`",
            _ => "a prebuilt graph has one input",
        };
        diag.error(Site::of(input, input.span()), code, message)
            .help("put what differs between runs into one type, and take that by `&`");
    }
    if matches!(sig.output, ReturnType::Default) {
        diag.error(
            sig.ident.span(),
            code,
            "a prebuilt graph returns how its run went",
        )
        .help("write `-> parla::Result<()>`, and `Ok(())` at the end");
    }
}

/// Its tasks are described before there is an input.
pub(crate) fn input(graph: &GraphFunction, code: Code, diag: &mut Diagnostics) {
    let input = graph.function.sig.inputs.first().and_then(run_input);
    let (Some(_), Some(input)) = (graph.prebuilt, input) else {
        return;
    };
    let mut uses = Uses {
        name: &input.name,
        sites: Vec::new(),
        is_shadowed: false,
    };
    uses.visit_block(&graph.function.block);
    for spawn in outermost(graph) {
        described_with(spawn, &mut |expr| uses.visit_expr(expr));
    }
    // Which of two variables of that name is meant, the compiler says.
    if let (Some(site), false) = (uses.sites.first(), uses.is_shadowed) {
        let name = &input.name;
        let message = format!("`{name}` is used where the graph is built, before it has a value");
        diag.error(*site, code, message)
            .help(format!("use `{name}` in the bodies of tasks only"));
    }
}

/// Its tasks are sync, and run on any worker.
pub(crate) fn tasks(graph: &GraphFunction, code: Code, diag: &mut Diagnostics) {
    if graph.prebuilt.is_none() {
        return;
    }
    for spawn in outermost(graph) {
        if spawn.body.is_async() {
            diag.error(
                spawn.span(),
                code,
                "a task of a prebuilt graph can't be `async`",
            )
            .help("leave `async` out, or spawn it as a task of its own");
        }
        for access in &spawn.accesses {
            let clause = access.mode;
            let message = format!("`{clause}` has no meaning in a prebuilt graph");
            let help = match clause {
                Mode::Input => "hand results on through the input of the run, and write `deps`",
                _ => "reach the data through the input of the run, and write `deps`",
            };
            diag.error(access.name.span(), code, message).help(help);
        }
        let clauses = [
            (
                "placement",
                spawn.placement.as_ref().map(|_| spawn.span().into()),
            ),
            ("vcus", spawn.vcus.as_ref().map(|it| it.site)),
            ("memory", spawn.memory.as_ref().map(|_| spawn.span().into())),
            ("priority", spawn.priority.as_ref().map(Site::of_expr)),
        ];
        for (clause, site) in clauses {
            let Some(site) = site else { continue };
            let message = format!("`{clause}` has no meaning in a prebuilt graph");
            diag.error(site, code, message)
                .help("leave it out, or give it to the task that runs the graph");
        }
    }
}

/// The spawns that make the graph: those in bodies are tasks of the runtime.
fn outermost(graph: &GraphFunction) -> impl Iterator<Item = &Spawn> {
    let inner = |spawn: &Spawn| match &spawn.body {
        Body::Function(it) => crate::hole::hole_numbers(it.block.to_token_stream()),
        Body::Closure(it) => crate::hole::hole_numbers(it.body.to_token_stream()),
        Body::Async(it) => crate::hole::hole_numbers(it.block.to_token_stream()),
        Body::Call { .. } => Vec::new(),
    };
    let nested: Vec<usize> = graph.spawns.iter().flat_map(inner).collect();
    let spawns = graph.spawns.iter().enumerate();
    spawns.filter_map(move |(number, it)| (!nested.contains(&number)).then_some(it))
}

/// Calls `see` with what is evaluated when the graph is built.
fn described_with(spawn: &Spawn, see: &mut dyn FnMut(&Expr)) {
    let subscript = |it: &Subscript, see: &mut dyn FnMut(&Expr)| {
        see(&it.base);
        it.dims.iter().for_each(|dim| dim.leaves(see));
    };
    if let Target::Subscript(target) = &spawn.target {
        subscript(target, see);
    }
    for dependency in &spawn.deps {
        match dependency {
            Dependency::Subscript(it) => subscript(it, see),
            Dependency::Value { expr, .. } => see(expr),
        }
    }
    for access in &spawn.accesses {
        see(&access.base);
        let dims = access.dims.iter().flatten();
        dims.for_each(|dim| dim.leaves(see));
    }
    spawn.name.iter().for_each(see);
}

/// Finds where a variable is used; the bodies of spawns have been cut out.
struct Uses<'a> {
    name: &'a Ident,
    sites: Vec<Span>,
    is_shadowed: bool,
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_path(&mut self, it: &'ast syn::ExprPath) {
        if it.path.is_ident(self.name) {
            self.sites.push(it.path.span());
        }
    }

    fn visit_pat_ident(&mut self, it: &'ast syn::PatIdent) {
        self.is_shadowed |= it.ident == *self.name;
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
