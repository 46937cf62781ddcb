//! The body of a task with its types and lifetime erased, and the place of its result.
//!
//! A small closure lives in the node itself, and so does its result after it, if it is small and
//! needs no drop; larger closures have a block of memory from the pool, the largest and futures are
//! boxed, other results shared with the handles.
//!
//! The lifetime of what a body borrows is forgotten here. The promise that makes that sound is kept
//! by the scheduler: a task counts as unfinished in its scope until its body has been run to its
//! end or discarded, and a scope does not return before its count is zero. A result in a node is
//! never touched again but through the typed handle, since it needs no drop.
#![expect(
    unsafe_code,
    reason = "erases types and lifetimes of bodies; see the module doc"
)]

use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::NodeRef;
use super::block::InBlock;
use super::node::Node;
use super::rights::{Claimed, Ended, Running};
use crate::error::BodyError;
use crate::scheduler::WakeHandle;
use crate::sync::{Arc, OnceLock, Weak};
use crate::worker::unwind;

/// Where a node keeps a body, then its result.
pub(super) type Storage = MaybeUninit<[usize; 3]>;

/// What a run of a body has come to.
type Ran = Poll<Result<(), BodyError>>;

/// A future of any type that runs the body and keeps its result.
type AnyFuture<'scope> = Pin<Box<dyn Future<Output = Result<(), BodyError>> + Send + 'scope>>;

/// What can be done with the body in a storage.
pub(super) struct VTable {
    /// Runs a sync body to its end, or an async one to its next wait. Unless that is pending, the
    /// body is gone after it, also if it unwinds.
    ///
    /// # Safety
    ///
    /// The storage must hold a body that was put there with this table, and all that the body
    /// borrows must live. Nobody else may use the storage until this returns.
    run: unsafe fn(*mut Storage, Option<&mut Context<'_>>) -> Ran,
    /// Drops a body that is not going to be run (on). It is gone after it, also if it unwinds.
    ///
    /// # Safety
    ///
    /// As for `run`.
    discard: unsafe fn(*mut Storage),
    is_async: bool,
}

/// Where the handle of a task finds its result.
pub(crate) enum ResultSlot<R> {
    /// In the node.
    Inline,
    /// Shared, since it must be dropped with the last handle, or is large.
    Shared(Arc<OnceLock<R>>),
}

impl<R> ResultSlot<R> {
    pub(crate) fn new() -> Self {
        if !std::mem::needs_drop::<R>() && fits::<R>() {
            Self::Inline
        } else {
            Self::Shared(Arc::new(OnceLock::new()))
        }
    }

    /// The result, once the task or at least its body has ended well.
    pub(crate) fn get<'a>(&'a self, node: &'a Node) -> Option<&'a R> {
        match self {
            // SAFETY: `Inline` is made only for a body that leaves an `R` in the storage of its
            // node, and handles, which alone have a slot, are made for that node. The body ended
            // well, as the caller has seen by the state or under the lock of the device work, so
            // the result is there, and stays.
            Self::Inline => Some(unsafe { &*node.storage().cast::<R>() }),
            Self::Shared(slot) => slot.get(),
        }
    }

    /// The result itself, once the task has ended well, if nobody but the owner of this slot holds
    /// the node, with that many references.
    pub(crate) fn take(&mut self, node: &NodeRef, references: u32) -> Option<R> {
        match self {
            Self::Inline if node.count() == references => {
                // SAFETY: the result is there, as in `get`. Nobody else can get at it: other
                // handles would hold the node, and new ones are made from handles alone.
                Some(unsafe { node.storage().cast::<R>().read() })
            }
            Self::Inline => None,
            Self::Shared(slot) => Arc::get_mut(slot)?.take(),
        }
    }
}

impl<R> Clone for ResultSlot<R> {
    fn clone(&self) -> Self {
        match self {
            Self::Inline => Self::Inline,
            Self::Shared(slot) => Self::Shared(slot.clone()),
        }
    }
}

impl<R> std::fmt::Debug for ResultSlot<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Inline => "Inline",
            Self::Shared(_) => "Shared",
        })
    }
}

