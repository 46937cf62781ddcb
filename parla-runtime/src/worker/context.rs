//! What the current thread is doing for Parla: ambient runtime, seat, running task.
#![expect(
    unsafe_code,
    reason = "the seat is reached through a bare pointer, the cheapest thread local"
)]

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::task::Waker;

pub(crate) use super::strand::is_in_task;
use super::strand::{self, Strand};
use crate::scheduler::{
    Deque, Descriptor, Job, Parker, PausedPoll, Scheduler, Seat, SeatSlot, Waiter, WakeHandle,
};
use crate::sync::{Arc, thread_local};
use crate::task::{NodeRef, Running, ScopeFamily, ScopeState};

thread_local! {
    /// The seat of this thread; none while it is lent. Apart from the rest, since a pointer in
    /// thread-local storage is all that the hot path needs.
    static SEAT: Cell<Option<NonNull<Seat>>> = const { Cell::new(None) };
    /// The same, if a join may queue a half there: it is a worker's seat, of the ambient runtime,
    /// and no seed decides about the order.
    static FORK_SEAT: Cell<Option<NonNull<Seat>>> = const { Cell::new(None) };
    static CONTEXT: Context = const { Context {
        ambient: RefCell::new(None),
        polling: RefCell::new(None),
        driving: RefCell::new(Vec::new()),
        in_worker: Cell::new(false),
        visits: RefCell::new(Vec::new()),
        descriptor: Cell::new(None),
    } };
}

struct Context {
    /// The runtime that `TaskSpace::new` and anonymous spawns use.
    ambient: RefCell<Option<Arc<Scheduler>>>,
    /// The waker under which a body or a driver's future is being polled, and whom it wakes.
    polling: RefCell<Option<Polling>>,
    /// The schedulers for which this thread counts as a driver.
    driving: RefCell<Vec<Arc<Scheduler>>>,
    in_worker: Cell<bool>,
    /// The scheduler of each scope that this thread of the program has open, as a mere address.
    visits: RefCell<Vec<*const Scheduler>>,
    /// For the next spawn, so that it need not allocate one.
    descriptor: Cell<Option<Box<Descriptor>>>,
}

/// The poll of a body or of a driver's future.
struct Polling {
    handle: Arc<WakeHandle>,
    waker: Waker,
    /// Whom the waker wakes.
    waiter: Waiter,
}

/// The ambient scheduler of this thread.
pub(crate) fn ambient() -> Option<Arc<Scheduler>> {
    CONTEXT
        .try_with(|context| context.ambient.borrow().clone())
        .ok()?
}

/// Sets the ambient scheduler; returns the one before.
pub(crate) fn set_ambient(scheduler: Option<Arc<Scheduler>>) -> Option<Arc<Scheduler>> {
    let before = CONTEXT.with(|context| context.ambient.replace(scheduler));
    renew_fork_seat();
    before
}

/// Marks this thread as a worker for good.
pub(crate) fn mark_worker() {
    CONTEXT.with(|context| context.in_worker.set(true));
}

/// Whether this thread has a worker's seat of `scheduler`.
pub(crate) fn is_worker_of(scheduler: &Scheduler) -> bool {
    seat_index(scheduler).is_some()
}

/// Whether this is a worker thread, of whatever runtime.
pub(crate) fn is_worker() -> bool {
    CONTEXT
        .try_with(|context| context.in_worker.get())
        .unwrap_or(false)
}

/// Notes that this thread of the program is in a scope of `scheduler`, which does not shut down
/// before it has left.
pub(crate) fn begin_visit(scheduler: &Scheduler) {
    scheduler.visits.task_spawned();
    CONTEXT.with(|context| context.visits.borrow_mut().push(scheduler));
}

/// Undoes a [`begin_visit`].
pub(crate) fn end_visit(scheduler: &Scheduler) {
    CONTEXT.with(|context| context.visits.borrow_mut().pop());
    scheduler.visits.tasks_ended(1);
}

/// Whether the runtime of `scheduler` might wait for this very thread before it shuts down.
pub(crate) fn may_be_waited_for(scheduler: &Scheduler) -> bool {
    let visits = CONTEXT.try_with(|context| {
        let visits = context.visits.borrow();
        visits
            .iter()
            .any(|&visited| std::ptr::eq(visited, scheduler))
    });
    is_worker() || visits.unwrap_or(false)
}

