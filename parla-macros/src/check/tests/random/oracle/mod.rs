//! What a program does, by the guide: an interpreter that shares nothing with the checker.

mod races;
mod spaces;
mod steps;
mod tasks;
mod values;
mod verdict;

use super::program::{Name, Program, Stmt};
pub(super) use races::{Race, race};
use spaces::{Choice, Space};
pub(super) use verdict::{reached, verdict};

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
    pub(super) accesses: Vec<Access>,
    /// Whether a task was spawned twice.
    pub(super) has_duplicate: bool,
    /// Whether a target named no task, or a place had the wrong number of indices for a shape.
    pub(super) has_misfit: bool,
    /// Whether a `return` was met.
    pub(super) has_returned: bool,
    /// What the names of the function mean, at its end or so far.
    pub(super) names: Vec<(Name, Value)>,
}

impl World {
    /// The names of spaces, with their numbers.
    pub(super) fn visible_spaces(&self) -> Vec<(Name, usize)> {
        let mut found: Vec<(Name, usize)> = Vec::new();
        let mut seen: Vec<Name> = Vec::new();
        for (name, value) in self.names.iter().rev() {
            if seen.contains(name) {
                continue;
            }
            seen.push(name);
            if let Value::Space(space) = value {
                found.push((name, *space));
            }
        }
        found
    }
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
    pub(super) time: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) time: usize,
    pub(super) tasks: Vec<usize>,
    pub(super) site: Site,
}

#[derive(Clone, Debug)]
pub(super) struct Access {
    task: usize,
    mode: &'static str,
    array: Name,
    choices: Vec<Choice>,
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
}
