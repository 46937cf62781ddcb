//! The successor list of one task: who must be told when it ends. Closed exactly once, at the end.
//!
//! A registration that comes too late is handed back to the caller, who then looks at the outcome
//! itself; see `docs/internals/dependencies.md`.

use crate::sync::Mutex;

/// Entries to be told of an ending; refuses new ones once it is closed.
#[derive(Debug)]
pub(crate) struct Successors<T>(Mutex<List<T>>);

/// `One` keeps the commonest case, a single successor, free of allocation.
#[derive(Debug)]
enum List<T> {
    Empty,
    One(T),
    Many(Vec<T>),
    Closed,
}

impl<T> Successors<T> {
    pub(crate) fn open() -> Self {
        Self(Mutex::new(List::Empty))
    }

    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// Gives the entry back when the list is closed: the task has ended, its outcome can be read.
    pub(crate) fn push(&self, entry: T) -> Result<(), T> {
        let mut list = self.0.lock();
        match std::mem::replace(&mut *list, List::Empty) {
            List::Empty => *list = List::One(entry),
            List::One(first) => *list = List::Many(vec![first, entry]),
            List::Many(mut entries) => {
                entries.push(entry);
                *list = List::Many(entries);
            }
            List::Closed => {
                *list = List::Closed;
                return Err(entry);
            }
        }
        Ok(())
    }

    /// Closes the list and yields its entries in the order in which they came.
    pub(crate) fn close(&self) -> Entries<T> {
        let list = std::mem::replace(&mut *self.0.lock(), List::Closed);
        match list {
            List::Empty | List::Closed => Entries::One(None),
            List::One(entry) => Entries::One(Some(entry)),
            List::Many(entries) => Entries::Many(entries.into_iter()),
        }
    }

    /// Removes the newest entry for which `is_it` holds; a waiter that gave up uses this.
    pub(crate) fn remove(&self, is_it: impl Fn(&T) -> bool) {
        let mut list = self.0.lock();
        let removed = match &mut *list {
            List::One(entry) if is_it(entry) => std::mem::replace(&mut *list, List::Empty),
            List::Many(entries) => match entries.iter().rposition(is_it) {
                Some(at) => List::One(entries.swap_remove(at)),
                None => List::Empty,
            },
            _ => List::Empty,
        };
        drop(list);
        // Dropped outside the lock: an entry's drop may reach another list.
        drop(removed);
    }

    /// Calls `visit` with each entry while holding the lock.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&T)) {
        match &*self.0.lock() {
            List::Empty | List::Closed => {}
            List::One(entry) => visit(entry),
            List::Many(entries) => entries.iter().for_each(visit),
        }
    }
}

/// The entries of a closed list.
#[derive(Debug)]
pub(crate) enum Entries<T> {
    One(Option<T>),
    Many(std::vec::IntoIter<T>),
}

impl<T> Iterator for Entries<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Self::One(entry) => entry.take(),
            Self::Many(entries) => entries.next(),
        }
    }
}
