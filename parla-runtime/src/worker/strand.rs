//! What the code on a thread is part of: the body of a task, and the stolen halves of joins on the
//! way to it.
#![expect(
    unsafe_code,
    reason = "strands lie on the stacks of threads that can't go on before what is below them"
)]

use std::cell::Cell;
use std::ptr::NonNull;

use crate::scheduler::JobHeader;
use crate::sync::thread_local;
use crate::task::{Node, NodeRef, Running};

thread_local! {
    static CURRENT: Cell<Option<NonNull<Strand>>> = const { Cell::new(None) };
}

/// The run of a body, or of a half that another thread forked. Never changed while it is reachable.
#[derive(Debug)]
pub(crate) struct Strand {
    /// The task runs as long as the strand is in place, which keeps its node.
    task: Option<NonNull<Node>>,
    job: Option<NonNull<JobHeader>>,
    /// The strand that waits for this one.
    within: Option<NonNull<Strand>>,
}

impl Strand {
    /// The body of a task.
    #[inline]
    pub(crate) fn of_task(task: &Running) -> Self {
        Self {
            task: Some(task.pointer()),
            job: None,
            within: None,
        }
    }

    /// A job that was forked in the strand `within`.
    pub(crate) fn of_job(job: NonNull<JobHeader>, within: Option<NonNull<Self>>) -> Self {
        Self {
            task: None,
            job: Some(job),
            within,
        }
    }

    /// Runs `part`, which must not unwind, as a part of this strand.
    #[inline]
    pub(crate) fn run<R>(&self, part: impl FnOnce() -> R) -> R {
        let before = CURRENT.replace(Some(NonNull::from(self)));
        let result = part();
        CURRENT.set(before);
        result
    }
}

/// The strand of this thread. It stays in place until the code that asks has returned.
pub(crate) fn current() -> Option<NonNull<Strand>> {
    CURRENT.get()
}

/// Runs `part`, which must not unwind, as part of no strand.
pub(crate) fn outside<R>(part: impl FnOnce() -> R) -> R {
    let before = CURRENT.take();
    let result = part();
    CURRENT.set(before);
    result
}

/// The task whose body runs on this thread, or a part of it.
pub(crate) fn current_task() -> Option<NodeRef> {
    current_task_if(|_| true)
}

/// Whether the body of that task, or a part of it, runs on this thread.
#[inline]
pub(crate) fn is_in_task(task: &Node) -> bool {
    // SAFETY: this code is part of the strand, so it is in place.
    let current = unsafe { find(current(), |strand| strand.task) };
    current.is_some_and(|current| std::ptr::eq(current.as_ptr(), task))
}

/// The same, if it is such a task.
pub(crate) fn current_task_if(is_such: impl FnOnce(&Node) -> bool) -> Option<NodeRef> {
    // SAFETY: this code is part of the strand, so it is in place.
    let task = unsafe { find(current(), |strand| strand.task) }?;
    // SAFETY: the strand of its body is in place, so the task runs.
    let task = unsafe { task.as_ref() };
    is_such(task).then(|| NodeRef::of(task))
}

/// Whether `strand` is `job` or below it: `job` can't end before it.
///
/// # Safety
///
/// `strand` must be in place, as it is where a job was forked in it that has not been run.
pub(crate) unsafe fn is_below(strand: Option<NonNull<Strand>>, job: NonNull<JobHeader>) -> bool {
    let is_it = |strand: &Strand| (strand.job == Some(job)).then_some(());
    // SAFETY: the caller's promise.
    unsafe { find(strand, is_it) }.is_some()
}

/// Asks a strand and all it is within, up to the first answer.
///
/// # Safety
///
/// As [`is_below`].
unsafe fn find<R>(
    mut strand: Option<NonNull<Strand>>,
    ask: impl Fn(&Strand) -> Option<R>,
) -> Option<R> {
    while let Some(at) = strand {
        // SAFETY: `strand` is in place, and whatever it is within waits for it.
        let at = unsafe { at.as_ref() };
        if let Some(answer) = ask(at) {
            return Some(answer);
        }
        strand = at.within;
    }
    None
}
