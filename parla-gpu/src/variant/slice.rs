//! Slices for variants.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::memory::{DeviceBuffer, DeviceCopy, DeviceSlice, DeviceSliceMut};

/// What a task function takes as `&[T]`, and its variant as `&DeviceSlice<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data on the host that could be copied to a GPU",
    note = "where the variant takes `&DeviceSlice<{T}>`, the task function takes `&[{T}]`"
)]
pub trait SliceArgument<T: DeviceCopy> {
    /// What the variant reads.
    ///
    /// # Errors
    ///
    /// As [`Gpu::upload`]; or the elements of an array don't lie one behind the other.
    fn on_gpu(&mut self) -> Result<OnGpuSlice<'_, T>>;
}

/// What a task function takes as `&mut [T]`, and its variant as `&mut DeviceSliceMut<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data on the host that a GPU could change",
    note = "where the variant takes `&mut DeviceSliceMut<{T}>`, the task function takes `&mut [{T}]`"
)]
pub trait SliceArgumentMut<T: DeviceCopy> {
    /// What the variant changes.
    ///
    /// # Errors
    ///
    /// As [`SliceArgument::on_gpu`].
    fn on_gpu_mut(&mut self) -> Result<OnGpuSliceMut<'_, T>>;
}

/// Elements on the GPU of the running task.
#[derive(Debug)]
pub enum OnGpuSlice<'a, T> {
    /// A copy for this call.
    Copy(DeviceBuffer<T>),
    /// Those of an array.
    Array(DeviceSlice<'a, T>),
}

/// As [`OnGpuSlice`], to be changed.
#[derive(Debug)]
pub enum OnGpuSliceMut<'a, T> {
    /// A copy for this call, and where it goes when it has been changed.
    Copy(DeviceBuffer<T>, &'a mut [T]),
    /// Those of an array.
    Array(DeviceSliceMut<'a, T>),
}

impl<T: DeviceCopy> OnGpuSlice<'_, T> {
    /// The elements.
    #[must_use]
    pub fn slice(&self) -> DeviceSlice<'_, T> {
        match self {
            Self::Copy(buffer) => buffer.slice(..),
            Self::Array(slice) => *slice,
        }
    }
}

impl<T: DeviceCopy> OnGpuSliceMut<'_, T> {
    /// The elements.
    #[must_use]
    pub fn slice_mut(&mut self) -> DeviceSliceMut<'_, T> {
        match self {
            Self::Copy(buffer, _) => buffer.slice_mut(..),
            Self::Array(slice) => slice.slice_mut(..),
        }
    }

    /// Copies a copy back, and waits until it is there.
    ///
    /// # Errors
    ///
    /// As [`Gpu::copy_to`], or the failure of what was queued before.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Copy(buffer, host) => Gpu::current()?.copy_to(&buffer, host),
            Self::Array(_) => Ok(()),
        }
    }
}

fn upload<T: DeviceCopy>(host: &[T]) -> Result<OnGpuSlice<'_, T>> {
    Ok(OnGpuSlice::Copy(Gpu::current()?.upload(host)?))
}

impl<T: DeviceCopy, S: AsRef<[T]> + ?Sized> SliceArgument<T> for &S {
    fn on_gpu(&mut self) -> Result<OnGpuSlice<'_, T>> {
        upload((**self).as_ref())
    }
}

impl<T: DeviceCopy, S: AsRef<[T]> + ?Sized> SliceArgument<T> for &mut S {
    fn on_gpu(&mut self) -> Result<OnGpuSlice<'_, T>> {
        upload((**self).as_ref())
    }
}

impl<T: DeviceCopy, S: AsRef<[T]> + AsMut<[T]> + ?Sized> SliceArgumentMut<T> for &mut S {
    fn on_gpu_mut(&mut self) -> Result<OnGpuSliceMut<'_, T>> {
        let buffer = Gpu::current()?.upload((**self).as_ref())?;
        Ok(OnGpuSliceMut::Copy(buffer, (**self).as_mut()))
    }
}
