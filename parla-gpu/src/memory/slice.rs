//! Views of device memory as slices.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use parla_runtime::DeviceId;

use super::block::{Block, View};
use super::{DeviceBuffer, DeviceCopy};

/// Elements in the memory of a device, to be read.
pub struct DeviceSlice<'a, T> {
    view: View<'a>,
    len: usize,
    elements: PhantomData<&'a [T]>,
}

/// Elements in the memory of a device that nobody else has a view of.
pub struct DeviceSliceMut<'a, T> {
    view: View<'a>,
    len: usize,
    elements: PhantomData<&'a mut [T]>,
}

impl<T: DeviceCopy> Clone for DeviceSlice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: DeviceCopy> Copy for DeviceSlice<'_, T> {}

impl<'a, T: DeviceCopy> DeviceSlice<'a, T> {
    pub(super) fn of(block: &'a Block, len: usize) -> Self {
        Self::new(whole::<T>(block, len), len)
    }

    pub(crate) fn new(view: View<'a>, len: usize) -> Self {
        Self {
            view,
            len,
            elements: PhantomData,
        }
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
        self.view.device().id()
    }

    /// Some of the elements.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let (start, len) = bounds(range, self.len);
        Self::new(part::<T>(self.view, start, len), len)
    }

    /// The elements before `middle`, and the others.
    ///
    /// # Panics
    ///
    /// If `middle` is beyond the end.
    #[must_use]
    #[track_caller]
    pub fn split_at(&self, middle: usize) -> (Self, Self) {
        (self.slice(..middle), self.slice(middle..))
    }

    pub(crate) fn view(&self) -> View<'a> {
        self.view
    }
}

impl<'a, T: DeviceCopy> DeviceSliceMut<'a, T> {
    pub(super) fn of(block: &'a mut Block, len: usize) -> Self {
        Self::new(whole::<T>(block, len), len)
    }

    pub(crate) fn new(view: View<'a>, len: usize) -> Self {
        Self {
            view,
            len,
            elements: PhantomData,
        }
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
        self.view.device().id()
    }

    /// Some of the elements, to be read.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> DeviceSlice<'_, T> {
        DeviceSlice::new(self.view, self.len).slice(range)
    }

    /// Some of the elements.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn slice_mut(&mut self, range: impl RangeBounds<usize>) -> DeviceSliceMut<'_, T> {
        DeviceSliceMut::new(self.view, self.len).into_slice(range)
    }

    /// Some of the elements, for as long as these could be used.
    ///
    /// # Panics
    ///
    /// If the range reaches beyond the end, as with a slice of the host.
    #[must_use]
    #[track_caller]
    pub fn into_slice(self, range: impl RangeBounds<usize>) -> Self {
        let (start, len) = bounds(range, self.len);
        Self::new(part::<T>(self.view, start, len), len)
    }

    /// The elements before `middle`, and the others. Work on the one and on the other is still
    /// ordered as work on the same buffer is.
    ///
    /// # Panics
    ///
    /// If `middle` is beyond the end.
    #[must_use]
    #[track_caller]
    pub fn split_at_mut(self, middle: usize) -> (Self, Self) {
        let (start, len) = bounds(middle.., self.len);
        (
            Self::new(part::<T>(self.view, 0, start), start),
            Self::new(part::<T>(self.view, start, len), len),
        )
    }

    pub(crate) fn into_view(self) -> View<'a> {
        self.view
    }
}

/// What elements on a device can be read from: kernels take buffers and slices alike.
pub trait AsDeviceSlice<T: DeviceCopy> {
    /// All of them, and what lies between them.
    fn as_device_slice(&self) -> DeviceSlice<'_, T>;

    /// Whether nothing else lies between them.
    fn is_contiguous(&self) -> bool {
        true
    }
}

/// What elements on a device can be written to.
pub trait AsDeviceSliceMut<T: DeviceCopy>: AsDeviceSlice<T> {
    /// All of them, and what lies between them.
    fn as_device_slice_mut(&mut self) -> DeviceSliceMut<'_, T>;
}

impl<T: DeviceCopy> AsDeviceSlice<T> for DeviceSlice<'_, T> {
    fn as_device_slice(&self) -> DeviceSlice<'_, T> {
        *self
    }
}

impl<T: DeviceCopy> AsDeviceSlice<T> for DeviceSliceMut<'_, T> {
    fn as_device_slice(&self) -> DeviceSlice<'_, T> {
        self.slice(..)
    }
}

impl<T: DeviceCopy> AsDeviceSliceMut<T> for DeviceSliceMut<'_, T> {
    fn as_device_slice_mut(&mut self) -> DeviceSliceMut<'_, T> {
        self.slice_mut(..)
    }
}

impl<T: DeviceCopy> AsDeviceSlice<T> for DeviceBuffer<T> {
    fn as_device_slice(&self) -> DeviceSlice<'_, T> {
        self.slice(..)
    }
}

impl<T: DeviceCopy> AsDeviceSliceMut<T> for DeviceBuffer<T> {
    fn as_device_slice_mut(&mut self) -> DeviceSliceMut<'_, T> {
        self.slice_mut(..)
    }
}

impl<T> fmt::Debug for DeviceSlice<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} elements at {:?}", self.len, self.view.block())
    }
}

impl<T> fmt::Debug for DeviceSliceMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} elements at {:?}", self.len, self.view.block())
    }
}

/// Bytes of that many elements, which a buffer holds or is to hold.
pub(super) fn bytes_of<T>(len: usize) -> u64 {
    (len as u64).saturating_mul(size_of::<T>() as u64)
}

fn whole<T>(block: &Block, len: usize) -> View<'_> {
    View::new(block, 0, bytes_of::<T>(len))
}

fn part<T>(view: View<'_>, start: usize, len: usize) -> View<'_> {
    view.part(bytes_of::<T>(start), bytes_of::<T>(len))
}

#[track_caller]
fn bounds(range: impl RangeBounds<usize>, len: usize) -> (usize, usize) {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last + 1,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => len,
    };
    assert!(
        start <= end && end <= len,
        "range {start}..{end} doesn't lie within {len} elements"
    );
    (start, end - start)
}
