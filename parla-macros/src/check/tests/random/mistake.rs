//! Puts one mistake into a program that has none, so that it is there whatever else happens.

use fastrand::Rng;

use super::draw::next;
use super::oracle::{World, reached, site};
use super::program::{
    Dim, Expr, Form, Iterator, Name, Op, Place, Program, Spawn, Stmt, Tasks, blocks,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    SpawnedTwice,
    NeverSpawned,
    Cycle,
    WaitsForItself,
    WaitTooEarly,
    WrongIndices,
    TargetOutside,
}

impl Mistake {
    pub(super) const ALL: [Self; 7] = [
        Self::SpawnedTwice,
        Self::NeverSpawned,
        Self::Cycle,
        Self::WaitsForItself,
        Self::WaitTooEarly,
        Self::WrongIndices,
        Self::TargetOutside,
    ];

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::SpawnedTwice => "P0001",
            Self::NeverSpawned => "P0002",
            Self::Cycle | Self::WaitsForItself | Self::WaitTooEarly => "P0003",
            Self::WrongIndices | Self::TargetOutside => "P0004",
        }
    }

    /// Makes it in `program`, which does what `world` says; false if there is no place for it.
    pub(super) fn make(self, program: &mut Program, world: &World, rng: &mut Rng) -> bool {
        self.try_make(program, world, rng).is_some()
    }

    fn try_make(self, program: &mut Program, world: &World, rng: &mut Rng) -> Option<()> {
        match self {
            Self::SpawnedTwice => {
                let (name, space) = a_space(world, rng)?;
                let places = world.spaces[space].places();
                let spawned = places.filter(|(_, task)| world.tasks[*task].spawned.is_some());
                let at = any(&spawned.map(|(at, _)| at.clone()).collect::<Vec<_>>(), rng)?;
                let again = spawn_of(name, &at, Vec::new(), rng);
                append(program, again, rng);
            }
            Self::NeverSpawned => {
                let (name, space) = a_space(world, rng)?;
                let at = free_place(world, space, rng)?;
                let missing = Tasks::Place(place(name, &at));
                let stmt = match rng.u32(0..4) {
                    0 => Stmt::Wait(missing),
                    1 if at.len() == 1 => {
                        let start = Some(Expr::Literal(at[0]));
                        let dims = vec![Dim::Range {
                            end: start.clone(),
                            start,
                            is_inclusive: true,
                            step: None,
                        }];
                        anonymous(vec![Tasks::Slice { space: name, dims }])
                    }
                    2 => anonymous(vec![Tasks::List(vec![missing])]),
                    _ => anonymous(vec![missing]),
                };
                append(program, stmt, rng);
            }
            Self::Cycle if rng.bool() => {
                let done = close_cycle(program, world, rng);
                return done.or_else(|| ring(program, world, rng));
            }
            Self::Cycle => return ring(program, world, rng),
            Self::WaitsForItself => {
                let chosen = any(&spawners(world), rng)?;
                with_spawn(program, chosen, &mut |spawn| {
                    let own = spawn.target.clone()?;
                    let dependency = match rng.bool() {
                        true => Tasks::Place(own),
                        false => Tasks::Slice {
                            space: own.space,
                            dims: own.indices.into_iter().map(Dim::At).collect(),
                        },
                    };
                    spawn.deps.push(dependency);
                    Some(())
                })?;
            }
            Self::WaitTooEarly => {
                let chosen = any(&spawners(world), rng)?;
                let mut is_done = None;
                blocks(&mut program.body, &mut |block| {
                    let at = block.iter().position(|stmt| site(stmt) == chosen);
                    let Some(at) = at else { return };
                    if let Stmt::Spawn(Spawn {
                        target: Some(target),
                        ..
                    }) = &block[at]
                    {
                        let wait = Stmt::Wait(Tasks::Place(target.clone()));
                        block.insert(at, wait);
                        is_done = Some(());
                    }
                });
                return is_done;
            }
            Self::WrongIndices => {
                let (name, space) = a_space(world, rng)?;
                let rank = match &world.spaces[space].shape {
                    Some(extents) => extents.len(),
                    // Without a shape the tasks that are spawned tell the rank.
                    None => {
                        let places = world.spaces[space].places();
                        let mut ranks: Vec<usize> = places.map(|(at, _)| at.len()).collect();
                        ranks.dedup();
                        any(&ranks, rng).filter(|_| ranks.len() == 1)?
                    }
                };
                let count = if rank > 1 && rng.bool() {
                    rank - 1
                } else {
                    rank + 1
                };
                let at: Vec<i64> = (0..count).map(|_| rng.i64(0..3)).collect();
                let has_shape = world.spaces[space].shape.is_some();
                let wrong = Tasks::Place(place(name, &at));
                let stmt = match rng.u32(0..3) {
                    0 if has_shape => spawn_of(name, &at, Vec::new(), rng),
                    1 => Stmt::Wait(wrong),
                    _ => anonymous(vec![wrong]),
                };
                append(program, stmt, rng);
            }
            Self::TargetOutside => {
                let (name, space) = a_space(world, rng)?;
                let rank = match &world.spaces[space].shape {
                    Some(extents) => extents.len(),
                    None => rng.usize(1..3),
                };
                let mut at: Vec<i64> = (0..rank).map(|_| rng.i64(0..2)).collect();
                let d = rng.usize(0..rank);
                at[d] = match &world.spaces[space].shape {
                    Some(extents) if rng.bool() => extents[d] + rng.i64(0..2),
                    _ => rng.i64(-3..0),
                };
                let stmt = spawn_of(name, &at, Vec::new(), rng);
                append(program, stmt, rng);
            }
        }
        Some(())
    }
}

