//! Who waits for what: one cell for each await or blocking wait, kept in a registry so that waits
//! that can't end are found (`stall.rs`).
//!
//! Also the wakers given to async bodies. They are counted: a suspended body with no waker left
//! outside this crate can be woken by a task alone. See `docs/internals/stalls.md`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::task::{Wake, Waker};

use super::Scheduler;
use crate::error::Stalled;
use crate::sync::{Arc, AtomicBool, AtomicU8, AtomicU64, Condvar, Mutex, OnceLock, Ordering, Weak};
use crate::task::{NodeRef, ScopeState};
use crate::worker::unwind;

/// Who is to be woken.
#[derive(Debug, Clone)]
pub(crate) enum Waiter {
    /// An async body.
    Task(NodeRef),
    /// A blocked thread, or the future a thread drives. With the task whose body blocks it there.
    Thread(Arc<Parker>, Option<NodeRef>),
    /// A future that something else polls.
    Waker(Waker),
}

impl Waiter {
    /// Whether `scheduler` keeps account of whether the waiter runs or rests.
    pub(crate) fn belongs_to(&self, scheduler: &Arc<Scheduler>) -> bool {
        match self {
            Self::Task(node) => Arc::ptr_eq(&node.family().scheduler, scheduler),
            Self::Thread(parker, _) => parker
                .driver_of
                .as_ref()
                .is_some_and(|of| Arc::ptr_eq(of, scheduler)),
            Self::Waker(_) => false,
        }
    }
}

/// What is waited for.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Task(NodeRef),
    Scope(Arc<ScopeState>),
    /// Something that is no task: a timer, a socket, another thread.
    Outside,
}

/// One wait that has not ended.
#[derive(Debug)]
pub(crate) struct WaitCell {
    waiter: Mutex<Waiter>,
    pub(crate) target: Target,
    stalled: OnceLock<Stalled>,
    confirmation: AtomicU8,
}

/// Since the latest poll of an await, nobody has doubted that wakers outside are of use.
const UNASKED: u8 = 0;
/// The awaiting body was woken for no other reason than to see which wakers are left.
const ASKED: u8 = 1;
/// The latest poll was that one.
const CONFIRMED: u8 = 2;

impl WaitCell {
    pub(crate) fn new(waiter: Waiter, target: Target) -> Self {
        Self {
            waiter: Mutex::new(waiter),
            target,
            stalled: OnceLock::new(),
            confirmation: AtomicU8::new(UNASKED),
        }
    }

    /// Looks at who waits. Copies nothing: to make or drop a waker may be code of users, and who
    /// looks may be at rest.
    pub(crate) fn with_waiter<R>(&self, look: impl FnOnce(&Waiter) -> R) -> R {
        look(&self.waiter.lock())
    }

    pub(crate) fn set_waiter(&self, waiter: Waiter) {
        let _old = std::mem::replace(&mut *self.waiter.lock(), waiter);
    }

    /// Whether it is an await of a task that is not yet to be polled once more to see which wakers
    /// are left.
    fn may_be_asked(&self) -> bool {
        // Relaxed: a hint, by which nothing is lost: who polls it meanwhile runs, and has a look made
        // when it rests.
        matches!(self.target, Target::Task(_))
            && self.confirmation.load(Ordering::Relaxed) == UNASKED
    }

    /// Notes that it is; then the caller must wake it. False if it has been noted before.
    fn ask_to_confirm(&self) -> bool {
        // Relaxed: the wake-up carries the order.
        let relaxed = Ordering::Relaxed;
        let noted = || {
            self.confirmation
                .compare_exchange(UNASKED, ASKED, relaxed, relaxed)
        };
        self.may_be_asked() && noted().is_ok()
    }

    /// The await is being polled.
    pub(crate) fn polled(&self) {
        let asked = self.confirmation.load(Ordering::Relaxed) == ASKED;
        let now = if asked { CONFIRMED } else { UNASKED };
        self.confirmation.store(now, Ordering::Relaxed);
    }

    /// Lets the waiter look again.
    pub(crate) fn wake(&self) {
        let waiter = self.waiter.lock().clone();
        match waiter {
            Waiter::Task(node) => Scheduler::wake_task(&node),
            Waiter::Thread(parker, _) => parker.unpark(),
            // Foreign code: its panic must not take a worker down.
            Waiter::Waker(waker) => drop(unwind::catch(|| waker.wake())),
        }
    }

    /// Ends the wait with an error, unless it has been ended so before.
    pub(crate) fn fail(&self, stalled: Stalled) {
        if self.stalled.set(stalled).is_ok() {
            self.wake();
        }
    }

