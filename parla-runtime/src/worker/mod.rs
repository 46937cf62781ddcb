//! The worker loop: finds a task, runs it, runs the first dependent that became ready, and so on.

pub(crate) mod context;
pub(crate) mod help;
mod mask;
mod pace;
mod pinning;
pub(crate) mod stack;
pub(crate) mod strand;
pub(crate) mod unwind;

use std::task::{Context, Poll, Waker};

use pace::Pace;
pub(crate) use pinning::Pinning;

use crate::error::{BodyError, TaskErrorKind};
use crate::scheduler::{Next, Scheduler, Seat, Waiter, WakeHandle, Work, prefetch_all};
use crate::sync::{Arc, attempts, hint, thread};
use crate::task::{Options, Runnable, Running, Suspended};
use crate::trace::EventKind;

/// How often a worker takes the task that has waited longest instead of the newest, so that new
/// tasks can't keep old ones waiting for ever.
pub(crate) const OLDEST_EVERY: u32 = 61;
/// How many rounds a worker searches before it sleeps. A wake-up costs the waker several
/// microseconds, more than a search round; see `docs/internals/sleep.md`.
const SEARCH_ROUNDS: usize = attempts(64);
/// In so many rounds of the search it leaves its processor to other threads once; between the others
/// it only pauses, since a call into the system takes as long as a short task.
const YIELD_EVERY: usize = 4;
const PAUSES: usize = attempts(4);

/// A worker that may run code of users, also before and after bodies. Until it rests the runtime
/// does not shut down: that code may ask for a seat again.
struct OnDuty<'a>(&'a Scheduler);

impl<'a> OnDuty<'a> {
    fn begin(scheduler: &'a Scheduler) -> Self {
        scheduler.visits.task_spawned();
        Self(scheduler)
    }

    /// Calls `rest`, which runs no code of users.
    fn while_off<R>(&self, rest: impl FnOnce() -> R) -> R {
        self.0.visits.tasks_ended(1);
        let result = rest();
        self.0.visits.task_spawned();
        result
    }
}

impl Drop for OnDuty<'_> {
    fn drop(&mut self) {
        self.0.visits.tasks_ended(1);
    }
}

/// The main function of a worker thread.
pub(crate) fn run(mut seat: Box<Seat>) {
    // Whether `Sleep` counts this seat as searching.
    let mut searching = std::mem::take(&mut seat.searching);
    let scheduler = seat.scheduler.clone();
    let duty = OnDuty::begin(&scheduler);
    // tokio's timers and I/O work inside any body.
    let _tokio = scheduler.tokio.enter();
    stack::mark_base();
    context::mark_worker();
    context::set_ambient(Some(scheduler.clone()));
    context::set_seat(seat);
    help::run_forks();
    let mut pace = Pace::new();
    while lend_seat(&scheduler, &duty, &mut searching) {
        let found = next_own(&scheduler).or_else(|| {
            context::flush_ended(None);
            pace.hold_back();
            let found = search(&scheduler, &mut searching);
            pace.found(found.is_some());
            found
        });
        if let Some(work) = found {
            if std::mem::take(&mut searching) {
                scheduler.sleep.found(|| scheduler.has_work());
            }
            match work {
                Work::Task(runnable) => run_all(&scheduler, runnable),
                Work::Job(job) => {
                    context::flush_ended(None);
                    job.run();
                }
            }
            continue;
        }
        if scheduler.sleep.is_shut_down() {
            drop(context::take_seat(true));
            return;
        }
        let Some(index) = context::with_seat(|seat| seat.index) else {
            return;
        };
        context::give_credits_back();
        let has_work = || scheduler.has_work();
        let look = || scheduler.find_stall();
        let stall = duty.while_off(|| scheduler.sleep.sleep(index, searching, has_work, look));
        searching = true;
        if let Some(stall) = stall {
            searching = false;
            scheduler.sleep.found(has_work);
            stall.resolve(&scheduler);
        }
    }
}

/// Hands the seat to a thread that must go on in the middle of a body, if there is one, and waits
/// for another. False at shutdown.
fn lend_seat(scheduler: &Scheduler, duty: &OnDuty<'_>, searching: &mut bool) -> bool {
    if !scheduler.may_hand_over() {
        return true;
    }
    if std::mem::take(searching) {
        scheduler.sleep.found(|| scheduler.has_work());
    }
    let Some(seat) = context::take_seat(true) else {
        return false;
    };
    let seat = match scheduler.seats.hand_over(seat) {
        Err(seat) => Some(seat),
        Ok(()) => duty.while_off(|| scheduler.seats.add_spare().wait_blocking()),
    };
    seat.is_some_and(|seat| {
        context::set_seat(seat);
        help::run_forks();
        true
    })
}

