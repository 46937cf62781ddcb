//! The work in flight on one stream.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parla_runtime::{DeviceError, TaskName, WhenDone};

use crate::cuda::Failure;
use crate::device::Device;
use crate::memory::{Points, wait_blocking};
use crate::stream::{Point, StreamId};

/// Work whose end somebody wants to know.
pub(crate) struct Pending {
    device: Arc<Device>,
    task: TaskName,
    /// Behind it; mostly one.
    points: Points,
    then: WhenDone,
}

impl Pending {
    /// The work of a task before all of `points`, of which there is at least one.
    pub(crate) fn new(
        device: &Arc<Device>,
        task: &TaskName,
        points: Points,
        then: WhenDone,
    ) -> Self {
        Self {
            device: device.clone(),
            task: task.clone(),
            points,
            then,
        }
    }

    /// Blocks until it is done.
    pub(super) fn wait(self) {
        let result = wait_blocking(&self.points);
        self.finish(result);
    }

    pub(super) fn stream(&self) -> StreamId {
        self.end().stream().id()
    }

    /// The last of the points, which the others have mostly been joined to.
    fn end(&self) -> &Point {
        let Some(end) = self.points.last() else {
            unreachable!("a task ends at one point at least");
        };
        end
    }

    /// How it ended, if it has.
    fn poll(&self) -> Option<Result<(), Failure>> {
        for point in &self.points {
            match point.poll() {
                Ok(true) => {}
                Ok(false) => {
                    // Without a mark the stream as a whole is asked, which tells of a loss too.
                    let _ = point.mark_if_due();
                    return None;
                }
                Err(failure) => return Some(self.give_up(failure)),
            }
        }
        Some(Ok(()))
    }

    /// The driver doesn't say how far the work is. A lost device does nothing more; any other may
    /// still be at it.
    fn give_up(&self, failure: Failure) -> Result<(), Failure> {
        if self.device.card().context().lost().is_none() {
            // Whatever this says, nothing better can be done, and the first failure is the one to
            // tell.
            let _ = self.end().stream().raw().synchronize();
        }
        Err(failure)
    }

    fn finish(self, result: Result<(), Failure>) {
        let Self {
            device,
            task,
            points,
            then,
        } = self;
        let result = result.map_err(|failure| {
            // What comes after the loss of a device isn't told from it.
            let lost = device.card().context().lost();
            let failure = lost.cloned().unwrap_or(failure);
            DeviceError::from(device.fail(failure).within(&task))
        });
        // Whoever hears of the end may end the device, and finds nobody else there.
        drop((device, points));
        // A closure that panics must not keep others from hearing of their ends.
        let _ = catch_unwind(AssertUnwindSafe(|| then(result)));
    }
}

/// Pending work of one stream, in its order.
#[derive(Default)]
pub(super) struct Watch(VecDeque<Pending>);

impl Watch {
    pub(super) fn add(&mut self, pending: Pending) {
        let ticket = pending.end().ticket();
        let after = self.0.partition_point(|it| it.end().ticket() <= ticket);
        self.0.insert(after, pending);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Finishes what is done; how much that was.
    pub(super) fn poll(&mut self) -> usize {
        let mut done = 0;
        while let Some(result) = self.0.front().and_then(Pending::poll) {
            if let Some(pending) = self.0.pop_front() {
                pending.finish(result);
            }
            done += 1;
        }
        done
    }
}
