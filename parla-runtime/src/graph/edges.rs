//! The successor list of one task: who must be told when it ends. Closed exactly once, at the end.
//!
//! A stack linked through the dependents: each brings a [`Link`] of its own, so that an edge needs
//! no memory. Entries are words whose meaning is the caller's; the lower bits of a word are its to
//! use as far as [`ENTRY_BITS`] says. A registration that comes too late is refused, and the caller
//! looks at the outcome itself. One by place alone, which may turn out to be in the wrong list, is
//! marked in its link; see `docs/internals/dependencies.md`.

use crate::sync::{AtomicUsize, Ordering, hint, thread};

/// The bits of a word that tell entries of one address apart.
pub(crate) const ENTRY_BITS: usize = 0b00111;
/// The bits below an address; those above [`ENTRY_BITS`] are the list's.
pub(crate) const ALIGNMENT: usize = 0b11111 + 1;
/// Somebody walks along the list; it must stay as it is.
const LOCKED: usize = 0b01000;
/// Somebody waits for the end, and is not in the list.
const AWAITED: usize = 0b10000;
const FLAGS: usize = LOCKED | AWAITED;
const CLOSED: usize = usize::MAX;
/// In a link: whether it is in the right list is being found out.
const TENTATIVE: usize = 0b01000;
/// In a link: it is in the wrong list, and holds its dependent until it is taken out.
const VOID: usize = 0b10000;
/// How often to look again before the processor is left to others.
const LOOKS: usize = 64;

/// The newest entry, and flags.
#[derive(Debug)]
pub(crate) struct Successors(AtomicUsize);

/// The entry after this one, zero at the end; and marks.
#[derive(Debug)]
pub(crate) struct Link(AtomicUsize);

impl Link {
    /// Makes an entry of a locked list void, for who has added the reference that goes with that.
    pub(crate) fn make_void(&self) {
        // Release: as in `Successors::push_unheld`.
        self.0.fetch_or(VOID, Ordering::Release);
    }
}

/// What the link of an entry says.
#[derive(Debug)]
pub(crate) struct Next {
    /// The entry after it; zero at the end.
    pub(crate) entry: usize,
    /// Whether it means nothing but a reference on its dependent.
    pub(crate) is_void: bool,
}

/// The list is closed: the task has ended, its outcome can be read.
#[derive(Debug)]
pub(crate) struct TooLate;

/// What a list held when it was closed.
#[derive(Debug)]
pub(crate) struct Closing {
    /// The newest entry, or zero.
    pub(crate) newest: usize,
    /// Whether anybody waits for the end.
    pub(crate) awaited: bool,
}