    pub(crate) fn stalled(&self) -> Option<&Stalled> {
        self.stalled.get()
    }
}

/// Where a thread sleeps until something it waits for has happened.
#[derive(Debug)]
pub(crate) struct Parker {
    state: Mutex<ParkState>,
    unparked: Condvar,
    /// Whether the thread counts as a driver, whose running keeps the scheduler from being quiet.
    driver_of: Option<Arc<Scheduler>>,
}

#[derive(Debug, Default)]
struct ParkState {
    notified: bool,
    parked: bool,
    ticket: u64,
}

impl Parker {
    pub(crate) fn new(driver_of: Option<Arc<Scheduler>>) -> Self {
        Self {
            state: Mutex::default(),
            unparked: Condvar::new(),
            driver_of,
        }
    }

    /// Sleeps until [`unpark`](Self::unpark), or returns at once if that came before.
    /// `resting` runs when the thread no longer counts as running.
    pub(crate) fn park(&self, resting: impl FnOnce()) {
        {
            let mut state = self.state.lock();
            if std::mem::take(&mut state.notified) {
                return;
            }
            state.parked = true;
        }
        if let Some(scheduler) = &self.driver_of {
            scheduler.driver_rests();
        }
        resting();
        let mut state = self.state.lock();
        while !state.notified {
            state = self.unparked.wait(state);
        }
        (state.notified, state.parked) = (false, false);
    }

    /// Tells drivers apart that were woken: grows in the order in which that happened.
    pub(crate) fn ticket(&self) -> u64 {
        self.state.lock().ticket
    }

    pub(crate) fn unpark(&self) {
        let mut state = self.state.lock();
        if state.notified {
            return;
        }
        state.notified = true;
        // The driver runs from now on, not from when the operating system gets to it: else the
        // scheduler could seem quiet in between.
        if state.parked
            && let Some(scheduler) = &self.driver_of
        {
            state.ticket = scheduler.sleep.driver_runs();
        }
        drop(state);
        self.unparked.notify_one();
    }
}

/// What the wakers of one poll of an async body, or of a driver's future, share. As long as one of
/// the latest poll lives, the scheduler takes it that something outside may wake the body. Wakers
/// of earlier polls still wake it, but nobody may rely on them: a future has to register the waker
/// of its latest poll.
#[derive(Debug)]
pub(crate) struct WakeHandle {
    scheduler: Arc<Scheduler>,
    waiter: Waiter,
    /// Whether it is counted in [`Waits::handles`].
    counted: AtomicBool,
}

impl WakeHandle {
    /// The handle for the next poll; `previous` is that of the poll before.
    pub(crate) fn next(
        scheduler: &Arc<Scheduler>,
        waiter: &Waiter,
        previous: &Weak<Self>,
    ) -> Arc<Self> {
        scheduler.waits.handles.fetch_add(1, Ordering::SeqCst);
        if let Some(previous) = previous.upgrade() {
            previous.uncount();
        }
        Arc::new(Self {
            scheduler: scheduler.clone(),
            waiter: waiter.clone(),
            counted: AtomicBool::new(true),
        })
    }

    /// Doesn't count it until the guard is dropped: what is polled blocks its thread meanwhile, and
    /// can be helped by no waker. The caller looks for stalls when it rests.
    pub(crate) fn pause(self: Arc<Self>) -> PausedPoll {
        let paused = self.counted.swap(false, Ordering::SeqCst);
        if paused {
            self.scheduler.waits.handles.fetch_sub(1, Ordering::SeqCst);
        }
        // What was paused before, further down on the stack, stays so.
        PausedPoll(paused.then_some(self))
    }

    /// True if no handle is counted any more.
    fn uncount(&self) -> bool {
        // SeqCst: pairs with the load in `find_stall`. Either that sees no handle, or we see that
        // all is quiet and have somebody look again.
        self.counted.swap(false, Ordering::SeqCst)
            && self.scheduler.waits.handles.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

/// A poll that blocks; see [`WakeHandle::pause`].
#[derive(Debug)]
pub(crate) struct PausedPoll(Option<Arc<WakeHandle>>);

impl Drop for PausedPoll {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            // The thread runs, which its scheduler knows: nothing is taken to be stalled before.
            handle
                .scheduler
                .waits
                .handles
                .fetch_add(1, Ordering::SeqCst);
            handle.counted.store(true, Ordering::SeqCst);
        }
    }
}

impl Wake for WakeHandle {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match &self.waiter {
            Waiter::Task(node) => Scheduler::wake_task(node),
            Waiter::Thread(parker, _) => parker.unpark(),
            Waiter::Waker(waker) => waker.wake_by_ref(),
        }
    }
}

