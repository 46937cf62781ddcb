//! What a device with queues of its own gives a task: a lease on some of them, and fences by which
//! other tasks wait on the device for what the task has queued.

use std::any::Any;
use std::fmt;

use super::DeviceError;
use crate::sync::Arc;
use crate::task::TaskName;

/// The queues of a device that one task has for itself, from the start of its body until all that
/// was queued there is done. Dropped unsealed if an async body is cancelled where it waits; what it
/// has queued goes on then.
///
/// The back end knows its own leases again by their type: see [`current_leases`].
///
/// [`current_leases`]: crate::current_leases
pub trait Lease: Any + fmt::Debug + Send + Sync {
    /// Lets what is queued after this begin only when the fence has been passed. Blocks only if the
    /// fence is of a kind that the device's queues can't wait for.
    ///
    /// # Errors
    ///
    /// What the device says.
    fn wait_for(&self, fence: &Arc<dyn Fence>) -> Result<(), DeviceError>;

    /// The end of the body: a fence behind all that was queued. Nothing is queued after it.
    /// `is_awaited` tells whether somebody on the host is known to wait for that work, who should
    /// be told of its end without delay. A lease may be that fence itself.
    ///
    /// # Errors
    ///
    /// What the device says.
    fn seal(self: Arc<Self>, is_awaited: bool) -> Result<Arc<dyn Fence>, DeviceError>;

    /// Calls `then` once, on any thread, when all that was queued is done or is known never to be;
    /// the error is that of the device or of the work. Called once, after [`seal`](Self::seal), also
    /// if that failed. The work borrows what the task borrows, so `then` must not be called before
    /// the device has let go of it.
    fn when_done(&self, then: WhenDone);
}

/// What is called when the work of a lease is done.
pub type WhenDone = Box<dyn FnOnce(Result<(), DeviceError>) + Send>;

/// A point in the queues of a device; it is passed when all that was queued before is done.
pub trait Fence: Any + fmt::Debug + Send + Sync {
    /// Blocks until it is passed: for devices whose queues can't wait for it.
    ///
    /// # Errors
    ///
    /// What the device says.
    fn wait_blocking(&self) -> Result<(), DeviceError>;
}

/// The task for which a lease is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct LeaseRequest<'a> {
    /// Its name, for errors and traces.
    pub task: TaskName,
    /// Its priority; zero is the ordinary one, higher is more urgent.
    pub priority: i32,
    /// The fences for which it is going to wait, so that queues can be chosen that need not.
    pub after: &'a [Arc<dyn Fence>],
}

impl LeaseRequest<'_> {
    /// For a task of ordinary priority that waits for nothing.
    #[must_use]
    pub fn new(task: TaskName) -> Self {
        Self {
            task,
            priority: 0,
            after: &[],
        }
    }
}
