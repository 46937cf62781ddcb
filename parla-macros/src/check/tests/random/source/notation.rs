//! The text of expressions, patterns and tasks, in the macros' notation and without it.

use crate::check::tests::random::program::{
    Access, Adapter, Condition, Dim, Expr, Iterator, Op, Pattern, Place, Tasks,
};

pub(super) fn list<T>(items: &[T], text: impl FnMut(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

pub(super) fn jump(word: &str, label: Option<&&str>) -> String {
    label.map_or(format!("{word};"), |it| format!("{word} '{it};"))
}

pub(super) fn iterator(iterator: &Iterator) -> String {
    match iterator {
        Iterator::List(elements) => format!("[{}]", list(elements, expr)),
        Iterator::Range {
            start,
            end,
            is_inclusive,
            adapters,
        } => {
            let dots = if *is_inclusive { "..=" } else { ".." };
            let mut text = format!("{}{dots}{}", expr(start), expr(end));
            if !adapters.is_empty() {
                text = format!("({text})");
            }
            for adapter in adapters {
                match adapter {
                    Adapter::Reverse => text.push_str(".rev()"),
                    Adapter::StepBy(step) => text.push_str(&format!(".step_by({step})")),
                }
            }
            text
        }
    }
}

pub(super) fn condition(it: &Condition) -> String {
    let inner = |it: &Condition| match it {
        Condition::Compare(..) => condition(it),
        _ => format!("({})", condition(it)),
    };
    match it {
        Condition::Compare(op, left, right) => format!("{} {op} {}", expr(left), expr(right)),
        Condition::Not(it) => format!("!({})", condition(it)),
        Condition::And(both) => format!("{} && {}", inner(&both.0), inner(&both.1)),
        Condition::Or(both) => format!("{} || {}", inner(&both.0), inner(&both.1)),
    }
}

pub(super) fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Values(values) => {
            let values: Vec<_> = values.iter().map(i64::to_string).collect();
            values.join(" | ")
        }
        Pattern::Between(first, last) => format!("{first}..={last}"),
        Pattern::Binding(name) => (*name).to_owned(),
        Pattern::Anything => "_".to_owned(),
    }
}

/// With no more parentheses than it takes.
pub(super) fn expr(it: &Expr) -> String {
    let rank = |it: &Expr| match it {
        Expr::Literal(_) | Expr::Name(_) => 3,
        Expr::Binary(Op::Add | Op::Sub, _) => 1,
        Expr::Binary(Op::Mul | Op::Div | Op::Rem, _) => 2,
    };
    match it {
        Expr::Literal(value) => value.to_string(),
        Expr::Name(name) => (*name).to_owned(),
        Expr::Binary(op, both) => {
            let side = |side: &Expr, least: u8| match rank(side) < least {
                true => format!("({})", expr(side)),
                false => expr(side),
            };
            let op = match op {
                Op::Add => "+",
                Op::Sub => "-",
                Op::Mul => "*",
                Op::Div => "/",
                Op::Rem => "%",
            };
            let own = rank(it);
            format!("{} {op} {}", side(&both.0, own), side(&both.1, own + 1))
        }
    }
}

pub(super) fn subscript(place: &Place) -> String {
    format!("{}[{}]", place.space, list(&place.indices, expr))
}

pub(super) fn dependency(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => subscript(place),
        Tasks::Slice { space, dims } => format!("{space}[{}]", list(dims, dim)),
        Tasks::Space(name) | Tasks::Handle(name) | Tasks::Input(name) => (*name).to_owned(),
        Tasks::List(tasks) => format!("[{}]", list(tasks, dependency)),
    }
}

/// An array, or a region of one.
pub(super) fn data(access: &Access) -> String {
    match access.dims.is_empty() {
        true => access.array.to_owned(),
        false => format!("{}[{}]", access.array, list(&access.dims, dim)),
    }
}

pub(super) fn dim(dim: &Dim) -> String {
    match dim {
        Dim::At(index) => expr(index),
        Dim::Range {
            start,
            end,
            is_inclusive,
            step,
        } => {
            let start = start.as_ref().map(expr).unwrap_or_default();
            let dots = if *is_inclusive { "..=" } else { ".." };
            let end = end.as_ref().map(expr).unwrap_or_default();
            let step = step.map_or(String::new(), |it| format!("; {it}"));
            format!("{start}{dots}{end}{step}")
        }
    }
}

/// `space.method(indices)`.
pub(super) fn called(method: &str, place: &Place) -> String {
    let indices = list(&place.indices, expr);
    match place.indices.len() {
        1 => format!("{}.{method}({indices})", place.space),
        2 => format!("{}.{method}(({indices}))", place.space),
        _ => format!("{}.{method}([{indices}])", place.space),
    }
}

pub(super) fn sliced(space: &str, dims: &[Dim]) -> String {
    // A variable could hold a range, so nothing is known of a slice with one.
    let argument = |it: &Dim| match it {
        Dim::At(Expr::Name(name)) => format!("{name} + 0"),
        _ => dim(it),
    };
    match dims {
        [only] => format!("{space}.slice({})", argument(only)),
        _ => format!("{space}.slice(({}))", list(dims, argument)),
    }
}

/// A dependency without the macros' notation.
pub(super) fn value(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => called("at", place),
        Tasks::Slice { space, dims } => sliced(space, dims),
        Tasks::Space(name) | Tasks::Handle(name) | Tasks::Input(name) => format!("&{name}"),
        Tasks::List(tasks) => format!("[{}]", list(tasks, value)),
    }
}

pub(super) fn waited(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => called("task", place),
        Tasks::Slice { space, dims } => format!("{}.wait_all()", sliced(space, dims)),
        Tasks::Space(space) => format!("{space}.wait_all()"),
        Tasks::Handle(name) | Tasks::Input(name) => format!("(&{name})"),
        Tasks::List(tasks) => list(tasks, waited),
    }
}
