//! The arguments of a kernel.

use crate::memory::{AsDeviceSlice, AsDeviceSliceMut, DeviceCopy, View};

/// One argument of a launch. The kernel's parameter must be of the same size; a slice is passed as
/// the 64-bit address of its first element.
#[derive(Debug)]
pub struct Argument<'a>(pub(crate) Kind<'a>);

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    Scalar(&'a [u8]),
    Read(View<'a>),
    Write(View<'a>),
}

impl<'a> Argument<'a> {
    /// A value.
    pub fn scalar<T: DeviceCopy>(value: &'a T) -> Self {
        Self(Kind::Scalar(bytemuck::bytes_of(value)))
    }

    /// Elements that the kernel only reads.
    pub fn slice<T: DeviceCopy>(slice: &'a (impl AsDeviceSlice<T> + ?Sized)) -> Self {
        Self(Kind::Read(slice.as_device_slice().view()))
    }

    /// Elements that the kernel may write.
    pub fn slice_mut<T: DeviceCopy>(slice: &'a mut (impl AsDeviceSliceMut<T> + ?Sized)) -> Self {
        Self(Kind::Write(slice.as_device_slice_mut().into_view()))
    }
}
