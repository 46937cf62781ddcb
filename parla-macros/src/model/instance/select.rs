//! Which tasks a selection names, and what waits for them.

use petgraph::graph::NodeIndex;

use super::order::needs_unspawned;
use super::run::{Leave, Machine};
use super::values::Value;
use super::{Coordinates, EarlyWait, Outside};
use crate::model::flow::{Extent, Selection, SiteId, Term, VariableId};

/// The indices of one dimension.
enum Indices {
    At(i64),
    Range {
        first: i64,
        end: i64,
        step: i64,
    },
    /// All that exist, from `start` to before `end`, as far as these are given.
    Open {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
}

impl Machine<'_> {
    /// Makes `task` wait for the tasks of `selection`.
    pub(super) fn depend(
        &mut self,
        task: NodeIndex,
        selection: &Selection,
        site: SiteId,
    ) -> Result<(), Leave> {
        // A single place is by far the most frequent.
        if let Selection::Subscript { base, dims } = selection
            && let Some((space, at)) = self.single(*base, dims)
        {
            return match self.existing_place(space, at, site) {
                Some(dependency) => self.add_dependency(task, dependency, site),
                None => Ok(()),
            };
        }
        let dependencies = self.tasks(selection, site, Some(task))?;
        self.instance.graph[task].may_wait |= self.is_vague;
        for dependency in dependencies {
            self.add_dependency(task, dependency, site)?;
        }
        Ok(())
    }

    fn add_dependency(
        &mut self,
        task: NodeIndex,
        dependency: NodeIndex,
        site: SiteId,
    ) -> Result<(), Leave> {
        self.pay()?;
        self.instance.uses[site as usize] += 1;
        self.instance.graph.add_edge(task, dependency, site);
        Ok(())
    }

    /// The one place that is selected, if there is one and it fits the space.
    fn single(&mut self, base: VariableId, dims: &[Extent]) -> Option<(usize, Coordinates)> {
        let mut at = Coordinates::default();
        for extent in dims {
            let Extent::At(index) = extent else {
                return None;
            };
            at.push(self.integer(index)?)?;
        }
        let space = self.base(base)?;
        let shape = self.instance.spaces[space].shape.as_ref();
        shape
            .is_none_or(|it| it.len() == dims.len())
            .then_some((space, at))
    }

    /// The function, or the task whose body this is, waits for the tasks of `selection`.
    pub(super) fn wait(&mut self, selection: &Selection, site: SiteId) -> Result<(), Leave> {
        if !self.is_certain() {
            self.joined(&[], true);
            return Ok(());
        }
        let tasks = self.tasks(selection, site, None)?;
        self.joined(&tasks, self.is_vague);
        self.wait_for(&tasks, site, false)?;
        if let Some(waiting) = self.context {
            self.instance.is_exact = false;
            for task in tasks {
                self.pay()?;
                self.instance.graph.add_edge(waiting, task, site);
            }
        }
        Ok(())
    }

    /// The end of a scope, whose spaces are those that `owner` made, from number `first` on.
    pub(super) fn end_scope(
        &mut self,
        first: usize,
        owner: VariableId,
        site: SiteId,
    ) -> Result<(), Leave> {
        // It also waits for tasks without a space.
        self.joined(&[], true);
        if !self.is_certain() {
            return Ok(());
        }
        let spaces = self.instance.spaces[first..].iter();
        let spaces = spaces.filter(|space| space.owner == Some(owner));
        let tasks = spaces.flat_map(|space| space.named.iter().copied());
        let is_certain = |task: &NodeIndex| {
            let spawned = self.instance.graph[*task].spawned;
            spawned.is_some_and(|it| it.is_certain)
        };
        let tasks: Vec<_> = tasks.filter(is_certain).collect();
        self.wait_for(&tasks, site, true)
    }

    fn wait_for(&mut self, tasks: &[NodeIndex], site: SiteId, is_scope: bool) -> Result<(), Leave> {
        self.instance.uses[site as usize] += u32::from(!tasks.is_empty());
        for &awaited in tasks {
            self.pay()?;
            let Some(missing) = needs_unspawned(self, awaited)? else {
                continue;
            };
            let space = self.instance.graph[missing].place.map(|(space, _)| space);
            let is_ours = space.is_some_and(|space| {
                let space = &self.instance.spaces[space];
                !space.is_escaped && !space.is_open
            });
            if is_ours {
                self.instance.early_waits.push(EarlyWait {
                    site,
                    context: self.context,
                    awaited,
                    missing,
                    is_scope,
                });
            }
        }
        Ok(())
    }