/// Work from the queue that is this seat's own, or what must come before it.
fn next_own(scheduler: &Scheduler) -> Option<Work> {
    let queues = &scheduler.queues;
    if queues.is_seeded() {
        return if scheduler.sleep.running_drivers() > 0 {
            None
        } else {
            queues.pop_seeded()
        };
    }
    context::with_seat(|seat| {
        let tick = seat.next_tick();
        let urgent = queues.pop_urgent();
        if urgent.is_some() || !tick.is_multiple_of(OLDEST_EVERY) {
            return urgent.or_else(|| seat.deque.pop());
        }
        // The oldest is here or comes from outside: each in its turn.
        if seat.is_turn_of_outside() {
            let injected = queues.pop_injected(seat.random(), &seat.deque);
            injected.or_else(|| queues.pop_oldest(seat.index))
        } else {
            queues.pop_oldest(seat.index)
        }
    })?
}

/// Work from outside the workers.
fn next_injected(scheduler: &Scheduler) -> Option<Work> {
    if scheduler.queues.is_seeded() {
        return None;
    }
    context::with_seat(|seat| {
        let is_batch_alone = seat.deque.is_empty();
        let injected = scheduler.queues.pop_injected(seat.random(), &seat.deque);
        if injected.is_some() && !seat.deque.is_empty() {
            if is_batch_alone {
                prefetch_all(&seat.deque);
            }
            // While the rest of the batch was on its way here, no queue showed it: whoever fell
            // asleep just then has missed it.
            scheduler.sleep.work_added();
        }
        injected
    })?
}

/// Work from anywhere, looked for repeatedly if not too many others are at it already.
fn search(scheduler: &Scheduler, searching: &mut bool) -> Option<Work> {
    let injected = next_injected(scheduler);
    if injected.is_some()
        || scheduler.queues.is_seeded()
        || !(*searching || scheduler.sleep.try_search())
    {
        return injected;
    }
    *searching = true;
    for round in 1..=SEARCH_ROUNDS {
        let found = next_own(scheduler)
            .or_else(|| next_injected(scheduler))
            .or_else(|| steal(scheduler));
        if found.is_some() || scheduler.seats.requests() > 0 {
            return found;
        }
        if round.is_multiple_of(YIELD_EVERY) {
            thread::yield_now();
        } else {
            (0..PAUSES).for_each(|_| hint::spin_loop());
        }
    }
    None
}

fn steal(scheduler: &Scheduler) -> Option<Work> {
    let queues = &scheduler.queues;
    let stolen = context::with_seat(|seat| {
        // Tasks first: who takes the half of a join makes somebody wait.
        let task = queues.steal(seat.index, seat.random(), &seat.deque);
        task.or_else(|| queues.steal_fork(seat.index, seat.random()).map(Work::Job))
    });
    stolen.flatten().or_else(|| queues.pop_background())
}

/// Whether a worker that has done the work of one job for long should go back to its loop: if
/// anybody waits for this seat or for a turn on it. The turn of the oldest comes next then.
pub(crate) fn is_due(scheduler: &Scheduler) -> bool {
    let queues = &scheduler.queues;
    context::with_seat(|seat| {
        let is_due =
            scheduler.seats.requests() > 0 || !seat.deque.is_empty() || queues.has_injected();
        if is_due {
            seat.skip_to_multiple_of(OLDEST_EVERY);
        }
        is_due
    })
    .unwrap_or(false)
}

/// Runs a task and then, as long as there is one, the first dependent it made ready.
fn run_all(scheduler: &Arc<Scheduler>, runnable: Runnable) {
    let mut running = runnable.start();
    while let Some(task) = running {
        let tired = context::with_seat(|seat| seat.next_tick().is_multiple_of(OLDEST_EVERY));
        // However long the chain is, others get their turn, and more urgent ones come first. If
        // there are none, a task that was queued here would only wake somebody in vain.
        let tired = tired.map(|tired| tired && is_due(scheduler));
        let go_on = tired == Some(false) && !scheduler.queues.is_seeded();
        running = match run_one(scheduler, task, go_on) {
            None => None,
            Some(Next::Started(running)) => Some(running),
            Some(Next::Admitted(runnable)) if go_on && !scheduler.queues.has_urgent() => {
                runnable.start()
            }
            Some(Next::Admitted(runnable)) => {
                scheduler.enqueue_last(runnable);
                None
            }
            Some(Next::Ready(runnable))
                if go_on && runnable.extra().is_none() && !scheduler.queues.has_urgent() =>
            {
                runnable.start()
            }
            Some(Next::Ready(runnable)) => {
                if tired == Some(true) {
                    scheduler.make_ready_last(runnable);
                } else {
                    scheduler.make_ready(runnable);
                }
                None
            }
        };
    }
}