/// A descriptor in which nothing is said yet.
#[inline]
pub(crate) fn take_descriptor() -> Box<Descriptor> {
    let kept = CONTEXT.try_with(|context| context.descriptor.take());
    kept.ok().flatten().unwrap_or_default()
}

/// Takes back a descriptor that has been cleared.
#[inline]
pub(crate) fn put_descriptor(descriptor: Box<Descriptor>) {
    let _ = CONTEXT.try_with(|context| context.descriptor.set(Some(descriptor)));
}

/// Seats this thread. It must not have a seat.
pub(crate) fn set_seat(seat: Box<Seat>) {
    seat.pin();
    let before = SEAT.replace(Some(NonNull::from(Box::leak(seat))));
    debug_assert!(before.is_none(), "a thread has one seat");
    renew_fork_seat();
}

/// To be called when the seat or the ambient runtime has changed.
fn renew_fork_seat() {
    let is_ambient = |scheduler: &Arc<Scheduler>| {
        CONTEXT.with(|context| {
            let ambient = context.ambient.borrow();
            ambient
                .as_ref()
                .is_some_and(|of| Arc::ptr_eq(of, scheduler))
        })
    };
    let may_fork = |seat: &Seat| {
        seat.is_worker && !seat.scheduler.queues.is_seeded() && is_ambient(&seat.scheduler)
    };
    let seat = if with_seat(may_fork) == Some(true) {
        SEAT.get()
    } else {
        None
    };
    FORK_SEAT.set(seat);
}

/// Takes the seat of this thread away, if it has one for workers (or for guests).
pub(crate) fn take_seat(is_worker: bool) -> Option<Box<Seat>> {
    with_seat(|seat| (seat.is_worker == is_worker).then(|| seat.flush_ended(None))).flatten()?;
    FORK_SEAT.set(None);
    let seat = SEAT.take()?;
    // SAFETY: `set_seat` made the pointer of a box, and nobody else takes it: it is gone from SEAT
    // and FORK_SEAT, which no other thread sees. No reference to it is left, since `with_seat` gives
    // out none.
    let seat = unsafe { Box::from_raw(seat.as_ptr()) };
    seat.unpin();
    Some(seat)
}

/// Works with the seat of this thread, if it has one. `work` must not take it away.
#[inline]
pub(crate) fn with_seat<R>(work: impl FnOnce(&Seat) -> R) -> Option<R> {
    let seat = SEAT.get()?;
    // SAFETY: the pointer stays valid until `take_seat`, which `work` must not call; it calls
    // nothing but methods of the seat and of its queues, and no code of users.
    Some(work(unsafe { seat.as_ref() }))
}

/// As [`with_seat`], if the seat is one of `scheduler`, for workers or guests.
#[inline]
pub(crate) fn with_seat_of<R>(scheduler: &Scheduler, work: impl FnOnce(&Seat) -> R) -> Option<R> {
    with_seat(|seat| std::ptr::eq(&*seat.scheduler, scheduler).then(|| work(seat)))?
}

/// Counts a task of `scope` as ended: on a worker later, see [`Seat::count_ended`], elsewhere at
/// once.
#[inline]
pub(crate) fn count_ended(scheduler: &Scheduler, scope: &Arc<ScopeState>) {
    let later = with_seat_of(scheduler, |seat| {
        seat.is_worker.then(|| seat.count_ended(scope))
    });
    if later.flatten().is_none() {
        scope.tasks_ended(1);
    }
}

/// What an earlier scope on this seat has left, if this is a worker of the ambient runtime.
#[inline]
pub(crate) fn take_scope_family() -> Option<ScopeFamily> {
    // SAFETY: as in `with_seat`.
    FORK_SEAT
        .get()
        .and_then(|seat| unsafe { seat.as_ref() }.take_scope_family())
}

/// Keeps it for a later scope on this seat, if this is a worker of its runtime.
pub(crate) fn keep_scope_family(family: ScopeFamily) {
    let mut family = Some(family);
    with_seat(|seat| {
        if let Some(family) = family
            .take_if(|family| seat.is_worker && Arc::ptr_eq(&family.scheduler, &seat.scheduler))
        {
            seat.keep_scope_family(family);
        }
    });
}

/// Gives up what this seat keeps of families, before its thread rests.
pub(crate) fn give_credits_back() {
    drop(with_seat(|seat| seat.magazine.take_credits()));
}

