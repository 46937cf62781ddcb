//! Memory of devices: buffers and slices, the pools behind them, and what keeps their uses in order.

mod block;
mod buffer;
mod class;
mod element;
mod pool;
mod slice;
mod staging;
mod submit;
mod uses;

pub(crate) use block::{Block, View};
pub use buffer::DeviceBuffer;
pub use element::DeviceCopy;
pub(crate) use pool::{Freed, MemoryPool, block_size};
pub use slice::{AsDeviceSlice, AsDeviceSliceMut, DeviceSlice, DeviceSliceMut};
pub(crate) use staging::{PIECE, Staging, StagingPool};
pub(crate) use submit::{order, submit};
pub(crate) use uses::{Access, Points, wait_blocking};
