//! One run of a graph: how it starts, how workers get at it, how it ends.
//!
//! Steps and the reasons why they are safe: `docs/internals/prebuilt.md`.
#![expect(
    unsafe_code,
    reason = "jobs point at the run, and the run at its input; both outlive its last node"
)]

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::block;
use super::counter::Left;
use super::plan::Plan;
use super::state::RunState;
use super::walk::Walk;
use crate::error::{BodyError, Error, Result, TaskError, TaskErrorKind};
use crate::scheduler::{Deque, Job, JobHeader, Scheduler, Work};
use crate::scope::wait_and_help;
use crate::sync::{Arc, AtomicBool, AtomicUsize, Mutex, Ordering};
use crate::task::ScopeState;
use crate::trace::EventKind;
use crate::worker::{self, context, unwind};

/// A run from its start until its last node has ended. The header stands first, so that a job that
/// points at it leads here.
#[repr(C)]
pub(super) struct Run<I: ?Sized> {
    header: JobHeader,
    pub(super) scheduler: Arc<Scheduler>,
    pub(super) plan: Arc<Plan<I>>,
    pub(super) state: ManuallyDrop<RunState>,
    input: NonNull<I>,
    /// What must live until the last node has ended, if nobody waits for that.
    keep: Mutex<Option<Keep<I>>>,
    /// A node has failed, or nobody wants the run any more: nodes must look whether they may run.
    troubled: AtomicBool,
    cancelled: AtomicBool,
    failures: Mutex<Failures>,
    /// Nodes that did not run because of an interrupt or a cancellation.
    left_out: AtomicUsize,
    left: Padded<Left>,
}

/// Why a node is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// Something that it depends on failed.
    Doomed,
    /// The whole run was interrupted or cancelled.
    Stopped,
}

/// Alone on its cache line: all workers write it.
#[repr(align(128))]
struct Padded<T>(T);

/// A run and its input.
type Keep<I> = (Arc<Run<I>>, Arc<I>);

#[derive(Debug, Default)]
struct Failures {
    first: Option<TaskError>,
    others: usize,
}

// SAFETY: all but `input` may be sent as it is; `input` stands for a `&I`, or is kept alive by
// an `Arc<I>` in `keep`.
unsafe impl<I: ?Sized + Send + Sync> Send for Run<I> {}
// SAFETY: as above; all that changes is atomic or under a lock.
unsafe impl<I: ?Sized + Send + Sync> Sync for Run<I> {}

impl<I: ?Sized + Sync> Run<I> {
    fn new(scheduler: &Arc<Scheduler>, plan: &Arc<Plan<I>>, input: NonNull<I>) -> Self {
        Self {
            header: JobHeader {
                run: run_part::<I>,
                forked_in: None,
            },
            scheduler: scheduler.clone(),
            plan: plan.clone(),
            state: ManuallyDrop::new(plan.take_state()),
            input,
            keep: Mutex::default(),
            troubled: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            failures: Mutex::default(),
            left_out: AtomicUsize::new(0),
            left: Padded(Left::new(plan.len())),
        }
    }

    /// Runs the graph to its end; blocks meanwhile.
    pub(super) fn run_blocking(
        scheduler: &Arc<Scheduler>,
        plan: &Arc<Plan<I>>,
        input: &I,
    ) -> Result<()> {
        let run = Self::new(scheduler, plan, NonNull::from(input));
        if let Some(verdict) = run.refusal() {
            return verdict;
        }
        // What the jobs point at must not be given up before the last of them is done.
        unwind::abort_on_panic(|| {
            run.start();
            let header = NonNull::from(&run).cast();
            wait_and_help(scheduler, &run.state.scope, || {
                worker::help::help(scheduler, &run.state.scope, |work| match work {
                    Work::Job(job) if job.part_of(header).is_some() => {
                        job.run();
                        Ok(())
                    }
                    // Of another run, or a task: it might wait for the very body that blocks here.
                    other => Err(other),
                });
            });
        });
        run.verdict()
    }

