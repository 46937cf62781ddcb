//! Seats: the places at which workers work. There are as many as workers were asked for, and a
//! thread runs tasks only while it holds one. Besides there are a few seats for guests: threads of
//! the program that spawn and run nothing.
//!
//! A thread that must block in the middle of a body gives its seat to a spare thread; when it can
//! go on, it asks for a seat, and the next worker that is between two tasks hands over its own.
//! So blocked bodies never reduce the parallelism, and no more bodies run than there are seats.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::{Deque, Forks, Scheduler};
use crate::sync::{Arc, AtomicUsize, Condvar, Mutex, Ordering, thread};
use crate::task::{Magazine, ScopeFamily, ScopeState};
use crate::worker::Pinning;

/// How often a guest looks how far it is ahead of the workers, and how many tasks are too many.
const LOOK_BACK_EVERY: u32 = 256;
const FAR_AHEAD: usize = 1 << 14;

/// A seat keeps what so many scopes have left, as many as may well be open one in the other.
const SCOPES_KEPT: usize = 32;

/// The place of one worker or guest, and what belongs to it whoever holds it. Used by one thread
/// at a time, hence the cells.
pub(crate) struct Seat {
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) index: usize,
    /// Who sits here runs tasks.
    pub(crate) is_worker: bool,
    pub(crate) deque: Deque,
    /// Memory for tasks.
    pub(crate) magazine: Magazine,
    /// Halves of joins that the bodies running here have not come to yet.
    pub(crate) forks: Forks,
    rng: Cell<u64>,
    /// Counts turns, looks at the own queue and tasks run, to take the oldest work now and then.
    tick: Cell<u32>,
    /// Whether the next turn of the oldest is that of work from outside.
    outside: Cell<bool>,
    /// Tasks that ended here and have not been counted by their scope yet. Kept back so that
    /// workers don't fight over one counter; counted before the worker does anything else than
    /// run tasks of that scope.
    ended: Cell<Option<(Arc<ScopeState>, usize)>>,
    /// What scopes have left for later ones.
    scope_families: Cell<Vec<ScopeFamily>>,
    /// Whether `Sleep` counts the seat as searching, as it does for new ones.
    pub(crate) searching: bool,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({})", self.index)
    }
}

impl Seat {
    pub(crate) fn new(
        scheduler: &Arc<Scheduler>,
        index: usize,
        (deque, forks): (Deque, Forks),
        seed: u64,
    ) -> Self {
        let is_worker = index < scheduler.sleep.seats();
        Self {
            scheduler: scheduler.clone(),
            index,
            is_worker,
            deque,
            magazine: Magazine::new(),
            forks,
            rng: Cell::new(seed),
            tick: Cell::new(0),
            outside: Cell::new(false),
            ended: Cell::new(None),
            scope_families: Cell::default(),
            searching: is_worker,
        }
    }

    pub(crate) fn take_scope_family(&self) -> Option<ScopeFamily> {
        let mut families = self.scope_families.take();
        let family = families.pop();
        self.scope_families.set(families);
        family
    }

    /// Keeps what a scope has left, if there is not enough of it.
    pub(crate) fn keep_scope_family(&self, family: ScopeFamily) {
        let mut families = self.scope_families.take();
        if families.len() < SCOPES_KEPT {
            families.push(family);
        }
        self.scope_families.set(families);
    }

    /// Pins the thread that sits down here, if workers are pinned.
    pub(crate) fn pin(&self) {
        if let Some(pinning) = self.pinning() {
            pinning.pin(self.index);
        }
    }

    /// Unpins the thread that gets up.
    pub(crate) fn unpin(&self) {
        if let Some(pinning) = self.pinning() {
            pinning.unpin();
        }
    }

    fn pinning(&self) -> Option<&Pinning> {
        let pinning = self.scheduler.pinning.as_ref();
        pinning.filter(|_| self.is_worker)
    }

