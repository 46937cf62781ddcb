//! Places that the runtime names, checked: a block of ours, and a layout that lies within.

use std::any::Any;
use std::sync::Arc;

use parla_runtime::{BlockSlice, Layout};

use super::pattern::end_of;
use crate::device::Device;
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::memory::{Block, View};

/// Elements in a block on some device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The whole block: the order of its uses is kept for all of it.
    pub(super) view: View<'a>,
    pub(super) layout: &'a Layout,
}

impl<'a> Place<'a> {
    /// A place in the memory of the device.
    pub(super) fn here(device: &Device, operation: &str, slice: &'a BlockSlice) -> Result<Self> {
        let place = Self::anywhere(device, slice)?;
        if place.is_on(device) {
            return Ok(place);
        }
        Err(GpuError::new(GpuErrorKind::WrongDevice {
            operation: operation.into(),
            buffer: place.view.device().id(),
        })
        .on(device.id()))
    }

    /// A place in the memory of any device, for work of the one.
    pub(super) fn anywhere(device: &Device, slice: &'a BlockSlice) -> Result<Self> {
        let invalid = |why| GpuError::new(GpuErrorKind::InvalidLayout { why }).on(device.id());
        let any: &dyn Any = &*slice.block;
        let block: &Block = any.downcast_ref().ok_or_else(|| {
            let other = slice.block.device();
            invalid(format!(
                "the block on {other} is not memory of a CUDA device"
            ))
        })?;
        // What was there when the device was lost is nowhere any more.
        if let Some(lost) = block.device().card().context().lost() {
            return Err(block.device().fail(lost.clone()));
        }
        let end = end_of(&slice.layout).map_err(invalid)?;
        if end as u64 > block.bytes() {
            let bytes = block.bytes();
            return Err(invalid(format!(
                "elements that end at byte {end} don't lie within a block of {bytes} bytes"
            )));
        }
        Ok(Self {
            view: View::whole(block),
            layout: &slice.layout,
        })
    }

    pub(super) fn is_on(&self, device: &Device) -> bool {
        Arc::ptr_eq(self.view.device().card(), device.card())
    }
}
