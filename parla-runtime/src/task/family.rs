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
    /// Failures in order of occurrence; those the program has seen are dropped now and then.
    failures: Mutex<Failures>,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Failures {
    nodes: Vec<Arc<Node>>,
    prune_at: usize,
}

#[derive(Debug, Default)]
struct Tables {
    all: Vec<Arc<Table>>,
    prune_at: usize,
}

impl Tables {
    fn prune(&mut self) {
        self.all
            .retain(|table| Arc::strong_count(table) > 1 || !table.is_settled());
        self.prune_at = PRUNE_AT_LEAST.max(2 * self.all.len());
    }
}

const PRUNE_AT_LEAST: usize = 64;

impl ScopeState {
    pub(crate) fn new() -> Self {
        Self {
            unfinished: AtomicUsize::new(0),
            anonymous: AtomicU64::new(0),
            waiters: Mutex::default(),
            failures: Mutex::default(),
            tables: Mutex::default(),
        }
    }

    pub(crate) fn next_anonymous(&self) -> u64 {
        // Relaxed: only uniqueness matters.
        self.anonymous.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn task_spawned(&self) {
        // Relaxed: who spawns into a scope keeps it open by its own means (it runs in it).
        self.unfinished.fetch_add(1, Ordering::Relaxed);
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
        self.unfinished.load(Ordering::Acquire) == 0
    }

    /// Has `cell` woken when the scope is finished; false if it is already. The waiter must look
    /// again when it wakes, since tasks may have been spawned meanwhile.
    pub(crate) fn wake_when_finished(&self, cell: &Arc<WaitCell>) -> bool {
        self.waiters.lock().push(cell.clone());
        // After the push: `task_ended` either sees the cell or is seen here.
        !self.is_finished()
    }

    pub(crate) fn remove_waiter(&self, cell: &Arc<WaitCell>) {
        self.waiters
            .lock()
            .retain(|other| !Arc::ptr_eq(other, cell));
    }

    pub(crate) fn add_failure(&self, node: Arc<Node>) {
        let mut failures = self.failures.lock();
        if failures.nodes.len() >= failures.prune_at {
            failures.nodes.retain(|node| node.has_unseen_failure());
            failures.prune_at = PRUNE_AT_LEAST.max(2 * failures.nodes.len());
        }
        failures.nodes.push(node);
    }

    /// Takes the failures nobody has seen, oldest first.
    pub(crate) fn take_unseen_failures(&self) -> Vec<Arc<Node>> {
        let mut nodes = std::mem::take(&mut self.failures.lock().nodes);
        nodes.retain(|node| node.has_unseen_failure());
        nodes
    }

    /// Keeps a table reachable for the search for stalled tasks. Tables whose space is gone and
    /// whose tasks have all ended are dropped when the list has doubled.
    pub(crate) fn add_table(&self, table: Arc<Table>) {
        let mut tables = self.tables.lock();
        if tables.all.len() >= tables.prune_at {
            tables.prune();
        }
        tables.all.push(table);
    }

    /// Drops the tables nobody can need any more.
    pub(crate) fn prune_tables(&self) {
        self.tables.lock().prune();
    }

    pub(crate) fn tables(&self) -> Vec<Arc<Table>> {
        self.tables.lock().all.clone()
    }

    /// Lets go of all tables; ends the reference cycle from scope to table to task to scope.
    pub(crate) fn forget_tables(&self) {
        let tables = std::mem::take(&mut self.tables.lock().all);
        drop(tables);
    }
}