fn any<T: Clone>(of: &[T], rng: &mut Rng) -> Option<T> {
    (!of.is_empty()).then(|| of[rng.usize(0..of.len())].clone())
}

/// A space that the end of the function sees.
fn a_space(world: &World, rng: &mut Rng) -> Option<(Name, usize)> {
    if world.has_returned {
        return None;
    }
    any(&world.visible_spaces(), rng)
}

/// A place that nobody names, with as many indices as the others.
fn free_place(world: &World, space: usize, rng: &mut Rng) -> Option<Vec<i64>> {
    let space = &world.spaces[space];
    let Some(extents) = &space.shape else {
        let known = space.places().next().map_or(1, |(at, _)| at.len());
        return Some(vec![next(world) + rng.i64(0..3); known]);
    };
    let drawn = || extents.iter().map(|it| rng.i64(0..*it)).collect();
    let mut drawn = std::iter::repeat_with(drawn).take(20);
    drawn.find(|at: &Vec<i64>| space.task(at).is_none())
}

fn place(space: Name, at: &[i64]) -> Place {
    Place {
        space,
        indices: at.iter().map(|it| Expr::Literal(*it)).collect(),
    }
}

fn anonymous(deps: Vec<Tasks>) -> Stmt {
    Stmt::Spawn(Spawn {
        form: Form::Closure,
        is_async: false,
        handle: None,
        target: None,
        deps,
        awaits: Vec::new(),
        accesses: Vec::new(),
    })
}

fn spawn_of(space: Name, at: &[i64], deps: Vec<Tasks>, rng: &mut Rng) -> Stmt {
    let forms = [Form::Closure, Form::Call, Form::Builder];
    Stmt::Spawn(Spawn {
        form: forms[rng.usize(0..forms.len())],
        is_async: false,
        handle: None,
        target: Some(place(space, at)),
        deps,
        awaits: Vec::new(),
        accesses: Vec::new(),
    })
}

/// At the end of the function, where its names are in scope.
fn append(program: &mut Program, stmt: Stmt, rng: &mut Rng) {
    program.body.push(match rng.u32(0..3) {
        0 => Stmt::Block(vec![stmt]),
        _ => stmt,
    });
}

/// The statements that spawn a task of a space, other than `spawn_all`, by their sites.
fn spawners(world: &World) -> Vec<usize> {
    let tasks = world.tasks.iter();
    let placed = tasks.filter(|task| task.place.is_some() && task.spawned.is_some());
    placed.map(|task| task.spawner).collect()
}

/// Changes the spawn of that site.
fn with_spawn(
    program: &mut Program,
    chosen: usize,
    change: &mut dyn FnMut(&mut Spawn) -> Option<()>,
) -> Option<()> {
    let mut is_done = None;
    blocks(&mut program.body, &mut |block| {
        for stmt in block {
            let is_it = site(stmt) == chosen;
            if let (Stmt::Spawn(spawn), true) = (stmt, is_it) {
                is_done = change(spawn);
            }
        }
    });
    is_done
}

/// Makes a task wait for one that waits for it, in the same space.
fn close_cycle(program: &mut Program, world: &World, rng: &mut Rng) -> Option<()> {
    let mut pairs = Vec::new();
    for (first, task) in world.tasks.iter().enumerate() {
        let Some((space, at)) = &task.place else {
            continue;
        };
        for before in reached(world, first) {
            let other = &world.tasks[before];
            let is_same = other.place.as_ref().is_some_and(|it| it.0 == *space);
            if is_same {
                pairs.push((other.spawner, at.clone()));
            }
        }
    }
    let (spawner, at) = any(&pairs, rng)?;
    with_spawn(program, spawner, &mut |spawn| {
        let own = spawn.target.as_ref()?;
        spawn.deps.push(Tasks::Place(place(own.space, &at)));
        Some(())
    })
}

/// Adds a loop of tasks that wait for each other.
fn ring(program: &mut Program, world: &World, rng: &mut Rng) -> Option<()> {
    let (space, number) = a_space(world, rng)?;
    if world.spaces[number].shape.is_some() {
        return None;
    }
    let (first, count) = (next(world), rng.i64(2..6));
    let turn = || Expr::Name("i");
    let after = Expr::binary(Op::Add, turn(), Expr::Literal(rng.i64(1..count)));
    let after = Expr::binary(Op::Rem, after, Expr::Literal(count));
    let at = |index| Place {
        space,
        indices: vec![Expr::binary(Op::Add, index, Expr::Literal(first))],
    };
    let Stmt::Spawn(mut spawn) = anonymous(vec![Tasks::Place(at(after))]) else {
        return None;
    };
    spawn.target = Some(at(turn()));
    let body = vec![Stmt::Spawn(spawn)];
    let iterator = Iterator::Range {
        start: Expr::Literal(0),
        end: Expr::Literal(count),
        is_inclusive: false,
        adapters: Vec::new(),
    };
    let ring = Stmt::For {
        label: None,
        variable: "i",
        iterator,
        body,
    };
    append(program, ring, rng);
    Some(())
}
