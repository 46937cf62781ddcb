//! The life of one task as a single atomic word. Knows no pointers, queues or threads.
//!
//! ```text
//!              (1)            (2)          (3)            (6)
//! REFERENCED ──────► WAITING ──────► READY ──────► RUNNING ──────► ENDED
//!      │                │              │ ▲            │ │            ▲
//!      │ (7)            │ (7)      (7) │ │ (5)    (4) │ │ (4) with    │
//!      │                │              │ │            ▼ │ a cancel    │
//!      │                │              │ └──── SUSPENDED└────────────►│
//!      └────────────────┴──────────────┴───────────┴──────────────►──┘
//! ```
//!
//! | arrow | function | who |
//! |---|---|---|
//! | 1 | [`State::spawn`] | the spawner, once |
//! | 2 | [`State::make_ready`] | who releases the last dependency |
//! | 3 | [`State::start`] | the worker that took it from a queue |
//! | 4 | [`State::suspend`] | the worker, when an async body has to wait |
//! | 5 | [`State::wake`] | a waker |
//! | 6 | [`State::end`] | the worker |
//! | 7 | [`State::end_unstarted`], [`State::cancel`] | who learns that the task can't run; who cancels it |
//!
//! Whoever moves the word to `ENDED` alone writes the outcome and tells the successors.

use crate::sync::{AtomicU8, Ordering};

const REFERENCED: u8 = 0;
const WAITING: u8 = 1;
const READY: u8 = 2;
const RUNNING: u8 = 3;
const SUSPENDED: u8 = 4;
const ENDED: u8 = 5;
const STAGE: u8 = 0b0111;
/// The running task was woken; it must be polled again instead of being suspended.
const NOTIFIED: u8 = 0b0000_1000;
/// The running task was asked to stop; an async body ends at its next suspension.
const CANCELLED: u8 = 0b0001_0000;

/// Where a task stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// Named by a lookup, a dependency or an await, but not spawned.
    Referenced,
    /// Spawned; waits for dependencies.
    Waiting,
    /// Waits for resources or for a worker.
    Ready,
    /// The body runs.
    Running,
    /// The async body waits for something and holds no worker.
    Suspended,
    /// Has ended, well or badly.
    Ended,
}

/// What [`State::suspend`] did.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Suspension {
    /// The task sleeps until a waker calls [`State::wake`].
    Suspended,
    /// It was woken while it ran and is ready again; the caller schedules it.
    Woken,
    /// It was cancelled and has ended; the caller finishes it.
    Ended,
}

/// What [`State::cancel`] did.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cancellation {
    /// The task had not started, or was suspended: it has ended, and the caller finishes it.
    Ended {
        /// Whether it had been spawned.
        spawned: bool,
    },
    /// The task runs: it was told, and may or may not heed it.
    Requested,
    /// The task had ended before.
    TooLate,
}

/// The atomic word.
#[derive(Debug)]
pub(crate) struct State(AtomicU8);

impl State {
    pub(crate) fn referenced() -> Self {
        Self(AtomicU8::new(REFERENCED))
    }

    pub(crate) fn stage(&self) -> TaskState {
        // Acquire: who sees ENDED may read the outcome that was written before it.
        match self.0.load(Ordering::Acquire) & STAGE {
            REFERENCED => TaskState::Referenced,
            WAITING => TaskState::Waiting,
            READY => TaskState::Ready,
            RUNNING => TaskState::Running,
            SUSPENDED => TaskState::Suspended,
            _ => TaskState::Ended,
        }
    }

    /// Claims the right to spawn; false if the task was spawned or has ended before.
    pub(crate) fn spawn(&self) -> bool {
        self.advance(|word| (word == REFERENCED).then_some(WAITING))
            .is_ok()
    }

    /// After the last dependency ended; false if the task has ended meanwhile.
    pub(crate) fn make_ready(&self) -> bool {
        self.advance(|word| (word == WAITING).then_some(READY))
            .is_ok()
    }

    /// Claims the right to run the body; false if the task has ended meanwhile.
    pub(crate) fn start(&self) -> bool {
        self.advance(|word| (word == READY).then_some(RUNNING))
            .is_ok()
    }

    /// Puts a running task whose body has to wait to sleep.
    pub(crate) fn suspend(&self) -> Suspension {
        let before = self.advance(|word| {
            Some(if word & CANCELLED != 0 {
                ENDED
            } else if word & NOTIFIED != 0 {
                READY
            } else {
                SUSPENDED
            })
        });
        match before {
            Ok(word) if word & CANCELLED != 0 => Suspension::Ended,
            Ok(word) if word & NOTIFIED != 0 => Suspension::Woken,
            _ => Suspension::Suspended,
        }
    }

    /// Wakes the task; true if it was suspended and the caller must schedule it.
    #[must_use = "a woken task must be scheduled"]
    pub(crate) fn wake(&self) -> bool {
        let before = self.advance(|word| match word & STAGE {
            SUSPENDED => Some(READY),
            RUNNING if word & NOTIFIED == 0 => Some(word | NOTIFIED),
            _ => None,
        });
        before.is_ok_and(|word| word == SUSPENDED)
    }

    /// Ends a running task.
    pub(crate) fn end(&self) {
        // Release pairs with the Acquire in `stage`.
        self.0.store(ENDED, Ordering::Release);
    }

    /// Ends a spawned task that has not started; false if it has started or ended before.
    pub(crate) fn end_unstarted(&self) -> bool {
        self.advance(|word| matches!(word, WAITING | READY).then_some(ENDED))
            .is_ok()
    }

    /// Ends a suspended task; false if it isn't suspended.
    pub(crate) fn end_suspended(&self) -> bool {
        self.advance(|word| (word == SUSPENDED).then_some(ENDED))
            .is_ok()
    }

    /// Asks for an early end.
    pub(crate) fn cancel(&self) -> Cancellation {
        let before = self.advance(|word| match word & STAGE {
            ENDED => None,
            RUNNING => Some(word | CANCELLED),
            _ => Some(ENDED),
        });
        match before {
            Ok(word) if word & STAGE == RUNNING => Cancellation::Requested,
            Ok(word) => Cancellation::Ended {
                spawned: word != REFERENCED,
            },
            Err(_) => Cancellation::TooLate,
        }
    }

    /// Whether the running task was asked to stop.
    pub(crate) fn is_cancel_requested(&self) -> bool {
        // Relaxed: a hint to the body, which carries no data.
        self.0.load(Ordering::Relaxed) & CANCELLED != 0
    }

    /// One compare-and-swap loop for all arrows: yields the word before the change, or the word
    /// for which `next` had no successor.
    fn advance(&self, next: impl Fn(u8) -> Option<u8>) -> Result<u8, u8> {
        // AcqRel on success: Release publishes what the caller wrote before the arrow (body,
        // accesses), Acquire lets it read what the previous owner wrote.
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
    }
}