    /// Counts a turn of the worker; yields its number.
    #[inline]
    pub(crate) fn next_tick(&self) -> u32 {
        let tick = self.tick.get().wrapping_add(1);
        self.tick.set(tick);
        tick
    }

    /// Whether a guest has queued so much that it should give way to workers: what lies in its queue
    /// for long is in no cache when it is run.
    #[inline]
    pub(crate) fn is_ahead(&self) -> bool {
        !self.is_worker
            && self.next_tick().is_multiple_of(LOOK_BACK_EVERY)
            && self.deque.len() > FAR_AHEAD
    }

    /// Makes the next turn a multiple of `turns`, in which the oldest work comes.
    pub(crate) fn skip_to_multiple_of(&self, turns: u32) {
        let tick = self.tick.get();
        self.tick.set(tick - tick % turns + (turns - 1));
    }

    /// Alternates from call to call.
    pub(crate) fn is_turn_of_outside(&self) -> bool {
        let turn = self.outside.get();
        self.outside.set(!turn);
        turn
    }

    /// A random number.
    pub(crate) fn random(&self) -> usize {
        let mut rng = fastrand::Rng::with_seed(self.rng.get());
        let drawn = rng.usize(..);
        self.rng.set(rng.get_seed());
        drawn
    }

    /// Counts a task of `scope` as ended, later.
    #[inline]
    pub(crate) fn count_ended(&self, scope: &Arc<ScopeState>) {
        let ended = match self.ended.take() {
            Some((other, count)) if Arc::ptr_eq(&other, scope) => (other, count + 1),
            other => {
                if let Some((other, count)) = other {
                    other.tasks_ended(count);
                }
                (scope.clone(), 1)
            }
        };
        self.ended.set(Some(ended));
    }

    /// Has the scopes count the tasks that ended here, unless they are of `next`.
    #[inline]
    pub(crate) fn flush_ended(&self, next: Option<&Arc<ScopeState>>) {
        match self.ended.take() {
            Some((scope, count)) if !next.is_some_and(|next| Arc::ptr_eq(&scope, next)) => {
                scope.tasks_ended(count);
            }
            kept => self.ended.set(kept),
        }
    }
}

/// Where a thread waits for a seat.
#[derive(Debug, Default)]
pub(crate) struct SeatSlot {
    content: Mutex<Content>,
    filled: Condvar,
}

#[derive(Debug, Default)]
enum Content {
    #[default]
    Empty,
    Seat(Box<Seat>),
    /// There will be no seat any more.
    Closed,
}

impl SeatSlot {
    fn fill(&self, content: Content) {
        *self.content.lock() = content;
        self.filled.notify_one();
    }

    /// Blocks until a seat comes; `None` at shutdown.
    pub(crate) fn wait_blocking(&self) -> Option<Box<Seat>> {
        let mut content = self.content.lock();
        loop {
            match std::mem::take(&mut *content) {
                Content::Empty => content = self.filled.wait(content),
                Content::Seat(seat) => return Some(seat),
                Content::Closed => return None,
            }
        }
    }
}

/// Threads without a seat.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    inner: Mutex<Inner>,
    /// `inner.requests.len()`, for a look without the lock.
    requests: AtomicUsize,
}

#[derive(Debug, Default)]
struct Inner {
    /// Seats for threads of the program, and for nobody else: they are not for running tasks.
    #[expect(clippy::vec_box, reason = "a seat is handed on as a pointer")]
    guests: Vec<Box<Seat>>,
    /// Threads that have nothing to do.
    spares: Vec<Arc<SeatSlot>>,
    /// Threads in the middle of a body that want to go on.
    requests: BTreeMap<u64, Arc<SeatSlot>>,
    threads: Vec<thread::JoinHandle<()>>,
    closed: bool,
}

impl Seats {
    /// How many threads ask for a seat.
    pub(crate) fn requests(&self) -> usize {
        // Relaxed: a hint; `work_added` orders it before the wake-up.
        self.requests.load(Ordering::Relaxed)
    }

