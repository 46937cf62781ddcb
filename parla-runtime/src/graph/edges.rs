//! The successor list of one task: who must be told when it ends. Closed exactly once, at the end.
//!
//! A registration that comes too late is handed back to the caller, who then looks at the outcome
//! itself; see `docs/internals/dependencies.md`.

use smallvec::SmallVec;

use crate::sync::Mutex;

/// Up to this many successors need no allocation.
const INLINE: usize = 2;

/// Entries to be told of an ending; refuses new ones once it is closed (`None`).
#[derive(Debug)]
pub(crate) struct Successors<T>(Mutex<Option<SmallVec<[T; INLINE]>>>);

impl<T> Successors<T> {
    pub(crate) fn open() -> Self {
        Self(Mutex::new(Some(SmallVec::new())))
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// Gives the entry back when the list is closed: the task has ended, its outcome can be read.
    pub(crate) fn push(&self, entry: T) -> Result<(), T> {
        match &mut *self.0.lock() {
            Some(entries) => {
                entries.push(entry);
                Ok(())
            }
            None => Err(entry),
        }
    }

    /// Closes the list and yields its entries in the order in which they came.
    pub(crate) fn close(&self) -> impl Iterator<Item = T> + use<T> {
        let entries = self.0.lock().take();
        entries.into_iter().flatten()
    }

    /// Removes the newest entry for which `is_it` holds; a waiter that gave up uses this.
    pub(crate) fn remove(&self, is_it: impl Fn(&T) -> bool) {
        let mut list = self.0.lock();
        let removed = list.as_mut().and_then(|entries| {
            let at = entries.iter().rposition(is_it)?;
            Some(entries.remove(at))
        });
        // Dropped outside the lock: an entry's drop may reach another list.
        drop(list);
        drop(removed);
    }

    /// Calls `visit` with each entry while holding the lock.
    pub(crate) fn for_each(&self, visit: impl FnMut(&T)) {
        self.0.lock().iter().flatten().for_each(visit);
    }
}
