//! Syntax to model: the only part of it that knows the syntax.
//!
//! Gives clauses their meaning and takes index arithmetic and literals apart. What is out of range
//! stays in the model, for `check` to report; only what the model has no room for is recorded here.

mod access;
mod amount;
mod array_element;
mod flow;
mod index;
mod kernels;
mod placement;

#[cfg(test)]
pub(super) use amount::parse_size;
pub(super) use amount::{amount, size};
pub(crate) use array_element::array_element;
#[cfg(test)]
pub(super) use index::index;
pub(crate) use kernels::kernels;

use syn::{Expr, ItemFn, Path};

use super::{
    BareSpawn, Body, Dependency, DeviceKind, GraphFunction, Role, RuntimeOptions, Spawn, Target,
    TaskFunction, Variant,
};
use crate::diag::{Diagnostics, Site};
use crate::parse::{self, Element, Form, Options, Sites, SpawnArgs, TaskArgs, Value, VariantArgs};

/// A function under `#[parla::main]`, `#[parla::test]` or `#[task_graph]`.
pub(crate) fn graph_function(
    role: Role,
    mut function: ItemFn,
    options: Options,
    diag: &mut Diagnostics,
) -> GraphFunction {
    let sites = Sites::cut(&mut function.block, diag);
    let (spawns, paths): (Vec<_>, Vec<_>) = sites.into_iter().map(spawn).unzip();
    let (prebuilt, explicit) = (options.prebuilt, options.explicit);
    let is_checked = options.check.unwrap_or(true);
    let gives_data = options.data.unwrap_or(true);
    let krate = options.krate.or_else(|| paths.into_iter().flatten().next());
    let options = RuntimeOptions {
        workers: options.workers.map(amount),
        pin_workers: options.pin_workers,
        gpus: options.gpus.map(amount),
        sim_gpus: options.sim_gpus.map(amount),
        seed: options.seed.map(amount),
    };
    let flow = is_checked.then(|| flow::flow(&function, &spawns, explicit.is_some()));
    GraphFunction {
        role,
        flow,
        prebuilt,
        explicit,
        gives_data: role == Role::TaskGraph && gives_data,
        function,
        spawns,
        options,
        krate,
    }
}

/// A function under `#[spawn]` itself.
pub(crate) fn bare_spawn(
    function: ItemFn,
    args: proc_macro2::TokenStream,
    diag: &mut Diagnostics,
) -> BareSpawn {
    let (statements, sites) = Sites::cut_function(function, args, diag);
    let (spawns, paths): (Vec<_>, Vec<_>) = sites.into_iter().map(spawn).unzip();
    // The outermost spawn is the last one, and its word counts first.
    BareSpawn {
        statements,
        spawns,
        krate: paths.into_iter().rev().flatten().next(),
    }
}

/// A function under `#[task]`.
pub(crate) fn task(function: ItemFn, args: TaskArgs) -> TaskFunction {
    TaskFunction {
        function,
        krate: args.krate,
    }
}

/// A function under `#[variant]`.
pub(crate) fn variant(function: ItemFn, args: VariantArgs) -> Variant {
    let VariantArgs {
        function: of,
        device,
        device_span,
        krate,
    } = args;
    let device = match device {
        parse::Device::Cpu => DeviceKind::Cpu,
        parse::Device::Gpu => DeviceKind::Gpu,
    };
    Variant {
        function,
        of,
        device,
        device_span,
        krate,
    }
}

fn spawn(site: parse::Site) -> (Spawn, Option<Path>) {
    let body = match site.form {
        Form::Function(function) => Body::Function(function),
        Form::Closure(closure) => Body::Closure(closure),
        Form::Async(block) => Body::Async(block),
        Form::Call { call, awaited } => Body::Call { call, awaited },
    };
    let SpawnArgs {
        target,
        accesses,
        clauses,
    } = site.args;
    let mut spawn = Spawn {
        written: site.path,
        target: target.map_or(Target::Anonymous, self::target),
        deps: Vec::new(),
        placement: None,
        accesses: accesses.into_iter().map(access::access).collect(),
        clones: Vec::new(),
        vcus: None,
        memory: None,
        priority: None,
        name: None,
        body,
    };
    let mut krate = None;
    for clause in clauses {
        match clause {
            Value::Deps(element) => dependencies(element, &mut spawn.deps),
            Value::Placement(place) => spawn.placement = Some(placement::place(place)),
            Value::Clone(names) => spawn.clones = names,
            Value::Vcus(expr) => spawn.vcus = Some(amount(expr)),
            Value::Memory(expr) => spawn.memory = Some(size(expr)),
            Value::Priority(expr) => spawn.priority = Some(expr),
            Value::Name(expr) => spawn.name = Some(expr),
            Value::Crate(path) => krate = Some(path),
        }
    }
    (spawn, krate)
}

fn target(element: Element) -> Target {
    match element {
        Element::Selection(selection) => Target::Subscript(index::subscript(selection)),
        Element::Expr(expr) => {
            let (is_name, span) = (matches!(expr, Expr::Path(_)), Site::of_expr(&expr));
            Target::Wrong {
                shown: crate::diag::shown(&expr),
                is_name,
                span,
            }
        }
        Element::List { brackets, .. } => Target::Wrong {
            shown: "[…]".to_owned(),
            is_name: false,
            span: brackets.into(),
        },
    }
}

fn dependencies(element: Element, deps: &mut Vec<Dependency>) {
    match element {
        Element::List { elements, .. } => {
            elements.into_iter().for_each(|it| dependencies(it, deps));
        }
        Element::Selection(selection) => {
            deps.push(Dependency::Subscript(index::subscript(selection)));
        }
        Element::Expr(expr) => {
            let by_reference = is_place(&expr);
            deps.push(Dependency::Value { expr, by_reference });
        }
    }
}

/// Whether `expr` names a variable or a part of one.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Group(group) => is_place(&group.expr),
        _ => false,
    }
}
