//! A block of device memory in use, and views of it.

use std::fmt;
use std::sync::Arc;

use parla_runtime::DeviceId;

use super::pool::Freed;
use super::uses::{Points, Uses};
use crate::cuda::{Address, Allocation};
use crate::device::Device;
use crate::error::Result;
use crate::stream::Stream;

/// Memory of a device that a buffer owns. When it is dropped, on whatever thread, the memory can be
/// reused in the order of the device; nothing is waited for.
pub(crate) struct Block {
    device: Arc<Device>,
    uses: Uses,
    /// Taken when it is dropped.
    allocation: Option<Allocation>,
}

impl Block {
    /// At least `bytes`, for use on the stream first.
    pub(crate) fn new(device: &Arc<Device>, bytes: u64, stream: &Arc<Stream>) -> Result<Self> {
        let Freed { allocation, uses } = device.take_memory(bytes, stream)?;
        Ok(Self {
            device: device.clone(),
            uses: Uses::after(uses),
            allocation: Some(allocation),
        })
    }

    pub(crate) fn device(&self) -> &Arc<Device> {
        &self.device
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// Its size.
    pub(crate) fn bytes(&self) -> u64 {
        self.allocation.as_ref().map_or(0, Allocation::bytes)
    }

    fn address(&self) -> Address {
        self.allocation.as_ref().map_or(0, Allocation::address)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(allocation) = self.allocation.take() {
            let uses: Points = std::mem::take(&mut self.uses).into_points();
            self.device.memory().give_back(Freed { allocation, uses });
        }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x} on {}", self.address(), self.device.id())
    }
}

impl parla_runtime::Block for Block {
    fn device(&self) -> DeviceId {
        self.device.id()
    }
}

/// Some bytes of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    block: &'a Block,
    offset: u64,
    bytes: u64,
}

impl<'a> View<'a> {
    pub(crate) fn new(block: &'a Block, offset: u64, bytes: u64) -> Self {
        Self {
            block,
            offset,
            bytes,
        }
    }

    /// All of it.
    pub(crate) fn whole(block: &'a Block) -> Self {
        Self::new(block, 0, block.bytes())
    }

    pub(crate) fn block(&self) -> &'a Block {
        self.block
    }

    pub(crate) fn device(&self) -> &'a Arc<Device> {
        &self.block.device
    }

    pub(crate) fn address(&self) -> Address {
        self.block.address() + self.offset
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes from `offset` on.
    pub(crate) fn part(&self, offset: u64, bytes: u64) -> Self {
        debug_assert!(offset + bytes <= self.bytes, "a part lies within");
        Self {
            offset: self.offset + offset,
            bytes,
            ..*self
        }
    }
}
