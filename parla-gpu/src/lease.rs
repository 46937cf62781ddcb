//! The streams that a task has, from the start of its body until its work is done, and the fence
//! behind that.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, MutexGuard, OnceLock};

use parla_runtime::{DeviceError, Fence, Lease, TaskName, WhenDone};

use crate::completion::{self, Pending};
use crate::cuda::Failure;
use crate::device::Device;
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::lock::Mutex;
use crate::memory::Points;
use crate::stream::{Point, Stream};

/// Streams of a device for one task.
pub(crate) struct GpuLease {
    device: Arc<Device>,
    task: TaskName,
    priority: i32,
    stream: Arc<Stream>,
    state: Mutex<State>,
    /// Behind all that was queued, from the end of the body on.
    end: OnceLock<Point>,
}

#[derive(Debug)]
enum State {
    /// The body may queue work: on its stream and on these.
    Open(Vec<Arc<Stream>>),
    /// It has returned; behind all that it has queued are these.
    Sealed(Points),
}

/// The right to queue work: the body has not returned, and can't while this is held.
pub(crate) struct Open<'a>(MutexGuard<'a, State>);

impl GpuLease {
    pub(crate) fn new<'a>(
        device: &Arc<Device>,
        task: &TaskName,
        priority: i32,
        after: impl Iterator<Item = &'a Point>,
    ) -> Result<Self, Failure> {
        if let Some(lost) = device.card().context().lost() {
            return Err(lost.clone());
        }
        Ok(Self {
            stream: device.streams().open(priority, after)?,
            device: device.clone(),
            task: task.clone(),
            priority,
            state: Mutex::new(State::Open(Vec::new())),
            end: OnceLock::new(),
        })
    }

    pub(crate) fn device(&self) -> &Arc<Device> {
        &self.device
    }

    pub(crate) fn task(&self) -> &TaskName {
        &self.task
    }

    /// The stream that the task begins and ends on.
    pub(crate) fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// Behind all that was queued, if the body has ended well.
    pub(crate) fn end(&self) -> Option<&Point> {
        self.end.get()
    }

    /// Lets work be queued, unless the body has returned.
    pub(crate) fn open(&self) -> Result<Open<'_>> {
        let state = self.state.lock();
        match *state {
            State::Open(_) => Ok(Open(state)),
            State::Sealed(_) => Err(GpuError::new(GpuErrorKind::TaskEnded)
                .on(self.device.id())
                .within(&self.task)),
        }
    }

    /// More streams, whose work comes after what is queued on `from` by now and before the end of the
    /// task.
    pub(crate) fn fork(&self, from: &Arc<Stream>, count: usize) -> Result<Vec<Arc<Stream>>> {
        let mut open = self.open()?;
        let mut forked = Vec::new();
        for _ in 0..count {
            let stream = self
                .device
                .streams()
                .open(self.priority, &[])
                .map_err(|failure| self.fail(failure))?;
            // From here on it is given back with the others, whatever happens.
            open.streams().push(stream.clone());
            stream
                .wait_for(&from.end())
                .map_err(|failure| self.fail(failure))?;
            forked.push(stream);
        }
        Ok(forked)
    }

    pub(crate) fn fail(&self, failure: Failure) -> GpuError {
        self.device.fail(failure).within(&self.task)
    }

    /// Ends the queueing. The points behind all that was queued, and the failure to bring them down
    /// to one that others can wait for.
    fn close(&self, is_awaited: bool) -> (Points, Result<(), Failure>) {
        let mut state = self.state.lock();
        let streams = match &mut *state {
            State::Open(streams) => std::mem::take(streams),
            State::Sealed(points) => return (points.clone(), Ok(())),
        };
        let mut points = Points::new();
        let mut result = Ok(());
        for stream in streams {
            let end = stream.end();
            let joined = self.stream.wait_for(&end);
            if joined.is_err() {
                points.push(end);
            }
            result = result.and(joined);
            self.device.streams().close(&stream);
        }
        points.push(self.stream.end());
        result = result.and(self.stream.mark_end(is_awaited));
        self.device.streams().close(&self.stream);
        *state = State::Sealed(points.clone());
        (points, result)
    }
}

impl Open<'_> {
    fn streams(&mut self) -> &mut Vec<Arc<Stream>> {
        match &mut *self.0 {
            State::Open(streams) => streams,
            State::Sealed(_) => unreachable!("only an open lease gives this right"),
        }
    }
}

impl Lease for GpuLease {
    fn wait_for(&self, fence: &Arc<dyn Fence>) -> Result<(), DeviceError> {
        let any: &dyn Any = &**fence;
        let Some(end) = any.downcast_ref::<Self>().and_then(Self::end) else {
            return fence.wait_blocking();
        };
        let mut open = self.open()?;
        let streams = open.streams().iter();
        std::iter::once(&self.stream)
            .chain(streams)
            .try_for_each(|stream| stream.wait_for(end))
            .map_err(|failure| self.fail(failure).into())
    }

    fn seal(self: Arc<Self>, is_awaited: bool) -> Result<Arc<dyn Fence>, DeviceError> {
        let (points, result) = self.close(is_awaited);
        result.map_err(|failure| self.fail(failure))?;
        // Behind all: whatever else there was has been joined.
        let end = points.last().cloned();
        self.end
            .get_or_init(|| end.unwrap_or_else(|| self.stream.end()));
        Ok(self)
    }

    fn when_done(&self, then: WhenDone) {
        let (points, _) = self.close(true);
        completion::watch(Pending::new(&self.device, &self.task, points, then));
    }
}

impl Fence for GpuLease {
    fn wait_blocking(&self) -> Result<(), DeviceError> {
        let waited = self.end().map_or(Ok(()), Point::wait_blocking);
        waited.map_err(|failure| self.fail(failure).into())
    }
}

impl Drop for GpuLease {
    fn drop(&mut self) {
        // A lease that was never sealed still has its streams; nobody waits for its work.
        let _ = self.close(false);
    }
}

impl fmt::Debug for GpuLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lease of `{}` on {:?}", self.task, self.device)
    }
}
