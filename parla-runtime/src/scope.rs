//! Scopes: tasks that may borrow, because their scope ends only after them.

use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::{Error, Result};
use crate::reference::TaskRef;
use crate::runtime::Handle;
use crate::scheduler::{Parker, Scheduler, Target, WaitCell, Waiter};
use crate::space::TaskSpace;
use crate::sync::Arc;
use crate::task::{Family, NodeRef, ScopeFamily, ScopeState};
use crate::worker::{context, help, unwind};

/// A scope whose tasks may borrow from outside it; made by [`scope`].
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope> {
    family: KeptFamily,
    // Invariant in both lifetimes, as in `std::thread::Scope`: neither may shrink, or a task
    // could borrow from within the closure.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// The family of the anonymous tasks; goes to later scopes if this one leaves nothing in it.
#[derive(Debug)]
struct KeptFamily(Option<ScopeFamily>);

impl Deref for KeptFamily {
    type Target = Family;

    #[inline]
    fn deref(&self) -> &Family {
        self.0.as_deref().expect("it is there until the drop")
    }
}

impl Drop for KeptFamily {
    fn drop(&mut self) {
        if let Some(family) = self.0.take_if(|family| !family.scope.keeps()) {
            context::keep_scope_family(family);
        }
    }
}

impl<'scope> Scope<'scope, '_> {
    /// A task without a place in a space.
    #[must_use]
    pub fn task(&'scope self) -> TaskRef<'scope> {
        TaskRef::anonymous(&self.family)
    }

    /// A task space whose tasks end before the scope does.
    pub fn task_space(&'scope self, name: impl Into<Arc<str>>) -> TaskSpace<'scope> {
        TaskSpace::in_scope(
            name.into(),
            None,
            &self.family.scheduler,
            &self.family.scope,
        )
    }

    /// A task space with a shape; see [`TaskSpace::with_shape`].
    pub fn task_space_with_shape(
        &'scope self,
        name: impl Into<Arc<str>>,
        shape: impl IntoIterator<Item = usize>,
    ) -> TaskSpace<'scope> {
        let shape = shape
            .into_iter()
            .map(crate::graph::IndexValue::index_value)
            .collect();
        TaskSpace::in_scope(
            name.into(),
            Some(shape),
            &self.family.scheduler,
            &self.family.scope,
        )
    }
}

/// Runs `body` with a scope and waits until all tasks spawned in it have ended, so that they may
/// borrow locals of the caller. Uses the ambient runtime of the thread.
///
/// Blocks the thread while it waits. In a task's body that is allowed: the worker runs tasks of
/// the scope meanwhile, or lends its place to another thread, and the task gives up its resources
/// until the scope has ended.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// let mut halves = [0u64; 2];
/// let (low, high) = halves.split_at_mut(1);
/// parla_runtime::scope(|s| {
///     let t = s.task_space("sum");
///     t.task(0).spawn(|| low[0] = (1..=50).sum());
///     t.task(1).spawn(|| high[0] = (51..=100).sum());
/// })?;
/// assert_eq!(halves.iter().sum::<u64>(), 5050);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
///
/// # Errors
///
/// What nobody looked at: the first failure of a task in the scope, or [`Error::Stalled`] if tasks
/// were left that could never run.
///
/// # Panics
///
/// If `body` panics, after all its tasks have ended; or if the thread has no ambient runtime.
pub fn scope<'env, F, R>(body: F) -> Result<R>
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
{
    let family = context::take_scope_family()
        .unwrap_or_else(|| ScopeFamily::new(Handle::current().scheduler()));
    let scheduler = &family.scheduler.clone();
    // A worker has entered its runtime for good, and keeps that from shutting down.
    let visits = !context::is_worker_of(scheduler);
    let runtime = visits.then(|| Handle::of(scheduler));
    let _ambient = runtime.as_ref().map(Handle::enter);
    if visits {
        context::begin_visit(scheduler);
    }
    let scope = Scope {
        family: KeptFamily(Some(family)),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| body(&scope)));
    let state = &scope.family.scope;
    // Tasks may still borrow what unwinding from here would destroy.
    unwind::abort_on_panic(|| wait_for_scope(scheduler, state));
    scheduler.fail_unspawned(state);
    let verdict = verdict(scheduler, state);
    state.forget_all();
    if visits {
        context::end_visit(scheduler);
    }
    match result {
        Err(panic) => resume_unwind(panic),
        Ok(result) => verdict.map(|()| result),
    }
}

/// Blocks until all tasks of a scope have ended.
pub(crate) fn wait_for_scope(scheduler: &Arc<Scheduler>, state: &Arc<ScopeState>) {
    wait_and_help(scheduler, state, || help::help_scope(scheduler, state));
}

/// As [`wait_for_scope`]; a worker calls `help` first, to do itself what it waits for.
pub(crate) fn wait_and_help(
    scheduler: &Arc<Scheduler>,
    state: &Arc<ScopeState>,
    help: impl FnOnce(),
) {
    context::flush_ended(None);
    if !state.is_finished() {
        wait_unfinished(scheduler, state, help);
    }
    if scheduler.races.is_on()
        && let Some(task) = context::current_task()
    {
        scheduler.races.has_waited(&task);
    }
}

fn wait_unfinished(scheduler: &Arc<Scheduler>, state: &Arc<ScopeState>, help: impl FnOnce()) {
    // From here on, what wakes the body or future that is polled here can't help it: it is blocked.
    let _paused = context::pause_poll();
    // Before helping: what runs on top of this body may ask for what it holds.
    let holder = context::current_task_with_options();
    if let Some(task) = &holder {
        task.family().scheduler.release_grant_to_wait(task);
    }
    if context::is_worker_of(scheduler) {
        help();
    }
    if !state.is_finished() {
        context::give_credits_back();
        let task = context::current_task();
        context::without_seat(scheduler, |parker| block(scheduler, state, parker, task));
    }
    if let Some(task) = &holder {
        task.family().scheduler.reacquire_grant_blocking(task);
    }
}

fn block(
    scheduler: &Arc<Scheduler>,
    state: &Arc<ScopeState>,
    parker: &Arc<Parker>,
    task: Option<NodeRef>,
) {
    let waiter = Waiter::Thread(parker.clone(), task);
    let cell = Arc::new(WaitCell::new(waiter, Target::Scope(state.clone())));
    scheduler.waits.add_cell(&cell);
    while state.wake_when_finished(&cell) {
        parker.park(|| scheduler.suspect_stall());
    }
    scheduler.waits.remove_cell(&cell);
    state.remove_waiter(&cell);
}

/// What a scope whose tasks have all ended has to report.
pub(crate) fn verdict(scheduler: &Scheduler, state: &ScopeState) -> Result<()> {
    if scheduler.is_interrupted() {
        return Err(Error::Interrupted {
            cancelled: scheduler.interrupted_tasks(),
        });
    }
    let failures = state.take_unseen_failures();
    let errors = failures.iter().filter_map(|node| node.outcome()?.err());
    let mut errors = errors.cloned();
    match errors.next() {
        None => Ok(()),
        Some(first) => Err(match first.stalled() {
            Some(stalled) => Error::Stalled(stalled.clone()),
            None => Error::Task {
                error: first,
                others: errors.count(),
            },
        }),
    }
}
