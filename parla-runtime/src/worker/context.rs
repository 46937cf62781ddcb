//! What the current thread is doing for Parla: ambient runtime, seat, running task.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use crate::scheduler::{Deque, Parker, Scheduler, Seat, SeatSlot, Waiter};
use crate::sync::Arc;
use crate::task::{Node, ScopeState};

thread_local! {
    static CONTEXT: Context = const { Context {
        ambient: RefCell::new(None),
        seat: RefCell::new(None),
        task: RefCell::new(None),
        polling: RefCell::new(None),
        driving: RefCell::new(Vec::new()),
        in_worker: Cell::new(false),
    } };
}

struct Context {
    /// The runtime that `TaskSpace::new` and anonymous spawns use.
    ambient: RefCell<Option<Arc<Scheduler>>>,
    /// The seat of a worker; absent while it is lent.
    seat: RefCell<Option<Seat>>,
    /// The task whose body runs.
    task: RefCell<Option<Arc<Node>>>,
    /// The waker under which a body or a driver's future is being polled, and whom it wakes.
    polling: RefCell<Option<(Waker, Waiter)>>,
    /// The schedulers for which this thread counts as a driver.
    driving: RefCell<Vec<Arc<Scheduler>>>,
    in_worker: Cell<bool>,
}

/// The ambient scheduler of this thread.
pub(crate) fn ambient() -> Option<Arc<Scheduler>> {
    CONTEXT.with(|context| context.ambient.borrow().clone())
}

/// Sets the ambient scheduler; returns the one before.
pub(crate) fn set_ambient(scheduler: Option<Arc<Scheduler>>) -> Option<Arc<Scheduler>> {
    CONTEXT.with(|context| context.ambient.replace(scheduler))
}

/// Marks this thread as a worker for good.
pub(crate) fn mark_worker() {
    CONTEXT.with(|context| context.in_worker.set(true));
}

/// Whether this thread has a seat of `scheduler`.
pub(crate) fn is_worker_of(scheduler: &Scheduler) -> bool {
    seat_index(scheduler).is_some()
}

/// Whether this is a worker thread, of whatever runtime.
pub(crate) fn is_worker() -> bool {
    CONTEXT.with(|context| context.in_worker.get())
}

pub(crate) fn set_seat(seat: Seat) {
    CONTEXT.with(|context| *context.seat.borrow_mut() = Some(seat));
}

pub(crate) fn take_seat() -> Option<Seat> {
    flush_ended(None);
    CONTEXT.with(|context| context.seat.borrow_mut().take())
}

/// Counts a task of `scope` as ended: on a worker later, see [`Seat::ended`], elsewhere at once.
pub(crate) fn count_ended(scheduler: &Scheduler, scope: &Arc<ScopeState>) {
    let later = CONTEXT.try_with(|context| {
        let mut seat = context.seat.borrow_mut();
        let seat = seat
            .as_mut()
            .filter(|seat| std::ptr::eq(&*seat.scheduler, scheduler))?;
        match &mut seat.ended {
            Some((other, count)) if Arc::ptr_eq(other, scope) => {
                *count += 1;
                Some(None)
            }
            other => Some(other.replace((scope.clone(), 1))),
        }
    });
    match later.ok().flatten() {
        Some(None) => {}
        Some(Some((other, count))) => other.tasks_ended(count),
        None => scope.tasks_ended(1),
    }
}

/// Has the scopes count the tasks that ended on this seat, unless they are of `next`.
pub(crate) fn flush_ended(next: Option<&Arc<ScopeState>>) {
    let ended = CONTEXT.with(|context| {
        let mut seat = context.seat.borrow_mut();
        let ended = &mut seat.as_mut()?.ended;
        ended.take_if(|(scope, _)| !next.is_some_and(|next| Arc::ptr_eq(scope, next)))
    });
    if let Some((scope, count)) = ended {
        scope.tasks_ended(count);
    }
}