    /// Gives a seat to a spare thread, or to a new one; after the shutdown, to nobody.
    ///
    /// # Panics
    ///
    /// If the operating system refuses a thread: there is no way to go on without one.
    pub(crate) fn give(&self, seat: Box<Seat>) {
        let mut inner = self.inner.lock();
        if inner.closed {
            drop(inner);
            drop(seat);
            return;
        }
        match inner.spares.pop() {
            Some(spare) => spare.fill(Content::Seat(seat)),
            None => {
                let thread = start_thread(seat).expect("a thread must replace a blocked worker");
                inner.threads.push(thread);
            }
        }
    }

    /// Starts the thread of a new seat.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a thread.
    pub(crate) fn start(&self, seat: Box<Seat>) -> std::io::Result<()> {
        let thread = start_thread(seat)?;
        self.inner.lock().threads.push(thread);
        Ok(())
    }

    /// Hands the caller's seat to a thread that asked for one. Gives it back if none did.
    pub(crate) fn hand_over(&self, seat: Box<Seat>) -> Result<(), Box<Seat>> {
        let request = {
            let mut inner = self.inner.lock();
            let request = inner.requests.pop_first().map(|(_, slot)| slot);
            self.requests.store(inner.requests.len(), Ordering::Relaxed);
            request
        };
        match request {
            Some(slot) => {
                slot.fill(Content::Seat(seat));
                Ok(())
            }
            None => Err(seat),
        }
    }

    /// Asks for a seat, for a thread in the middle of a body; lower tickets are served first.
    pub(crate) fn request(&self, ticket: u64) -> Arc<SeatSlot> {
        let slot = Arc::new(SeatSlot::default());
        let mut inner = self.inner.lock();
        if inner.closed {
            slot.fill(Content::Closed);
        } else {
            inner.requests.insert(ticket, slot.clone());
            self.requests.store(inner.requests.len(), Ordering::Relaxed);
        }
        slot
    }

    /// A seat for a thread of the program, if one is left.
    pub(crate) fn take_guest(&self) -> Option<Box<Seat>> {
        self.inner.lock().guests.pop()
    }

    /// Puts a seat for guests back.
    pub(crate) fn put_guest(&self, seat: Box<Seat>) {
        let mut inner = self.inner.lock();
        if inner.closed {
            drop(inner);
            drop(seat);
        } else {
            inner.guests.push(seat);
        }
    }

    /// Drops the seats for guests, which refer back to the scheduler.
    pub(crate) fn drop_guests(&self) {
        let guests = std::mem::take(&mut self.inner.lock().guests);
        drop(guests);
    }

    /// Registers a thread that has nothing to do.
    pub(crate) fn add_spare(&self) -> Arc<SeatSlot> {
        let slot = Arc::new(SeatSlot::default());
        let mut inner = self.inner.lock();
        if inner.closed {
            slot.fill(Content::Closed);
        } else {
            inner.spares.push(slot.clone());
        }
        slot
    }

    /// Sends the spare threads home, and lets whoever asks for a seat go on without; all threads are
    /// then to be joined by the caller.
    pub(crate) fn close(&self) -> Vec<thread::JoinHandle<()>> {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let Inner {
            spares, requests, ..
        } = &mut *inner;
        let asking = std::mem::take(requests).into_values();
        let threads = spares.drain(..).chain(asking);
        threads.for_each(|slot| slot.fill(Content::Closed));
        self.requests.store(0, Ordering::Relaxed);
        std::mem::take(&mut inner.threads)
    }
}

fn start_thread(seat: Box<Seat>) -> std::io::Result<thread::JoinHandle<()>> {
    let name = format!("parla-worker-{}", seat.index);
    thread::Builder::new()
        .name(name)
        .stack_size(crate::worker::stack::SIZE)
        .spawn(move || crate::worker::run(seat))
}
