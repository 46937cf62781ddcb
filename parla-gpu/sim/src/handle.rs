//! Tables of what the program holds handles of: an unknown or stale handle is found out, never followed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle as programs see it: a number that looks like an aligned pointer.
pub(crate) type Handle = u64;

/// A handle that nothing had before. All kinds share one count, so that none passes for another.
pub(crate) fn fresh() -> Handle {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // Relaxed: only uniqueness is asked for.
    0x5000_0000_0000 + NEXT.fetch_add(1, Ordering::Relaxed) * 16
}

/// The living objects of one kind.
#[derive(Debug)]
pub(crate) struct Table<T>(Mutex<HashMap<Handle, Arc<T>>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Table<T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Handle, Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, handle: Handle, object: Arc<T>) {
        self.lock().insert(handle, object);
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<Arc<T>> {
        self.lock().get(&handle).cloned()
    }

    pub(crate) fn remove(&self, handle: Handle) -> Option<Arc<T>> {
        self.lock().remove(&handle)
    }

    /// Removes and returns all that the predicate names.
    pub(crate) fn remove_where(&self, predicate: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        self.lock()
            .extract_if(|_, object| predicate(object))
            .map(|(_, object)| object)
            .collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn count(&self, predicate: impl Fn(&T) -> bool) -> usize {
        self.lock()
            .values()
            .filter(|object| predicate(object))
            .count()
    }
}