impl Link {
    pub(crate) fn unused() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// What comes after this one. Waits for who is about to find out whether it is void.
    #[inline]
    pub(crate) fn next(&self) -> Next {
        let mut looks = 0;
        let word = loop {
            // Acquire: of a void link, the reference was added before.
            let word = self.0.load(Ordering::Acquire);
            if word & TENTATIVE == 0 {
                break word;
            }
            looks += 1;
            if looks < LOOKS {
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        };
        Next {
            entry: word & !VOID,
            is_void: word & VOID != 0,
        }
    }
}

impl Successors {
    /// A list that is closed.
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(CLOSED))
    }

    /// Opens the list of a new task. A late [`push_unheld`](Self::push_unheld) may meet it at once.
    #[inline]
    pub(crate) fn open(&self) {
        // Release: who pushes onto it then sees that the place it came by has changed.
        self.0.store(0, Ordering::Release);
    }

    /// Adds an entry with its link. It must stay in place until the list is closed.
    ///
    /// # Errors
    ///
    /// When the list is closed.
    #[inline]
    pub(crate) fn push(&self, entry: usize, link: &Link) -> Result<(), TooLate> {
        self.change(|head| {
            link.0.store(head & !FLAGS, Ordering::Relaxed);
            entry | (head & FLAGS)
        })
    }

    /// As [`push`](Self::push), for a caller that knows the task by its place alone: meanwhile it
    /// may have ended, and the list may be that of another one. `is_here` tells whether the
    /// place is still that of this list. If not, the entry is of no effect, and the reference on
    /// the dependent that `hold` adds goes with it.
    ///
    /// # Errors
    ///
    /// When the list is closed, or another's.
    #[inline]
    pub(crate) fn push_unheld(
        &self,
        entry: usize,
        link: &Link,
        is_here: impl FnOnce() -> bool,
        hold: impl FnOnce(),
    ) -> Result<(), TooLate> {
        self.change(|head| {
            let next = (head & !FLAGS) | TENTATIVE;
            link.0.store(next, Ordering::Relaxed);
            entry | (head & FLAGS)
        })?;
        // Nobody else writes to the link: who takes the list apart waits for its mark.
        let next = link.0.load(Ordering::Relaxed) & !TENTATIVE;
        if is_here() {
            // Relaxed: all that the entry means was there before the push.
            link.0.store(next, Ordering::Relaxed);
            return Ok(());
        }
        hold();
        // Release: see `Link::next`.
        link.0.store(next | VOID, Ordering::Release);
        Err(TooLate)
    }

    /// Notes that somebody waits for the end.
    ///
    /// # Errors
    ///
    /// When the list is closed.
    pub(crate) fn note_awaited(&self) -> Result<(), TooLate> {
        self.change(|head| head | AWAITED)
    }

    /// Changes the open, unlocked head.
    #[inline]
    fn change(&self, next: impl Fn(usize) -> usize) -> Result<(), TooLate> {
        // A guess, and no look: that would bring the line here without the right to write to it.
        let mut head = 0;
        loop {
            if head == CLOSED {
                // Acquire: the outcome was written before the list was closed.
                self.0.load(Ordering::Acquire);
                return Err(TooLate);
            }
            if head & LOCKED != 0 {
                thread::yield_now();
                head = self.0.load(Ordering::Relaxed);
                continue;
            }
            // Release: who closes the list sees link and dependent. Acquire: see `open`.
            match self.0.compare_exchange_weak(
                head,
                next(head),
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(now) => head = now,
            }
        }
    }

    /// Closes the list. The caller walks along it by the links, each of which may be gone as soon
    /// as its dependent has been told.
    #[inline]
    pub(crate) fn close(&self) -> Closing {
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            if head & LOCKED != 0 {
                thread::yield_now();
                head = self.0.load(Ordering::Relaxed);
                continue;
            }
            // Release: the outcome comes before the end. Acquire: the entries' links are there.
            match self
                .0
                .compare_exchange_weak(head, CLOSED, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => {
                    return Closing {
                        newest: head & !FLAGS,
                        awaited: head & AWAITED != 0,
                    };
                }
                Err(now) => head = now,
            }
        }
    }

    /// Whether the list is closed: the task has ended, and its outcome can be read.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // Acquire: the outcome was written before.
        self.0.load(Ordering::Acquire) == CLOSED
    }

    /// The newest entry, or zero: a hint, for who is going to need it.
    #[inline]
    pub(crate) fn newest(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            CLOSED => 0,
            head => head & !FLAGS,
        }
    }

    /// Whether anybody waits for the end who is not in the list: a hint.
    pub(crate) fn is_awaited(&self) -> bool {
        // Relaxed: who comes after this look is no worse off than who comes after the caller acts.
        let head = self.0.load(Ordering::Relaxed);
        head != CLOSED && head & AWAITED != 0
    }

    /// Whether anybody is in the list, or waits for the end.
    pub(crate) fn is_used(&self) -> bool {
        let head = self.0.load(Ordering::Acquire);
        head != CLOSED && head & !LOCKED != 0
    }

    /// Calls `walk` with the newest entry, or zero, while the list stays as it is. Others who need
    /// the list wait meanwhile, so `walk` must be short. Does nothing if the list is closed.
    pub(crate) fn with_locked(&self, walk: impl FnOnce(usize)) {
        if self.change(|head| head | LOCKED).is_err() {
            return;
        }
        // Acquire: the entries' links are there. Nobody changes the head while it is locked.
        let head = self.0.load(Ordering::Acquire);
        walk(head & !FLAGS);
        self.0.store(head & !LOCKED, Ordering::Release);
    }
}
