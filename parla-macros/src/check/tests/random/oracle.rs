//! What a program does, by the guide: an interpreter that shares nothing with the checker.

use super::program::{
    Adapter, Block, Condition, Expr, Iterator, Name, Op, Pattern, Place, Program, Spawn, Stmt,
    Tasks,
};
use super::spaces::{Space, choose};

/// Programs that do more are not looked at.
const MOST_STEPS: usize = 1000;
const MOST_TASKS: usize = 200;
const MOST_EDGES: usize = 800;

/// What happened; times are numbers of spawns and waits.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) spaces: Vec<Space>,
    pub(super) tasks: Vec<Task>,
    pub(super) edges: Vec<Edge>,
    pub(super) waits: Vec<Wait>,
    /// Whether a task was spawned twice.
    pub(super) has_duplicate: bool,
    /// Whether a target named no task, or a place had the wrong number of indices for a shape.
    pub(super) has_misfit: bool,
    /// Whether a `return` was met.
    pub(super) has_returned: bool,
    /// What the names of the function mean, at its end or so far.
    pub(super) names: Vec<(Name, Value)>,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    /// The number of its space, and its indices.
    pub(super) place: Option<(usize, Vec<i64>)>,
    pub(super) spawned: Option<usize>,
    /// The statement that spawned it.
    pub(super) spawner: Site,
    /// Whether the function has named it; bodies do that at times of their own.
    exists: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) waiting: usize,
    pub(super) before: usize,
    pub(super) site: Site,
}

#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) time: usize,
    pub(super) tasks: Vec<usize>,
    pub(super) site: Site,
}

/// A place in the source, by the address of what stands for it in the program.
pub(super) type Site = usize;

pub(super) fn site<T>(of: &T) -> Site {
    std::ptr::from_ref(of).addr()
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Integer(i64),
    Space(usize),
    /// A target that names no task has a handle, but is nothing to wait for.
    Handle(Option<usize>),
}

/// How a statement is left.
enum Left {
    Break(Option<Name>),
    Continue(Option<Name>),
    Return,
    /// The program is too large, or means nothing: a name is not in scope, say.
    Refused,
}

type Outcome = Result<(), Left>;

/// What `program` does, if it means anything and is small.
pub(super) fn run(program: &Program) -> Option<World> {
    let mut machine = Machine::default();
    machine.go_on(&program.body).then_some(machine.world)
}

/// A program that has come to some point.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    pub(super) world: World,
    time: usize,
    steps: usize,
}

impl Machine {
    /// Goes through the next statements of the function; false if that is not possible.
    pub(super) fn go_on(&mut self, next: &[Stmt]) -> bool {
        self.hoist(next);
        let left = self.steps(next);
        self.world.has_returned = matches!(left, Err(Left::Return));
        left.is_ok() || self.world.has_returned
    }

    fn hoist(&mut self, block: &[Stmt]) {
        for stmt in block {
            if let Stmt::Const { name, value } = stmt {
                self.world.names.push((name, Value::Integer(*value)));
            }
        }
    }

    /// A block, whose names are gone behind it.
    fn block(&mut self, block: &Block) -> Outcome {
        let names = self.world.names.len();
        self.hoist(block);
        let left = self.steps(block);
        self.world.names.truncate(names);
        left
    }

