//! In place of the queues of crossbeam, in which shuttle could interrupt nobody: the same under a
//! lock, with changes of threads where the real ones can be seen half done.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::turn;

/// The most that is stolen at once.
const BATCH: usize = 32;

/// The oldest first. The lock is a real one: no thread is changed while it is held.
#[derive(Debug)]
struct Queue<T>(Mutex<VecDeque<T>>);

impl<T> Queue<T> {
    fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    fn get(&self) -> MutexGuard<'_, VecDeque<T>> {
        turn();
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn steal(&self) -> Steal<T> {
        self.get().pop_front().map_or(Steal::Empty, Steal::Success)
    }

    /// Half of it. Until the last line, no queue shows what has been taken.
    fn steal_batch_and_pop(&self, into: &Worker<T>) -> Steal<T> {
        let mut batch: VecDeque<T> = {
            let mut queue = self.get();
            let half = queue.len().div_ceil(2).min(BATCH);
            queue.drain(..half).collect()
        };
        let Some(oldest) = batch.pop_front() else {
            return Steal::Empty;
        };
        if !batch.is_empty() {
            into.queue.get().extend(batch);
        }
        Steal::Success(oldest)
    }
}

/// What came of an attempt to steal.
#[derive(Debug)]
pub(crate) enum Steal<T> {
    Empty,
    Success(T),
    #[expect(dead_code, reason = "nobody is disturbed under a lock")]
    Retry,
}

/// The end of a deque that belongs to one thread.
#[derive(Debug)]
pub(crate) struct Worker<T> {
    queue: Arc<Queue<T>>,
    newest_first: bool,
}

impl<T> Worker<T> {
    fn new(newest_first: bool) -> Self {
        Self {
            queue: Arc::new(Queue::new()),
            newest_first,
        }
    }

    pub(crate) fn new_lifo() -> Self {
        Self::new(true)
    }

    pub(crate) fn new_fifo() -> Self {
        Self::new(false)
    }

    pub(crate) fn stealer(&self) -> Stealer<T> {
        Stealer(self.queue.clone())
    }

    pub(crate) fn push(&self, item: T) {
        self.queue.get().push_back(item);
    }

    pub(crate) fn pop(&self) -> Option<T> {
        let mut queue = self.queue.get();
        if self.newest_first {
            queue.pop_back()
        } else {
            queue.pop_front()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.get().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.get().is_empty()
    }
}

/// The end of a deque that belongs to all others.
#[derive(Debug)]
pub(crate) struct Stealer<T>(Arc<Queue<T>>);

impl<T> Stealer<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_empty()
    }

    pub(crate) fn steal(&self) -> Steal<T> {
        self.0.steal()
    }

    pub(crate) fn steal_batch_and_pop(&self, into: &Worker<T>) -> Steal<T> {
        self.0.steal_batch_and_pop(into)
    }
}

/// A queue that belongs to nobody.
#[derive(Debug)]
pub(crate) struct Injector<T>(Queue<T>);

impl<T> Injector<T> {
    pub(crate) fn new() -> Self {
        Self(Queue::new())
    }

    pub(crate) fn push(&self, item: T) {
        self.0.get().push_back(item);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_empty()
    }

    pub(crate) fn steal_batch_and_pop(&self, into: &Worker<T>) -> Steal<T> {
        self.0.steal_batch_and_pop(into)
    }
}
