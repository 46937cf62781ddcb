//! Draws programs: statements whose names are in scope, kept or dropped by what they do.

mod accesses;
mod expressions;
mod slices;
mod spawns;
mod statements;

pub(super) use accesses::accesses;
use fastrand::Rng;

use super::nudge::nudge;
use super::oracle::{self, Machine, World, verdict};
use super::program::{Entry, Name, Program, Stmt};

/// A little less than the oracle looks at.
const MOST_TASKS: usize = 150;

const SPACES: &[Name] = &["t", "u", "v"];
const NUMBERS: &[Name] = &["i", "j", "k", "x", "y"];
const HANDLES: &[Name] = &["a", "b", "c", "load", "solve"];
const CONSTANTS: &[Name] = &["N", "M"];
const LABELS: &[Name] = &["outer", "rows", "next"];

/// What is in scope, by name; later ones shadow earlier ones.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Number {
        is_mutable: bool,
    },
    /// The variable of a loop.
    Turn,
    Space {
        rank: usize,
    },
    Handle,
}

pub(super) struct Drawer<'r> {
    pub(super) rng: &'r mut Rng,
    pub(super) scope: Vec<(Name, Kind)>,
    /// The loops around: their labels, and whether they may be continued.
    loops: Vec<(Option<Name>, bool)>,
    depth: usize,
    /// An index that is not in use so far, if that is known.
    next: i64,
}

/// A program without mistakes, and what it does.
pub(super) fn correct(rng: &mut Rng) -> (Program, World) {
    let mut drawer = Drawer::new(rng);
    let mut program = drawer.empty();
    drawer.spaces(&mut program.body);
    let mut machine = Machine::default();
    machine.go_on(&program.body);
    for _ in 0..drawer.rng.usize(3..8) {
        // What makes a mistake is drawn again, and, mostly, what makes hardly a task.
        for _ in 0..11 {
            let scope = drawer.scope.clone();
            let stmt = match drawer.chance(60) {
                true => drawer.for_loop(),
                false => drawer.stmt(),
            };
            let least = if drawer.chance(5) { 0 } else { 4 };
            if try_next(&mut machine, &stmt, least) {
                program.body.push(stmt);
                break;
            }
            drawer.scope = scope;
        }
        drawer.next = next(&machine.world);
        for _ in 0..3 {
            let stmt = match drawer.rng.bool() {
                true => drawer.slice_of_known(&machine.world),
                false => drawer.knot(),
            };
            program
                .body
                .extend(stmt.filter(|it| try_next(&mut machine, it, 0)));
            drawer.next = next(&machine.world);
        }
    }
    // Order matters only sometimes: then tasks wait for some that are spawned later.
    for _ in 0..6 {
        let len = program.body.len();
        let (one, other) = (drawer.rng.usize(0..len), drawer.rng.usize(0..len));
        program.body.swap(one, other);
        if without_mistake(&program).is_none() {
            program.body.swap(one, other);
        }
    }
    let world = without_mistake(&program).expect("none was kept");
    (program, world)
}

/// Goes on with `stmt`, if it is no mistake, and adds at least that many tasks.
fn try_next(machine: &mut Machine, stmt: &Stmt, least: usize) -> bool {
    let mut trial = machine.clone();
    let is_possible = !machine.world.has_returned && trial.go_on(std::slice::from_ref(stmt));
    let (before, now) = (machine.world.tasks.len(), trial.world.tasks.len());
    let is_wanted = now >= before + least && now <= MOST_TASKS;
    let is_kept = is_possible && is_wanted && verdict(&trial.world).is_clean();
    if is_kept {
        *machine = trial;
    }
    is_kept
}

/// `program` with as many changes as leave it without mistakes.
pub(super) fn variant(program: &Program, rng: &mut Rng) -> Program {
    let mut variant = program.clone();
    for _ in 0..6 {
        let mut trial = variant.clone();
        nudge(&mut trial, rng);
        if without_mistake(&trial).is_some() {
            variant = trial;
        }
    }
    variant
}

/// What `program` does if there is no mistake in it.
fn without_mistake(program: &Program) -> Option<World> {
    let world = oracle::run(program)?;
    verdict(&world).is_clean().then_some(world)
}

/// An index above all that are in use.
pub(super) fn next(world: &World) -> i64 {
    let places = world.tasks.iter().filter_map(|task| task.place.as_ref());
    places.flat_map(|(_, at)| at).max().map_or(0, |it| it + 1)
}

/// A program with no regard to mistakes.
pub(super) fn any(rng: &mut Rng) -> Program {
    let mut drawer = Drawer::new(rng);
    let mut program = drawer.empty();
    drawer.spaces(&mut program.body);
    for _ in 0..drawer.rng.usize(1..6) {
        let stmt = drawer.stmt();
        program.body.push(stmt);
    }
    program
}

impl<'r> Drawer<'r> {
    pub(super) fn new(rng: &'r mut Rng) -> Self {
        Self {
            rng,
            scope: Vec::new(),
            loops: Vec::new(),
            depth: 0,
            next: 0,
        }
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    pub(super) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(0..of.len())].clone()
    }

    fn empty(&mut self) -> Program {
        Program {
            entry: self.one(&[Entry::Main, Entry::Test, Entry::TaskGraph]),
            is_async: self.chance(70),
            is_explicit: false,
            body: Vec::new(),
        }
    }

    /// The names of that kind that still mean that.
    pub(super) fn names<T>(&self, wanted: impl Fn(Kind) -> Option<T>) -> Vec<(Name, T)> {
        let mut found: Vec<(Name, T)> = Vec::new();
        let mut seen: Vec<Name> = Vec::new();
        for &(name, kind) in self.scope.iter().rev() {
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            found.extend(wanted(kind).map(|it| (name, it)));
        }
        found
    }

    pub(super) fn numbers(&self) -> Vec<Name> {
        let wanted = |kind| matches!(kind, Kind::Number { .. } | Kind::Turn).then_some(());
        self.names(wanted).into_iter().map(|it| it.0).collect()
    }

    /// A space and its number of indices.
    pub(super) fn a_space(&mut self) -> Option<(Name, usize)> {
        let spaces = self.names(|kind| match kind {
            Kind::Space { rank } => Some(rank),
            _ => None,
        });
        (!spaces.is_empty()).then(|| self.one(&spaces))
    }

    fn a_handle(&mut self) -> Option<Name> {
        let handles = self.names(|kind| matches!(kind, Kind::Handle).then_some(()));
        (!handles.is_empty()).then(|| self.one(&handles).0)
    }

    fn number(&mut self) -> (Name, Kind) {
        (self.one(NUMBERS), Kind::Number { is_mutable: false })
    }
}