    /// The tasks of `selection`; "all" leaves out `asking` itself. Those of which it is unknown
    /// whether they are among them are left out.
    fn tasks(
        &mut self,
        selection: &Selection,
        site: SiteId,
        asking: Option<NodeIndex>,
    ) -> Result<Vec<NodeIndex>, Leave> {
        self.is_vague = false;
        match selection {
            Selection::Variable(variable) => match self.value(&Term::Variable(*variable)) {
                Value::Task(task) => Ok(vec![task]),
                Value::Space(space) => self.existing(space, asking),
                _ => {
                    self.is_vague = true;
                    self.instance.is_exact = false;
                    Ok(Vec::new())
                }
            },
            Selection::Spawned(variable) => {
                let Some(space) = self.base(*variable) else {
                    self.is_vague = true;
                    return Ok(Vec::new());
                };
                let mut tasks = self.existing(space, asking)?;
                let graph = &self.instance.graph;
                tasks.retain(|task| graph[*task].spawned.is_some());
                let all = tasks.len();
                tasks.retain(|task| graph[*task].spawned.is_some_and(|it| it.is_certain));
                self.is_vague |= tasks.len() < all;
                Ok(tasks)
            }
            Selection::Subscript { base, dims } => {
                let indices: Option<Vec<_>> = dims.iter().map(|it| self.indices(it)).collect();
                let (Some(space), Some(indices)) = (self.base(*base), indices) else {
                    self.is_vague = true;
                    self.instance.is_exact = false;
                    return Ok(Vec::new());
                };
                self.subscript(space, &indices, site, asking)
            }
            Selection::Unknown => {
                self.is_vague = true;
                self.instance.is_exact = false;
                Ok(Vec::new())
            }
        }
    }

    /// The tasks of a space that exist for certain when this point is reached.
    fn existing(
        &mut self,
        space: usize,
        asking: Option<NodeIndex>,
    ) -> Result<Vec<NodeIndex>, Leave> {
        self.pay_for(self.instance.spaces[space].named.len())?;
        let exists = |task: &&NodeIndex| {
            let it = &self.instance.graph[**task];
            let before = it.context.is_none() || it.context == self.context;
            it.is_certain && before && Some(**task) != asking
        };
        let it = &self.instance.spaces[space];
        let found: Vec<_> = it.named.iter().filter(exists).copied().collect();
        let others = it.named.iter().filter(|task| Some(**task) != asking);
        self.is_vague |= it.is_escaped || it.is_open || found.len() < others.count();
        Ok(found)
    }

    fn indices(&self, extent: &Extent) -> Option<Indices> {
        match extent {
            Extent::At(index) => Some(Indices::At(self.integer(index)?)),
            Extent::Range { start, end, step } => {
                let step = self.integer(step).filter(|it| *it != 0)?;
                let bound = |it: &Option<Term>| match it {
                    None => Some(None),
                    Some(term) => self.integer(term).map(Some),
                };
                let (start, end) = (bound(start)?, bound(end)?);
                Some(match (start, end) {
                    (Some(first), Some(end)) => Indices::Range { first, end, step },
                    // Without an end it goes down to the lowest index.
                    (Some(first), None) if step < 0 => Indices::Range {
                        first,
                        end: -1,
                        step,
                    },
                    (None, Some(end)) if step > 0 => Indices::Range {
                        first: 0,
                        end,
                        step,
                    },
                    (start, end) => Indices::Open { start, end, step },
                })
            }
        }
    }

    fn subscript(
        &mut self,
        space: usize,
        indices: &[Indices],
        site: SiteId,
        asking: Option<NodeIndex>,
    ) -> Result<Vec<NodeIndex>, Leave> {
        let mut tasks = Vec::new();
        if let Some(extents) = &self.instance.spaces[space].shape
            && extents.len() != indices.len()
        {
            self.wrong_dimensions(space, indices, site);
            return Ok(tasks);
        }
        let shape = self.instance.spaces[space].shape.clone();
        let is_open = |it: &Indices| matches!(it, Indices::Open { .. });
        if shape.is_none() && indices.iter().any(is_open) {
            tasks = self.existing(space, asking)?;
            let instance = &self.instance;
            tasks.retain(|task| match instance.graph[*task].place {
                Some((_, at)) => matches(at.as_slice(), indices),
                None => false,
            });
            return Ok(tasks);
        }
        let mut lists = Vec::new();
        for (dimension, indices) in indices.iter().enumerate() {
            let extent = shape.as_ref().map(|it| it[dimension]);
            lists.push(self.list(indices, extent)?);
        }
        self.product((space, site), &lists, &mut Vec::new(), &mut tasks)?;
        tasks.retain(|task| {
            // Only "all" leaves itself out; naming oneself is a mistake.
            !(indices.iter().any(is_open) && Some(*task) == asking)
        });
        Ok(tasks)
    }

