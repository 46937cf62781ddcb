//! What a body that waits does meanwhile on its own thread: what it waits for, and nothing else.
//!
//! Anything else might wait for the very body below it on the stack, or for a lock that it holds.
//! See `docs/internals/fork-join.md`.

use std::ptr::NonNull;

use super::{SEARCH_ROUNDS, context, run_one, stack, unwind};
use crate::fork_join::Latch;
use crate::scheduler::{JobHeader, Parker, Scheduler, Work};
use crate::sync::{Arc, attempts, thread};
use crate::task::ScopeState;

/// How many rounds a worker waits for a half of a join before it lends its seat to do something
/// else: that costs as much as several rounds, and most halves end sooner.
const PATIENCE: usize = attempts(8);

/// Runs the newest tasks of a scope while this thread's own queue holds them.
pub(crate) fn help_scope(scheduler: &Arc<Scheduler>, scope: &Arc<ScopeState>) {
    help(scheduler, scope, |work| match work {
        Work::Task(runnable) if Arc::ptr_eq(&runnable.family().scope, scope) => {
            let task = runnable.start();
            let next = task.and_then(|task| run_one(scheduler, task, false));
            next.into_iter().for_each(|next| scheduler.queue_next(next));
            context::flush_ended(None);
            Ok(())
        }
        other => Err(other),
    });
}

/// Has `run` do the newest work of this worker's own queue, until the scope has ended or it gives
/// one back.
pub(crate) fn help(
    scheduler: &Scheduler,
    scope: &ScopeState,
    mut run: impl FnMut(Work) -> Result<(), Work>,
) {
    while !scope.is_finished() && stack::has_room() {
        let Some(newest) = context::with_seat(|seat| seat.deque.pop()).flatten() else {
            return;
        };
        if let Err(other) = run(newest) {
            // As if it were new: whoever fell asleep meanwhile has missed it.
            scheduler.enqueue_work(other);
            return;
        }
    }
}

/// Waits for a job that this thread forked and that another has taken. True if it came back
/// without having been run; else its latch is set.
#[cold]
pub(crate) fn help_fork(fork: NonNull<JobHeader>, latch: &Latch<Parker>) -> bool {
    // The caller's frame holds the job: it must not be unwound.
    unwind::abort_on_panic(|| {
        let scheduler = context::with_seat(|seat| seat.scheduler.clone());
        let scheduler = &scheduler.expect("who may fork has a seat");
        let mut round = 0;
        while !latch.is_set() && round < SEARCH_ROUNDS {
            match context::with_seat(|seat| scheduler.queues.steal_fork(seat.index, seat.random()))
                .flatten()
            {
                Some(job) if job.is(fork, 0) => return true,
                Some(job) if job.is_below(fork) && stack::has_room() => {
                    job.run();
                    round = 0;
                }
                Some(other) => {
                    // Who takes the seat begins with it. So the seat must go even if the latch is
                    // set by now: the frames below would take it for theirs.
                    context::with_seat(|seat| seat.forks.push(other));
                    lend_until_set(scheduler, latch);
                    return false;
                }
                None if round >= PATIENCE && is_wanted(scheduler) => break,
                None => {
                    thread::yield_now();
                    round += 1;
                }
            }
        }
        if !latch.is_set() {
            lend_until_set(scheduler, latch);
        }
        false
    })
}

fn lend_until_set(scheduler: &Arc<Scheduler>, latch: &Latch<Parker>) {
    let _paused = context::pause_poll();
    context::without_seat(scheduler, |parker| latch.wait(parker));
}

/// Whether there is something to do for a seat.
fn is_wanted(scheduler: &Scheduler) -> bool {
    scheduler.queues.has_tasks() || scheduler.seats.requests() > 0
}

/// Runs the halves of joins that came with a seat, whose owners wait for them without one.
pub(crate) fn run_forks() {
    while let Some(job) = context::with_seat(|seat| seat.forks.pop()).flatten() {
        job.run();
    }
}
