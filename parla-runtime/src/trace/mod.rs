//! The event log: what happened to which task, where and when. Off unless asked for.

use std::time::{Duration, Instant};

use crate::sync::Mutex;
use crate::task::TaskName;

/// Something that happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// It was spawned.
    Spawned,
    /// Its body started, or went on after a wait.
    Started,
    /// Its async body waits and has left its worker.
    Suspended,
    /// Its body ended; what it queued on its devices goes on.
    Queued,
    /// It ended.
    Ended {
        /// Whether it ended badly; also without having run.
        failed: bool,
    },
}

/// One entry of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Since the runtime was made.
    pub at: Duration,
    /// The number of the worker, from zero; `None` on a thread that is no worker.
    pub worker: Option<usize>,
    /// The task.
    pub task: TaskName,
    /// What happened.
    pub kind: EventKind,
}

/// The log of one runtime. Its order is the order in which things happened: an event that
/// happened before another stands before it.
#[derive(Debug)]
pub(crate) struct Trace {
    start: Instant,
    events: Mutex<Vec<Event>>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            events: Mutex::default(),
        }
    }

    pub(crate) fn record(&self, kind: EventKind, task: TaskName, worker: Option<usize>) {
        let mut events = self.events.lock();
        events.push(Event {
            at: self.start.elapsed(),
            worker,
            task,
            kind,
        });
    }

    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock())
    }
}