impl Claimed<'_> {
    /// Gives the task a sync body.
    ///
    /// Whoever publishes the task must see to it that the body has been run to its end or
    /// discarded before `'scope` ends.
    #[inline]
    pub(crate) fn put_function<'scope, F, R>(&mut self, function: F) -> ResultSlot<R>
    where
        F: FnOnce() -> Result<R, BodyError> + Send + 'scope,
        R: Send + Sync + 'scope,
    {
        let slot = ResultSlot::new();
        match &slot {
            ResultSlot::Inline => self.put_of_any_size(function),
            ResultSlot::Shared(slot) => {
                let slot = slot.clone();
                self.put_of_any_size(move || {
                    function().map(|result| {
                        let _ = slot.set(result);
                    })
                });
            }
        }
        slot
    }

    #[inline]
    fn put_of_any_size<F, R>(&mut self, function: F)
    where
        F: FnOnce() -> Result<R, BodyError> + Send,
    {
        if fits::<F>() {
            self.put_closure(function);
        } else if InBlock::<F>::FITS {
            // SAFETY: the node holds its family, and bodies are gone before their nodes.
            let closure = unsafe { InBlock::new(function, self.node().family()) };
            self.put_closure(move || closure.take()());
        } else {
            let boxed = Box::new(function);
            self.put_closure(boxed);
        }
    }

    #[inline]
    fn put_closure<F, R>(&mut self, function: F)
    where
        F: FnOnce() -> Result<R, BodyError> + Send,
    {
        self.put(function, &Closure::<F, R>::VTABLE);
    }

    /// Gives the task an async body; see [`put_function`](Self::put_function).
    pub(crate) fn put_future<'scope, F, R>(&mut self, future: F) -> ResultSlot<R>
    where
        F: Future<Output = Result<R, BodyError>> + Send + 'scope,
        R: Send + Sync + 'scope,
    {
        let shared = Arc::new(OnceLock::new());
        let slot = shared.clone();
        let future: AnyFuture<'scope> = Box::pin(async move {
            future.await.map(|result| {
                let _ = slot.set(result);
            })
        });
        // SAFETY: only the lifetime bound of the trait object changes. The scheduler runs the body
        // to its end or discards it before the scope it was spawned in returns (module doc).
        let future =
            unsafe { std::mem::transmute::<AnyFuture<'scope>, AnyFuture<'static>>(future) };
        let body = AsyncBody {
            future: Some(future),
            handle: Weak::new(),
        };
        self.put(body, &AsyncBody::VTABLE);
        ResultSlot::Shared(shared)
    }

    /// Puts a body into the node, with the functions for its type.
    #[inline]
    fn put<B: Send>(&mut self, body: B, vtable: &'static VTable) {
        assert!(!self.has_body, "a task has one body");
        assert!(fits::<B>(), "larger bodies are boxed");
        // SAFETY: it fits, and who has claimed a task owns the storage of its node.
        unsafe { self.node.storage().cast::<B>().write(body) };
        self.node.set_vtable(vtable);
        self.has_body = true;
    }
}

const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<Storage>() && align_of::<T>() <= align_of::<Storage>()
}

/// The functions of a closure in a storage. Leaves an `R` of any size but zero only if it fits.
struct Closure<F, R>(PhantomData<(F, R)>);

impl<F: FnOnce() -> Result<R, BodyError>, R> Closure<F, R> {
    const VTABLE: VTable = VTable {
        run: Self::run,
        discard: Self::discard,
        is_async: false,
    };

    /// Calls the closure and leaves its result in the storage.
    ///
    /// # Safety
    ///
    /// As [`VTable::run`]: the storage must hold an `F`.
    unsafe fn run(
        storage: *mut Storage,
        _: Option<&mut Context<'_>>,
    ) -> Poll<Result<(), BodyError>> {
        // SAFETY: the storage holds the closure, which is gone from there from now on.
        let function = unsafe { storage.cast::<F>().read() };
        Poll::Ready(function().map(|result| {
            assert!(fits::<R>(), "larger results are shared");
            // SAFETY: it fits, and the storage is free.
            unsafe { storage.cast::<R>().write(result) };
        }))
    }

