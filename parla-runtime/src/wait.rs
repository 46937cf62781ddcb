//! Waiting for one task: as a future, or by blocking a thread.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{TaskError, TaskErrorKind};
use crate::scheduler::{Target, WaitCell, Waiter};
use crate::sync::Arc;
use crate::task::NodeRef;
use crate::worker::context;

/// The end of one task, as a future. Registered with the task and, for the search for stalls,
/// with the scheduler, from the first poll until it is ready or dropped.
#[derive(Debug)]
pub(crate) struct Ending {
    node: NodeRef,
    cell: Option<Arc<WaitCell>>,
}

impl Ending {
    pub(crate) fn of(node: NodeRef) -> Self {
        Self { node, cell: None }
    }

    /// The outcome if the task has ended, or the error if this wait can never end.
    fn look(&mut self) -> Option<Result<(), TaskError>> {
        let ended = || Some(self.node.outcome()?.map_err(Clone::clone));
        let failed = |kind| Err(TaskError::new(self.node.name(), kind));
        let outcome = match ended() {
            Some(outcome) => outcome,
            None => match self.cell.as_ref()?.stalled() {
                Some(stalled) => failed(TaskErrorKind::Stalled(stalled.clone())),
                None if self.node.family().scheduler.sleep.is_shut_down() => {
                    // It may have ended just before the shutdown, after the first look.
                    ended().unwrap_or_else(|| failed(TaskErrorKind::ShutDown))
                }
                None => return None,
            },
        };
        self.unregister();
        if let Err(error) = &outcome {
            error.see();
        }
        let races = &self.node.family().scheduler.races;
        if races.is_on()
            && let Some(task) = context::current_task()
        {
            races.has_waited(&task);
        }
        Some(outcome)
    }

    /// Makes sure that `waiter` is woken when the task ends. The caller looks again afterwards.
    fn register(&mut self, waiter: Waiter) {
        if let Some(cell) = &self.cell {
            cell.polled();
            cell.set_waiter(waiter);
            return;
        }
        let scheduler = &self.node.family().scheduler;
        let foreign = matches!(waiter, Waiter::Waker(_));
        let cell = Arc::new(WaitCell::new(waiter, Target::Task(self.node.clone())));
        scheduler.waits.add_cell(&cell);
        self.cell = Some(cell);
        // A foreign future is none of our drivers: nobody looks for stalls when it pauses.
        if foreign && scheduler.sleep.is_quiet() {
            scheduler.sleep.wake_one();
        }
    }

    fn unregister(&mut self) {
        if let Some(cell) = self.cell.take() {
            self.node.family().scheduler.waits.remove_cell(&cell);
        }
    }

    /// Blocks the thread until the task has ended.
    pub(crate) fn wait_blocking(mut self) -> Result<(), TaskError> {
        if let Some(outcome) = self.look() {
            return outcome;
        }
        if context::is_worker() {
            let error = TaskError::new(self.node.name(), TaskErrorKind::WaitInTask);
            error.see();
            return Err(error);
        }
        let scheduler = self.node.family().scheduler.clone();
        let parker = context::parker_for(&scheduler);
        self.register(Waiter::Thread(parker.clone(), None));
        loop {
            if let Some(outcome) = self.look() {
                return outcome;
            }
            parker.park(|| scheduler.suspect_stall());
        }
    }
}

impl Future for Ending {
    type Output = Result<(), TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.look() {
            return Poll::Ready(outcome);
        }
        let waiter = context::waiter_of(cx.waker(), &self.node.family().scheduler);
        self.register(waiter.unwrap_or_else(|| Waiter::Waker(cx.waker().clone())));
        self.look().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.unregister();
    }
}