/// Has the scopes count the tasks that ended on this seat, unless they are of `next`.
#[inline]
pub(crate) fn flush_ended(next: Option<&Arc<ScopeState>>) {
    with_seat(|seat| seat.flush_ended(next));
}

/// Works with the deque of this thread if it has a seat of `scheduler`.
#[inline]
pub(crate) fn with_deque<R>(scheduler: &Scheduler, work: impl FnOnce(Option<&Deque>) -> R) -> R {
    match SEAT.get() {
        // SAFETY: as in `with_seat`.
        Some(seat) if std::ptr::eq(&*unsafe { seat.as_ref() }.scheduler, scheduler) => {
            // SAFETY: as in `with_seat`.
            work(Some(&unsafe { seat.as_ref() }.deque))
        }
        _ => work(None),
    }
}

/// The number of this thread's seat, if it is a worker of `scheduler`.
pub(crate) fn seat_index(scheduler: &Scheduler) -> Option<usize> {
    with_seat_of(scheduler, |seat| seat.is_worker.then_some(seat.index))?
}

/// The seat on whose queue a half of a join was offered; says only whether it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OfferedAt(NonNull<Seat>);

/// Whether [`offer`] would take anything here.
pub(crate) fn may_fork() -> bool {
    FORK_SEAT.get().is_some()
}

/// Among how many workers a fork may spread; zero where nothing can be forked.
pub(crate) fn fork_width() -> usize {
    if may_fork() {
        with_seat(|seat| seat.scheduler.sleep.seats()).unwrap_or(0)
    } else {
        0
    }
}

/// Queues a job that this thread takes back later, unless another worker has taken it by then.
/// `None` if there is no queue for that.
#[inline]
pub(crate) fn offer(job: impl FnOnce() -> Job) -> Option<OfferedAt> {
    let at = FORK_SEAT.get()?;
    // SAFETY: as in `with_seat`; it is the same seat.
    let seat = unsafe { at.as_ref() };
    seat.forks.push(job());
    seat.scheduler.sleep.work_offered();
    Some(OfferedAt(at))
}

/// The job of the latest offer that has not come to its end, unless it is in other hands.
#[inline]
pub(crate) fn pop_offered(at: OfferedAt) -> Option<Job> {
    let seat = SEAT.get().filter(|seat| OfferedAt(*seat) == at)?;
    // SAFETY: as in `with_seat`.
    unsafe { seat.as_ref() }.forks.pop()
}

/// The task whose body runs on this thread, or a part of it.
pub(crate) fn current_task() -> Option<NodeRef> {
    strand::current_task()
}

/// The same, if its spawn asked for anything beyond order.
pub(crate) fn current_task_with_options() -> Option<NodeRef> {
    strand::current_task_if(|task| task.options().is_some())
}

/// Runs `body`, which must not unwind, as that of a task.
#[inline]
pub(crate) fn in_task<R>(task: &mut Running, body: impl FnOnce(&mut Running) -> R) -> R {
    let strand = Strand::of_task(task);
    strand.run(|| body(task))
}

/// Runs `work`, which must not unwind, with no task as the current one.
pub(crate) fn outside_tasks<R>(work: impl FnOnce() -> R) -> R {
    strand::outside(work)
}

/// Polls with `waker`, of `handle`, known to wake `waiter`, so that waits for tasks need no waker at
/// all.
pub(crate) fn polling<R>(
    handle: &Arc<WakeHandle>,
    waker: &Waker,
    waiter: Waiter,
    poll: impl FnOnce() -> R,
) -> R {
    struct Restore(Option<Polling>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            let _ours = CONTEXT.with(|context| context.polling.replace(before));
        }
    }
    let ours = Some(Polling {
        handle: handle.clone(),
        waker: waker.clone(),
        waiter,
    });
    let _restore = Restore(CONTEXT.with(|context| context.polling.replace(ours)));
    poll()
}

/// Has the wakers of the poll that this thread is in, if it is in one, count for nothing until the
/// guard is dropped; see [`WakeHandle::pause`].
#[must_use = "the poll is paused as long as the guard lives"]
pub(crate) fn pause_poll() -> Option<PausedPoll> {
    let handle = CONTEXT.try_with(|context| {
        let polling = context.polling.borrow();
        polling.as_ref().map(|polling| polling.handle.clone())
    });
    handle.ok()?.map(WakeHandle::pause)
}

