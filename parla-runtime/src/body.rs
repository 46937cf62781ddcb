//! What can be the body of a task: closures and futures, with or without a `Result`.

use std::future::Future;

use crate::error::{BodyError, TaskErrorKind};
use crate::handle::Task;
use crate::reference::{Place, TaskRef};
use crate::scheduler::Descriptor;
use crate::sync::Arc;
use crate::task::{Body, Faces, Node, async_body, sync_body};

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

    fn spawn_as<R, C>(self, task: TaskRef<'scope>, convert: C) -> Task<R>
    where
        R: Send + Sync + 'scope,
        C: FnOnce(O) -> Result<R, BodyError> + Send + 'scope,
    {
        let (place, descriptor) = task.into_parts();
        let faces = sync_body(move || convert(self()));
        spawn(place, descriptor, faces)
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
        let (place, descriptor) = task.into_parts();
        let faces = async_body(async move { convert(self.await) });
        spawn(place, descriptor, faces)
    }
}

fn spawn<R>(place: Place, descriptor: Descriptor, (body, result): Faces<R>) -> Task<R> {
    let body = Body::new(body);
    let node = match place {
        Place::Node(node) => node.family.scheduler.spawn(&node, body, descriptor),
        Place::Nowhere(family, index) => {
            let node = Arc::new(Node::new(family, index));
            let mistake = descriptor.request.and_then(|request| request.error);
            let kind = mistake.unwrap_or(TaskErrorKind::OutOfSpace);
            node.family.scheduler.refuse(&node, body, kind);
            node
        }
    };
    Task { node, result }
}
