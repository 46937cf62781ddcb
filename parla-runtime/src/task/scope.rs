//! What a scope knows of its tasks: how many have not ended, which failed, where to find them.

use std::collections::HashSet;

use super::{Family, NodeRef, TaskState};
use crate::scheduler::WaitCell;
use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};

/// The tasks that must end before a scope, or a runtime, may end.
#[derive(Debug)]
pub(crate) struct ScopeState {
    /// Tasks spawned and not ended.
    unfinished: AtomicUsize,
    /// Numbers the anonymous tasks.
    anonymous: AtomicU64,
    waiters: Mutex<Vec<Arc<WaitCell>>>,
    /// Whether anything was ever kept in the lists below: most scopes are small and keep nothing.
    keeps: AtomicBool,
    /// Failures in order of occurrence, as long as the program has not seen them.
    failures: Mutex<Kept<NodeRef>>,
    /// The families of its spaces, for the search for stalled tasks.
    families: Mutex<Kept<Arc<Family>>>,
    /// References that tasks depend on and that are in no table, for the same search.
    loose: Mutex<Kept<NodeRef>>,
}

/// Things that are kept until they are no longer needed; looked through whenever their number has
/// doubled.
#[derive(Debug)]
struct Kept<T> {
    all: Vec<T>,
    look_at: usize,
    /// Nothing is kept any more.
    is_closed: bool,
}

impl<T> Kept<T> {
    const LOOK_AT_LEAST: usize = 64;

    fn new() -> Mutex<Self> {
        Mutex::new(Self {
            all: Vec::new(),
            look_at: Self::LOOK_AT_LEAST,
            is_closed: false,
        })
    }

    /// Adds one; yields those that are needed no more, to be dropped outside the lock. `is_needed`
    /// must not drop anything of users either.
    fn add(&mut self, item: T, is_needed: impl Fn(&T) -> bool) -> Vec<T> {
        let mut unneeded = if self.is_to_be_pruned() {
            self.prune(is_needed)
        } else {
            Vec::new()
        };
        unneeded.extend(self.push(item));
        unneeded
    }

    fn is_to_be_pruned(&self) -> bool {
        self.all.len() >= self.look_at
    }

    /// Adds one; gives it back if nothing is kept any more.
    fn push(&mut self, item: T) -> Option<T> {
        if self.is_closed {
            return Some(item);
        }
        self.all.push(item);
        None
    }

    fn prune(&mut self, is_needed: impl Fn(&T) -> bool) -> Vec<T> {
        let unneeded = self.all.extract_if(.., |item| !is_needed(item)).collect();
        self.look_at = Self::LOOK_AT_LEAST.max(2 * self.all.len());
        unneeded
    }

    /// Yields all there is, and keeps nothing from now on.
    fn close(&mut self) -> Vec<T> {
        self.is_closed = true;
        std::mem::take(&mut self.all)
    }
}

impl ScopeState {
    pub(crate) fn new() -> Self {
        Self {
            unfinished: AtomicUsize::new(0),
            anonymous: AtomicU64::new(0),
            keeps: AtomicBool::new(false),
            waiters: Mutex::default(),
            failures: Kept::new(),
            families: Kept::new(),
            loose: Kept::new(),
        }
    }

