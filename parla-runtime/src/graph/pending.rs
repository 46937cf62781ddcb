//! The dependency counter of one task: how many things it still waits for.
//!
//! The counter starts at one: that one is the *guard* of whoever spawns the task, and keeps the
//! task from becoming ready while its dependencies are still being registered. See
//! `docs/internals/dependencies.md` for the protocol and the race it prevents.

use crate::sync::{AtomicU32, Ordering};

/// Counts the dependencies that have not ended, plus the spawner's guard.
#[derive(Debug)]
pub(crate) struct Pending(AtomicU32);

impl Pending {
    /// A counter that holds only the spawner's guard.
    pub(crate) fn guarded() -> Self {
        Self(AtomicU32::new(1))
    }

    /// Counts one more dependency; must precede its registration with the dependency, so that the
    /// matching [`release`](Self::release) can't come first.
    pub(crate) fn acquire(&self) {
        // Relaxed: the caller holds the guard, so the counter can't reach zero meanwhile, and the
        // dependency learns of this task only through its own lock.
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives back one dependency or the guard. True for exactly one caller: the last.
    #[must_use = "the last release makes the task ready"]
    pub(crate) fn release(&self) -> bool {
        // AcqRel: Release publishes what the ended dependency wrote; Acquire, in the last release,
        // makes all of it visible to the body that now may run.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }
}
