//! The event log: what happened to which task, where and when; and the graph of the tasks. Off unless
//! asked for.

mod graph_log;

use std::time::{Duration, Instant};

pub(crate) use graph_log::GraphLog;

use crate::sync::Mutex;
use crate::task::TaskName;

/// Something that happened to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// It was spawned.
    Spawned,
    /// Its data was brought to where it is going to run.
    Fetched {
        /// How many bytes were copied between memories for it; those that others had brought there
        /// before are none of them.
        bytes: u64,
    },
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

/// The logs of one runtime. The order of events is the order in which things happened: an event that
/// happened before another stands before it.
#[derive(Debug)]
pub(crate) struct Trace {
    start: Instant,
    events: Option<Mutex<Vec<Event>>>,
    pub(crate) graph: Option<GraphLog>,
}

impl Trace {
    /// Nothing if nothing is to be kept.
    pub(crate) fn new(keeps_events: bool, keeps_graph: bool) -> Option<Self> {
        (keeps_events || keeps_graph).then(|| Self {
            start: Instant::now(),
            events: keeps_events.then(Mutex::default),
            graph: keeps_graph.then(GraphLog::default),
        })
    }

    pub(crate) fn record(
        &self,
        kind: EventKind,
        task: impl FnOnce() -> TaskName,
        worker: Option<usize>,
    ) {
        let Some(events) = &self.events else { return };
        let task = task();
        let mut events = events.lock();
        events.push(Event {
            at: self.start.elapsed(),
            worker,
            task,
            kind,
        });
    }

    pub(crate) fn take(&self) -> Vec<Event> {
        let events = self.events.as_ref();
        events
            .map(|events| std::mem::take(&mut *events.lock()))
            .unwrap_or_default()
    }
}
