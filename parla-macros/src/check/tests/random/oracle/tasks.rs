//! Which tasks spawns make, and what dependencies and waits name.

use super::races::EXTENT;
use super::spaces::{Choice, choose};
use super::{Access, Edge, Left, MOST_TASKS, Machine, Outcome, Site, Task, Value, site};
use crate::check::tests::random::program::{self, Place, Spawn, Tasks};

impl Machine {
    pub(super) fn spawn(&mut self, spawn: &Spawn, spawner: Site) -> Outcome {
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
            for access in &spawn.accesses {
                self.access(task, access)?;
            }
            for (before, site) in found {
                self.world.edges.push(Edge {
                    waiting: task,
                    before,
                    site,
                    time: self.time,
                });
            }
        }
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

    fn access(&mut self, task: usize, access: &program::Access) -> Outcome {
        let choices = access
            .dims
            .iter()
            .map(|dim| choose(dim, &|it| self.value(it)));
        let choices: Option<Vec<_>> = choices.collect();
        // The array has all of it.
        let choices = choices.filter(|all| all.iter().all(|it| it.room() < EXTENT));
        self.world.accesses.push(Access {
            task,
            mode: access.mode,
            array: access.array,
            choices: choices.ok_or(Left::Refused)?,
        });
        Ok(())
    }

    /// What a body awaits, it needs to end.
    pub(super) fn select_in_body(&mut self, waiting: usize, space: usize, at: &[i64], site: Site) {
        if self.world.spaces[space].refuses(at.len()) {
            self.world.has_misfit = true;
        } else if self.world.spaces[space].contains(at) {
            let known = self.world.spaces[space].task(at);
            let before = known.unwrap_or_else(|| self.add_task(Some((space, at.to_vec()))));
            self.world.edges.push(Edge {
                waiting,
                before,
                site,
                time: self.time,
            });
        }
    }

    /// The task of a target, if it names one.
    pub(super) fn target(&mut self, space: usize, at: &[i64]) -> Option<usize> {
        if self.world.spaces[space].contains(at) {
            return Some(self.named(space, at));
        }
        self.world.has_misfit = true;
        None
    }

    /// Whether this is the first spawn of `task`.
    pub(super) fn record(&mut self, task: usize, spawner: Site) -> bool {
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

    pub(super) fn add_task(&mut self, place: Option<(usize, Vec<i64>)>) -> usize {
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
    pub(super) fn named(&mut self, space: usize, at: &[i64]) -> usize {
        let known = self.world.spaces[space].task(at);
        let task = known.unwrap_or_else(|| self.add_task(Some((space, at.to_vec()))));
        self.world.tasks[task].exists = true;
        task
    }

    /// Adds what `tasks` names to `found`, with where it is said; "all" leaves `asking` out.
    pub(super) fn select(
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
                let is_open = choices.iter().any(Choice::is_open);
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

    /// The places of a space that the function has named so far, the first one first.
    pub(super) fn existing(&self, space: usize) -> Vec<Vec<i64>> {
        let mut places: Vec<_> = self.world.spaces[space].places().collect();
        places.retain(|(_, task)| self.world.tasks[*task].exists);
        places.sort_by_key(|(_, task)| *task);
        places.into_iter().map(|(at, _)| at.clone()).collect()
    }
}
