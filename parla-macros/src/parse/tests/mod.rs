//! What is read of a clause list, and what is said of what can't be read.

mod accesses;
mod clauses;
mod kernels;
mod placements;
mod words;

use expect_test::Expect;
use proc_macro2::TokenStream;

use super::{Access, Core, Element, Placement, SpawnArgs, Value};
use crate::diag::{Diagnostics, shown};

/// Reads `source` as the arguments of a spawn, and prints what was read and what was not.
fn check(source: &str, expected: Expect) {
    let mut diag = Diagnostics::new();
    let args = SpawnArgs::parse(tokens(source), &mut diag);
    let mut lines: Vec<String> = args
        .target
        .iter()
        .map(|it| format!("target {}", element(it)))
        .collect();
    lines.extend(args.accesses.iter().map(access));
    lines.extend(args.clauses.iter().map(value));
    lines.extend(diag.texts());
    let lines = lines.into_iter().map(|line| line + "\n");
    expected.assert_eq(&lines.collect::<String>());
}

fn tokens(source: &str) -> TokenStream {
    source
        .parse()
        .expect("the source of a test has balanced brackets")
}

fn element(element: &Element) -> String {
    match element {
        Element::List { elements: list, .. } => {
            format!(
                "list({})",
                list.iter()
                    .map(self::element)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        Element::Selection(it) => {
            let dim = |dim: &super::Dim| {
                let step = dim.step.as_ref().map(|it| format!("; {}", shown(it)));
                shown(&dim.value) + &step.unwrap_or_default()
            };
            let dims: Vec<_> = it.dims.iter().map(dim).collect();
            format!("{}<{}>", shown(&it.base), dims.join(" | "))
        }
        Element::Expr(expr) => format!("expr({})", shown(expr)),
    }
}

fn placement(it: &Placement) -> String {
    let places = |places: &[Placement]| places.iter().map(placement).collect::<Vec<_>>().join(", ");
    let core = match &it.core {
        Core::Device {
            keyword,
            number: None,
            ..
        } => format!("{keyword:?}"),
        Core::Device {
            keyword,
            number: Some(number),
            ..
        } => format!("{keyword:?} {}", shown(number)),
        Core::Near { operand, .. } => format!("near {}", element(operand)),
        Core::With { operand, .. } => format!("with {}", element(operand)),
        Core::Alternatives { places: all, .. } => format!("one of ({})", places(all)),
        Core::Set { places: all, .. } => format!("all of ({})", places(all)),
        Core::Expr(expr) => format!("expr({})", shown(expr)),
    };
    let times = it
        .times
        .as_ref()
        .map(|it| format!(" times {}", shown(it)))
        .unwrap_or_default();
    let shares = it
        .shares
        .iter()
        .map(|it| format!(" {} {}", it.name, shown(&it.value)));
    core + &times + &shares.collect::<String>()
}

fn access(access: &Access) -> String {
    let value = access
        .value
        .as_ref()
        .map(|it| format!(" = {}", element(it)));
    format!(
        "{} {}{}",
        access.clause,
        access.name,
        value.unwrap_or_default()
    )
}

fn value(value: &Value) -> String {
    match value {
        Value::Deps(it) => format!("deps {}", element(it)),
        Value::Placement(it) => format!("placement {}", placement(it)),
        Value::Clone(names) => format!("clone {names:?}"),
        Value::Vcus(expr) => format!("vcus {}", shown(expr)),
        Value::Memory(expr) => format!("memory {}", shown(expr)),
        Value::Priority(expr) => format!("priority {}", shown(expr)),
        Value::Name(expr) => format!("name {}", shown(expr)),
        Value::Crate(path) => format!("crate {}", shown(path)),
    }
}
