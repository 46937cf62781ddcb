//! Programs as source text.

use std::fmt::Write as _;

use super::program::{
    Adapter, Block, Condition, Dim, Entry, Expr, Form, Iterator, Op, Pattern, Place, Program,
    Spawn, Stmt, Tasks,
};

/// The item that the attribute of its entry stands on.
pub(super) fn source(program: &Program) -> String {
    let mut text = Text {
        is_async: program.is_async,
        depth: 1,
        lines: String::new(),
    };
    let header = match (program.entry, program.is_async) {
        (Entry::Main, true) => "async fn main()",
        (Entry::Main, false) => "fn main()",
        (Entry::Test, true) => "async fn graph()",
        (Entry::Test, false) => "fn graph()",
        (Entry::TaskGraph, true) => "async fn graph(n: i64)",
        (Entry::TaskGraph, false) => "fn graph(n: i64)",
    };
    text.block(&program.body);
    format!(
        "{header} -> parla::Result<()> {{\n{}    Ok(())\n}}\n",
        text.lines
    )
}

struct Text {
    is_async: bool,
    depth: usize,
    lines: String,
}

impl Text {
    fn line(&mut self, line: &str) {
        let indent = self.depth * 4;
        // To a `String`, which takes everything.
        let _ = writeln!(self.lines, "{:indent$}{line}", "");
    }

    fn block(&mut self, block: &Block) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    /// A block with what opens and what closes it.
    fn braced(&mut self, open: &str, block: &Block, close: &str) {
        self.line(open);
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
        self.line(close);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Space { name, shape: None } => {
                self.line(&format!("let {name} = TaskSpace::new(\"{name}\");"));
            }
            Stmt::Space {
                name,
                shape: Some(extents),
            } => self.line(&format!(
                "let {name} = TaskSpace::with_shape(\"{name}\", [{}]);",
                list(extents, expr)
            )),
            Stmt::Alias { name, of, clones } => self.line(&match clones {
                true => format!("let {name} = {of}.clone();"),
                false => format!("let {name} = &{of};"),
            }),
            Stmt::Let { names, is_mutable } => {
                let mutable = if *is_mutable { "mut " } else { "" };
                let left = list(names, |(name, _)| format!("{mutable}{name}"));
                let right = list(names, |(_, value)| expr(value));
                self.line(&match names.len() {
                    1 => format!("let {left} = {right};"),
                    _ => format!("let ({left}) = ({right});"),
                });
            }
            Stmt::Const { name, value } => self.line(&format!("const {name}: i64 = {value};")),
            Stmt::Assign { name, value } => match value {
                Expr::Binary(Op::Add, both) if matches!(both.0, Expr::Name(it) if it == *name) => {
                    self.line(&format!("{name} += {};", expr(&both.1)));
                }
                _ => self.line(&format!("{name} = {};", expr(value))),
            },
            Stmt::For {
                label,
                variable,
                iterator,
                body,
            } => {
                let label = label.map_or(String::new(), |it| format!("'{it}: "));
                let open = format!("{label}for {variable} in {} {{", self::iterator(iterator));
                self.braced(&open, body, "}");
            }
            Stmt::While {
                variable,
                end,
                body,
            } => {
                let open = format!("while {variable} < {} {{", expr(end));
                // In braces of its own, whose names don't hide the counter.
                self.line(&open);
                self.depth += 1;
                self.braced("{", body, "}");
                self.line(&format!("{variable} += 1;"));
                self.depth -= 1;
                self.line("}");
            }
            Stmt::If {
                condition,
                then,
                otherwise,
            } => {
                let open = format!("if {} {{", self::condition(condition));
                self.braced(&open, then, "}");
                if let Some(otherwise) = otherwise {
                    self.braced("else {", otherwise, "}");
                }
            }
            Stmt::Match { subject, arms } => {
                self.line(&format!("match {} {{", expr(subject)));
                self.depth += 1;
                for (pattern, block) in arms {
                    self.braced(&format!("{} => {{", self::pattern(pattern)), block, "}");
                }
                self.depth -= 1;
                self.line("}");
            }
            Stmt::Block(block) => self.braced("{", block, "}"),
            Stmt::Break(label) => self.line(&jump("break", label.as_ref())),
            Stmt::Continue(label) => self.line(&jump("continue", label.as_ref())),
            Stmt::Return => self.line("return Ok(());"),
            Stmt::Spawn(spawn) => self.spawn(spawn),
            Stmt::SpawnAll { space, start, end } => {
                let range = format!("{}..{}", expr(start), expr(end));
                self.line(&format!("{space}.spawn_all({range}, |i| i);"));
            }
            Stmt::Wait(tasks) => {
                let wait = if self.is_async { ".await?" } else { ".wait()?" };
                self.line(&format!("{}{wait};", waited(tasks)));
            }
            Stmt::Noise(text) => self.line(text),
        }
    }

    fn spawn(&mut self, spawn: &Spawn) {
        let awaits = spawn
            .awaits
            .iter()
            .map(|it| format!("{}.await.unwrap(); ", called("task", it)));
        let block = format!("{{ {}}}", awaits.collect::<String>());
        let closure = match spawn.is_async {
            true => format!("async move {block}"),
            false => "move || ()".to_owned(),
        };
        let bound = spawn
            .handle
            .map_or(String::new(), |it| format!("let {it} = "));
        if spawn.form == Form::Builder {
            let task = spawn.target.as_ref().map(|it| called("task", it));
            let task = task.unwrap_or_else(|| "parla::task()".to_owned());
            let deps = spawn.deps.iter().map(|it| format!(".deps({})", value(it)));
            let deps: String = deps.collect();
            return self.line(&format!("{bound}{task}{deps}.spawn({closure});"));
        }
        let attribute = attribute(spawn);
        match spawn.form {
            Form::Function => {
                let is_async = if spawn.is_async { "async " } else { "" };
                let name = spawn.handle.unwrap_or("nameless");
                self.line(&attribute);
                self.line(&format!("{is_async}fn {name}() {block}"));
            }
            Form::Call => self.line(&format!("{bound}{attribute} work(1);")),
            _ => self.line(&format!("{bound}{attribute} {closure};")),
        }
    }
}

