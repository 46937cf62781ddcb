//! Two closures in parallel.
#![expect(
    unsafe_code,
    reason = "keeps the promises of `StackJob`: it stays in place until it is done or taken back"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::stack_job::StackJob;
use crate::runtime::Handle;
use crate::scheduler::{Scheduler, Work};
use crate::sync::Arc;
use crate::worker::{context, help, unwind};

/// Calls both closures, in parallel if another worker has nothing else to do, and returns both
/// results. They may borrow from the caller, which goes on only when both are done.
///
/// On a worker, `a` runs at once, and `b` after it unless another worker has taken it by then. So a
/// join that nobody takes part in costs little more than two calls, and recursion down to small
/// pieces is fine. Elsewhere the workers of the ambient runtime run both, and the thread blocks.
/// A runtime with one worker and a seed calls `a` and then `b` where it is.
///
/// Both belong to the task that joins: they see it as [`current_task`](crate::current_task), and
/// use its resources. Nothing is promised about both running at the same time, so neither may wait
/// for the other. Ctrl-C does not interrupt a join.
///
/// ```
/// fn sum(values: &[u64]) -> u64 {
///     if values.len() <= 1000 {
///         return values.iter().sum();
///     }
///     let (low, high) = values.split_at(values.len() / 2);
///     let (low, high) = parla_runtime::join(|| sum(low), || sum(high));
///     low + high
/// }
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// let values: Vec<u64> = (1..=100_000).collect();
/// assert_eq!(sum(&values), 5_000_050_000);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
///
/// # Panics
///
/// If a closure panics, with its panic; if both do, with that of `a`. After a panic of `a`, `b` is
/// dropped unless it has begun; if it has, it comes to its end first. Also if the thread has no
/// ambient runtime, as [`Handle::current`].
pub fn join<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    on_workers(|| fork(a, |_| b()))
}

/// Calls `work` where it can fork: here, if this is a worker of the ambient runtime, else on one.
#[inline]
pub(super) fn on_workers<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if context::may_fork() {
        work()
    } else {
        inject(work)
    }
}

/// Has a worker of the ambient runtime call `work`, and blocks until it has.
#[cold]
fn inject<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let scheduler = Handle::current().scheduler().clone();
    if scheduler.queues.is_seeded() {
        return work();
    }
    // The runtime does not shut down before the job is done, as if it were a task.
    scheduler.root().task_spawned();
    let counted = Counted(&scheduler);
    if scheduler.is_closing() {
        drop(counted);
        return work();
    }
    let job = StackJob::new(move |_| {
        let _counted = counted;
        work()
    });
    // SAFETY: in place until `wait` has returned, which it does when the latch is set.
    scheduler.enqueue_work(Work::Job(unsafe { job.job() }));
    // Unwinding would take the job away from under the worker.
    unwind::abort_on_panic(|| {
        let _paused = context::pause_poll();
        context::without_seat(&scheduler, |parker| job.latch().wait(parker));
    });
    // SAFETY: the latch is set, and this is the only place.
    let outcome = unsafe { job.take_outcome() };
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// One more thing that the runtime waits for before it shuts down.
struct Counted<'a>(&'a Arc<Scheduler>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.root().tasks_ended(1);
    }
}

/// Calls `a` here, and `b` here or, with `true`, on a worker that took it. Where nobody could take
/// it, calls one after the other.
#[inline]
pub(super) fn fork<A, B, RA, RB>(a: A, b: B) -> (RA, RB)
where
    A: FnOnce() -> RA,
    B: FnOnce(bool) -> RB + Send,
    RB: Send,
{
    let job = StackJob::new(b);
    // SAFETY: in place until it has come back or the latch is set: nothing in between unwinds.
    let Some(seat) = context::offer(|| unsafe { job.job() }) else {
        // SAFETY: the job was not queued.
        let b = unsafe { job.take_body() };
        return (a(), b(false));
    };
    let of_a = catch_unwind(AssertUnwindSafe(a));
    let is_back = match context::pop_offered(seat) {
        Some(newest) if newest.is(job.header(), 0) => true,
        Some(_) => unwind::abort_on_panic(|| unreachable!("what was forked later is done")),
        None => help::help_fork(job.header(), job.latch()),
    };
    if is_back {
        // SAFETY: it has come back.
        let b = unsafe { job.take_body() };
        return match of_a {
            Ok(of_a) => (of_a, b(false)),
            Err(panic) => {
                drop(b);
                resume_unwind(panic)
            }
        };
    }
    // SAFETY: the job did not come back, so the latch is set.
    match (of_a, unsafe { job.take_outcome() }) {
        (Ok(of_a), Ok(of_b)) => (of_a, of_b),
        (Ok(_), Err(panic)) => resume_unwind(panic),
        (Err(panic), of_b) => {
            unwind::discard(of_b);
            resume_unwind(panic)
        }
    }
}
