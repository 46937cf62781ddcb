//! The end of a task: publishes its outcome, tells its successors, spreads failures.

use super::Scheduler;
use crate::error::{TaskError, TaskErrorKind};
use crate::sync::{Arc, Ordering};
use crate::task::{Cancellation, Node, Successor};
use crate::trace::EventKind;
use crate::worker::context;

/// How a task ended, on its way to its successors.
type Outcome = Result<(), TaskError>;

impl Scheduler {
    /// Ends a spawned task that has not started. Does nothing if it has, or has ended.
    pub(crate) fn fail_unstarted(self: &Arc<Self>, node: &Arc<Node>, kind: TaskErrorKind) {
        if node.state.end_unstarted() {
            let error = TaskError::new(node.name(), kind);
            self.finish(node, Err(error), true);
        }
    }

    /// Cancels a task; see [`crate::Task::cancel`].
    pub(crate) fn cancel(self: &Arc<Self>, node: &Arc<Node>, kind: TaskErrorKind) {
        if let Cancellation::Ended { spawned } = node.state.cancel() {
            self.waits.remove_suspended(node);
            let error = TaskError::new(node.name(), kind);
            self.finish(node, Err(error), spawned);
        }
    }

    /// Ends a suspended body that nothing can ever wake; false if it is not suspended any more.
    pub(crate) fn abandon(self: &Arc<Self>, node: &Arc<Node>, kind: TaskErrorKind) -> bool {
        let suspended = node.state.end_suspended();
        if suspended {
            self.waits.remove_suspended(node);
            let error = TaskError::new(node.name(), kind);
            self.finish(node, Err(error), true);
        }
        suspended
    }

    /// Publishes the outcome of a task whose state is, or is about to be, ended; all dependents
    /// of a failed task end with it, those that became ready are queued. `counted` tells whether
    /// the task was counted by its scope.
    pub(crate) fn finish(self: &Arc<Self>, node: &Arc<Node>, outcome: Outcome, counted: bool) {
        self.finish_with(node, outcome, counted, &mut |ready| self.make_ready(ready));
    }

    /// As [`finish`](Self::finish); hands dependents that became ready to `ready`.
    pub(crate) fn finish_with(
        self: &Arc<Self>,
        node: &Arc<Node>,
        outcome: Outcome,
        counted: bool,
        ready: &mut dyn FnMut(Arc<Node>),
    ) {
        // Failures spread along dependents; a list in place of recursion bears chains of any
        // length.
        let mut failing = Vec::new();
        self.end_one(node, outcome, counted, ready, &mut failing);
        while let Some((node, cause)) = failing.pop() {
            let kind = TaskErrorKind::DependencyFailed(cause);
            let error = TaskError::new(node.name(), kind);
            self.end_one(&node, Err(error), true, ready, &mut failing);
        }
    }

    fn end_one(
        self: &Arc<Self>,
        node: &Arc<Node>,
        outcome: Outcome,
        counted: bool,
        ready: &mut dyn FnMut(Arc<Node>),
        failing: &mut Vec<(Arc<Node>, TaskError)>,
    ) {
        let error = outcome.as_ref().err().cloned();
        self.record(
            EventKind::Ended {
                failed: error.is_some(),
            },
            node,
        );
        // What the body borrows must be gone before the scope counts the task as ended.
        let body = node.body.lock().take();
        drop(body);
        self.release_grant(node);
        if let Some(error) = &error {
            self.note_failure(node, error);
        }
        node.set_outcome(outcome);
        for successor in node.successors.close() {
            match (successor, &error) {
                (Successor::Wait(cell), _) => cell.wake(),
                (Successor::Task(dependent), Some(error)) => {
                    if dependent.state.end_unstarted() {
                        failing.push((dependent, error.clone()));
                    }
                }
                (Successor::Task(dependent), None) => {
                    if dependent.pending.release() && dependent.state.make_ready() {
                        ready(dependent);
                    }
                }
            }
        }
        if counted {
            context::count_ended(self, &node.family.scope);
        }
    }

    /// Keeps a failure for the end of the scope, unless it follows from another or was wanted.
    /// After Ctrl-C, counts tasks that did not run to their end.
    fn note_failure(&self, node: &Arc<Node>, error: &TaskError) {
        use TaskErrorKind::{Cancelled, DependencyFailed, Interrupted, Stalled};
        let cut_off = matches!(
            error.kind(),
            DependencyFailed(_) | Cancelled | Interrupted | Stalled(_)
        );
        if self.is_interrupted() && cut_off {
            // Relaxed: read after all tasks have ended.
            self.interrupted_tasks.fetch_add(1, Ordering::Relaxed);
        }
        if !matches!(error.kind(), DependencyFailed(_) | Cancelled | Interrupted) {
            node.family.scope.add_failure(node.clone());
        }
    }
}