    fn steps(&mut self, block: &[Stmt]) -> Outcome {
        block.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Outcome {
        self.steps += 1;
        let is_large = self.world.tasks.len() > MOST_TASKS || self.world.edges.len() > MOST_EDGES;
        if self.steps > MOST_STEPS || is_large {
            return Err(Left::Refused);
        }
        match stmt {
            Stmt::Space { name, shape } => {
                let extents = shape.iter().flatten().map(|it| self.integer(it));
                let extents: Vec<i64> = extents.collect::<Result<_, _>>()?;
                let shape = shape.as_ref().map(|_| extents);
                self.world.spaces.push(Space::new(shape));
                let space = Value::Space(self.world.spaces.len() - 1);
                self.world.names.push((name, space));
            }
            Stmt::Alias { name, of, .. } => {
                let space = Value::Space(self.space(of)?);
                self.world.names.push((name, space));
            }
            Stmt::Let { names, .. } => {
                let values = names.iter().map(|(_, value)| self.integer(value));
                let values: Vec<i64> = values.collect::<Result<_, _>>()?;
                let bound = names.iter().zip(values);
                let bound = bound.map(|((name, _), value)| (*name, Value::Integer(value)));
                self.world.names.extend(bound);
            }
            Stmt::Const { .. } | Stmt::Noise(_) => {}
            Stmt::Assign { name, value } => {
                let value = self.integer(value)?;
                self.assign(name, value)?;
            }
            Stmt::For {
                label,
                variable,
                iterator,
                body,
            } => {
                for value in self.turns(iterator)? {
                    self.world.names.push((variable, Value::Integer(value)));
                    let left = self.block(body);
                    self.world.names.pop();
                    match left {
                        Err(Left::Break(of)) if of.is_none() || of == *label => break,
                        Err(Left::Continue(of)) if of.is_none() || of == *label => {}
                        other => other?,
                    }
                }
            }
            Stmt::While {
                variable,
                end,
                body,
            } => {
                while self.number(variable)? < self.integer(end)? {
                    match self.block(body) {
                        Err(Left::Break(None)) => break,
                        // Without the count at its end it would go on for ever.
                        Err(Left::Continue(None)) => return Err(Left::Refused),
                        other => other?,
                    }
                    let next = self.number(variable)? + 1;
                    self.assign(variable, next)?;
                }
            }
            Stmt::If {
                condition,
                then,
                otherwise,
            } => match (self.holds(condition)?, otherwise) {
                (true, _) => self.block(then)?,
                (false, Some(otherwise)) => self.block(otherwise)?,
                (false, None) => {}
            },
            Stmt::Match { subject, arms } => {
                let subject = self.integer(subject)?;
                let arm = arms.iter().find(|(pattern, _)| match pattern {
                    Pattern::Values(values) => values.contains(&subject),
                    Pattern::Between(first, last) => (*first..=*last).contains(&subject),
                    Pattern::Binding(_) | Pattern::Anything => true,
                });
                // The compiler wants every value to have an arm.
                let (pattern, block) = arm.ok_or(Left::Refused)?;
                let names = self.world.names.len();
                if let Pattern::Binding(name) = pattern {
                    self.world.names.push((name, Value::Integer(subject)));
                }
                let left = self.block(block);
                self.world.names.truncate(names);
                left?;
            }
            Stmt::Block(block) => self.block(block)?,
            Stmt::Break(label) => return Err(Left::Break(*label)),
            Stmt::Continue(label) => return Err(Left::Continue(*label)),
            Stmt::Return => return Err(Left::Return),
            Stmt::Spawn(spawn) => self.spawn(spawn, site(stmt))?,
            Stmt::SpawnAll { space, start, end } => {
                let space = self.space(space)?;
                for index in self.integer(start)?..self.integer(end)? {
                    if let Some(task) = self.target(space, &[index]) {
                        self.record(task, site(stmt));
                    }
                }
            }
            Stmt::Wait(tasks) => {
                let mut found = Vec::new();
                self.select(tasks, None, &mut found)?;
                if matches!(tasks, Tasks::Space(_)) {
                    found.retain(|it| self.world.tasks[it.0].spawned.is_some());
                }
                self.time += 1;
                self.world.waits.push(Wait {
                    time: self.time,
                    tasks: found.into_iter().map(|it| it.0).collect(),
                    site: site(stmt),
                });
            }
        }
        Ok(())
    }

    fn spawn(&mut self, spawn: &Spawn, spawner: Site) -> Outcome {
        let task = match &spawn.target {
            None => Some(self.add_task(None)),
            Some(Place { space, indices }) => {
                let space = self.space(space)?;
                let at = self.integers(indices)?;
                self.target(space, &at)
            }
        };
        // The names are looked up, whatever is wrong with the target.
        let is_first = task.is_some_and(|task| self.record(task, spawner));
        if let Some(task) = task.filter(|_| is_first) {
            let mut found = Vec::new();
            for tasks in &spawn.deps {
                self.select(tasks, Some(task), &mut found)?;
            }
            for (before, site) in found {
                self.world.edges.push(Edge {
                    waiting: task,
                    before,
                    site,
                });
            }
        }
        // The body of a second spawn is still read; it makes the first one wait.
        if let Some(task) = task {
            for place in &spawn.awaits {
                let space = self.space(place.space)?;
                let at = self.integers(&place.indices)?;
                self.select_in_body(task, space, &at, site(place));
            }
        }
        if let Some(name) = spawn.handle {
            self.world.names.push((name, Value::Handle(task)));
        }
        Ok(())
    }

    /// What a body awaits, it needs to end.
    fn select_in_body(&mut self, waiting: usize, space: usize, at: &[i64], site: Site) {
        if self.world.spaces[space].refuses(at.len()) {
            self.world.has_misfit = true;
        } else if self.world.spaces[space].contains(at) {
            let known = self.world.spaces[space].task(at);
            let before = known.unwrap_or_else(|| self.add_task(Some((space, at.to_vec()))));
            self.world.edges.push(Edge {
                waiting,
                before,
                site,
            });
        }
    }

    /// The task of a target, if it names one.
    fn target(&mut self, space: usize, at: &[i64]) -> Option<usize> {
        if self.world.spaces[space].contains(at) {
            return Some(self.named(space, at));
        }
        self.world.has_misfit = true;
        None
    }

    /// Whether this is the first spawn of `task`.
    fn record(&mut self, task: usize, spawner: Site) -> bool {
        self.time += 1;
        let task = &mut self.world.tasks[task];
        let is_first = task.spawned.is_none();
        if is_first {
            task.spawned = Some(self.time);
            task.spawner = spawner;
        }
        self.world.has_duplicate |= !is_first;
        is_first
    }

    fn add_task(&mut self, place: Option<(usize, Vec<i64>)>) -> usize {
        let task = self.world.tasks.len();
        if let Some((space, at)) = &place {
            self.world.spaces[*space].add(at.clone(), task);
        }
        self.world.tasks.push(Task {
            place,
            spawned: None,
            spawner: 0,
            exists: false,
        });
        task
    }

    /// The task of a place, which exists from now on.
    fn named(&mut self, space: usize, at: &[i64]) -> usize {
        let known = self.world.spaces[space].task(at);
        let task = known.unwrap_or_else(|| self.add_task(Some((space, at.to_vec()))));
        self.world.tasks[task].exists = true;
        task
    }

    /// Adds what `tasks` names to `found`, with where it is said; "all" leaves `asking` out.
    fn select(
        &mut self,
        tasks: &Tasks,
        asking: Option<usize>,
        found: &mut Vec<(usize, Site)>,
    ) -> Outcome {
        let at = site(tasks);
        match tasks {
            Tasks::Place(place) => {
                let space = self.space(place.space)?;
                let indices = self.integers(&place.indices)?;
                if self.world.spaces[space].refuses(indices.len()) {
                    self.world.has_misfit = true;
                } else if self.world.spaces[space].contains(&indices) {
                    found.push((self.named(space, &indices), at));
                }
            }
            Tasks::Slice { space, dims } => {
                let space = self.space(space)?;
                let choices = dims.iter().map(|dim| choose(dim, &|it| self.value(it)));
                let choices: Option<Vec<_>> = choices.collect();
                let choices = choices.filter(|all| all.iter().all(|it| it.room() < 200));
                let choices = choices.ok_or(Left::Refused)?;
                if self.world.spaces[space].refuses(dims.len()) {
                    self.world.has_misfit = true;
                    return Ok(());
                }
                let is_open = choices.iter().any(|it| it.is_open());
                let existing = self.existing(space);
                let places = self.world.spaces[space].select(&choices, &existing);
                if places.len() > MOST_TASKS {
                    return Err(Left::Refused);
                }
                for place in places {
                    let task = self.named(space, &place);
                    if !(is_open && Some(task) == asking) {
                        found.push((task, at));
                    }
                }
            }
            Tasks::Space(space) => {
                let space = self.space(space)?;
                for place in self.existing(space) {
                    let task = self.named(space, &place);
                    if Some(task) != asking {
                        found.push((task, at));
                    }
                }
            }
            Tasks::Handle(name) | Tasks::Input(name) => match self.lookup(name)? {
                Value::Handle(task) => found.extend(task.map(|it| (it, at))),
                Value::Integer(_) | Value::Space(_) => return Err(Left::Refused),
            },
            Tasks::List(list) => {
                for tasks in list {
                    self.select(tasks, asking, found)?;
                }
            }
        }
        Ok(())
    }

    /// The places of a space that the function has named so far.
    fn existing(&self, space: usize) -> Vec<Vec<i64>> {
        let places = self.world.spaces[space].places();
        let exists = |(_, task): &(&Vec<i64>, usize)| self.world.tasks[*task].exists;
        places.filter(exists).map(|it| it.0.clone()).collect()
    }

    fn turns(&self, iterator: &Iterator) -> Result<Vec<i64>, Left> {
        match iterator {
            Iterator::List(elements) => self.integers(elements),
            Iterator::Range {
                start,
                end,
                is_inclusive,
                adapters,
            } => {
                let (start, end) = (self.integer(start)?, self.integer(end)?);
                if end - start > 200 {
                    return Err(Left::Refused);
                }
                let mut turns: Vec<i64> = match is_inclusive {
                    true => (start..=end).collect(),
                    false => (start..end).collect(),
                };
                for adapter in adapters {
                    match adapter {
                        Adapter::Reverse => turns.reverse(),
                        Adapter::StepBy(step) => turns = turns.into_iter().step_by(*step).collect(),
                    }
                }
                Ok(turns)
            }
        }
    }

    fn lookup(&self, name: Name) -> Result<Value, Left> {
        let found = self.world.names.iter().rev().find(|it| it.0 == name);
        found.map(|it| it.1).ok_or(Left::Refused)
    }

    fn number(&self, name: Name) -> Result<i64, Left> {
        match self.lookup(name)? {
            Value::Integer(value) => Ok(value),
            Value::Space(_) | Value::Handle(_) => Err(Left::Refused),
        }
    }

    fn space(&self, name: Name) -> Result<usize, Left> {
        match self.lookup(name)? {
            Value::Space(space) => Ok(space),
            Value::Integer(_) | Value::Handle(_) => Err(Left::Refused),
        }
    }

    fn assign(&mut self, name: Name, value: i64) -> Outcome {
        let found = self.world.names.iter_mut().rev().find(|it| it.0 == name);
        match found {
            Some((_, Value::Integer(it))) => *it = value,
            _ => return Err(Left::Refused),
        }
        Ok(())
    }

    fn integer(&self, expr: &Expr) -> Result<i64, Left> {
        self.value(expr).ok_or(Left::Refused)
    }

    fn integers(&self, exprs: &[Expr]) -> Result<Vec<i64>, Left> {
        exprs.iter().map(|it| self.integer(it)).collect()
    }

    fn value(&self, expr: &Expr) -> Option<i64> {
        Some(match expr {
            Expr::Literal(value) => *value,
            Expr::Name(name) => self.number(name).ok()?,
            Expr::Binary(op, both) => {
                let (left, right) = (self.value(&both.0)?, self.value(&both.1)?);
                match op {
                    Op::Add => left.checked_add(right)?,
                    Op::Sub => left.checked_sub(right)?,
                    Op::Mul => left.checked_mul(right)?,
                    Op::Div => left.checked_div(right)?,
                    Op::Rem => left.checked_rem(right)?,
                }
            }
        })
        .filter(|it: &i64| it.abs() < 1_000_000)
    }

    fn holds(&self, condition: &Condition) -> Result<bool, Left> {
        Ok(match condition {
            Condition::Compare(op, left, right) => {
                let (left, right) = (self.integer(left)?, self.integer(right)?);
                match *op {
                    "==" => left == right,
                    "!=" => left != right,
                    "<" => left < right,
                    "<=" => left <= right,
                    ">" => left > right,
                    ">=" => left >= right,
                    _ => return Err(Left::Refused),
                }
            }
            Condition::Not(it) => !self.holds(it)?,
            Condition::And(both) => self.holds(&both.0)? && self.holds(&both.1)?,
            Condition::Or(both) => self.holds(&both.0)? || self.holds(&both.1)?,
        })
    }
}
