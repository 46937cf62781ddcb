//! What can be the body of a task: closures and futures, with or without a `Result`.

use std::future::Future;

use crate::error::{BodyError, TaskErrorKind};
use crate::handle::Task;
use crate::reference::TaskRef;
use crate::scheduler::Scheduler;
use crate::task::{NodeRef, ResultSlot};
use crate::worker::unwind;

/// Marks closures.
#[derive(Debug)]
pub enum Closure {}

/// Marks futures.
#[derive(Debug)]
pub enum Async {}

/// A body: a closure without arguments, or a future. `Kind` tells them apart and is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the body of a task",
    label = "not a closure without arguments, nor a future, that may be sent to another thread",
    note = "what a body captures must be `Send`, and may be borrowed only in a `parla::scope`"
)]
pub trait IntoBody<'scope, Kind>: Sized {
    /// What the body returns.
    type Output;

    /// Spawns `task` with this body and makes its result of what it returns.
    #[doc(hidden)]
    fn spawn_as<R, C>(self, task: TaskRef<'scope>, convert: C) -> Task<R>
    where
        R: Send + Sync + 'scope,
        C: FnOnce(Self::Output) -> Result<R, BodyError> + Send + 'scope;
}

impl<'scope, F, O> IntoBody<'scope, Closure> for F
where
    F: FnOnce() -> O + Send + 'scope,
{
    type Output = O;

    #[inline]
    fn spawn_as<R, C>(self, task: TaskRef<'scope>, convert: C) -> Task<R>
    where
        R: Send + Sync + 'scope,
        C: FnOnce(O) -> Result<R, BodyError> + Send + 'scope,
    {
        let (node, descriptor) = task.into_parts();
        let Some(mut claimed) = node.claim() else {
            return refuse(node, self);
        };
        let result = claimed.put_function(move || convert(self()));
        Scheduler::spawn(claimed, descriptor);
        Task { node, result }
    }
}

impl<'scope, F> IntoBody<'scope, Async> for F
where
    F: Future + Send + 'scope,
{
    type Output = F::Output;

    fn spawn_as<R, C>(self, task: TaskRef<'scope>, convert: C) -> Task<R>
    where
        R: Send + Sync + 'scope,
        C: FnOnce(F::Output) -> Result<R, BodyError> + Send + 'scope,
    {
        let (node, descriptor) = task.into_parts();
        let Some(mut claimed) = node.claim() else {
            return refuse(node, self);
        };
        let result = claimed.put_future(async move { convert(self.await) });
        Scheduler::spawn(claimed, descriptor);
        Task { node, result }
    }
}

/// Spawns `task`, which asks for nothing, without a wake-up: [`Scheduler::queued`] must follow, and
/// before it no other code of users than this.
pub(crate) fn spawn_quietly<'scope>(
    task: TaskRef<'scope>,
    body: impl FnOnce() + Send + 'scope,
) -> NodeRef {
    let (node, _nothing) = task.into_parts();
    let Some(mut claimed) = node.claim() else {
        // Dropping the body may wait for what was spawned before.
        node.family().scheduler.queued();
        return refuse::<(), _>(node, body).node;
    };
    let _no_result = claimed.put_function(move || {
        body();
        Ok(())
    });
    Scheduler::spawn_quietly(claimed);
    node
}

/// What a spawn comes to of a task that was spawned or cancelled before, or is none.
#[cold]
fn refuse<R, B>(node: NodeRef, body: B) -> Task<R> {
    unwind::discard(body);
    let result = ResultSlot::new();
    let kind = if node.is_nowhere() {
        let mistake = node.rank_mistake().map(TaskErrorKind::BadClause);
        mistake.unwrap_or(TaskErrorKind::OutOfSpace)
    } else if node.state.was_spawned() {
        TaskErrorKind::AlreadySpawned
    } else {
        // It was cancelled, and keeps that outcome.
        return Task { node, result };
    };
    let second = NodeRef::detached(node.family(), &node.index());
    second.family().scheduler.refuse(&second, kind);
    Task {
        node: second,
        result,
    }
}
