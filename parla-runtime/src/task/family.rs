//! What the tasks of one space share: name, shape, scheduler, scope, table.
#![expect(
    unsafe_code,
    reason = "counts its nodes in credits, all of which together hold one reference"
)]

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::{Node, NodeRef, ScopeState, TaskName};
use crate::graph::{Index, Place, Table};
use crate::scheduler::Scheduler;
use crate::sync::{Arc, AtomicUsize, Ordering, Weak};

/// The family of the anonymous tasks of a scope, and with it the scope's state. Once the scope has
/// ended and keeps nothing, it serves for another: scopes are often too small to make and drop one
/// for each.
#[derive(Debug)]
pub(crate) struct ScopeFamily(Arc<Family>);

impl ScopeFamily {
    pub(crate) fn new(scheduler: &Arc<Scheduler>) -> Self {
        let family = Family::anonymous(scheduler, &Arc::new(ScopeState::new()));
        // Its own, so that those of its nodes do not come from zero each time.
        family.take_credits(1);
        Self(family)
    }
}

impl Deref for ScopeFamily {
    type Target = Family;

    fn deref(&self) -> &Family {
        &self.0
    }
}

impl Drop for ScopeFamily {
    fn drop(&mut self) {
        // SAFETY: the credit is this one's, and its `Arc` keeps the family beyond that.
        unsafe { Family::give_credits_back(NonNull::from(&*self.0), 1) };
    }
}

/// Shared by all tasks of a task space.
#[derive(Debug)]
pub(crate) struct Family {
    /// The `Arc` that it is in.
    this: Weak<Self>,
    /// None where there is no space that has one.
    name: Option<Arc<str>>,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) scope: Arc<ScopeState>,
    /// None for tasks without a place in a space.
    table: Option<Table>,
    /// How many task spaces there are that can look tasks up.
    spaces: AtomicUsize,
    /// Nodes, and credits for nodes to come. As long as there are any, they hold one reference.
    credits: AtomicUsize,
}

impl Family {
    /// The family of a new space, of which it counts one handle.
    pub(crate) fn of_space(
        name: Arc<str>,
        shape: Option<Vec<i64>>,
        scheduler: &Arc<Scheduler>,
        scope: &Arc<ScopeState>,
    ) -> Arc<Self> {
        let family = Self::new(Some(name), Some(Table::new(shape)), scheduler, scope);
        family.add_space();
        scope.add_family(family.clone());
        family
    }

    /// The family of the tasks without a place in a space.
    pub(crate) fn anonymous(scheduler: &Arc<Scheduler>, scope: &Arc<ScopeState>) -> Arc<Self> {
        Self::new(None, None, scheduler, scope)
    }

    fn new(
        name: Option<Arc<str>>,
        table: Option<Table>,
        scheduler: &Arc<Scheduler>,
        scope: &Arc<ScopeState>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            name,
            scheduler: scheduler.clone(),
            scope: scope.clone(),
            table,
            spaces: AtomicUsize::new(0),
            credits: AtomicUsize::new(0),
        })
    }

    /// The name of the space; empty if there is none.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.name.clone().unwrap_or_default()
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.table.is_none()
    }

    pub(crate) fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// One more handle on the space.
    pub(crate) fn add_space(&self) {
        // Relaxed: made from another handle.
        self.spaces.fetch_add(1, Ordering::Relaxed);
    }

    /// One handle less.
    pub(crate) fn remove_space(&self) {
        // Release: lookups through the handle come before its end. SeqCst: either they come before
        // the runtime forgets what is in its tables, or that is seen here.
        if self.spaces.fetch_sub(1, Ordering::SeqCst) == 1 && self.scheduler.is_forgotten() {
            // A table holds itself by its nodes. Not before: tasks that have not ended rely on
            // its references.
            self.clear();
        }
    }

    /// Whether no task of the space can ever hold anything up.
    pub(crate) fn is_settled(&self) -> bool {
        // Acquire: pairs with `remove_space`.
        self.spaces.load(Ordering::Acquire) == 0
            && self.table.as_ref().is_none_or(Table::is_settled)
    }

    /// Drops the table's references; only when the family is settled, or all its tasks have ended.
    pub(crate) fn clear(&self) {
        self.table.iter().for_each(Table::clear);
    }

    /// All tasks there are in the table, in order of their indices.
    pub(crate) fn nodes(&self) -> Vec<NodeRef> {
        let mut nodes = Vec::new();
        if let Some(table) = &self.table {
            table.visit(&mut |place| {
                if let Place::Node(node) = place {
                    nodes.push(node);
                }
            });
        }
        nodes
    }

    /// What is wrong with that number of indices, if the space has a shape of another rank. Unlike
    /// an index outside the shape, which simply names no task, this is a mistake.
    pub(crate) fn rank_mistake(&self, given: usize) -> Option<String> {
        self.table
            .as_ref()?
            .shape()
            .rank_mistake(self.name(), given)
    }

    /// The table gives up its reference on a task that has ended.
    pub(super) fn retire(&self, node: &Node) {
        if let Some(table) = &self.table {
            table.retire(node);
        }
    }

    /// The index as one number, if it can be told from that.
    pub(crate) fn place_of(&self, index: &Index) -> Option<u64> {
        match (&self.table, index) {
            (None, Index::Anonymous(number)) => Some(*number),
            (None, _) => None,
            (Some(table), _) => table.place_of(index),
        }
    }

    /// For those who know it by its address, which none else gets meanwhile.
    pub(crate) fn weak(&self) -> Weak<Self> {
        self.this.clone()
    }

    /// How a task is called that may have no node.
    pub(crate) fn name_of(&self, index: &Index) -> TaskName {
        TaskName {
            space: self.shared_name(),
            index: index.clone(),
            label: None,
        }
    }

    /// The index that the number stands for.
    pub(crate) fn index_at(&self, place: u64) -> Index {
        match &self.table {
            None => Index::Anonymous(place),
            Some(table) => table.index_at(place),
        }
    }

    /// For that many nodes to come.
    pub(super) fn take_credits(&self, credits: usize) {
        // Relaxed: the caller knows the family by other means.
        if self.credits.fetch_add(credits, Ordering::Relaxed) == 0 {
            let held = self.this.upgrade();
            debug_assert!(held.is_some(), "the caller holds it");
            let _ = ManuallyDrop::new(held);
        }
    }

    /// Gives back credits, of nodes that are gone or will not be.
    ///
    /// # Safety
    ///
    /// The credits must be the caller's to give; the family may be gone after this.
    pub(super) unsafe fn give_credits_back(family: NonNull<Self>, credits: usize) {
        // SAFETY: the credits that are given back have held the family so far.
        let of = unsafe { family.as_ref() };
        let this = of.this.as_ptr();
        // AcqRel: what others did with the family comes before its end.
        if of.credits.fetch_sub(credits, Ordering::AcqRel) == credits {
            // SAFETY: the reference that the first credits have brought. Whoever takes credits
            // from zero on again brings another.
            unsafe { Arc::decrement_strong_count(this) };
        }
    }
}