impl Drop for WakeHandle {
    fn drop(&mut self) {
        if self.uncount() && self.scheduler.sleep.is_quiet() {
            // Not from here: this may be anywhere, under any lock of anybody.
            self.scheduler.sleep.wake_one();
        }
    }
}

/// Something outside the runtime that is going to end a task by itself, such as a device that works
/// for it. Counts like a waker that is held outside.
#[derive(Debug)]
pub(crate) struct OutsideWork(Arc<Scheduler>);

impl OutsideWork {
    pub(crate) fn new(scheduler: &Arc<Scheduler>) -> Self {
        scheduler.waits.handles.fetch_add(1, Ordering::SeqCst);
        Self(scheduler.clone())
    }
}

impl Drop for OutsideWork {
    fn drop(&mut self) {
        // SeqCst: as in `WakeHandle::uncount`.
        let is_last = self.0.waits.handles.fetch_sub(1, Ordering::SeqCst) == 1;
        if is_last && self.0.sleep.is_quiet() {
            self.0.sleep.wake_one();
        }
    }
}

/// All waits and suspended bodies of a scheduler.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    registry: Mutex<Registry>,
    /// Live [`WakeHandle`]s.
    handles: AtomicU64,
}

#[derive(Debug, Default)]
struct Registry {
    cells: HashMap<usize, Arc<WaitCell>>,
    /// Those that wait for one task, by its node.
    by_task: HashMap<usize, Vec<Arc<WaitCell>>>,
    suspended: HashMap<usize, NodeRef>,
}

impl Waits {
    pub(crate) fn add_cell(&self, cell: &Arc<WaitCell>) {
        let mut registry = self.registry.lock();
        registry.cells.insert(address(cell), cell.clone());
        if let Target::Task(node) = &cell.target {
            let of_task = registry.by_task.entry(node.key()).or_default();
            of_task.push(cell.clone());
            drop(registry);
            // After the cell is there: who ends the task looks for cells only if told so. If that
            // comes too late, the caller will see the outcome.
            let _ = node.successors.note_awaited();
        }
    }

    pub(crate) fn remove_cell(&self, cell: &Arc<WaitCell>) {
        let mut registry = self.registry.lock();
        let removed = registry.cells.remove(&address(cell));
        let mut of_task = None;
        if let Target::Task(node) = &cell.target
            && let Entry::Occupied(mut entry) = registry.by_task.entry(node.key())
        {
            entry.get_mut().retain(|other| !Arc::ptr_eq(other, cell));
            of_task = entry.get().is_empty().then(|| entry.remove());
        }
        drop(registry);
        drop((removed, of_task));
    }

    /// Lets those look again who wait for a task that has ended, by the key of its node. The node
    /// may be gone, and others of its key wait for another: they look once more than needed.
    pub(crate) fn wake_all(&self, key: usize) {
        let cells = self.registry.lock().by_task.get(&key).cloned();
        cells.iter().flatten().for_each(|cell| cell.wake());
    }

    pub(crate) fn add_suspended(&self, node: &NodeRef) {
        self.registry
            .lock()
            .suspended
            .insert(node.key(), node.clone());
    }

    pub(crate) fn remove_suspended(&self, node: &NodeRef) {
        let removed = self.registry.lock().suspended.remove(&node.key());
        drop(removed);
    }

    pub(crate) fn cells(&self) -> Vec<Arc<WaitCell>> {
        self.registry.lock().cells.values().cloned().collect()
    }

    pub(crate) fn suspended(&self) -> Vec<NodeRef> {
        self.registry.lock().suspended.values().cloned().collect()
    }

    /// Whether a look for stalls may find anything to do.
    pub(crate) fn may_be_stalled(&self) -> bool {
        let registry = self.registry.lock();
        let mut cells = registry.cells.values();
        if self.has_handles() {
            cells.any(|cell| cell.may_be_asked())
        } else {
            cells.any(|cell| cell.stalled().is_none())
        }
    }

    /// Notes of all awaits of tasks that they are to be polled once more, and yields those of which
    /// it had not been noted, to be woken.
    pub(crate) fn ask_to_confirm(&self) -> Vec<Arc<WaitCell>> {
        let registry = self.registry.lock();
        let cells = registry.cells.values();
        cells
            .filter(|cell| cell.ask_to_confirm())
            .cloned()
            .collect()
    }

    /// Whether something outside may wake a suspended body.
    pub(crate) fn has_handles(&self) -> bool {
        self.handles.load(Ordering::SeqCst) > 0
    }
}

fn address<T>(of: &Arc<T>) -> usize {
    Arc::as_ptr(of).addr()
}