fn attribute(spawn: &Spawn) -> String {
    let mut clauses: Vec<String> = spawn.target.iter().map(subscript).collect();
    let is_input = |it: &&Tasks| matches!(it, Tasks::Input(_));
    let (inputs, deps): (Vec<_>, Vec<_>) = spawn.deps.iter().partition(is_input);
    if !deps.is_empty() {
        clauses.push(format!("deps = [{}]", list(&deps, |it| dependency(it))));
    }
    if !inputs.is_empty() {
        let mut number = 0;
        let inputs = list(&inputs, |it| {
            number += 1;
            format!("input{number} = {}", dependency(it))
        });
        clauses.push(format!("input = [{inputs}]"));
    }
    if let Some(place) = spawn.awaits.first() {
        clauses.push(format!("clone = [{}]", place.space));
    }
    match clauses.is_empty() {
        true => "#[spawn]".to_owned(),
        false => format!("#[spawn({})]", clauses.join(", ")),
    }
}

fn list<T>(items: &[T], text: impl FnMut(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn jump(word: &str, label: Option<&&str>) -> String {
    label.map_or(format!("{word};"), |it| format!("{word} '{it};"))
}

fn iterator(iterator: &Iterator) -> String {
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

fn condition(it: &Condition) -> String {
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

fn pattern(pattern: &Pattern) -> String {
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
fn expr(it: &Expr) -> String {
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

fn subscript(place: &Place) -> String {
    format!("{}[{}]", place.space, list(&place.indices, expr))
}

fn dependency(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => subscript(place),
        Tasks::Slice { space, dims } => format!("{space}[{}]", list(dims, dim)),
        Tasks::Space(name) | Tasks::Handle(name) | Tasks::Input(name) => (*name).to_owned(),
        Tasks::List(tasks) => format!("[{}]", list(tasks, dependency)),
    }
}

fn dim(dim: &Dim) -> String {
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
fn called(method: &str, place: &Place) -> String {
    let indices = list(&place.indices, expr);
    match place.indices.len() {
        1 => format!("{}.{method}({indices})", place.space),
        2 => format!("{}.{method}(({indices}))", place.space),
        _ => format!("{}.{method}([{indices}])", place.space),
    }
}

fn sliced(space: &str, dims: &[Dim]) -> String {
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
fn value(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => called("at", place),
        Tasks::Slice { space, dims } => sliced(space, dims),
        Tasks::Space(name) | Tasks::Handle(name) | Tasks::Input(name) => format!("&{name}"),
        Tasks::List(tasks) => format!("[{}]", list(tasks, value)),
    }
}

fn waited(tasks: &Tasks) -> String {
    match tasks {
        Tasks::Place(place) => called("task", place),
        Tasks::Slice { space, dims } => format!("{}.wait_all()", sliced(space, dims)),
        Tasks::Space(space) => format!("{space}.wait_all()"),
        Tasks::Handle(name) | Tasks::Input(name) => format!("(&{name})"),
        Tasks::List(tasks) => list(tasks, waited),
    }
}
