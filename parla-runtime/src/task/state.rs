//! The life of one task as a single atomic word: its stage, and how many dependencies it still
//! waits for. Knows no pointers, queues or threads.
//!
//! ```text
//!             (1)           (2)          (3)          (5)            (8)
//! REFERENCED ────► SPAWNING ────► WAITING ──► READY ────► RUNNING ──────► ENDED
//!      │                             │          │ ▲          │ │            ▲
//!      │ (9)                     (4) │      (4) │ │ (7)  (6) │ │ (6) with a │
//!      │                             │          │ │          ▼ │   cancel   │
//!      │                             │          │ └── SUSPENDED└───────────►│
//!      └─────────────────────────────┴──────────┴─────────────┴───────────►─┘
//! ```
//!
//! | arrow | function | who |
//! |---|---|---|
//! | 1 | [`State::claim`] | the spawner, once |
//! | 2 | [`State::publish`] | the spawner, when body and options are in place |
//! | 3 | [`State::release`] | who takes the last dependency away |
//! | 4 | [`State::end_unstarted`], [`State::cancel`] | who learns that the task can't run; who cancels it |
//! | 5 | [`State::start`] | the worker that took it from a queue |
//! | 3 and 5 | [`State::release_and_start`] | the worker that takes the last dependency away and goes on with it |
//! | 6 | [`State::suspend`] | the worker, when an async body has to wait |
//! | 7 | [`State::wake`] | a waker |
//! | 8 | [`State::end`] | the worker |
//! | 9 | [`State::cancel`] | who cancels it |
//!
//! `READY` is `WAITING` for nothing: whoever takes the last dependency away, or wakes the task,
//! holds its *ready token* and must see to it that it is started. The counter counts *links*:
//! dependencies that will release the task. A task that ends before it started keeps the count of
//! links it has left, so that the last of them is known. See `docs/internals/tasks.md`.
//!
//! Whoever moves the word to `ENDED` alone writes the outcome and tells the successors.

use crate::sync::{AtomicU32, Ordering, thread};

const REFERENCED: u32 = 0;
const SPAWNING: u32 = 1;
const WAITING: u32 = 2;
const RUNNING: u32 = 3;
const SUSPENDED: u32 = 4;
const ENDED: u32 = 5;
const STAGE: u32 = 0b0111;
/// The running task was woken; it must be polled again instead of being suspended.
const NOTIFIED: u32 = 0b0000_1000;
/// The running task was asked to stop; an async body ends at its next suspension. Of an ended
/// task: it was cancelled before it was ever spawned.
const CANCELLED: u32 = 0b0001_0000;
/// One link, in the upper bits of a waiting task or one that ended unstarted.
const LINK: u32 = 0b0010_0000;

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
    /// The body runs, or a device still works for it.
    Running,
    /// The async body waits for something and holds no worker.
    Suspended,
    /// Has ended, well or badly.
    Ended,
}

/// What [`State::release`] did.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// Other links are left.
    Held,
    /// The task is ready, and the caller has its token.
    Ready,
    /// The task ended before it started, and this was its last link.
    Unlinked,
}

/// What [`State::suspend`] did.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Suspension {
    /// The task sleeps until a waker calls [`State::wake`].
    Suspended,
    /// It was woken while it ran and is ready again; the caller has its token.
    Woken,
    /// It was cancelled and has ended; the caller finishes it.
    Ended,
}

/// What [`State::cancel`] did.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cancellation {
    /// The task was waiting or ready and has ended; its links or its token are still about.
    Unstarted,
    /// The task was suspended and has ended.
    Suspended,
    /// The task had not been spawned and has ended.
    Unspawned,
    /// The task runs: it was told, and may or may not heed it.
    Requested,
    /// The task had ended before.
    TooLate,
}

/// The atomic word.
#[derive(Debug)]
pub(crate) struct State(AtomicU32);

impl State {
    /// The most links a task may have.
    pub(crate) const MOST_LINKS: u32 = u32::MAX / LINK;

    pub(crate) fn referenced() -> Self {
        Self(AtomicU32::new(REFERENCED))
    }

    pub(crate) fn ended() -> Self {
        Self(AtomicU32::new(ENDED))
    }

