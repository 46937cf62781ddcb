//! The arguments of a task function on their way to its GPU variant: data on the host is copied to
//! the device, and what the variant has changed comes back.

use crate::error::Result;
use crate::gpu::Gpu;
use crate::memory::{DeviceBuffer, DeviceCopy};

/// What a task function takes as `&[T]`, and its variant as `&DeviceSlice<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data on the host that could be copied to a GPU",
    note = "where the variant takes `&DeviceSlice<{T}>`, the task function takes `&[{T}]`"
)]
pub trait HostSlice<T> {
    /// The data.
    fn host(&self) -> &[T];
}

/// What a task function takes as `&mut [T]`, and its variant as `&mut DeviceSliceMut<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no data on the host that a GPU could change",
    note = "where the variant takes `&mut DeviceSliceMut<{T}>`, the task function takes `&mut [{T}]`"
)]
pub trait HostSliceMut<T>: HostSlice<T> {
    /// The data.
    fn host_mut(&mut self) -> &mut [T];
}

impl<T, S: AsRef<[T]> + ?Sized> HostSlice<T> for &S {
    fn host(&self) -> &[T] {
        (**self).as_ref()
    }
}

impl<T, S: AsRef<[T]> + ?Sized> HostSlice<T> for &mut S {
    fn host(&self) -> &[T] {
        (**self).as_ref()
    }
}

impl<T, S: AsRef<[T]> + AsMut<[T]> + ?Sized> HostSliceMut<T> for &mut S {
    fn host_mut(&mut self) -> &mut [T] {
        (**self).as_mut()
    }
}

/// The GPU of the running task.
///
/// # Panics
///
/// If the task was not placed on one. Generated code asks only where it was, as far as the placement
/// can tell.
#[must_use]
#[track_caller]
pub fn current_gpu() -> Gpu {
    match Gpu::current() {
        Ok(gpu) => gpu,
        Err(error) => panic!("{error}"),
    }
}

/// All GPUs of the running task.
#[must_use]
pub fn current_gpus() -> Vec<Gpu> {
    Gpu::all_current()
}

/// A copy on the device of the running task.
///
/// # Errors
///
/// As [`Gpu::upload`].
pub fn stage<T: DeviceCopy>(host: &impl HostSlice<T>) -> Result<DeviceBuffer<T>> {
    Gpu::current()?.upload(host.host())
}

/// Copies what is on the device back, and waits until it is there.
///
/// # Errors
///
/// As [`Gpu::copy_to`], or the failure of what was queued before.
pub fn unstage<T: DeviceCopy>(
    device: &DeviceBuffer<T>,
    mut host: impl HostSliceMut<T>,
) -> Result<()> {
    Gpu::current()?.copy_to(device, host.host_mut())
}
