//! The atomic kernel of a run: arrivals at a node, and the nodes that are left.
//!
//! Protocol and the races it prevents: `docs/internals/prebuilt.md`. Knows only `crate::sync`, so
//! that `tests/loom/` checks this very file.

use crate::sync::{AtomicU32, AtomicUsize, Ordering};

/// How many predecessors of one node have not ended in this run.
#[derive(Debug)]
pub(crate) struct Counter(AtomicU32);

impl Counter {
    /// A counter for a node with that many predecessors.
    pub(crate) fn armed(predecessors: u32) -> Self {
        Self(AtomicU32::new(predecessors))
    }

    /// A predecessor has ended. True for exactly one of them: the last, which is to run the node.
    #[must_use = "the last arrival runs the node"]
    #[inline]
    pub(crate) fn arrive(&self) -> bool {
        // One left can only be the caller: it needs no more expensive operation to know it.
        // Acquire: pairs with the Release of all earlier arrivals. They are read-modify-writes, so
        // that the value of the latest carries them all.
        // AcqRel: Release publishes what the predecessor wrote; Acquire is as above, for the last.
        self.0.load(Ordering::Acquire) == 1 || self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Makes the counter ready for the next run. Only for who runs the node.
    #[inline]
    pub(crate) fn rearm(&self, predecessors: u32) {
        // Relaxed: nobody arrives here again in this run, and the next begins only after this one
        // is over, which `Left` orders.
        self.0.store(predecessors, Ordering::Relaxed);
    }
}

/// How many nodes of a run have not ended.
#[derive(Debug)]
pub(crate) struct Left(AtomicUsize);

impl Left {
    pub(crate) fn new(nodes: usize) -> Self {
        Self(AtomicUsize::new(nodes))
    }

    /// That many nodes have ended. True for exactly one caller: the one that counts the last of
    /// them. For all others the run may be gone from here on.
    #[must_use = "the last one ends the run"]
    pub(crate) fn count(&self, ended: usize) -> bool {
        // AcqRel: Release publishes what the nodes wrote and the counters they re-armed; Acquire,
        // in the last one, collects it all for whom it wakes.
        self.0.fetch_sub(ended, Ordering::AcqRel) == ended
    }
}