    #[inline]
    pub(crate) fn stage(&self) -> TaskState {
        // Acquire: who sees ENDED may read the outcome that was written before it.
        let word = self.0.load(Ordering::Acquire);
        match word & STAGE {
            REFERENCED => TaskState::Referenced,
            WAITING if word < LINK => TaskState::Ready,
            SPAWNING | WAITING => TaskState::Waiting,
            RUNNING => TaskState::Running,
            SUSPENDED => TaskState::Suspended,
            _ => TaskState::Ended,
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        // Acquire: as in `stage`.
        self.0.load(Ordering::Acquire) & STAGE == ENDED
    }

    /// Claims the right to spawn.
    #[inline]
    #[must_use = "a claimed task must be published"]
    pub(crate) fn claim(&self) -> bool {
        // Acquire: sees what whoever referenced the task first wrote to it.
        self.0
            .compare_exchange(REFERENCED, SPAWNING, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Whether a task that can't be claimed was spawned, and not cancelled before.
    pub(crate) fn was_spawned(&self) -> bool {
        // Relaxed: what can't be claimed once stays so.
        let word = self.0.load(Ordering::Relaxed);
        word & STAGE != ENDED || word & CANCELLED == 0
    }

    /// Ends the claim: the task waits for that many links, or is ready. With links, the caller is
    /// done with the task unless it holds one of them; without, it has the ready token.
    #[inline]
    pub(crate) fn publish(&self, links: u32) {
        // Release: whoever starts or ends the task sees its body and options. A plain store, since
        // nobody else touches the word of a claimed task.
        self.0.store(WAITING | (links * LINK), Ordering::Release);
    }

    /// Takes away that many links, at least one.
    #[inline]
    pub(crate) fn release(&self, links: u32) -> Released {
        // AcqRel: Release publishes what the ended dependency wrote; Acquire, in the last release,
        // makes all of it visible to the body that now may run.
        let before = self.0.fetch_sub(links * LINK, Ordering::AcqRel);
        let after = before.wrapping_sub(links * LINK);
        if after >= LINK {
            Released::Held
        } else if after & STAGE == WAITING {
            Released::Ready
        } else {
            Released::Unlinked
        }
    }

    /// As a release of the last link and a start in one. False, and nothing done, if it isn't the
    /// last link or the task has ended.
    #[inline]
    pub(crate) fn release_and_start(&self) -> bool {
        let last = WAITING | LINK;
        // AcqRel: as in `release`. The look before spares others the exchange.
        self.0.load(Ordering::Relaxed) == last
            && self
                .0
                .compare_exchange(last, RUNNING, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// Claims the right to run the body, for who has the token; false if the task has ended
    /// meanwhile.
    #[inline]
    pub(crate) fn start(&self) -> bool {
        // Acquire: sees what the spawner and the dependencies wrote.
        self.0
            .compare_exchange(WAITING, RUNNING, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Puts a running task whose body has to wait to sleep.
    pub(crate) fn suspend(&self) -> Suspension {
        let before = self.advance(|word| {
            Some(if word & CANCELLED != 0 {
                ENDED
            } else if word & NOTIFIED != 0 {
                WAITING
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

    /// Wakes the task; true if it was suspended: the caller has its token.
    #[must_use = "a woken task must be scheduled"]
    pub(crate) fn wake(&self) -> bool {
        let before = self.advance(|word| match word & STAGE {
            SUSPENDED => Some(WAITING),
            RUNNING if word & NOTIFIED == 0 => Some(word | NOTIFIED),
            _ => None,
        });
        before.is_ok_and(|word| word == SUSPENDED)
    }

    /// Ends a running task.
    #[inline]
    pub(crate) fn end(&self) {
        // Release pairs with the Acquire in `stage`. A plain store: flags set meanwhile come too
        // late.
        self.0.store(ENDED, Ordering::Release);
    }

    /// Ends a spawned task that has not started; false if it has started or ended before.
    pub(crate) fn end_unstarted(&self) -> bool {
        self.advance(|word| (word & STAGE == WAITING).then_some(word - WAITING + ENDED))
            .is_ok()
    }

    /// Ends a suspended task; false if it isn't suspended.
    pub(crate) fn end_suspended(&self) -> bool {
        self.advance(|word| (word == SUSPENDED).then_some(ENDED))
            .is_ok()
    }

    /// Asks for an early end.
    pub(crate) fn cancel(&self) -> Cancellation {
        loop {
            let before = self.advance(|word| match word & STAGE {
                ENDED | SPAWNING => None,
                RUNNING => Some(word | CANCELLED),
                WAITING => Some(word - WAITING + ENDED),
                REFERENCED => Some(ENDED | CANCELLED),
                _ => Some(ENDED),
            });
            return match before {
                Ok(word) => match word & STAGE {
                    RUNNING => Cancellation::Requested,
                    WAITING => Cancellation::Unstarted,
                    REFERENCED => Cancellation::Unspawned,
                    _ => Cancellation::Suspended,
                },
                // The spawner runs no code of users before it publishes.
                Err(word) if word & STAGE == SPAWNING => {
                    thread::yield_now();
                    continue;
                }
                Err(_) => Cancellation::TooLate,
            };
        }
    }

    /// Whether the running task was asked to stop.
    pub(crate) fn is_cancel_requested(&self) -> bool {
        // Relaxed: a hint to the body, which carries no data.
        self.0.load(Ordering::Relaxed) & CANCELLED != 0
    }

    /// One compare-and-swap loop for the rarer arrows: yields the word before the change, or the
    /// word for which `next` had no successor.
    fn advance(&self, next: impl Fn(u32) -> Option<u32>) -> Result<u32, u32> {
        // AcqRel on success: Release publishes what the caller wrote before the arrow (body,
        // accesses), Acquire lets it read what the previous owner wrote.
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next)
    }
}
