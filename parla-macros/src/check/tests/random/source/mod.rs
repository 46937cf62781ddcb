//! Programs as source text.

mod notation;

use std::fmt::Write as _;

use notation::{called, data, dependency, expr, jump, list, subscript, value, waited};

use super::program::{ARRAYS, Block, Entry, Expr, Form, Op, Program, Spawn, Stmt, Tasks};

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
    if program.is_explicit {
        for (name, axes) in ARRAYS {
            text.line(&format!("let {name} = PArray::zeros([64; {axes}]);"));
        }
    }
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
                let open = format!(
                    "{label}for {variable} in {} {{",
                    notation::iterator(iterator)
                );
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
                let open = format!("if {} {{", notation::condition(condition));
                self.braced(&open, then, "}");
                if let Some(otherwise) = otherwise {
                    self.braced("else {", otherwise, "}");
                }
            }
            Stmt::Match { subject, arms } => {
                self.line(&format!("match {} {{", expr(subject)));
                self.depth += 1;
                for (pattern, block) in arms {
                    self.braced(&format!("{} => {{", notation::pattern(pattern)), block, "}");
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
            Stmt::Noise(text, _) => self.line(text),
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
            // An array has elements of one type.
            let are_places = spawn.deps.iter().all(|it| matches!(it, Tasks::Place(_)));
            let deps = match are_places && spawn.deps.len() > 1 {
                true => format!(".deps([{}])", list(&spawn.deps, value)),
                false => {
                    let deps = spawn.deps.iter().map(|it| format!(".deps({})", value(it)));
                    deps.collect()
                }
            };
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
    let mut number = 0;
    for mode in ["input", "output", "inout", "commute", "reduce"] {
        let accesses = spawn.accesses.iter().filter(|it| it.mode == mode);
        let mut all: Vec<String> = accesses.map(data).collect();
        if mode == "input" {
            all.extend(inputs.iter().map(|it| dependency(it)));
        }
        if !all.is_empty() {
            let named = list(&all, |it| {
                number += 1;
                format!("{mode}{number} = {it}")
            });
            clauses.push(format!("{mode} = [{named}]"));
        }
    }
    if let Some(place) = spawn.awaits.first() {
        clauses.push(format!("clone = [{}]", place.space));
    }
    match clauses.is_empty() {
        true => "#[spawn]".to_owned(),
        false => format!("#[spawn({})]", clauses.join(", ")),
    }
}
