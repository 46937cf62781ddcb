//! Spawns: which task each makes, and whether it is the first of its name.

use petgraph::graph::NodeIndex;

use super::run::{Leave, Machine, Outcome};
use super::values::Value;
use super::{Coordinates, Duplicate, Outside, Spawned, Task};
use crate::model::flow::{Kind, SiteId, SpawnStep, SpawnTarget, Term, VariableId};

impl<'f> Machine<'f> {
    pub(super) fn spawn(&mut self, step: &'f SpawnStep) -> Outcome {
        self.pay()?;
        let task = match &step.target {
            SpawnTarget::Anonymous => Some(self.add_task(None, &step.label)),
            SpawnTarget::Somewhere(base) => {
                self.open(*base);
                Some(self.add_task(None, &step.label))
            }
            SpawnTarget::Place {
                base,
                indices,
                is_space,
            } => {
                let space = self.target_space(*base, *is_space);
                let at = self.coordinates(indices);
                match (space, at) {
                    (Some(space), Some(at)) => self.target(space, at, step.site),
                    _ => {
                        self.open(Some(*base));
                        Some(self.add_task(None, &step.label))
                    }
                }
            }
            SpawnTarget::All { base, start, end } => {
                return self.spawn_all(*base, start, end, step.site);
            }
        };
        let Some(task) = task else {
            // Not the task of the turn before.
            if let Some(handle) = step.handle {
                self.values[handle as usize] = Value::Unknown;
            }
            return Ok(());
        };
        let is_new = self.record(task, step.site);
        if let Some(handle) = step.handle {
            self.values[handle as usize] = Value::Task(task);
        }
        let left = self.describe(task, step, is_new);
        // The rest of what it waits for has not been looked at.
        self.instance.graph[task].may_wait |= left == Err(Leave::Stop);
        left
    }

    /// What a task waits for and uses, and what its body does.
    fn describe(&mut self, task: NodeIndex, step: &'f SpawnStep, is_new: bool) -> Outcome {
        // Of a second task of the same name nothing is known but that it is one too many.
        if is_new && self.is_certain() {
            for (selection, site) in &step.dependencies {
                self.depend(task, selection, *site)?;
            }
            for access in &step.accesses {
                self.access(task, access)?;
            }
        }
        if step.body.is_empty() {
            return Ok(());
        }
        self.framed(Some(task), &step.body)
    }

    /// The space of a target, unless it may be something else that has a method `task`.
    fn target_space(&mut self, base: VariableId, is_space: bool) -> Option<usize> {
        match self.value(&Term::Variable(base)) {
            Value::Symbol(symbol)
                if !is_space && self.flow.symbols[symbol as usize].kind != Kind::Space =>
            {
                None
            }
            _ => self.base(base),
        }
    }

    fn coordinates(&self, indices: &[Term]) -> Option<Coordinates> {
        let mut at = Coordinates::default();
        for index in indices {
            at.push(self.integer(index)?)?;
        }
        (!indices.is_empty()).then_some(at)
    }

    /// The task of a target, unless there is none of that name.
    fn target(&mut self, space: usize, at: Coordinates, site: SiteId) -> Option<NodeIndex> {
        if self.instance.spaces[space].contains(&at) {
            return Some(self.named(space, at));
        }
        if self.is_certain() {
            // Below zero nothing is spawned that could be spawned twice.
            let is_below = at.as_slice().iter().any(|index| *index < 0);
            self.instance.uses[site as usize] += u32::from(!is_below);
            self.instance.outside.push(Outside { space, at, site });
        }
        None
    }

    fn spawn_all(
        &mut self,
        base: VariableId,
        start: &'f Term,
        end: &'f Term,
        site: SiteId,
    ) -> Outcome {
        let range = self.progression(start, end, false, &[]);
        let (Some(space), Some(range)) = (self.target_space(base, false), range) else {
            self.open(Some(base));
            return Ok(());
        };
        for k in 0..range.count {
            self.pay()?;
            if let Some(at) = Coordinates::new(&[range.first + k])
                && let Some(task) = self.target(space, at, site)
            {
                self.record(task, site);
            }
        }
        Ok(())
    }

    /// Records that `task` is spawned here, and whether it is for the first time.
    fn record(&mut self, task: NodeIndex, site: SiteId) -> bool {
        let is_certain = self.is_certain();
        let spawned = Spawned {
            site,
            turn: self.turn,
            is_certain,
            context: self.context,
            order: self.spawns,
        };
        self.spawns += 1;
        self.instance.is_exact &= is_certain && self.context.is_none();
        if is_certain {
            self.instance.uses[site as usize] += 1;
        }
        let before = &mut self.instance.graph[task].spawned;
        match before {
            Some(first) if first.is_certain => {
                if is_certain {
                    let first = *first;
                    self.instance.duplicates.push(Duplicate {
                        task,
                        first,
                        second: spawned,
                    });
                }
                false
            }
            // Two that may be: nothing is certain of either.
            Some(_) if !is_certain => false,
            _ => {
                *before = Some(spawned);
                true
            }
        }
    }

    /// Any task of the space may have been spawned.
    fn open(&mut self, base: Option<VariableId>) {
        self.instance.is_exact = false;
        if let Some(space) = base.and_then(|it| self.base(it)) {
            self.instance.spaces[space].is_open = true;
        }
    }

    /// The task at a place, which exists from now on.
    pub(super) fn named(&mut self, space: usize, at: Coordinates) -> NodeIndex {
        if let Some(task) = self.instance.spaces[space].task(&at) {
            let (is_certain, context) = (self.is_certain(), self.context);
            // The function itself is what is gone through in order.
            let known = &mut self.instance.graph[task];
            if is_certain && (context.is_none() || !known.is_certain) {
                known.context = context;
                known.is_certain = true;
            }
            return task;
        }
        let task = self.add_task(Some((space, at)), "");
        self.instance.spaces[space].add(at, task);
        task
    }

    fn add_task(&mut self, place: Option<(usize, Coordinates)>, label: &'f str) -> NodeIndex {
        let task = Task {
            place,
            label,
            spawned: None,
            context: self.context,
            is_certain: self.is_certain(),
            may_wait: false,
            has_unseen: false,
        };
        self.instance.graph.add_node(task)
    }
}
