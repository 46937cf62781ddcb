//! The synchronisation primitives of the crate; nothing outside `sync` names `std::sync` or `std::thread`.
//!
//! The concurrent kernels (those that `tests/loom/` lists) name only `crate::sync`, so that it can
//! compile the same files against loom's primitives and check every interleaving. With
//! `--cfg shuttle` the whole crate runs on shuttle's threads, see `tests/shuttle/`.

#[cfg(not(shuttle))]
mod native;
#[cfg(shuttle)]
pub(crate) mod simulated;

#[cfg(not(shuttle))]
use native as primitives;
#[cfg(shuttle)]
use simulated as primitives;

pub(crate) use primitives::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Instant, OnceLock,
    attempts, deque, hint, thread, thread_local, tokio,
};
pub(crate) use std::sync::atomic::{Ordering, fence};
pub(crate) use std::sync::{Arc, PoisonError, TryLockError, Weak};
pub(crate) use std::thread::panicking as is_panicking;

/// A mutual exclusion lock that ignores poisoning: no user code runs under any lock of this crate.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(primitives::Mutex<T>);

pub(crate) type MutexGuard<'a, T> = primitives::MutexGuard<'a, T>;

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(primitives::Mutex::new(value))
    }

    /// The lock, if nobody has it.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition variable for [`Mutex`].
#[derive(Debug, Default)]
pub(crate) struct Condvar(primitives::Condvar);

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(primitives::Condvar::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}
