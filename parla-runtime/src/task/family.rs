//! What the tasks of one space share: name, scheduler, scope.

use super::Node;
use crate::graph::Table;
use crate::scheduler::{Scheduler, WaitCell};
use crate::sync::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering};

/// Shared by all tasks of a task space.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: Arc<str>,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) scope: Arc<ScopeState>,
}

impl Family {
    /// The family of the tasks without a place in a space.
    pub(crate) fn anonymous(scheduler: &Arc<Scheduler>, scope: &Arc<ScopeState>) -> Arc<Self> {
        Arc::new(Self {
            name: "".into(),
            scheduler: scheduler.clone(),
            scope: scope.clone(),
        })
    }
}

/// The tasks that must end before a scope, or a runtime, may end.
#[derive(Debug)]
pub(crate) struct ScopeState {
    /// Tasks spawned and not ended.
    unfinished: AtomicUsize,
    /// Numbers the anonymous tasks.
    anonymous: AtomicU64,
    waiters: Mutex<Vec<Arc<WaitCell>>>,
    /// Failures in order of occurrence, as long as the program has not seen them.
    failures: Mutex<Kept<Node>>,
    /// The tables of its spaces, for the search for stalled tasks.
    tables: Mutex<Kept<Table>>,
    /// References that tasks depend on and that are in no table, for the same search.
    loose: Mutex<Kept<Node>>,
}

/// Things that are kept until they are no longer needed; looked through whenever their number has
/// doubled.
#[derive(Debug)]
struct Kept<T> {
    all: Vec<Arc<T>>,
    look_at: usize,
}

impl<T> Kept<T> {
    const LOOK_AT_LEAST: usize = 64;

    fn new() -> Mutex<Self> {
        Mutex::new(Self {
            all: Vec::new(),
            look_at: Self::LOOK_AT_LEAST,
        })
    }

    fn add(&mut self, item: Arc<T>, is_needed: impl Fn(&Arc<T>) -> bool) {
        if self.all.len() >= self.look_at {
            self.prune(is_needed);
        }
        self.all.push(item);
    }

    fn prune(&mut self, is_needed: impl Fn(&Arc<T>) -> bool) {
        self.all.retain(is_needed);
        self.look_at = Self::LOOK_AT_LEAST.max(2 * self.all.len());
    }
}

fn is_needed(table: &Arc<Table>) -> bool {
    Arc::strong_count(table) > 1 || !table.is_settled()
}

impl ScopeState {
    pub(crate) fn new() -> Self {
        Self {
            unfinished: AtomicUsize::new(0),
            anonymous: AtomicU64::new(0),
            waiters: Mutex::default(),
            failures: Kept::new(),
            tables: Kept::new(),
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

    pub(crate) fn add_failure(&self, node: Arc<Node>) {
        self.failures
            .lock()
            .add(node, |node| node.has_unseen_failure());
    }

    /// Takes the failures nobody has seen, oldest first.
    pub(crate) fn take_unseen_failures(&self) -> Vec<Arc<Node>> {
        let mut nodes = std::mem::take(&mut self.failures.lock().all);
        nodes.retain(|node| node.has_unseen_failure());
        nodes
    }

    /// Keeps a table reachable until its space is gone and none of its tasks can hold anything up.
    pub(crate) fn add_table(&self, table: Arc<Table>) {
        self.tables.lock().add(table, is_needed);
    }

    /// Keeps a reference reachable until it has ended.
    pub(crate) fn add_loose(&self, node: Arc<Node>) {
        self.loose.lock().add(node, |node| node.outcome().is_none());
    }

    /// Drops the tables nobody can need any more.
    pub(crate) fn prune_tables(&self) {
        self.tables.lock().prune(is_needed);
    }

    /// All tasks and references by which a stall in this scope can be found.
    pub(crate) fn nodes(&self) -> Vec<Arc<Node>> {
        let tables = self.tables.lock().all.clone();
        let mut nodes: Vec<_> = tables.iter().flat_map(|table| table.nodes()).collect();
        nodes.extend(self.loose.lock().all.iter().cloned());
        nodes
    }

    /// Lets go of everything kept; ends the reference cycle from scope to table to task to scope.
    pub(crate) fn forget_all(&self) {
        let tables = std::mem::take(&mut self.tables.lock().all);
        let loose = std::mem::take(&mut self.loose.lock().all);
        drop((tables, loose));
    }
}