/// Works with the seat of this thread, if it has one.
pub(crate) fn with_seat<R>(work: impl FnOnce(&mut Seat) -> R) -> Option<R> {
    CONTEXT.with(|context| context.seat.borrow_mut().as_mut().map(work))
}

/// Works with the deque of this thread if it is a worker of `scheduler`.
pub(crate) fn with_deque<R>(scheduler: &Scheduler, work: impl FnOnce(Option<&Deque>) -> R) -> R {
    // A waker may be dropped, and so run this, while its thread takes its locals down.
    if CONTEXT.try_with(|_| ()).is_err() {
        return work(None);
    }
    CONTEXT.with(|context| {
        let seat = context.seat.borrow();
        let own = seat
            .as_ref()
            .filter(|seat| std::ptr::eq(&*seat.scheduler, scheduler));
        work(own.map(|seat| &seat.deque))
    })
}

/// The number of this thread's seat, if it is a worker of `scheduler`.
pub(crate) fn seat_index(scheduler: &Scheduler) -> Option<usize> {
    let index = CONTEXT.try_with(|context| {
        let seat = context.seat.borrow();
        seat.as_ref()
            .filter(|seat| std::ptr::eq(&*seat.scheduler, scheduler))
            .map(|s| s.index)
    });
    index.ok().flatten()
}

/// The task whose body runs on this thread.
pub(crate) fn current_task() -> Option<Arc<Node>> {
    CONTEXT.with(|context| context.task.borrow().clone())
}

/// Runs `body`, which must not unwind, with `node` as the current task. Gives the node back, which
/// is cheaper than another reference.
pub(crate) fn in_task<R>(node: Arc<Node>, body: impl FnOnce() -> R) -> (R, Arc<Node>) {
    let replace = |node| CONTEXT.with(|context| context.task.replace(node));
    let before = replace(Some(node));
    let result = body();
    let node = replace(before).expect("whoever runs inside restores the task");
    (result, node)
}

/// Polls with `waker` known to wake `waiter`, so that waits for tasks need no waker at all.
pub(crate) fn polling<R>(waker: &Waker, waiter: Waiter, poll: impl FnOnce() -> R) -> R {
    struct Restore(Option<(Waker, Waiter)>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            let _ours = CONTEXT.with(|context| context.polling.replace(before));
        }
    }
    let ours = Some((waker.clone(), waiter));
    let _restore = Restore(CONTEXT.with(|context| context.polling.replace(ours)));
    poll()
}

/// Whom `waker` wakes, if it is the one this thread polls with, for `scheduler`.
pub(crate) fn waiter_of(waker: &Waker, scheduler: &Arc<Scheduler>) -> Option<Waiter> {
    CONTEXT.with(|context| match &*context.polling.borrow() {
        Some((ours, waiter)) if ours.will_wake(waker) && waiter.belongs_to(scheduler) => {
            Some(waiter.clone())
        }
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
    scheduler.driver_rests();
}

fn is_driving(scheduler: &Arc<Scheduler>) -> bool {
    CONTEXT.with(|context| {
        context
            .driving
            .borrow()
            .iter()
            .any(|other| Arc::ptr_eq(other, scheduler))
    })
}

/// A place for this thread to block until something of `scheduler` has happened.
pub(crate) fn parker_for(scheduler: &Arc<Scheduler>) -> Arc<Parker> {
    Arc::new(Parker::new(
        is_driving(scheduler).then(|| scheduler.clone()),
    ))
}

/// Lends the seat of this thread to another while `block` blocks in the given parker for something
/// of `scheduler`, and takes a seat again after. A thread without a seat just blocks.
pub(crate) fn without_seat(scheduler: &Arc<Scheduler>, block: impl FnOnce(&Arc<Parker>)) {
    let Some(seat) = take_seat() else {
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
    block(&parker);
    let slot: Arc<SeatSlot> = home.seats.request(parker.ticket().max(first));
    home.sleep.work_added();
    let seat = slot.wait_blocking();
    set_seat(seat.expect("the scheduler does not shut down while a body runs"));
    home.sleep.driver_rests();
}
