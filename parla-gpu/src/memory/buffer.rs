//! Buffers: memory of a device that has an owner.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::sync::Arc;

use parla_runtime::DeviceId;

use super::block::Block;
use super::slice::bytes_of;
use super::{DeviceCopy, DeviceSlice, DeviceSliceMut};
use crate::device::Device;
use crate::error::Result;
use crate::stream::Stream;

/// Elements in the memory of a device, made by a [`Gpu`](crate::Gpu).
///
/// It can be handed from task to task. What a task queues for it comes after what was queued for it
/// before, on whatever stream or device, as far as one of both writes: the buffer knows, and the
/// host doesn't wait. Dropping it, on any thread, gives the memory to whoever asks next, in that
/// order too.
pub struct DeviceBuffer<T> {
    block: Block,
    len: usize,
    elements: PhantomData<T>,
}

impl<T: DeviceCopy> DeviceBuffer<T> {
    pub(crate) fn new(device: &Arc<Device>, len: usize, stream: &Arc<Stream>) -> Result<Self> {
        Ok(Self {
            block: device.allocate(bytes_of::<T>(len), stream)?,
            len,
            elements: PhantomData,
        })
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The device in whose memory they are.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.block.device().id()
    }

    /// Some of the elements, to be read.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> DeviceSlice<'_, T> {
        DeviceSlice::of(&self.block, self.len).slice(range)
    }

    /// Some of the elements.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn slice_mut(&mut self, range: impl RangeBounds<usize>) -> DeviceSliceMut<'_, T> {
        DeviceSliceMut::of(&mut self.block, self.len).into_slice(range)
    }

    /// The elements before `middle`, and the others.
    ///
    /// # Panics
    ///
    /// If `middle` is beyond the end.
    #[must_use]
    #[track_caller]
    pub fn split_at(&self, middle: usize) -> (DeviceSlice<'_, T>, DeviceSlice<'_, T>) {
        self.slice(..).split_at(middle)
    }

    /// The elements before `middle`, and the others. Work on the one and on the other is still
    /// ordered as work on the same buffer is.
    ///
    /// # Panics
    ///
    /// If `middle` is beyond the end.
    #[must_use]
    #[track_caller]
    pub fn split_at_mut(
        &mut self,
        middle: usize,
    ) -> (DeviceSliceMut<'_, T>, DeviceSliceMut<'_, T>) {
        self.slice_mut(..).split_at_mut(middle)
    }
}

impl<T> fmt::Debug for DeviceBuffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} elements at {:?}", self.len, self.block)
    }
}
