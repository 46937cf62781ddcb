//! How many hold a node. Knows nothing of nodes: their memory stays memory of nodes for as long
//! as anybody can look at a count (`docs/internals/memory.md`).

use crate::sync::{AtomicU32, Ordering, fence};

/// The count of one node; zero while the node is free.
#[derive(Debug, Default)]
pub(crate) struct References(AtomicU32);

impl References {
    /// Brings a free node to life. A late [`try_add`](Self::try_add) may meet it at once.
    #[inline]
    pub(crate) fn start(&self, count: u32) {
        // Release: who finds the node by an old address sees it whole.
        self.0.store(count, Ordering::Release);
    }

    /// One more, for somebody who has one.
    #[inline]
    pub(crate) fn add(&self) {
        // Relaxed: the caller's own reference keeps the node.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One more, unless the node is free. It may be another node at the same place by now.
    #[inline]
    pub(crate) fn try_add(&self) -> bool {
        let more = |count: u32| (count != 0).then(|| count + 1);
        // AcqRel: with the count of a node that came later comes the sight of its slot, see
        // `graph/slot.rs`. Acquire: likewise with that of a free one, or the lookup might find
        // the old address again and again.
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .is_ok()
    }

    /// One less, unless it is the last; false for that.
    #[must_use = "the last is still there"]
    pub(crate) fn remove_unless_last(&self) -> bool {
        let less = |count: u32| (count > 1).then(|| count - 1);
        // Release: as in `remove`. Relaxed otherwise: nothing has been done.
        self.0
            .fetch_update(Ordering::Release, Ordering::Relaxed, less)
            .is_ok()
    }

    /// A hint at how many there are.
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// One less; true for the last.
    #[must_use = "the last frees the node"]
    #[inline]
    pub(crate) fn remove(&self) -> bool {
        // Release: what this holder did with the node comes before its end.
        let before = self.0.fetch_sub(1, Ordering::Release);
        debug_assert_ne!(before, 0, "a reference was given up twice");
        if before != 1 {
            return false;
        }
        // Acquire: what the others did, too.
        fence(Ordering::Acquire);
        true
    }
}