    pub(crate) fn next_anonymous(&self) -> u64 {
        // Relaxed: only uniqueness matters.
        self.anonymous.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn task_spawned(&self) {
        // SeqCst: see `Scheduler::close`. Nothing else needs it: who spawns into a scope keeps it
        // open by its own means, since it runs in it.
        self.unfinished.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts that many tasks less and wakes those who wait for the last one.
    pub(crate) fn tasks_ended(&self, count: usize) {
        // AcqRel: Release publishes what the tasks did; Acquire, in the last one, collects it all
        // for whom it wakes. Pairs with the load in `is_finished`.
        if self.unfinished.fetch_sub(count, Ordering::AcqRel) == count {
            let waiters = std::mem::take(&mut *self.waiters.lock());
            waiters.iter().for_each(|cell| cell.wake());
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        // Acquire: see `tasks_ended`; SeqCst: see `Scheduler::close`.
        self.unfinished.load(Ordering::SeqCst) == 0
    }

    /// Has `cell` woken when the scope is finished; false if it is already. The waiter must look
    /// again when it wakes, since tasks may have been spawned meanwhile.
    pub(crate) fn wake_when_finished(&self, cell: &Arc<WaitCell>) -> bool {
        self.waiters.lock().push(cell.clone());
        // After the push: `tasks_ended` either sees the cell or is seen here.
        !self.is_finished()
    }

    pub(crate) fn remove_waiter(&self, cell: &Arc<WaitCell>) {
        self.waiters
            .lock()
            .retain(|other| !Arc::ptr_eq(other, cell));
    }

    /// Whether anything is kept that the end of the scope must look at.
    pub(crate) fn keeps(&self) -> bool {
        // Relaxed: who asks has seen the end of all tasks of the scope, or asks for a picture that
        // may be out of date.
        self.keeps.load(Ordering::Relaxed)
    }

    pub(crate) fn add_failure(&self, node: NodeRef) {
        self.keeps.store(true, Ordering::Relaxed);
        let seen = self
            .failures
            .lock()
            .add(node, |node| node.has_unseen_failure());
        drop(seen);
    }

    /// Takes the failures nobody has seen, oldest first.
    pub(crate) fn take_unseen_failures(&self) -> Vec<NodeRef> {
        if !self.keeps() {
            return Vec::new();
        }
        let mut nodes = std::mem::take(&mut self.failures.lock().all);
        nodes.retain(|node| node.has_unseen_failure());
        nodes
    }

    /// Keeps a family reachable until its space is gone and none of its tasks can hold anything
    /// up.
    pub(crate) fn add_family(&self, family: Arc<Family>) {
        self.keeps.store(true, Ordering::Relaxed);
        let is_to_be_pruned = self.families.lock().is_to_be_pruned();
        if is_to_be_pruned {
            self.prune_families();
        }
        let refused = self.families.lock().push(family);
        if let Some(family) = refused {
            family.clear();
        }
    }

    /// Keeps a reference reachable until it has ended.
    pub(crate) fn add_loose(&self, node: NodeRef) {
        self.keeps.store(true, Ordering::Relaxed);
        let ended = self.loose.lock().add(node, |node| !node.state.is_ended());
        drop(ended);
    }

    /// Lets go of the families nobody can need any more.
    pub(crate) fn prune_families(&self) {
        let families = self.families.lock().all.clone();
        // Not under the lock: who looks at a task may be the last to hold it, and with it goes an
        // error of a user, which may make a space. What is settled stays so.
        let settled = families.iter().filter(|family| family.is_settled());
        let settled: HashSet<_> = settled.map(Arc::as_ptr).collect();
        let is_needed = |family: &Arc<Family>| !settled.contains(&Arc::as_ptr(family));
        let settled = self.families.lock().prune(is_needed);
        settled.iter().for_each(|family| family.clear());
    }

    /// All tasks and references by which a stall in this scope can be found.
    pub(crate) fn nodes(&self) -> Vec<NodeRef> {
        if !self.keeps() {
            return Vec::new();
        }
        let families = self.families.lock().all.clone();
        let mut nodes: Vec<_> = families.iter().flat_map(|family| family.nodes()).collect();
        nodes.extend(self.loose.lock().all.iter().cloned());
        nodes
    }

    /// References that something waits for although the scope, and with it the chance to spawn
    /// them, is over.
    pub(crate) fn unspawned(&self) -> Vec<NodeRef> {
        let mut nodes = self.nodes();
        nodes.retain(|node| node.state.stage() == TaskState::Referenced && node.is_waited_for());
        nodes
    }

    /// Lets go of everything kept; ends the reference cycle from scope to family to task to scope.
    pub(crate) fn forget_all(&self) {
        if self.keeps() {
            self.close();
        }
    }

    /// Lets go of everything kept, and keeps nothing any more: whatever comes now would stay, since
    /// nobody looks for it again.
    pub(crate) fn close(&self) {
        let families = self.families.lock().close();
        families.iter().for_each(|family| family.clear());
        let loose = self.loose.lock().close();
        let failures = self.failures.lock().close();
        drop((families, loose, failures));
    }
}
