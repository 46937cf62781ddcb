//! Finds conflicting accesses that nothing orders, where accesses don't order tasks: of two such
//! tasks the second fails before it begins. See "Explicit tasks" in `docs/internals/accesses.md`.

mod ancestry;
mod noted;

use ancestry::Ancestry;
pub(crate) use ancestry::TaskId;
pub(super) use noted::Noted;

use rustc_hash::FxHashSet;

use super::order::Mode;
use crate::error::TaskErrorKind;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::task::{Node, NodeRef, TaskName, TaskState};

/// What has to be known of the tasks of one runtime to tell whether they are ordered.
#[derive(Debug)]
pub(crate) struct Races {
    /// Whether any task was explicit so far. Before, nothing is noted.
    is_on: AtomicBool,
    ancestry: Mutex<Ancestry<Conflict, NodeRef>>,
}

/// A task that declares its accesses.
#[derive(Debug)]
pub(crate) struct Declaring {
    pub(super) id: TaskId,
    pub(super) is_explicit: bool,
    /// Some of those that are known to come before it.
    pub(super) before: ancestry::Ids,
    /// Earlier accesses that it has to be ordered with.
    pub(super) conflicts: Vec<(With, Conflict)>,
}

/// The other task of a conflict.
#[derive(Debug)]
pub(super) struct With {
    pub(super) task: NodeRef,
    /// None if it was spawned before any were given.
    pub(super) id: Option<TaskId>,
}

/// So many tasks are looked at to find out whether one that was not noted comes after another; with
/// more, it may.
const LOOKED_AT: usize = 10_000;

/// Two accesses that need an order, from the point of view of one of their tasks.
#[derive(Debug, Clone)]
pub(crate) struct Conflict {
    pub(super) mine: Usage,
    pub(super) other: Usage,
    pub(super) with: TaskName,
    pub(super) me: TaskName,
}

/// What a task does with which data.
#[derive(Debug, Clone)]
pub(super) struct Usage {
    pub(super) mode: Mode,
    pub(super) data: String,
}

