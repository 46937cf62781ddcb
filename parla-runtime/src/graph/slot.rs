//! The place of one task in the table of its space: empty, a node, or ended.
//!
//! Lookups take no lock. A node may be freed while somebody looks at its address; that is found
//! out by looking twice, see `docs/internals/memory.md`.

use crate::sync::{AtomicUsize, Ordering};

const EMPTY: usize = 0;
const ENDED: usize = 1;

/// One place, at first empty.
#[derive(Debug, Default)]
pub(crate) struct Slot(AtomicUsize);

/// What a place holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// Nobody has named the task yet.
    Nothing,
    /// The task.
    Task(T),
    /// The task has ended well, and nothing else is to be known of it.
    Ended,
}

impl Slot {
    /// What the place holds; of a task its address, which may be an old one by now.
    #[inline]
    pub(crate) fn peek(&self) -> Found<usize> {
        // Acquire: the node was written before its address.
        match self.0.load(Ordering::Acquire) {
            EMPTY => Found::Nothing,
            ENDED => Found::Ended,
            address => Found::Task(address),
        }
    }

    /// The address of the node here, secured by `try_hold`, which fails if there is no live node
    /// at that address. `let_go` undoes it where the address has turned out to be an old one.
    #[inline]
    pub(crate) fn look(
        &self,
        try_hold: impl Fn(usize) -> bool,
        let_go: impl Fn(usize),
    ) -> Found<usize> {
        loop {
            let found = self.peek();
            let Found::Task(address) = found else {
                return found;
            };
            if try_hold(address) {
                // The node is freed only after its slot has been changed, and a hold that comes
                // after that sees the change.
                if self.has(address) {
                    return found;
                }
                let_go(address);
            }
        }
    }

    /// Whether the address is still that of the node here.
    #[inline]
    pub(crate) fn has(&self, address: usize) -> bool {
        self.0.load(Ordering::Acquire) == address
    }

    /// Puts the first node here; false if another was faster.
    #[inline]
    pub(crate) fn put(&self, address: usize) -> bool {
        // Release: the node comes before its address.
        self.0
            .compare_exchange(EMPTY, address, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// The node here has ended; the table holds it no more. Before its reference is given up.
    #[inline]
    pub(crate) fn end(&self) {
        // Release: sequenced before the removal of the reference, through which lookups see it.
        self.0.store(ENDED, Ordering::Release);
    }

    /// Lets go of the node; the caller gets the table's reference on the one whose address it was.
    /// The task counts as ended from then on.
    pub(crate) fn take(&self) -> Option<usize> {
        let address = self.0.load(Ordering::Acquire);
        let taken = address > ENDED
            && self
                .0
                .compare_exchange(address, ENDED, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        taken.then_some(address)
    }
}