    /// Drops the closure.
    ///
    /// # Safety
    ///
    /// As [`VTable::discard`]: the storage must hold an `F`.
    unsafe fn discard(storage: *mut Storage) {
        // SAFETY: the storage holds the closure, and nobody uses it after this.
        unsafe { storage.cast::<F>().drop_in_place() };
    }
}

/// An async body in a storage.
struct AsyncBody {
    /// Absent while it is polled: a future that panicked must not be polled again.
    future: Option<AnyFuture<'static>>,
    /// What the wakers of its latest poll share.
    handle: Weak<WakeHandle>,
}

impl AsyncBody {
    const VTABLE: VTable = VTable {
        run: Self::run,
        discard: Self::discard,
        is_async: true,
    };

    /// Polls the future; what is pending goes back into the storage.
    ///
    /// # Safety
    ///
    /// As [`VTable::run`]: the storage must hold a `Self`.
    unsafe fn run(
        storage: *mut Storage,
        context: Option<&mut Context<'_>>,
    ) -> Poll<Result<(), BodyError>> {
        // SAFETY: the storage holds the body, which is gone from there from now on.
        let mut body = unsafe { storage.cast::<Self>().read() };
        let (Some(future), Some(context)) = (&mut body.future, context) else {
            unreachable!("an async body is polled, and its future is there until it has ended");
        };
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            // SAFETY: the storage is free, and it fits, since it came from there.
            unsafe { storage.cast::<Self>().write(body) };
        }
        polled
    }

    /// Drops the body.
    ///
    /// # Safety
    ///
    /// As [`VTable::discard`]: the storage must hold a `Self`.
    unsafe fn discard(storage: *mut Storage) {
        // SAFETY: the storage holds the body, and nobody uses it after this.
        unsafe { storage.cast::<Self>().drop_in_place() };
    }
}

/// Drops a body; a panic of a captured value's drop is swallowed: there is nobody left to report
/// it to, and the panic hook has seen it.
///
/// # Safety
///
/// As [`VTable::discard`].
unsafe fn discard(vtable: &VTable, storage: *mut Storage) {
    // SAFETY: the caller's promise.
    let _ = unwind::catch(|| unsafe { (vtable.discard)(storage) });
}

impl Running {
    #[inline]
    pub(crate) fn is_async(&self) -> bool {
        self.vtable().is_some_and(|vtable| vtable.is_async)
    }

    /// Runs the body (on). Panics as the body does. Pending also if there is none any more.
    #[inline]
    pub(crate) fn run_body(
        &mut self,
        context: Option<&mut Context<'_>>,
    ) -> Poll<Result<(), BodyError>> {
        let Some(vtable) = self.vtable().filter(|_| self.has_body) else {
            return Poll::Pending;
        };
        self.has_body = false;
        // SAFETY: who runs a task owns its storage, which holds the body.
        let polled = unsafe { (vtable.run)(self.storage(), context) };
        self.has_body = polled.is_pending();
        polled
    }

    /// What the wakers of the latest poll of an async body share.
    pub(crate) fn wake_handle(&mut self) -> Option<&mut Weak<WakeHandle>> {
        // SAFETY: who runs a task owns its storage, which holds an async body.
        (self.is_async() && self.has_body)
            .then(|| unsafe { &mut (*self.storage().cast::<AsyncBody>()).handle })
    }
}

impl Ended {
    /// Drops the body, if it was not run to its end.
    pub(crate) fn discard_body(&mut self) {
        if std::mem::take(&mut self.has_body)
            && let Some(vtable) = self.vtable()
        {
            // SAFETY: who ended a task owns its storage, which holds the body.
            unsafe { discard(vtable, self.storage()) };
        }
    }
}
