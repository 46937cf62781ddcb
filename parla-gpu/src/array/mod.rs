//! Arrays of the runtime on a device: the copies that it keeps there, and how bodies see them.
//!
//! ```text
//! pattern     which bytes go where; pure
//! place       blocks and layouts that the runtime names, checked
//! copy        from the host, to the host, between devices, in order on streams of their own
//! geometry    shapes and strides in elements; pure
//! view        what a body gets
//! ```

mod copy;
mod geometry;
mod pattern;
mod place;
mod view;

use std::fmt;
use std::sync::{Arc, Weak};

use parla_runtime::{BlockSlice, DeviceError, DeviceMemory, HostSource, HostTarget, Pressure};
use place::Place;
pub use view::{DeviceView, DeviceViewMut, device_view, device_view_mut};

use crate::device::Device;
use crate::error::GpuError;
use crate::memory::{Block, block_size};
use crate::stream::Direction;

/// The memory of a device, as the runtime sees it.
pub(crate) struct GpuMemory(Arc<Device>);

impl GpuMemory {
    pub(crate) fn new(device: &Arc<Device>) -> Self {
        Self(device.clone())
    }
}

impl DeviceMemory for GpuMemory {
    fn footprint(&self, bytes: u64) -> u64 {
        block_size(bytes).unwrap_or(u64::MAX)
    }

    fn set_pressure(&self, pressure: Weak<dyn Pressure>) {
        self.0.set_pressure(pressure);
    }

    fn allocate(&self, bytes: u64) -> Result<Arc<dyn parla_runtime::Block>, DeviceError> {
        // Most blocks are for what comes from the host.
        let stream = self.0.copying(Direction::In)?;
        Ok(Arc::new(Block::new(&self.0, bytes, &stream)?))
    }

    fn upload(&self, from: &dyn HostSource, to: &BlockSlice) -> Result<(), DeviceError> {
        let to = Place::here(&self.0, "copying from the host", to)?;
        Ok(copy::upload(&self.0, from, &to)?)
    }

    fn download(&self, from: &BlockSlice, to: &mut dyn HostTarget) -> Result<(), DeviceError> {
        let from = Place::here(&self.0, "copying to the host", from)?;
        Ok(copy::download(&self.0, &from, to)?)
    }

    fn copy(&self, from: &BlockSlice, to: &BlockSlice) -> Result<(), DeviceError> {
        let to = Place::here(&self.0, "copying", to)?;
        let copied =
            Place::anywhere(&self.0, from).and_then(|from| copy::across(&self.0, &from, &to));
        copied.map_err(|error: GpuError| match self.0.card().context().lost() {
            // Another device is, and this one goes on.
            None => DeviceError::new(error),
            Some(_) => error.into(),
        })
    }
}

impl fmt::Debug for GpuMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory of {:?}", self.0)
    }
}
