//! The end of a task's work in the order of a device.

use std::sync::Arc;

use parla_runtime::{DeviceError, Fence, TaskName};

use crate::device::Device;
use crate::stream::Point;

/// A point in a stream, and whose work is before it.
#[derive(Debug)]
pub(crate) struct GpuFence {
    pub(super) point: Point,
    pub(super) device: Arc<Device>,
    pub(super) task: TaskName,
}

impl GpuFence {
    pub(crate) fn point(&self) -> &Point {
        &self.point
    }
}

impl Fence for GpuFence {
    fn wait_blocking(&self) -> Result<(), DeviceError> {
        self.point
            .wait_blocking()
            .map_err(|failure| self.device.fail(failure).within(&self.task).into())
    }
}
