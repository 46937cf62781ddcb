//! The end of a task: publishes its outcome, tells its successors, spreads failures.

use super::Scheduler;
use crate::error::{Report, Stalled, TaskError, TaskErrorKind};
use crate::sync::{Arc, Ordering};
use crate::task::{Ended, Linked, Node, NodeRef, Runnable, Running, ScopeState};
use crate::trace::EventKind;
use crate::worker::{context, unwind};

/// What a worker may do right after the end of a task.
#[derive(Debug)]
pub(crate) enum Next {
    /// A dependent that has been started for it.
    Started(Running),
    /// A dependent that is ready.
    Ready(Runnable),
    /// A dependent that has been given what it asks for.
    Admitted(Runnable),
}

impl Scheduler {
    /// Queues what this thread doesn't run next after all.
    pub(crate) fn queue_next(self: &Arc<Self>, next: Next) {
        match next {
            Next::Ready(runnable) => self.make_ready(runnable),
            Next::Admitted(runnable) => self.enqueue_last(runnable),
            Next::Started(_) => unreachable!("nothing was to be started"),
        }
    }

    /// Ends a spawned task that has not started. Does nothing if it has, or has ended.
    pub(crate) fn fail_unstarted(self: &Arc<Self>, node: &NodeRef, kind: TaskErrorKind) {
        if let Some(ended) = node.end_unstarted() {
            self.fail(ended, kind, true);
        }
    }

    /// Cancels a task; see [`crate::Task::cancel`].
    pub(crate) fn cancel(self: &Arc<Self>, node: &NodeRef, kind: TaskErrorKind) {
        if let Some((ended, spawned)) = node.cancel() {
            self.waits.remove_suspended(node);
            self.fail(ended, kind, spawned);
        }
    }

    /// Ends a suspended body that nothing can ever wake. Does nothing if it is not suspended any
    /// more.
    pub(crate) fn abandon(self: &Arc<Self>, node: &NodeRef, kind: TaskErrorKind) {
        if let Some(ended) = node.end_suspended() {
            self.waits.remove_suspended(node);
            self.fail(ended, kind, true);
        }
    }

    /// Ends a task whose body failed.
    pub(crate) fn end_badly(self: &Arc<Self>, running: Running, kind: TaskErrorKind) {
        let error = TaskError::new(running.name(), kind);
        running.note_error(error.clone());
        self.spread(running.end(), error, true);
    }

    /// Ends a task whose body did what it should. Dependents that became ready are queued, but for
    /// the one that came first, which is for the calling worker to run next; if `start`, it may
    /// have been started already.
    pub(crate) fn end_well(self: &Arc<Self>, running: Running, start: bool) -> Option<Next> {
        let ended = running.end();
        self.record(EventKind::Ended { failed: false }, &ended);
        if ended.extra().is_some() {
            self.release_grant(&ended);
        }
        self.races.ended(&ended, false);
        let closing = ended.successors.close();
        let mut next = None;
        let mut entry = closing.newest;
        while let Some((linked, older)) = Linked::take(entry) {
            entry = older;
            let alone = start && older == 0 && next.is_none() && linked.extra().is_none();
            let released = if alone {
                linked.start().map(Next::Started)
            } else {
                Err(linked)
            };
            let released = released.or_else(|linked| linked.release().map(Next::Ready).ok_or(()));
            if let Ok(released) = released
                && let Some(Next::Ready(newer)) = next.replace(released)
            {
                self.make_ready(newer);
            }
        }
        if self.queues.is_seeded()
            && let Some(Next::Ready(runnable)) = next.take()
        {
            // Before anybody is woken who might queue something, too.
            self.make_ready(runnable);
        }
        self.retire(ended, true, closing.awaited);
        next
    }

    /// Tells that a task has ended with an error that nobody knows of yet. `counted` tells whether
    /// its scope counts it.
    pub(crate) fn fail(self: &Arc<Self>, ended: Ended, kind: TaskErrorKind, counted: bool) {
        let error = TaskError::new(ended.name(), kind);
        ended.note_error(error.clone());
        self.spread(ended, error, counted);
    }

    /// Tells that a task has ended with the error it has noted; its dependents end with it.
    fn spread(self: &Arc<Self>, ended: Ended, error: TaskError, counted: bool) {
        // A list in place of recursion bears chains of any length.
        let mut failing = Vec::new();
        self.fail_one(ended, &error, counted, &mut failing);
        while let Some((ended, cause)) = failing.pop() {
            let kind = TaskErrorKind::DependencyFailed(cause);
            let error = TaskError::new(ended.name(), kind);
            ended.note_error(error.clone());
            self.fail_one(ended, &error, true, &mut failing);
            unwind::discard(error);
        }
        unwind::discard(error);
        // This may be in a body that goes on for long, and of another scope.
        context::flush_ended(None);
    }

    fn fail_one(
        self: &Arc<Self>,
        mut ended: Ended,
        error: &TaskError,
        counted: bool,
        failing: &mut Vec<(Ended, TaskError)>,
    ) {
        self.record(EventKind::Ended { failed: true }, &ended);
        // What the body borrows must be gone before the scope counts the task as ended.
        ended.discard_body();
        self.release_grant(&ended);
        self.note_failure(&ended, error);
        self.races.ended(&ended, true);
        let closing = ended.successors.close();
        let mut entry = closing.newest;
        while let Some((linked, older)) = Linked::take(entry) {
            entry = older;
            failing.extend(linked.fail().map(|ended| (ended, error.clone())));
            // It has ended, here or before: nothing becomes ready by this.
            let released = linked.release();
            debug_assert!(released.is_none(), "a task without its dependency is ready");
        }
        self.retire(ended, counted, closing.awaited);
    }

    /// Ends the references of a scope that nobody has spawned, and what waits for them.
    pub(crate) fn fail_unspawned(self: &Arc<Self>, scope: &ScopeState) {
        for node in scope.unspawned() {
            let mut holds_up = false;
            node.for_each_dependent(|dependent| holds_up |= !dependent.state.is_ended());
            let kind = if holds_up {
                TaskErrorKind::Stalled(Stalled::new(Report {
                    never_spawned: vec![node.name()],
                    ..Report::default()
                }))
            } else if self.is_closing() {
                // Somebody outside waits for it.
                TaskErrorKind::ShutDown
            } else {
                // Its list is closed all the same, since it holds links.
                TaskErrorKind::Cancelled
            };
            self.cancel(&node, kind);
        }
    }

    fn retire(self: &Arc<Self>, ended: Ended, counted: bool, awaited: bool) {
        let key = std::ptr::from_ref::<Node>(&ended).addr();
        if let Some(options) = ended.options() {
            let follow = options.follow.lock().take();
            // What is left if it ended before its body did.
            let left = options.work.lock().let_go();
            drop((follow, left));
            self.leave_data(&ended);
        }
        // The table lets go before the scope counts the task: the end of the scope clears it.
        let last = ended.retire();
        if counted {
            context::count_ended(self, &last.family().scope);
        }
        drop(last);
        // Last, so that the handle that was waited with may be the last on the result.
        if awaited {
            self.waits.wake_all(key);
        }
    }

    /// Keeps a failure for the end of the scope, unless it follows from another or was wanted.
    /// After Ctrl-C, counts tasks that did not run to their end.
    fn note_failure(&self, ended: &Ended, error: &TaskError) {
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
            let node: &Node = ended;
            node.family().scope.add_failure(ended.reference());
        }
    }
}
