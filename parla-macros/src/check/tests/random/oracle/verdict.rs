//! What is wrong with what a program does.
//!
//! One mistake may hide another. These are the cases:
//! - Of a second spawn of a task, and of a target that names no task, the dependencies are not
//!   looked at: the interpreter leaves them out. What the body of a second spawn awaits counts
//!   as awaited by the first one.
//! - A place in the source that names several tasks that are never spawned is blamed for the first
//!   one only, so it is either P0002 or P0004.
//! - In a space without a shape, a task with another number of indices than all that are spawned is
//!   P0004 instead of P0002.
//! - A wait for a task that needs both one that is spawned too late and one that is never spawned
//!   may be reported for either.

use std::collections::{BTreeSet, HashSet};

use super::{Site, World};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The codes that must be reported.
    pub(crate) certain: BTreeSet<&'static str>,
    /// Those that may be reported beside them.
    pub(crate) possible: BTreeSet<&'static str>,
}

impl Verdict {
    pub(crate) fn is_clean(&self) -> bool {
        self.certain.is_empty() && self.possible.is_empty()
    }

    pub(crate) fn agrees(&self, reported: &BTreeSet<&str>) -> bool {
        let is_expected = |code: &&&str| self.certain.contains(**code);
        let is_possible = |code: &&str| self.possible.contains(*code);
        self.certain.iter().all(|code| reported.contains(code))
            && reported
                .iter()
                .all(|code| is_expected(&code) || is_possible(code))
    }
}

pub(crate) fn verdict(world: &World) -> Verdict {
    let mut found = Verdict {
        certain: BTreeSet::new(),
        possible: BTreeSet::new(),
    };
    if world.has_duplicate {
        found.certain.insert("P0001");
    }
    if world.has_misfit {
        found.certain.insert("P0004");
    }
    let mut blamed: HashSet<Site> = HashSet::new();
    for edge in &world.edges {
        let is_missing = world.tasks[edge.before].spawned.is_none();
        if is_missing && blamed.insert(edge.site) {
            found.certain.insert(missing(world, edge.before));
        }
    }
    if has_cycle(world) {
        found.certain.insert("P0003");
    }
    let waits_for = edges_by_task(world);
    for wait in &world.waits {
        if needed_before(world, &waits_for, &wait.tasks, wait.time).is_empty() {
            continue;
        }
        for &awaited in &wait.tasks {
            if world.tasks[awaited].spawned.is_none() {
                if blamed.insert(wait.site) {
                    found.certain.insert(missing(world, awaited));
                }
                continue;
            }
            let unspawned = needed_before(world, &waits_for, &[awaited], wait.time);
            let is_never = |task: &usize| world.tasks[*task].spawned.is_none();
            let (never, late): (Vec<usize>, Vec<_>) = unspawned.into_iter().partition(is_never);
            if !late.is_empty() {
                let codes = match never.is_empty() {
                    true => &mut found.certain,
                    false => &mut found.possible,
                };
                codes.insert("P0003");
            }
        }
    }
    found
}

/// The code of a wait for a task that nobody spawns.
fn missing(world: &World, task: usize) -> &'static str {
    let Some((space, at)) = &world.tasks[task].place else {
        return "P0002";
    };
    let places = world.spaces[*space].places();
    let spawned = places.filter(|(_, task)| world.tasks[*task].spawned.is_some());
    let ranks: BTreeSet<usize> = spawned.map(|(at, _)| at.len()).collect();
    if ranks.len() == 1 && !ranks.contains(&at.len()) {
        "P0004"
    } else {
        "P0002"
    }
}

/// The edges of each task, by their numbers.
fn edges_by_task(world: &World) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); world.tasks.len()];
    for (number, edge) in world.edges.iter().enumerate() {
        found[edge.waiting].push(number);
    }
    found
}

/// What `tasks` need to end, themselves included, that had not been spawned at that time.
fn needed_before(
    world: &World,
    waits_for: &[Vec<usize>],
    tasks: &[usize],
    time: usize,
) -> Vec<usize> {
    let mut is_needed = vec![false; world.tasks.len()];
    let mut open = tasks.to_vec();
    let mut missing = Vec::new();
    while let Some(task) = open.pop() {
        if std::mem::replace(&mut is_needed[task], true) {
            continue;
        }
        let is_spawned = world.tasks[task].spawned.is_some_and(|it| it < time);
        if !is_spawned {
            missing.push(task);
            continue;
        }
        let edges = waits_for[task].iter().map(|edge| &world.edges[*edge]);
        open.extend(edges.filter(|it| it.time < time).map(|it| it.before));
    }
    missing
}

/// All that `from` waits for, directly or through others.
pub(crate) fn reached(world: &World, from: usize) -> Vec<usize> {
    let waits_for = edges_by_task(world);
    let mut reached = Vec::new();
    let mut open = vec![from];
    while let Some(task) = open.pop() {
        for edge in &waits_for[task] {
            let before = world.edges[*edge].before;
            if !reached.contains(&before) {
                reached.push(before);
                open.push(before);
            }
        }
    }
    reached
}

/// Whether tasks are left when those that wait for nothing more are taken away again and again.
fn has_cycle(world: &World) -> bool {
    let mut waits = vec![0; world.tasks.len()];
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); world.tasks.len()];
    for edge in &world.edges {
        waits[edge.waiting] += 1;
        waiting[edge.before].push(edge.waiting);
    }
    let mut free: Vec<usize> = (0..waits.len()).filter(|task| waits[*task] == 0).collect();
    let mut taken = 0;
    while let Some(before) = free.pop() {
        taken += 1;
        for &task in &waiting[before] {
            waits[task] -= 1;
            if waits[task] == 0 {
                free.push(task);
            }
        }
    }
    taken < waits.len()
}