impl Races {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            is_on: AtomicBool::new(false),
            // Relaxed: only that numbers differ matters.
            ancestry: Mutex::new(Ancestry::new(NEXT.fetch_add(1, Ordering::Relaxed))),
        }
    }

    /// Whether tasks are to be noted.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        // Relaxed: who spawns a task that conflicts with an explicit one and doesn't see this has
        // spawned it before that one, as far as the program can tell.
        self.is_on.load(Ordering::Relaxed)
    }

    /// From now on tasks are noted, for ever.
    pub(crate) fn turn_on(&self) {
        self.is_on.store(true, Ordering::Relaxed);
    }

    /// A task that is about to declare its accesses, with its dependencies.
    pub(crate) fn declaring(
        &self,
        task: &NodeRef,
        is_explicit: bool,
        dependencies: &[NodeRef],
    ) -> Declaring {
        let mut ancestry = self.ancestry.lock();
        let before = match is_explicit {
            true => ancestry.known_before(dependencies.iter().map(NodeRef::key)),
            false => ancestry::Ids::default(),
        };
        Declaring {
            id: ancestry.id_of(task.key()),
            is_explicit,
            before,
            conflicts: Vec::new(),
        }
    }

    /// A task is about to be published. What it conflicts with and has ended by now was put before
    /// it by the program.
    pub(crate) fn spawned(&self, task: &NodeRef, dependencies: &[NodeRef], declaring: Declaring) {
        let mut ancestry = self.ancestry.lock();
        let id = ancestry.spawned(task.key());
        for dependency in dependencies {
            // Before it is asked whether it has ended: who ends it tells of that first here.
            if ancestry.put_before(id, dependency.key()) || dependency.state.is_ended() {
                continue;
            }
            if dependency.state.stage() == TaskState::Referenced {
                let _ = ancestry.id_of(dependency.key());
                ancestry.put_before(id, dependency.key());
            } else {
                ancestry.put_unknown_before(id);
            }
        }
        let knows_all = ancestry.knows_all();
        drop(ancestry);
        for (With { task: with, id: of }, conflict) in declaring.conflicts {
            let is_ordered = (of.is_none() || !knows_all) && may_come_after(&with, dependencies);
            let mut ancestry = self.ancestry.lock();
            let known = of.unwrap_or_else(|| ancestry.id_of_unknown(with.key()));
            if is_ordered {
                ancestry.put_before(id, with.key());
            }
            let reversed = conflict.reversed();
            let is_noted = ancestry.add_conflict(id, known, conflict, reversed);
            if of.is_none() && is_noted {
                ancestry.keep(id, with);
            }
        }
    }

    /// As [`spawned`](Self::spawned), without dependencies and accesses.
    #[inline]
    pub(crate) fn spawned_free(&self, task: &NodeRef) {
        if self.is_on() {
            self.ancestry.lock().spawned(task.key());
        }
    }

    /// A task begins to use its data. Asked again of one that has begun, nothing happens.
    ///
    /// # Errors
    ///
    /// Another has begun to use the same, and nothing orders the two. The task must fail.
    #[cold]
    pub(crate) fn begin(&self, task: &Node, runs_ahead: bool) -> Result<(), TaskErrorKind> {
        let key = std::ptr::from_ref(task).addr();
        let mut ancestry = self.ancestry.lock();
        // Those that ended when it was not yet seen that they had to tell.
        let over = ancestry
            .kept(key)
            .iter()
            .filter_map(|it| Some((it.key(), it.outcome()?.is_err())));
        let over: Vec<_> = over.collect();
        let none = over
            .into_iter()
            .flat_map(|(key, has_failed)| ancestry.ended(key, has_failed));
        debug_assert_eq!(none.count(), 0, "nothing is kept for those");
        let (conflict, kept) = ancestry.begin(key, runs_ahead);
        drop(ancestry);
        // Under no lock: with the last reference go values of users.
        drop(kept);
        conflict.map_or(Ok(()), |conflict| Err(conflict.into_error()))
    }

    /// A body may have waited for anything that has ended by now.
    #[inline]
    pub(crate) fn has_waited(&self, task: &Node) {
        if !self.is_on() {
            return;
        }
        let key = std::ptr::from_ref(task).addr();
        self.ancestry.lock().has_waited(key);
    }

    /// A task has ended. To be told before anybody can learn of it from the task.
    #[inline]
    pub(crate) fn ended(&self, task: &Node, has_failed: bool) {
        if !self.is_on() {
            return;
        }
        let key = std::ptr::from_ref(task).addr();
        let kept = self.ancestry.lock().ended(key, has_failed);
        drop(kept);
    }
}

/// Whether any of those tasks is that one or comes after it, by the lists of who is to be told of its
/// end. To be believed if it has not ended afterwards.
fn may_come_after(task: &NodeRef, of: &[NodeRef]) -> bool {
    let sought: FxHashSet<usize> = of.iter().map(NodeRef::key).collect();
    let (mut next, mut met) = (vec![task.clone()], FxHashSet::default());
    while let Some(task) = next.pop() {
        if sought.contains(&task.key()) || met.len() > LOOKED_AT {
            return true;
        }
        if met.insert(task.key()) {
            task.for_each_dependent(|dependent| next.push(dependent));
        }
    }
    false
}

impl Conflict {
    fn reversed(&self) -> Self {
        Self {
            mine: self.other.clone(),
            other: self.mine.clone(),
            with: self.me.clone(),
            me: self.with.clone(),
        }
    }

    fn into_error(self) -> TaskErrorKind {
        TaskErrorKind::Race {
            with: self.with,
            data: format!("{} `{}`", self.mine.verb(), self.mine.data),
            other: format!("{} `{}`", self.other.verb(), self.other.data),
        }
    }
}

impl Usage {
    fn verb(&self) -> &'static str {
        match self.mode {
            Mode::Read => "reads",
            Mode::Write | Mode::Update | Mode::Commute => "changes",
            Mode::Reduce(_) => "adds to",
        }
    }
}

#[cfg(test)]
mod tests;
