//! Draws programs: statements whose names are in scope, kept or dropped by what they do.

use fastrand::Rng;

use super::expressions::{condition, integer, iterator, slice_of};
use super::nudge::nudge;
use super::oracle::{self, Machine, World};
use super::program::{
    Block, Entry, Expr, Form, Name, Op, Pattern, Place, Program, Spawn, Stmt, Tasks,
};
use super::verdict::verdict;

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
        for _ in 0..15 {
            let scope = drawer.scope.clone();
            let stmt = match drawer.chance(60) {
                true => drawer.for_loop(),
                false => drawer.stmt(),
            };
            let mut trial = machine.clone();
            let is_possible = trial.go_on(std::slice::from_ref(&stmt));
            let added = trial.world.tasks.len() - machine.world.tasks.len();
            let is_wanted = (added > 3 && !trial.world.has_returned) || drawer.chance(5);
            let is_wanted = is_wanted && trial.world.tasks.len() <= MOST_TASKS;
            if is_possible && is_wanted && verdict(&trial.world).is_clean() {
                program.body.push(stmt);
                machine = trial;
                drawer.next = next(&machine.world);
                break;
            }
            drawer.scope = scope;
        }
        if machine.world.has_returned {
            break;
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

/// `program` with as many changes as leave it without mistakes.
pub(super) fn variant(program: &Program, rng: &mut Rng) -> Program {
    let mut variant = program.clone();
    for _ in 0..8 {
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

    fn spaces(&mut self, body: &mut Block) {
        if self.chance(40) {
            let name = self.one(CONSTANTS);
            let value = self.rng.i64(1..6);
            self.scope.push((name, Kind::Number { is_mutable: false }));
            body.push(Stmt::Const { name, value });
        }
        for _ in 0..self.rng.usize(1..=3) {
            let stmt = self.space();
            body.push(stmt);
        }
    }

    fn space(&mut self) -> Stmt {
        let name = self.one(SPACES);
        let rank = if self.chance(65) { 1 } else { 2 };
        let most = if rank == 1 { 30 } else { 8 };
        let shape = self.chance(35).then(|| {
            let mut extent = || Expr::Literal(self.rng.i64(2..most));
            (0..rank).map(|_| extent()).collect()
        });
        self.scope.push((name, Kind::Space { rank }));
        Stmt::Space { name, shape }
    }

    fn block(&mut self, most: usize) -> Block {
        let scope = self.scope.len();
        self.depth += 1;
        let mut block: Block = Vec::new();
        if self.chance(4) {
            let name = self.one(CONSTANTS);
            self.scope.push((name, Kind::Number { is_mutable: false }));
            block.push(Stmt::Const {
                name,
                value: self.rng.i64(0..4),
            });
        }
        for _ in 0..self.rng.usize(1..=most) {
            let stmt = self.stmt();
            block.push(stmt);
        }
        if self.chance(8) {
            // Constants are in scope before they are declared.
            block.rotate_left(1);
        }
        self.depth -= 1;
        self.scope.truncate(scope);
        block
    }

    fn stmt(&mut self) -> Stmt {
        let is_deep = self.depth >= 3;
        let is_top = self.depth == 0;
        loop {
            let stmt = match self.rng.u32(0..100) {
                0..30 if !is_deep => Some(self.for_loop()),
                30..60 => Some(Stmt::Spawn(self.spawn())),
                60..66 if !is_deep => Some(self.condition()),
                66..70 if !is_deep && !is_top => Some(self.matching()),
                70..76 => Some(self.binding()),
                76..82 => self.wait().map(Stmt::Wait),
                82..84 if !is_deep => Some(self.while_loop()),
                84..86 if !is_deep => Some(Stmt::Block(self.block(3))),
                86..88 => Some(self.space()),
                88..90 => self.alias(),
                90..93 => self.spawn_all(),
                93..96 if !self.loops.is_empty() => Some(self.jump()),
                96 if self.chance(30) => Some(self.rarely(Stmt::Return)),
                97..100 => Some(self.noise()),
                _ => None,
            };
            if let Some(stmt) = stmt {
                return stmt;
            }
        }
    }

    /// `stmt` under a condition.
    fn rarely(&mut self, stmt: Stmt) -> Stmt {
        Stmt::If {
            condition: condition(self),
            then: vec![stmt],
            otherwise: None,
        }
    }

    fn for_loop(&mut self) -> Stmt {
        let iterator = iterator(self);
        let variable = if self.chance(5) {
            "_"
        } else {
            self.one(NUMBERS)
        };
        let label = self.chance(10).then(|| self.one(LABELS));
        self.loops.push((label, true));
        let scope = self.scope.len();
        if variable != "_" {
            self.scope.push((variable, Kind::Turn));
        }
        let mut body = Vec::new();
        if self.chance(60) {
            body.push(Stmt::Spawn(self.spawn()));
        }
        body.extend(self.block(if body.is_empty() { 3 } else { 2 }));
        self.scope.truncate(scope);
        self.loops.pop();
        Stmt::For {
            label,
            variable,
            iterator,
            body,
        }
    }

    /// With its counter, in a block of its own.
    fn while_loop(&mut self) -> Stmt {
        let variable = self.one(NUMBERS);
        let start = Expr::Literal(self.rng.i64(0..3));
        let end = Expr::Literal(self.rng.i64(1..6));
        let scope = self.scope.len();
        self.scope
            .push((variable, Kind::Number { is_mutable: true }));
        self.loops.push((None, false));
        let body = self.block(2);
        self.loops.pop();
        self.scope.truncate(scope);
        let names = vec![(variable, start)];
        Stmt::Block(vec![
            Stmt::Let {
                names,
                is_mutable: true,
            },
            Stmt::While {
                variable,
                end,
                body,
            },
        ])
    }

    fn condition(&mut self) -> Stmt {
        let condition = condition(self);
        let then = self.block(2);
        Stmt::If {
            condition,
            then,
            otherwise: self.chance(40).then(|| self.block(2)),
        }
    }

    fn matching(&mut self) -> Stmt {
        let modulus = Expr::Literal(self.rng.i64(2..5));
        let subject = Expr::binary(Op::Rem, integer(self), modulus);
        let mut arms = Vec::new();
        for _ in 0..self.rng.usize(1..3) {
            let first = self.rng.i64(0..4);
            let pattern = match self.rng.u32(0..3) {
                0 => Pattern::Values(vec![first]),
                1 => Pattern::Values(vec![first, first + 1]),
                _ => Pattern::Between(first, first + 1),
            };
            let block = self.block(2);
            arms.push((pattern, block));
        }
        let (name, kind) = self.number();
        let scope = self.scope.len();
        let last = match self.chance(30) {
            true => {
                self.scope.push((name, kind));
                Pattern::Binding(name)
            }
            false => Pattern::Anything,
        };
        let block = self.block(2);
        arms.push((last, block));
        self.scope.truncate(scope);
        Stmt::Match { subject, arms }
    }

    fn binding(&mut self) -> Stmt {
        let mutable = self.names(|kind| match kind {
            Kind::Number { is_mutable: true } => Some(()),
            _ => None,
        });
        if !mutable.is_empty() && self.chance(60) {
            let (name, ()) = self.one(&mutable);
            let step = Expr::Literal(self.rng.i64(1..4));
            let value = Expr::binary(Op::Add, Expr::Name(name), step);
            return Stmt::Assign { name, value };
        }
        let is_mutable = self.chance(30);
        let mut names = vec![(self.number().0, integer(self))];
        if self.chance(15) {
            let (name, _) = self.number();
            if name != names[0].0 {
                names.push((name, integer(self)));
            }
        }
        let kind = Kind::Number { is_mutable };
        self.scope
            .extend(names.iter().map(|(name, _)| (*name, kind)));
        Stmt::Let { names, is_mutable }
    }

    fn alias(&mut self) -> Option<Stmt> {
        let (of, rank) = self.a_space()?;
        let name = self.one(SPACES);
        self.scope.push((name, Kind::Space { rank }));
        let clones = self.rng.bool();
        Some(Stmt::Alias { name, of, clones })
    }

    fn spawn_all(&mut self) -> Option<Stmt> {
        let (space, _) = self.a_space()?;
        let start = self.rng.i64(0..12);
        let end = Expr::Literal(start + self.rng.i64(0..6));
        Some(Stmt::SpawnAll {
            space,
            start: Expr::Literal(start),
            end,
        })
    }

    fn jump(&mut self) -> Stmt {
        let innermost = self.loops[self.loops.len() - 1];
        let labelled: Vec<Name> = self.loops.iter().filter_map(|it| it.0).collect();
        let stmt = match self.rng.u32(0..4) {
            0 if !labelled.is_empty() => Stmt::Break(Some(self.one(&labelled))),
            1 if !labelled.is_empty() => Stmt::Continue(Some(self.one(&labelled))),
            2 => Stmt::Break(None),
            _ if innermost.1 => Stmt::Continue(None),
            _ => Stmt::Break(None),
        };
        self.rarely(stmt)
    }

    fn noise(&mut self) -> Stmt {
        let numbers = self.numbers();
        let number = match numbers.is_empty() {
            true => "1",
            false => self.one(&numbers),
        };
        Stmt::Noise(match self.rng.u32(0..6) {
            0 => format!("println!(\"{{}}\", {number});"),
            1 => format!("let log = compute({number});"),
            2 => "// Nothing happens here.".to_owned(),
            3 => format!("let mut list = vec![{number}, 2]; list.push({number});"),
            4 => "let text = format!(\"{}\", \"t[0]\");".to_owned(),
            _ => format!("assert!({number} < 1_000_000, \"large\");"),
        })
    }

    fn wait(&mut self) -> Option<Tasks> {
        Some(match self.rng.u32(0..10) {
            0..4 => Tasks::Handle(self.a_handle()?),
            4..6 => {
                let (space, rank) = self.a_space()?;
                Tasks::Place(self.place(space, rank))
            }
            6..8 => {
                let (space, rank) = self.a_space()?;
                slice_of(self, space, rank, false)
            }
            _ => Tasks::Space(self.a_space()?.0),
        })
    }

    fn place(&mut self, space: Name, rank: usize) -> Place {
        Place {
            space,
            indices: (0..rank).map(|_| integer(self)).collect(),
        }
    }

    pub(super) fn spawn(&mut self) -> Spawn {
        let mut form = self.one(&[
            Form::Function,
            Form::Function,
            Form::Closure,
            Form::Call,
            Form::Builder,
        ]);
        let target = match self.a_space() {
            Some((space, rank)) if self.chance(88) => Some(self.target(space, rank)),
            _ => None,
        };
        if target.is_none() && form == Form::Builder {
            form = Form::Closure;
        }
        let mut deps = Vec::new();
        while deps.len() < 4 && self.chance(55) {
            deps.extend(self.dependency(target.as_ref(), form));
        }
        let is_async = form != Form::Call && self.chance(25);
        let mut awaits = Vec::new();
        if is_async
            && self.chance(30)
            && let Some((space, rank)) = self.a_space()
        {
            awaits.push(self.place(space, rank));
        }
        let is_bound = form == Form::Function || self.chance(50);
        let handle = is_bound.then(|| self.one(HANDLES));
        self.scope.extend(handle.map(|it| (it, Kind::Handle)));
        Spawn {
            form,
            is_async,
            handle,
            target,
            deps,
            awaits,
        }
    }

    /// A place that differs from turn to turn, as far as there are loops.
    fn target(&mut self, space: Name, rank: usize) -> Place {
        let turns = self.names(|kind| matches!(kind, Kind::Turn).then_some(()));
        let mut indices: Vec<Expr> = Vec::new();
        for d in 0..rank {
            let mut index = match turns.get(rank - 1 - d) {
                Some((name, ())) if self.chance(90) => Expr::Name(name),
                _ => integer(self),
            };
            if d == 0
                && self.chance(60)
                && let Some((outer, ())) = turns.get(rank)
            {
                let row = Expr::binary(Op::Mul, Expr::Name(outer), Expr::Literal(8));
                index = Expr::binary(Op::Add, row, index);
            }
            let is_first_free = self.next > 0 && self.next < 100 && self.rng.bool();
            let offset = match is_first_free {
                true => self.next,
                false => self.rng.i64(0..12) * self.rng.i64(0..3),
            };
            indices.push(match offset {
                0 => index,
                _ => Expr::binary(Op::Add, index, Expr::Literal(offset)),
            });
        }
        Place { space, indices }
    }

    fn dependency(&mut self, target: Option<&Place>, form: Form) -> Option<Tasks> {
        let is_builder = form == Form::Builder;
        Some(match self.rng.u32(0..20) {
            // A neighbour of the target.
            0..8 => {
                let mut place = target?.clone();
                let d = self.rng.usize(0..place.indices.len());
                let back = Expr::Literal(self.rng.i64(1..4));
                let op = if self.chance(90) { Op::Sub } else { Op::Add };
                place.indices[d] = Expr::binary(op, place.indices[d].clone(), back);
                Tasks::Place(place)
            }
            8..10 => {
                let (space, rank) = self.a_space()?;
                Tasks::Place(self.place(space, rank))
            }
            10..14 => {
                let (space, rank) = self.a_space()?;
                slice_of(self, space, rank, !is_builder)
            }
            14 => Tasks::Space(self.a_space()?.0),
            15..18 => {
                let handle = self.a_handle()?;
                match !is_builder && self.chance(30) {
                    true => Tasks::Input(handle),
                    false => Tasks::Handle(handle),
                }
            }
            _ if is_builder => return None,
            _ => {
                let mut list = Vec::new();
                for _ in 0..self.rng.usize(0..3) {
                    let inner = self.dependency(target, form);
                    list.extend(inner.filter(|it| !matches!(it, Tasks::Input(_))));
                }
                Tasks::List(list)
            }
        })
    }
}
