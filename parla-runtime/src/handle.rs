//! [`Task`]: the handle on a spawned task and its result, and the futures that await it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::device::{Located, Placement};
use crate::error::{TaskError, TaskErrorKind};
use crate::scheduler::Mapping;
use crate::task::{NodeRef, Options, ResultSlot, TaskName, TaskState};
use crate::wait::Ending;

/// A spawned task and, once it has ended well, its result.
///
/// Cloning gives another handle on the same task; dropping it does not cancel the task. Awaiting
/// `&task` gives `Result<&R, TaskError>`, awaiting `task` gives `Result<R, TaskError>`: the result
/// is moved out for the last handle and cloned for others. (One that needs no drop may be cloned for
/// the last handle too, while the worker is still putting the task away.)
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(1).build()?;
/// let sum = runtime.block_on(async {
///     let t = parla_runtime::TaskSpace::new("T");
///     let six = t.task(0).spawn(|| 6);
///     let seven = t.task(1).spawn(|| 7);
///     Ok::<_, parla_runtime::Error>(six.await? * *(&seven).await?)
/// })??;
/// assert_eq!(sum, 42);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Task<R> {
    pub(crate) node: NodeRef,
    pub(crate) result: ResultSlot<R>,
}

impl<R> Task<R> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> TaskName {
        self.node.name()
    }

    /// Where it stands in its life.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.node.state.stage()
    }

    /// Whether it has ended, well or badly.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.node.outcome().is_some()
    }

    /// The result, or the error, if it has ended.
    #[must_use]
    pub fn result(&self) -> Option<Result<&R, TaskError>> {
        match self.node.outcome()? {
            // A task that ended well has set its result before.
            Ok(()) => self.result.get(&self.node).map(Ok),
            Err(error) => {
                error.see();
                Some(Err(error.clone()))
            }
        }
    }

    /// The result for a body that was released by this task: also if it has ended its body only, and
    /// a device still works for it, or has failed meanwhile.
    pub(crate) fn result_for_follower(&self) -> Option<&R> {
        let is_queued = |options: &Options| options.work.lock().is_queued();
        let is_there = matches!(self.node.outcome(), Some(Ok(())))
            || self.node.options().is_some_and(is_queued);
        is_there.then(|| self.result.get(&self.node)).flatten()
    }

    /// Why it went where it went, or will go. `None` if it had no choice, has not been ready yet, or
    /// the runtime was built without
    /// [`explain_mapping`](crate::RuntimeBuilder::explain_mapping).
    #[must_use]
    pub fn mapping(&self) -> Option<Mapping> {
        self.node.mapping()
    }

    /// Blocks the thread until the task has ended.
    ///
    /// In an async body or an async `main` use `.await`.
    ///
    /// # Errors
    ///
    /// How the task failed; [`TaskErrorKind::Stalled`] if it can never end; and
    /// [`TaskErrorKind::WaitInTask`] in a body, unless the task has ended: a sync body can't wait
    /// for other tasks.
    pub fn wait(&self) -> Result<&R, TaskError> {
        Ending::of(self.node.clone())
            .wait_blocking()
            .and_then(|()| self.ended_well())
    }

    /// Cancels the task.
    ///
    /// A task that has not started never will; an async body that waits is dropped there; a
    /// running body is told (see [`is_cancelled`](crate::is_cancelled)) and an async one ends at
    /// its next wait. Dependents end as [`TaskErrorKind::DependencyFailed`].
    pub fn cancel(&self) {
        self.node
            .family()
            .scheduler
            .cancel(&self.node, TaskErrorKind::Cancelled);
    }

    fn ended_well(&self) -> Result<&R, TaskError> {
        self.result().unwrap_or_else(|| {
            // Its last handle was awaited by value while this one was in use: there is no such
            // handle, since that await would have cloned the result.
            unreachable!("`{}` ended well without a result", self.name())
        })
    }
}

impl<R> Clone for Task<R> {
    fn clone(&self) -> Self {
        Self {
            node: self.node.clone(),
            result: self.result.clone(),
        }
    }
}

impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl<R> Located for Task<R> {
    /// The device of the task; see [`Placement::with`].
    fn location(&self) -> Placement {
        Placement::with_task(self.node.clone())
    }
}

/// The result of a task by value, as a future; made by awaiting a [`Task`].
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct TaskFuture<R> {
    task: Option<Task<R>>,
    ending: Ending,
}

impl<R: Clone> Future for TaskFuture<R> {
    type Output = Result<R, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(ended) = Pin::new(&mut self.ending).poll(cx) else {
            return Poll::Pending;
        };
        let mut task = self.task.take().expect("polled after it was ready");
        Poll::Ready(ended.and_then(|()| {
            // One reference is the task's, the other that of the future's own wait.
            let moved = task.result.take(&task.node, 2);
            moved.map_or_else(|| task.ended_well().cloned(), Ok)
        }))
    }
}

impl<R> Unpin for TaskFuture<R> {}

impl<R: Clone> IntoFuture for Task<R> {
    type Output = Result<R, TaskError>;
    type IntoFuture = TaskFuture<R>;

    fn into_future(self) -> TaskFuture<R> {
        TaskFuture {
            ending: Ending::of(self.node.clone()),
            task: Some(self),
        }
    }
}

/// The result of a task by reference, as a future; made by awaiting a `&Task`.
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct TaskRefFuture<'a, R> {
    task: &'a Task<R>,
    ending: Ending,
}

impl<'a, R> Future for TaskRefFuture<'a, R> {
    type Output = Result<&'a R, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.task;
        Pin::new(&mut self.ending)
            .poll(cx)
            .map(|ended| ended.and_then(|()| task.ended_well()))
    }
}

impl<'a, R> IntoFuture for &'a Task<R> {
    type Output = Result<&'a R, TaskError>;
    type IntoFuture = TaskRefFuture<'a, R>;

    fn into_future(self) -> TaskRefFuture<'a, R> {
        TaskRefFuture {
            task: self,
            ending: Ending::of(self.node.clone()),
        }
    }
}
