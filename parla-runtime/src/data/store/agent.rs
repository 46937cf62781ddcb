//! Who makes the copies of a memory: one thread at a time, for one task after the other.

use std::collections::VecDeque;

use crate::sync::Mutex;
use crate::task::Runnable;

/// The tasks that a memory is to be made ready for. Whoever takes them off works for this memory
/// alone until none is left.
#[derive(Debug, Default)]
pub(super) struct Agent(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Runnable>,
    is_working: bool,
}

impl Agent {
    /// Queues tasks; true if the caller has to see to it that somebody works.
    #[must_use = "nobody else will start to work"]
    pub(super) fn push(&self, tasks: impl IntoIterator<Item = Runnable>, first: bool) -> bool {
        let mut state = self.0.lock();
        if first {
            let mut tasks: VecDeque<_> = tasks.into_iter().collect();
            tasks.append(&mut state.queue);
            state.queue = tasks;
        } else {
            state.queue.extend(tasks);
        }
        let must_start = !state.is_working && !state.queue.is_empty();
        state.is_working |= must_start;
        must_start
    }

    /// The next task for who works; none, and the work is over.
    pub(super) fn next(&self) -> Option<Runnable> {
        let mut state = self.0.lock();
        let next = state.queue.pop_front();
        state.is_working = next.is_some();
        next
    }
}