    /// Why there is nothing to start.
    fn refusal(&self) -> Option<Result<()>> {
        if self.plan.len() == 0 {
            return Some(Ok(()));
        }
        if self.scheduler.is_interrupted() {
            let cancelled = self.plan.len();
            return Some(Err(Error::Interrupted { cancelled }));
        }
        let root = self.scheduler.root();
        // Before the look: `Scheduler::close` waits for what was counted in time.
        root.task_spawned();
        if self.scheduler.is_closing() {
            root.tasks_ended(1);
            let first = self.plan.name(self.plan.sources()[0]);
            return Some(Err(TaskError::new(first, TaskErrorKind::ShutDown).into()));
        }
        self.state.scope.task_spawned();
        None
    }

    /// Queues the nodes without predecessors.
    ///
    /// From here until the last node has ended the run must stay where it is.
    fn start(&self) {
        let sources = self.plan.sources();
        match sources {
            [source] => self.queue(*source),
            // The order is drawn from the seed, for each node alone.
            _ if self.scheduler.queues.is_seeded() => {
                sources.iter().for_each(|source| self.queue(*source));
            }
            _ => self.queue(block::WHOLE),
        }
    }

    /// Queues a node or a block of sources.
    pub(super) fn queue(&self, part: u32) {
        // SAFETY: the run stays in place until its last node has ended: `run_blocking` waits for
        // that, `start_kept` keeps it in `keep`. Each part holds a node that has not ended yet.
        // It may be used from any thread: all its users are `Sync`, with `I`. The part is
        // queued once: a node by its last predecessor, a block by who splits it off.
        let job = unsafe { Job::new(NonNull::from(self).cast(), part) };
        self.scheduler.enqueue_work(Work::Job(job));
    }

    /// The newest work of this worker's own queue, if it is a part of this run: a node, or, unless
    /// `only_nodes`, a block.
    pub(super) fn take_back(&self, only_nodes: bool) -> Option<u32> {
        let header = NonNull::from(self).cast();
        context::with_deque(&self.scheduler, |deque| {
            let work = deque?.pop()?;
            if let Work::Job(job) = &work
                && let Some(part) = job.part_of(header)
                && !(only_nodes && block::is_block(part))
            {
                return Some(part);
            }
            self.scheduler.queues.push(work, deque);
            // Whoever fell asleep meanwhile has missed it.
            self.scheduler.sleep.work_added();
            None
        })
    }

    pub(super) fn is_own_queue_empty(&self) -> bool {
        context::with_deque(&self.scheduler, |deque| deque.is_some_and(Deque::is_empty))
    }

    /// Whether a worker should look after others, having run that many nodes.
    pub(super) fn gives_way(&self, ran: usize) -> bool {
        self.scheduler.queues.has_urgent()
            || (ran.is_multiple_of(worker::OLDEST_EVERY as usize)
                && worker::is_due(&self.scheduler))
    }

    pub(super) fn call(&self, node: u32) -> Result<(), BodyError> {
        // SAFETY: the input lives until the last node has ended: by the borrow of `run_blocking`,
        // or in `keep`.
        let input = unsafe { self.input.as_ref() };
        self.plan.call(node, input)
    }

    /// Whether nodes must look if they may run.
    pub(super) fn is_troubled(&self) -> bool {
        // Relaxed: a node must see only what was set before one of its predecessors was counted.
        self.troubled.load(Ordering::Relaxed) || self.scheduler.is_interrupted()
    }

    /// Whether a node must not run.
    pub(super) fn leaves_out(&self, node: u32) -> Option<LeftOut> {
        // Always, since it takes the mark away.
        if self.state.take_doom(node) {
            return Some(LeftOut::Doomed);
        }
        (self.cancelled.load(Ordering::Relaxed) || self.scheduler.is_interrupted()).then(|| {
            // Relaxed: read when the run has ended.
            self.left_out.fetch_add(1, Ordering::Relaxed);
            LeftOut::Stopped
        })
    }

    /// Leaves out all nodes that have not started.
    pub(super) fn cancel(&self) {
        // Relaxed: flags without data.
        self.cancelled.store(true, Ordering::Relaxed);
        self.troubled.store(true, Ordering::Relaxed);
    }

