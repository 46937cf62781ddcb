//! The handle by which a body uses its device.

mod copy;
mod fill;
mod launch;
mod module;
mod moment;
mod raw;
mod transfer;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

pub use launch::launch;
pub use module::{Kernel, Module};
pub use moment::Moment;
use parla_runtime::{Bytes, DeviceId, Lease, TaskName, current_lease, current_leases};
pub use raw::RawGpu;

use crate::card::GpuInfo;
use crate::cuda::{self, Failure};
use crate::device::Device;
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::lease::GpuLease;
use crate::memory::{self, Access, DeviceBuffer, DeviceCopy, View};
use crate::stream::{Point, Stream};

/// A GPU that the running task was placed on, and a stream there.
///
/// What its methods queue runs on the device in the order of the calls, after the work of the tasks
/// that this one depends on, while the body goes on. Only the methods that say so wait for the
/// device. Queueing takes `&self`, from any thread of the task; once the body has returned it is an
/// error.
#[derive(Clone)]
pub struct Gpu {
    lease: Arc<GpuLease>,
    stream: Arc<Stream>,
}

impl Gpu {
    /// The GPU of the running task; the first, if it has several.
    ///
    /// # Errors
    ///
    /// [`NotAGpuTask`](GpuErrorKind::NotAGpuTask) outside the bodies of tasks that were placed on a
    /// GPU.
    pub fn current() -> Result<Self> {
        let first = current_lease().and_then(|lease| Self::of(&lease));
        first.ok_or_else(|| GpuErrorKind::NotAGpuTask.into())
    }

    /// The GPUs of the running task, in the order of its devices; none outside of GPU tasks.
    #[must_use]
    pub fn all_current() -> Vec<Self> {
        current_leases().iter().filter_map(Self::of).collect()
    }

    /// The GPU of a lease, if it is one of a GPU.
    pub(crate) fn of(lease: &Arc<dyn Lease>) -> Option<Self> {
        let lease: Arc<dyn Any + Send + Sync> = lease.clone();
        let lease: Arc<GpuLease> = lease.downcast().ok()?;
        Some(Self {
            stream: lease.stream().clone(),
            lease,
        })
    }

    /// The device, as the runtime numbers it.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.lease.device().id()
    }

    /// What the device is.
    #[must_use]
    pub fn info(&self) -> &GpuInfo {
        self.lease.device().card().info()
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &TaskName {
        self.lease.task()
    }

    /// The memory of the device that this runtime could still get, in pieces of whatever size.
    #[must_use]
    pub fn free_memory(&self) -> Bytes {
        Bytes::new(self.home().memory().free())
    }

    /// Handles of the same GPU, each with a stream of its own, for work of the task that can run side
    /// by side. It begins after what was queued through `self` by now, and belongs to the task like
    /// all else. There are only so many streams: more than eight handles share them.
    ///
    /// # Errors
    ///
    /// The body has returned, or what the driver says.
    pub fn streams(&self, count: usize) -> Result<Vec<Self>> {
        let streams = self.lease.fork(&self.stream, count)?;
        let handle = |stream| Self {
            lease: self.lease.clone(),
            stream,
        };
        Ok(streams.into_iter().map(handle).collect())
    }

    /// Memory for `len` elements, with whatever was in there.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](GpuErrorKind::OutOfMemory); the body has returned; or what the driver says.
    /// May wait for memory that is about to be free, and has the runtime give up copies of arrays that
    /// no task needs now.
    pub fn alloc<T: DeviceCopy>(&self, len: usize) -> Result<DeviceBuffer<T>> {
        // Not held meanwhile: the runtime may be asked to give something up.
        drop(self.lease.open()?);
        DeviceBuffer::new(self.home(), len, &self.stream)
            .map_err(|error| error.within(self.lease.task()))
    }

    /// Blocks until all that was queued through this handle is done.
    ///
    /// # Errors
    ///
    /// The work failed, or what else the driver says.
    pub fn synchronize(&self) -> Result<()> {
        self.wait_for(&self.stream.end())
    }

    pub(crate) fn home(&self) -> &Arc<Device> {
        self.lease.device()
    }

    pub(crate) fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// Queues work on views, after all that they need, and has others come after it.
    pub(crate) fn submit<T>(
        &self,
        views: &[(View<'_>, Access)],
        work: impl FnOnce(&cuda::Stream) -> Result<T, Failure>,
    ) -> Result<T> {
        self.submit_to_point(views, work).map(|(_, value)| value)
    }

    /// As [`submit`](Self::submit), with the point behind the work.
    pub(crate) fn submit_to_point<T>(
        &self,
        views: &[(View<'_>, Access)],
        work: impl FnOnce(&cuda::Stream) -> Result<T, Failure>,
    ) -> Result<(Point, T)> {
        let _open = self.lease.open()?;
        self.submit_on(&self.stream, views, work)
    }

    /// As above, on any stream; the caller sees to it that the lease is open.
    fn submit_on<T>(
        &self,
        stream: &Arc<Stream>,
        views: &[(View<'_>, Access)],
        work: impl FnOnce(&cuda::Stream) -> Result<T, Failure>,
    ) -> Result<(Point, T)> {
        memory::submit(stream, views, work).map_err(|failure| self.fail(failure))
    }

    /// Whether the memory is that of this device.
    fn is_here(&self, view: &View<'_>) -> bool {
        Arc::ptr_eq(view.device().card(), self.home().card())
    }

    fn check_device(&self, operation: &str, view: &View<'_>) -> Result<()> {
        if self.is_here(view) {
            return Ok(());
        }
        // What was there when the device was lost is nowhere any more.
        if let Some(lost) = view.device().card().context().lost() {
            return Err(view.device().fail(lost.clone()).within(self.task()));
        }
        Err(self.error(GpuErrorKind::WrongDevice {
            operation: operation.into(),
            buffer: view.device().id(),
        }))
    }

    fn wait_for(&self, point: &Point) -> Result<()> {
        point.wait_blocking().map_err(|failure| self.fail(failure))
    }

    pub(crate) fn fail(&self, failure: Failure) -> GpuError {
        self.lease.fail(failure)
    }

    /// An error of this task on this device.
    pub(crate) fn error(&self, kind: GpuErrorKind) -> GpuError {
        GpuError::new(kind).on(self.device()).within(self.task())
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} for `{}`", self.home(), self.task())
    }
}

/// The GPU of a lease, for tests of the device layer without a scheduler.
#[must_use]
pub fn of_lease(lease: &Arc<dyn Lease>) -> Option<Gpu> {
    Gpu::of(lease)
}