/// Whom `waker` wakes, if it is the one this thread polls with, for `scheduler`.
pub(crate) fn waiter_of(waker: &Waker, scheduler: &Arc<Scheduler>) -> Option<Waiter> {
    CONTEXT.with(|context| match &*context.polling.borrow() {
        Some(Polling {
            waker: ours,
            waiter,
            ..
        }) if ours.will_wake(waker) && waiter.belongs_to(scheduler) => Some(waiter.clone()),
        _ => None,
    })
}

/// Counts this thread as a driver of `scheduler`; false if it was one already or is a worker.
pub(crate) fn start_driving(scheduler: &Arc<Scheduler>) -> bool {
    if is_worker() || is_driving(scheduler) {
        return false;
    }
    CONTEXT.with(|context| context.driving.borrow_mut().push(scheduler.clone()));
    scheduler.sleep.driver_runs();
    if SEAT.get().is_none() {
        scheduler.seats.take_guest().into_iter().for_each(set_seat);
    }
    true
}

/// Undoes a [`start_driving`] that returned true.
pub(crate) fn stop_driving(scheduler: &Arc<Scheduler>) {
    CONTEXT.with(|context| {
        context
            .driving
            .borrow_mut()
            .retain(|other| !Arc::ptr_eq(other, scheduler));
    });
    if with_seat_of(scheduler, |_| ()).is_some()
        && let Some(seat) = take_seat(false)
    {
        drop(seat.magazine.take_credits());
        scheduler.seats.put_guest(seat);
    }
    scheduler.driver_rests();
}

fn is_driving(scheduler: &Arc<Scheduler>) -> bool {
    let is_driving = CONTEXT.try_with(|context| {
        let driving = context.driving.borrow();
        driving.iter().any(|other| Arc::ptr_eq(other, scheduler))
    });
    is_driving.unwrap_or(false)
}

/// A place for this thread to block until something of `scheduler` has happened.
pub(crate) fn parker_for(scheduler: &Arc<Scheduler>) -> Arc<Parker> {
    Arc::new(Parker::new(
        is_driving(scheduler).then(|| scheduler.clone()),
    ))
}

/// Lends the seat of this thread to another while `block` blocks in the given parker for something
/// of `scheduler`, and takes a seat again after. A thread without a seat just blocks.
pub(crate) fn without_seat<R>(
    scheduler: &Arc<Scheduler>,
    block: impl FnOnce(&Arc<Parker>) -> R,
) -> R {
    let Some(seat) = take_seat(true) else {
        return block(&parker_for(scheduler));
    };
    // Without a seat the thread counts as a driver: it rests while it is parked, and from the
    // moment it is woken until it has a seat again, nothing is taken to be stalled. While it waits
    // for another runtime it does not rest: its own can't tell when that will wake it.
    let home = seat.scheduler.clone();
    let first = home.sleep.driver_runs();
    home.seats.give(seat);
    let rests = Arc::ptr_eq(&home, scheduler);
    let parker = Arc::new(Parker::new(rests.then(|| home.clone())));
    let result = block(&parker);
    let slot: Arc<SeatSlot> = home.seats.request(parker.ticket().max(first));
    home.sleep.work_added();
    // No body is left without one: this may be a waker of somebody else, woken when the runtime had
    // seen that nothing was left to wait for.
    slot.wait_blocking().into_iter().for_each(set_seat);
    home.sleep.driver_rests();
    result
}

/// Lends the seat of this worker to another thread while `section`, which must not unwind, blocks
/// in foreign code. Without a seat, or where a seed decides about the order, just calls it.
pub(crate) fn lending_seat<R>(section: impl FnOnce() -> R) -> R {
    let lends = |seat: &Seat| seat.is_worker && !seat.scheduler.queues.is_seeded();
    let home = with_seat(|seat| lends(seat).then(|| seat.scheduler.clone())).flatten();
    let Some(home) = home else {
        return section();
    };
    without_seat(&home, |_| {
        // The thread counts as a driver; where it waits for us in the section, it rests as one.
        CONTEXT.with(|context| context.driving.borrow_mut().push(home.clone()));
        let result = section();
        CONTEXT.with(|context| context.driving.borrow_mut().pop());
        result
    })
}
