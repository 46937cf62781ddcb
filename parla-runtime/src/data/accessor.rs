//! A task as one that accesses data. Its references are never dropped under a lock: with the last
//! one go values of users.

use std::cell::{Cell, RefCell};

use super::order::Accessor;
use super::races::TaskId;
use crate::sync::{Arc, AtomicBool, Ordering, thread_local};
use crate::task::NodeRef;

thread_local! {
    /// How many locks on accesses this thread has.
    static LOCKED: Cell<usize> = const { Cell::new(0) };
    /// References to be dropped when it has none.
    static LEFT: RefCell<Vec<NodeRef>> = const { RefCell::new(Vec::new()) };
}

/// A reference to a task, kept with the data that it accesses.
#[derive(Debug, Clone)]
pub(crate) struct Accessing {
    task: Option<NodeRef>,
    pub(super) kind: Kind,
    /// Absent for the ordinary task: many references are kept, so they are small.
    special: Option<Arc<Special>>,
}

#[derive(Debug)]
struct Special {
    /// If races are looked for.
    id: Option<TaskId>,
    /// Whether the program has the data, if the task only stands for that.
    held: Option<Arc<AtomicBool>>,
}

/// What the order of accesses means to who accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It comes after those before it.
    Ordered,
    /// It only comes after what it depends on.
    Explicit,
    /// It is the program itself: it comes after those before it, and explicit ones come after it.
    Program,
}

impl Accessing {
    pub(super) fn new(task: &NodeRef, kind: Kind, id: Option<TaskId>) -> Self {
        Self {
            task: Some(task.clone()),
            kind,
            special: id.map(|_| Arc::new(Special { id, held: None })),
        }
    }

    /// A task that ends when the program is done with the data, and that others may end before.
    pub(super) fn of_claim(task: &NodeRef, id: Option<TaskId>, held: &Arc<AtomicBool>) -> Self {
        let held = Some(held.clone());
        Self {
            task: Some(task.clone()),
            kind: Kind::Program,
            special: Some(Arc::new(Special { id, held })),
        }
    }

    /// Tells the task apart, if races are looked for.
    pub(super) fn id(&self) -> Option<TaskId> {
        self.special.as_ref()?.id
    }

    pub(super) fn task(&self) -> &NodeRef {
        self.task.as_ref().expect("it is there until the drop")
    }

    /// Whether it has failed, and does not use the data any more.
    pub(super) fn has_failed(&self) -> bool {
        self.has_ended() && !self.has_ended_well()
    }
}

impl Accessor for Accessing {
    fn has_ended_well(&self) -> bool {
        // In a graph that is recorded, who comes later still comes after it.
        let is_recorded = || self.task().family().scheduler.graph_log().is_some();
        matches!(self.task().outcome(), Some(Ok(()))) && !is_recorded()
    }

    fn has_ended(&self) -> bool {
        // Acquire: pairs with the end of the claim, whose uses of the data come before. The runtime of
        // its task may have ended before.
        let special = self.special.as_ref();
        let held = special.and_then(|special| special.held.as_ref());
        let is_held = held.is_some_and(|held| held.load(Ordering::Acquire));
        !is_held && self.task().outcome().is_some()
    }

    fn is(&self, other: &Self) -> bool {
        self.task().is(other.task())
    }
}

impl Drop for Accessing {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        let is_locked = LOCKED.try_with(|locked| locked.get() > 0);
        if is_locked == Ok(true)
            && let Some(task) = task.let_go()
        {
            let _ = LEFT.try_with(|left| left.borrow_mut().push(task));
        }
    }
}

/// Calls what locks accesses; what is dropped meanwhile goes when it has returned.
pub(super) fn locking<R>(work: impl FnOnce() -> R) -> R {
    LOCKED.with(|locked| locked.set(locked.get() + 1));
    let result = work();
    LOCKED.with(|locked| locked.set(locked.get() - 1));
    let left = LEFT.with(|left| match left.try_borrow_mut() {
        Ok(mut left) if !left.is_empty() => std::mem::take(&mut *left),
        _ => Vec::new(),
    });
    drop(left);
    result
}