    /// The indices of one dimension, clipped.
    fn list(&mut self, indices: &Indices, extent: Option<i64>) -> Result<Vec<i64>, Leave> {
        let (first, end, step) = match *indices {
            Indices::At(index) => return Ok(vec![index]),
            Indices::Range { first, end, step } => (first, end, step),
            Indices::Open { start, end, step } => {
                let last = extent.unwrap_or(0) - 1;
                if step > 0 {
                    (start.unwrap_or(0), end.unwrap_or(last + 1), step)
                } else {
                    (start.unwrap_or(last), end.unwrap_or(-1), step)
                }
            }
        };
        let mut found = Vec::new();
        let mut at = first;
        // A start far outside is not walked up to: the phase is kept.
        if step > 0 && at < 0 {
            at += at
                .checked_neg()
                .unwrap_or(0)
                .div_euclid(step)
                .saturating_mul(step);
        }
        if let Some(extent) = extent
            && step < 0
            && at >= extent
        {
            at += (at - extent).div_euclid(-step).saturating_mul(step);
        }
        while (step > 0 && at < end) || (step < 0 && at > end && at >= 0) {
            if extent.is_some_and(|extent| step > 0 && at >= extent) {
                break;
            }
            self.pay()?;
            if at >= 0 {
                found.push(at);
            }
            let Some(next) = at.checked_add(step) else {
                break;
            };
            at = next;
        }
        Ok(found)
    }

    fn product(
        &mut self,
        (space, site): (usize, SiteId),
        lists: &[Vec<i64>],
        prefix: &mut Vec<i64>,
        tasks: &mut Vec<NodeIndex>,
    ) -> Result<(), Leave> {
        let Some((first, rest)) = lists.split_first() else {
            let at = Coordinates::new(prefix);
            tasks.extend(at.and_then(|at| self.existing_place(space, at, site)));
            return Ok(());
        };
        for index in first {
            self.pay()?;
            prefix.push(*index);
            self.product((space, site), rest, prefix, tasks)?;
            prefix.pop();
        }
        Ok(())
    }

    /// The task at a place, if there is one; it exists from now on.
    fn existing_place(&mut self, space: usize, at: Coordinates, site: SiteId) -> Option<NodeIndex> {
        if self.instance.spaces[space].contains(&at) {
            return Some(self.named(space, at));
        }
        // Whether an index is too large may be what a caller takes care of.
        if at.as_slice().iter().all(|it| *it >= 0) {
            self.instance.uses[site as usize] += 1;
        }
        None
    }

    fn wrong_dimensions(&mut self, space: usize, indices: &[Indices], site: SiteId) {
        let first = |it: &Indices| match it {
            Indices::At(index) => *index,
            Indices::Range { first, .. } => *first,
            Indices::Open { start, .. } => start.unwrap_or(0),
        };
        let indices: Vec<_> = indices.iter().map(first).collect();
        if let Some(at) = Coordinates::new(&indices) {
            self.instance.uses[site as usize] += 1;
            self.instance.outside.push(Outside { space, at, site });
        }
    }
}

/// Whether the indices of a task are among those selected.
fn matches(at: &[i32], indices: &[Indices]) -> bool {
    let within = |(at, indices): (i64, &Indices)| match *indices {
        Indices::At(index) => at == index,
        Indices::Range { first, end, step } => {
            let is_between = if step > 0 {
                (first..end).contains(&at)
            } else {
                end < at && at <= first
            };
            is_between && (at - first) % step == 0
        }
        Indices::Open { start, end, step } => {
            let low = if step > 0 {
                start
            } else {
                end.map(|it| it + 1)
            };
            let high = if step > 0 {
                end
            } else {
                start.map(|it| it + 1)
            };
            let is_between = low.is_none_or(|low| low <= at) && high.is_none_or(|high| at < high);
            // Without a start below, the phase is that of what exists, which is not tracked.
            let phase = start.or((step > 0).then_some(0));
            is_between && (step.abs() == 1 || phase.is_some_and(|it| (at - it) % step == 0))
        }
    };
    let wide = at.iter().map(|it| i64::from(*it));
    at.len() == indices.len() && wide.zip(indices).all(within)
}
