//! Which tasks come before which, as far as somebody may have to ask. Pure.

use std::collections::{BTreeSet, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Tells tasks apart, also those of several runtimes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TaskId {
    runtime: u64,
    number: u64,
}

pub(super) type Ids = FxHashSet<TaskId>;

/// Tasks, named by keys that others may have when they have ended, and what they come after.
///
/// Time is a count of what has happened. `C` is what there is to say about a conflict, `K` keeps a key.
#[derive(Debug)]
pub(super) struct Ancestry<C, K> {
    runtime: u64,
    time: u64,
    /// Those that have not ended.
    ids: FxHashMap<usize, TaskId>,
    records: FxHashMap<TaskId, Record<C, K>>,
    /// How many of those come after tasks of which nothing is known.
    unsure: usize,
    /// When those were spawned that have conflicts and have not begun. What ended later may still be
    /// asked for.
    open: BTreeSet<u64>,
    /// Those that have ended, in order.
    ended: VecDeque<(u64, TaskId)>,
}

#[derive(Debug)]
struct Record<C, K> {
    spawned: Option<u64>,
    /// When its body last may have waited for something.
    waited: u64,
    ended: Option<u64>,
    has_begun: bool,
    has_failed: bool,
    /// Whether it comes after tasks of which nothing is known.
    is_unsure: bool,
    /// What it depends on.
    before: SmallVec<[TaskId; 4]>,
    conflicts: Vec<(TaskId, C)>,
    /// What keeps the keys of others.
    kept: Vec<K>,
}

/// What is found going back from a task.
struct Found {
    met: Ids,
    /// What has ended before this comes before the task: the program has waited for it.
    waited: u64,
    is_unsure: bool,
}

/// When those were spawned that were so before any were noted.
const BEFORE: u64 = 0;
/// So many tasks are looked at to find some that come before one that is about to be spawned.
const LOOKED_AT: usize = 64;

impl<C: Clone, K> Ancestry<C, K> {
    /// Of the runtime of that number.
    pub(super) fn new(runtime: u64) -> Self {
        Self {
            runtime,
            time: 0,
            ids: FxHashMap::default(),
            records: FxHashMap::default(),
            unsure: 0,
            open: BTreeSet::new(),
            ended: VecDeque::new(),
        }
    }

    fn tick(&mut self) -> u64 {
        self.time += 1;
        self.time
    }

    /// The task of that key, which has not ended; it may be yet to be spawned.
    pub(super) fn id_of(&mut self, key: usize) -> TaskId {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = TaskId {
            runtime: self.runtime,
            number: self.tick(),
        };
        self.ids.insert(key, id);
        let record = Record {
            spawned: None,
            waited: 0,
            ended: None,
            has_begun: false,
            has_failed: false,
            is_unsure: false,
            before: SmallVec::new(),
            conflicts: Vec::new(),
            kept: Vec::new(),
        };
        self.records.insert(id, record);
        id
    }

    /// Some of the tasks that have not ended and come before one with those dependencies: those
    /// themselves, and the nearest before them.
    pub(super) fn known_before(&self, dependencies: impl Iterator<Item = usize>) -> Ids {
        let direct = dependencies.filter_map(|key| self.ids.get(&key).copied());
        let mut next: VecDeque<TaskId> = direct.collect();
        let mut known: Ids = next.iter().copied().collect();
        let mut left = LOOKED_AT;
        while let Some(id) = next.pop_front()
            && left > 0
        {
            let Some(record) = self.records.get(&id) else {
                continue;
            };
            left -= 1;
            for id in record.before.iter().take(LOOKED_AT) {
                let is_live = (self.records.get(id)).is_some_and(|it| it.ended.is_none());
                if is_live && known.insert(*id) {
                    next.push_back(*id);
                }
            }
        }
        known
    }

    /// A task is spawned.
    pub(super) fn spawned(&mut self, key: usize) -> TaskId {
        let (id, now) = (self.id_of(key), self.tick());
        if let Some(record) = self.records.get_mut(&id) {
            record.spawned = Some(now);
        }
        id
    }

    /// A task depends on another. False if nothing is known of that.
    pub(super) fn put_before(&mut self, id: TaskId, key: usize) -> bool {
        let Some(before) = self.ids.get(&key).copied() else {
            return false;
        };
        if let Some(record) = self.records.get_mut(&id) {
            record.before.push(before);
        }
        true
    }

    /// A task depends on one of which nothing is known.
    pub(super) fn put_unknown_before(&mut self, id: TaskId) {
        if let Some(record) = self.records.get_mut(&id) {
            self.unsure += usize::from(!record.is_unsure);
            record.is_unsure = true;
        }
    }

    /// Whether nothing that may be asked for comes after tasks of which nothing is known.
    pub(super) fn knows_all(&self) -> bool {
        self.unsure == 0
    }

    /// A task that was spawned before any were noted. Its key must be kept.
    pub(super) fn id_of_unknown(&mut self, key: usize) -> TaskId {
        let id = self.id_of(key);
        if let Some(record) = self.records.get_mut(&id) {
            record.spawned.get_or_insert(BEFORE);
            record.has_begun = true;
        }
        id
    }

    /// Keeps the key of another for as long as the task has conflicts.
    pub(super) fn keep(&mut self, id: TaskId, key: K) {
        if let Some(record) = self.records.get_mut(&id) {
            record.kept.push(key);
        }
    }

    /// What is kept for a task.
    pub(super) fn kept(&self, key: usize) -> &[K] {
        let record = self.ids.get(&key).and_then(|id| self.records.get(id));
        record.map_or(&[], |record| &record.kept)
    }

    /// A task that has just been spawned has a conflict with an earlier one. `reversed` is the same
    /// from the point of view of that. False if it has ended.
    pub(super) fn add_conflict(
        &mut self,
        id: TaskId,
        with: TaskId,
        conflict: C,
        reversed: C,
    ) -> bool {
        let other = self.records.get_mut(&with);
        let Some(other) = other.filter(|it| it.ended.is_none()) else {
            return false;
        };
        if !other.has_begun {
            other.conflicts.push((id, reversed));
            self.open.extend(other.spawned);
        }
        if let Some(record) = self.records.get_mut(&id) {
            record.conflicts.push((with, conflict));
            self.open.extend(record.spawned);
        }
        true
    }

    /// A task begins, unless one that it has a conflict with has begun and doesn't come before it.
    /// Returns the conflict, and what was kept. If it `runs_ahead`, what
    /// comes before it need not have ended.
    #[must_use]
    pub(super) fn begin(&mut self, key: usize, runs_ahead: bool) -> (Option<C>, Vec<K>) {
        let Some(&id) = self.ids.get(&key) else {
            return (None, Vec::new());
        };
        let Some(record) = self.records.get(&id).filter(|it| !it.has_begun) else {
            return (None, Vec::new());
        };
        let race = self.race(id, record, runs_ahead).cloned();
        let Some(record) = self.records.get_mut(&id).filter(|_| race.is_none()) else {
            return (race, Vec::new());
        };
        record.has_begun = true;
        record.conflicts = Vec::new();
        let kept = std::mem::take(&mut record.kept);
        let spawned = record.spawned;
        self.close(spawned);
        (None, kept)
    }

    fn race<'a>(&self, id: TaskId, record: &'a Record<C, K>, runs_ahead: bool) -> Option<&'a C> {
        let begun = record.conflicts.iter().filter_map(|(with, conflict)| {
            let other = self.records.get(with).filter(|it| it.has_begun)?;
            Some((with, other, conflict))
        });
        let begun: SmallVec<[_; 4]> = begun.collect();
        let ends = begun
            .iter()
            .map(|(_, other, _)| other.ended.unwrap_or(u64::MAX));
        let found = self.search(id, ends.min()?);
        let is_ordered = |with: &TaskId, other: &Record<C, K>| match other.ended {
            // What came before it may go on.
            Some(_) if other.has_failed && other.spawned == Some(BEFORE) => false,
            Some(ended) => found.met.contains(with) || ended < found.waited || found.is_unsure,
            None => runs_ahead && found.met.contains(with),
        };
        let mut races = begun.iter();
        let race = races.find(|(with, other, _)| !is_ordered(with, other));
        race.map(|(.., conflict)| *conflict)
    }

    /// Goes back from a task along its dependencies to those that have not ended before `earliest`.
    fn search(&self, id: TaskId, earliest: u64) -> Found {
        let mut found = Found {
            met: Ids::default(),
            waited: 0,
            is_unsure: false,
        };
        let spawned = self.records.get(&id).and_then(|it| it.spawned);
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            let Some(record) = self.records.get(&id) else {
                continue;
            };
            let is_late = record.ended.is_none_or(|ended| ended >= earliest);
            if is_late && found.met.insert(id) {
                // What came before the task when it was spawned was found out then.
                let is_later = record.spawned.is_none() || record.spawned > spawned;
                found.is_unsure |= is_later && (record.is_unsure || record.spawned.is_none());
                let waited = record.waited.max(record.spawned.unwrap_or(0));
                found.waited = found.waited.max(waited);
                next.extend(&record.before);
            }
        }
        found
    }

    /// The body of a task may have waited.
    pub(super) fn has_waited(&mut self, key: usize) {
        let now = self.tick();
        if let Some(id) = self.ids.get(&key)
            && let Some(record) = self.records.get_mut(id)
        {
            record.waited = now;
        }
    }

    /// A task ends. Returns what was kept.
    #[must_use]
    pub(super) fn ended(&mut self, key: usize, has_failed: bool) -> Vec<K> {
        let now = self.tick();
        let Some(id) = self.ids.remove(&key) else {
            return Vec::new();
        };
        let Some(record) = self.records.get_mut(&id) else {
            return Vec::new();
        };
        record.ended = Some(now);
        record.has_failed = has_failed;
        record.conflicts = Vec::new();
        let kept = std::mem::take(&mut record.kept);
        let spawned = record.spawned;
        self.ended.push_back((now, id));
        self.close(spawned);
        kept
    }

    /// A task has no conflicts any more. Forgets what is of no use without it.
    fn close(&mut self, spawned: Option<u64>) {
        if let Some(spawned) = spawned {
            self.open.remove(&spawned);
        }
        let oldest = self.open.first().copied().unwrap_or(u64::MAX);
        while let Some((ended, id)) = self.ended.pop_front() {
            if ended >= oldest {
                self.ended.push_front((ended, id));
                return;
            }
            let record = self.records.remove(&id);
            self.unsure -= usize::from(record.is_some_and(|it| it.is_unsure));
        }
    }

    /// The number of tasks of which something is known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
