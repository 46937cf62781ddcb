//! The body of a task with its types and lifetime erased, and the place of its result.
//!
//! This is the one file of the task room that holds `unsafe`: it forgets the lifetime of what a
//! body borrows. The promise that makes that sound is kept by the scheduler: a task counts as
//! unfinished in its scope until its body has been consumed or discarded, and a scope does not
//! return before its count is zero.
#![expect(
    unsafe_code,
    reason = "erases the lifetime of borrowing bodies; see the module doc"
)]

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::BodyError;
use crate::sync::{Arc, Mutex, OnceLock};

/// What the scheduler can do with any body.
pub(crate) trait ErasedBody: Send + Sync {
    /// Whether the body may have to wait, and so must be given a context.
    fn is_async(&self) -> bool;

    /// Runs a sync body to its end, or an async one to its next wait. Panics as the body does.
    /// A body that has ended or was discarded is not run again.
    fn run(&self, context: Option<&mut Context<'_>>) -> Poll<Result<(), BodyError>>;

    /// Drops the body without running it on; all that it captured is gone afterwards. A panic of
    /// a captured value's drop is swallowed: there is nobody left to report it to.
    fn discard(&self);
}

/// The place where a task's result will be.
pub(crate) trait ResultSlot<R>: Send + Sync {
    /// The result, once the task has ended well.
    fn get(&self) -> Option<&R>;

    /// The result itself; `&mut` proves that this is the last handle on it.
    fn take(&mut self) -> Option<R>;
}

/// A body by its two faces: what the scheduler runs, and where the handle finds the result.
pub(crate) type Faces<R> = (Arc<dyn ErasedBody>, Arc<dyn ResultSlot<R>>);

/// A sync body.
struct SyncBody<F, R> {
    function: Mutex<Option<F>>,
    result: OnceLock<R>,
}

impl<F, R> ErasedBody for SyncBody<F, R>
where
    F: FnOnce() -> Result<R, BodyError> + Send,
    R: Send + Sync,
{
    fn is_async(&self) -> bool {
        false
    }

    fn run(&self, _: Option<&mut Context<'_>>) -> Poll<Result<(), BodyError>> {
        let function = self.function.lock().take();
        function.map_or(Poll::Pending, |function| {
            Poll::Ready(function().map(|result| {
                let _ = self.result.set(result);
            }))
        })
    }

    fn discard(&self) {
        discard(self.function.lock().take());
    }
}

/// An async body.
struct AsyncBody<F, R> {
    future: Mutex<Option<Pin<Box<F>>>>,
    result: OnceLock<R>,
}

impl<F, R> ErasedBody for AsyncBody<F, R>
where
    F: Future<Output = Result<R, BodyError>> + Send,
    R: Send + Sync,
{
    fn is_async(&self) -> bool {
        true
    }

    fn run(&self, context: Option<&mut Context<'_>>) -> Poll<Result<(), BodyError>> {
        // Taken out while it is polled: user code must not run under the lock, and a future that
        // panicked must not be polled again.
        let Some((mut future, context)) = self.future.lock().take().zip(context) else {
            return Poll::Pending;
        };
        match future.as_mut().poll(context) {
            Poll::Pending => {
                *self.future.lock() = Some(future);
                Poll::Pending
            }
            Poll::Ready(output) => {
                drop(future);
                Poll::Ready(output.map(|result| {
                    let _ = self.result.set(result);
                }))
            }
        }
    }

    fn discard(&self) {
        discard(self.future.lock().take());
    }
}

fn discard<T>(body: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(body)));
}

macro_rules! result_slots {
    ($($body:ident)*) => {$(
        impl<F: Send, R: Send + Sync> ResultSlot<R> for $body<F, R> {
            fn get(&self) -> Option<&R> {
                self.result.get()
            }

            fn take(&mut self) -> Option<R> {
                self.result.take()
            }
        }
    )*};
}
result_slots!(SyncBody AsyncBody);

/// Makes the two faces of a sync body.
///
/// The faces claim to be `'static`. Whoever holds them must see to it that the body has been run
/// to its end or discarded before `'scope` ends: from then on nothing of type `F` is left in it.
pub(crate) fn sync_body<'scope, F, R>(function: F) -> Faces<R>
where
    F: FnOnce() -> Result<R, BodyError> + Send + 'scope,
    R: Send + Sync + 'scope,
{
    erase(Arc::new(SyncBody {
        function: Mutex::new(Some(function)),
        result: OnceLock::new(),
    }))
}

/// Makes the two faces of an async body; see [`sync_body`].
pub(crate) fn async_body<'scope, F, R>(future: F) -> Faces<R>
where
    F: Future<Output = Result<R, BodyError>> + Send + 'scope,
    R: Send + Sync + 'scope,
{
    let future = Mutex::new(Some(Box::pin(future)));
    erase(Arc::new(AsyncBody {
        future,
        result: OnceLock::new(),
    }))
}

fn erase<'scope, B, R>(body: Arc<B>) -> Faces<R>
where
    B: ErasedBody + ResultSlot<R> + 'scope,
    R: 'scope,
{
    let scheduled: Arc<dyn ErasedBody + 'scope> = body.clone();
    // SAFETY: only the lifetime bound of the trait object changes. The scheduler consumes or
    // discards the body before the scope it was spawned in returns (module doc), and after that
    // the value holds `None` in place of the function or future; its result is never reached
    // through this face, except to be dropped with it, for which the scheduler drops this face
    // before it counts the task as finished.
    let scheduled: Arc<dyn ErasedBody> =
        unsafe { std::mem::transmute::<Arc<dyn ErasedBody + 'scope>, _>(scheduled) };
    let slot: Arc<dyn ResultSlot<R> + 'scope> = body;
    // SAFETY: as above for the function; `R` stays in the type of this face, so that the borrow
    // checker keeps it from outliving what the result borrows.
    let slot: Arc<dyn ResultSlot<R>> =
        unsafe { std::mem::transmute::<Arc<dyn ResultSlot<R> + 'scope>, _>(slot) };
    (scheduled, slot)
}