/// Runs one task; yields a dependent that should run next on this worker, which may have been
/// started already if `start`.
fn run_one(scheduler: &Arc<Scheduler>, mut task: Running, start: bool) -> Option<Next> {
    context::flush_ended(Some(&task.family().scope));
    if scheduler.is_interrupted() {
        scheduler.end_badly(task, TaskErrorKind::Interrupted);
        return None;
    }
    if let Err(race) = scheduler.may_begin(&task) {
        return end_badly(scheduler, task, race);
    }
    scheduler.record(EventKind::Started, &task);
    if task.is_async() {
        return poll(scheduler, task, start);
    }
    task.prefetch_dependent();
    if scheduler.has_queues
        && let Err(failure) = scheduler.lease_devices(&task)
    {
        return end_badly(scheduler, task, failure);
    }
    let begun = scheduler.body_begins(&task);
    let outcome = context::in_task(&mut task, |task| unwind::catch(|| task.run_body(None)));
    scheduler.body_rests(&task, begun);
    end(scheduler, task, outcome, start)
}

/// Polls an async body once.
fn poll(scheduler: &Arc<Scheduler>, mut task: Running, start: bool) -> Option<Next> {
    if scheduler.has_queues
        && let Err(failure) = scheduler.lease_devices(&task)
    {
        return end_badly(scheduler, task, failure);
    }
    let node = task.reference();
    // If it goes on.
    scheduler.races.has_waited(&node);
    let waiter = Waiter::Task(node.clone());
    let previous = task.wake_handle()?;
    let handle = WakeHandle::next(scheduler, &waiter, previous);
    *previous = Arc::downgrade(&handle);
    let waker = Waker::from(handle.clone());
    let begun = scheduler.body_begins(&node);
    let outcome = context::in_task(&mut task, |task| {
        context::polling(&handle, &waker, waiter, || {
            unwind::catch(|| task.run_body(Some(&mut Context::from_waker(&waker))))
        })
    });
    scheduler.body_rests(&node, begun);
    if !matches!(outcome, Ok(Poll::Pending)) {
        return end(scheduler, task, outcome, start);
    }
    scheduler.record(EventKind::Suspended, &node);
    if let Some(options) = node.options() {
        options.work.lock().rest();
    }
    scheduler.release_grant(&node);
    // Before the suspension: whoever wakes, cancels or abandons the task finds it all in place.
    scheduler.waits.add_suspended(&node);
    match task.suspend() {
        Suspended::Asleep => {
            // Ctrl-C came after its search for suspended tasks or before: one of us sees it.
            if scheduler.is_interrupted() {
                scheduler.cancel(&node, TaskErrorKind::Interrupted);
            }
        }
        Suspended::Woken(runnable) => {
            scheduler.waits.remove_suspended(&node);
            // It gives way: others come first, or a body that yields in a loop would starve them.
            scheduler.make_ready_last(runnable);
        }
        Suspended::Cancelled(ended) => {
            scheduler.waits.remove_suspended(&node);
            scheduler.fail(ended, TaskErrorKind::Cancelled, true);
        }
    }
    None
}

/// Ends a task by what the run of its body has brought.
fn end(
    scheduler: &Arc<Scheduler>,
    task: Running,
    outcome: Result<Poll<Result<(), BodyError>>, String>,
    start: bool,
) -> Option<Next> {
    let kind = match outcome {
        Ok(Poll::Ready(Ok(()))) if runs_ahead(scheduler, &task) => {
            return scheduler.run_ahead(task, Ok(()));
        }
        Ok(Poll::Ready(Ok(()))) => {
            scheduler.learn_from_body(&task);
            return scheduler.end_well(task, start && !scheduler.queues.has_urgent());
        }
        Ok(Poll::Ready(Err(error))) => TaskErrorKind::Failed(error),
        Ok(Poll::Pending) => TaskErrorKind::Cancelled,
        Err(message) => TaskErrorKind::Panicked(message),
    };
    end_badly(scheduler, task, kind)
}

/// Whether the end of the body is not that of the task.
#[inline]
fn runs_ahead(scheduler: &Scheduler, task: &Running) -> bool {
    scheduler.has_queues && task.options().is_some_and(Options::runs_ahead)
}

/// Ends a task that has failed, now or when its devices are done.
#[cold]
fn end_badly(scheduler: &Arc<Scheduler>, task: Running, kind: TaskErrorKind) -> Option<Next> {
    if runs_ahead(scheduler, &task) {
        return scheduler.run_ahead(task, Err(kind));
    }
    scheduler.end_badly(task, kind);
    None
}