    /// Notes the failure of a node.
    pub(super) fn fail(&self, node: u32, kind: TaskErrorKind) {
        let error = TaskError::new(self.plan.name(node), kind);
        let mut failures = self.failures.lock();
        match failures.first {
            Some(_) => failures.others += 1,
            None => failures.first = Some(error),
        }
        // Relaxed: the nodes that must see it are told of this one's end later.
        self.troubled.store(true, Ordering::Relaxed);
    }

    pub(super) fn record(&self, node: u32, kind: EventKind) {
        if let Some(trace) = self.scheduler.trace() {
            let worker = context::seat_index(&self.scheduler);
            trace.record(kind, || self.plan.name(node), worker);
        }
    }

    /// How the run went, once it is over.
    pub(super) fn verdict(&self) -> Result<()> {
        let cancelled = self.left_out.load(Ordering::Relaxed);
        if cancelled > 0 {
            return Err(Error::Interrupted { cancelled });
        }
        let mut failures = self.failures.lock();
        let others = failures.others;
        match failures.first.take() {
            Some(error) => Err(Error::Task { error, others }),
            None => Ok(()),
        }
    }
}

impl<I: ?Sized + Send + Sync> Run<I> {
    /// Starts a run that goes on to its end whoever waits for it.
    pub(super) fn start_kept(
        scheduler: &Arc<Scheduler>,
        plan: &Arc<Plan<I>>,
        input: &Arc<I>,
    ) -> Result<Arc<Self>, Result<()>> {
        let run = Arc::new(Self::new(scheduler, plan, NonNull::from(&**input)));
        if let Some(verdict) = run.refusal() {
            return Err(verdict);
        }
        *run.keep.lock() = Some((run.clone(), input.clone()));
        run.start();
        Ok(run)
    }
}

impl<I: ?Sized> Drop for Run<I> {
    fn drop(&mut self) {
        // SAFETY: it is not used after this.
        let mut state = unsafe { ManuallyDrop::take(&mut self.state) };
        // A run that nobody waits for goes before its end is announced, and what goes with it may
        // run the graph again before that.
        if !state.scope.is_finished() {
            state.scope = Arc::new(ScopeState::new());
        }
        self.plan.keep_state(state);
    }
}

/// Runs a part and, as long as there are any, the nodes that it makes ready.
///
/// # Safety
///
/// `header` must head a `Run<I>` of which that part is left to run.
unsafe fn run_part<I: ?Sized + Sync>(header: NonNull<JobHeader>, part: u32) {
    let run: NonNull<Run<I>> = header.cast();
    // The scopes of tasks that ended here before must not wait for this run.
    context::flush_ended(None);
    let ended = context::outside_tasks(|| {
        // SAFETY: the run stays in place until its last node is counted, and the nodes of this
        // walk are counted below.
        let run = unsafe { run.as_ref() };
        Walk::new(run).go(part)
    });
    // No reference to the run is alive while its nodes are counted: from then on it may be gone.
    // SAFETY: as above.
    let left = unsafe { &raw const (*run.as_ptr()).left.0 };
    // SAFETY: as above.
    if unsafe { (*left).count(ended) } {
        // SAFETY: this was the last node, and whoever may give the run up waits for the
        // announcement.
        let end = unsafe { run.as_ref() }.end();
        end.announce();
    }
}

/// What it takes to say that a run is over when it may be gone.
struct End<I: ?Sized> {
    scheduler: Arc<Scheduler>,
    scope: Arc<ScopeState>,
    keep: Option<Keep<I>>,
}

impl<I: ?Sized> Run<I> {
    fn end(&self) -> End<I> {
        End {
            scheduler: self.scheduler.clone(),
            scope: self.state.scope.clone(),
            keep: self.keep.lock().take(),
        }
    }
}

impl<I: ?Sized> End<I> {
    fn announce(self) {
        // Before the announcement, so that who waits has the last reference, if anybody does. If
        // not, input and bodies end here: the panic of a drop must not take the worker down.
        let _ = unwind::catch(|| drop(self.keep));
        self.scope.tasks_ended(1);
        self.scheduler.root().tasks_ended(1);
    }
}
