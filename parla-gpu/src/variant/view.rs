//! Views of arrays for variants.

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewMut, Data, DataMut, Dimension};

use crate::array::{DeviceView, DeviceViewMut};
use crate::error::Result;
use crate::gpu::Gpu;
use crate::memory::{DeviceBuffer, DeviceCopy};

/// What a task function takes as an array of `ndarray`, and its variant as a `DeviceView<T, D>`.
#[diagnostic::on_unimplemented(
    message = "of this argument no `DeviceView<{T}, {D}>` can be made",
    note = "it can be made of an array with these elements and axes: a `PArray` that the spawn declares to use, or one of `ndarray`"
)]
pub trait ViewArgument<T: DeviceCopy, D: Dimension> {
    /// What the variant reads.
    ///
    /// # Errors
    ///
    /// As [`Gpu::upload`].
    fn on_gpu(&mut self) -> Result<OnGpuView<'_, T, D>>;
}

/// What a task function takes as an array of `ndarray` to change it, and its variant as a
/// `DeviceViewMut<T, D>`.
#[diagnostic::on_unimplemented(
    message = "of this argument no `DeviceViewMut<{T}, {D}>` can be made",
    note = "it can be made of an array with these elements and axes: a `PArray` that the spawn declares to change, or one of `ndarray` that can be changed"
)]
pub trait ViewArgumentMut<T: DeviceCopy, D: Dimension> {
    /// What the variant changes.
    ///
    /// # Errors
    ///
    /// As [`Gpu::upload`].
    fn on_gpu_mut(&mut self) -> Result<OnGpuViewMut<'_, T, D>>;
}

/// Elements on the GPU of the running task.
#[derive(Debug)]
pub enum OnGpuView<'a, T, D: Dimension> {
    /// A copy for this call, one element behind the other, of that shape.
    Copy(DeviceBuffer<T>, D),
    /// Those of an array.
    Array(DeviceView<'a, T, D>),
}

/// As [`OnGpuView`], to be changed.
#[derive(Debug)]
pub enum OnGpuViewMut<'a, T, D: Dimension> {
    /// A copy for this call, and where it goes when it has been changed.
    Copy(DeviceBuffer<T>, ArrayViewMut<'a, T, D>),
    /// Those of an array.
    Array(DeviceViewMut<'a, T, D>),
}

impl<T: DeviceCopy, D: Dimension> OnGpuView<'_, T, D> {
    /// The elements.
    #[must_use]
    pub fn view(&self) -> DeviceView<'_, T, D> {
        match self {
            Self::Copy(buffer, shape) => DeviceView::packed(buffer.slice(..), shape),
            Self::Array(view) => view.clone(),
        }
    }
}

impl<T: DeviceCopy, D: Dimension> OnGpuViewMut<'_, T, D> {
    /// The elements.
    #[must_use]
    pub fn view_mut(&mut self) -> DeviceViewMut<'_, T, D> {
        match self {
            Self::Copy(buffer, host) => {
                DeviceViewMut::packed(buffer.slice_mut(..), &host.raw_dim())
            }
            Self::Array(view) => view.view_mut(),
        }
    }

    /// Copies a copy back, and waits until it is there.
    ///
    /// # Errors
    ///
    /// As [`Gpu::copy_to`], or the failure of what was queued before.
    pub fn finish(self) -> Result<()> {
        let Self::Copy(buffer, mut host) = self else {
            return Ok(());
        };
        let gpu = Gpu::current()?;
        if let Some(host) = host.as_slice_mut() {
            return gpu.copy_to(&buffer, host);
        }
        let changed = gpu.download(&buffer)?;
        host.iter_mut()
            .zip(changed)
            .for_each(|(to, from)| *to = from);
        Ok(())
    }
}

/// A copy of the elements, the last axis fastest.
fn upload<T: DeviceCopy, D: Dimension>(host: &ArrayView<'_, T, D>) -> Result<DeviceBuffer<T>> {
    let gpu = Gpu::current()?;
    match host.as_slice() {
        Some(host) => gpu.upload(host),
        None => gpu.upload(&host.iter().copied().collect::<Vec<_>>()),
    }
}

fn read<'a, T: DeviceCopy, D: Dimension>(
    host: &ArrayView<'_, T, D>,
) -> Result<OnGpuView<'a, T, D>> {
    Ok(OnGpuView::Copy(upload(host)?, host.raw_dim()))
}

fn write<T: DeviceCopy, D: Dimension>(
    host: ArrayViewMut<'_, T, D>,
) -> Result<OnGpuViewMut<'_, T, D>> {
    Ok(OnGpuViewMut::Copy(upload(&host.view())?, host))
}

impl<T: DeviceCopy, D: Dimension, S: Data<Elem = T>> ViewArgument<T, D> for ArrayBase<S, D> {
    fn on_gpu(&mut self) -> Result<OnGpuView<'_, T, D>> {
        read(&self.view())
    }
}

impl<T: DeviceCopy, D: Dimension, S: DataMut<Elem = T>> ViewArgumentMut<T, D> for ArrayBase<S, D> {
    fn on_gpu_mut(&mut self) -> Result<OnGpuViewMut<'_, T, D>> {
        write(self.view_mut())
    }
}

macro_rules! of_references {
    ($($array:ty $(, $storage:ident)?;)*) => {$(
        impl<T: DeviceCopy, D: Dimension $(, $storage: Data<Elem = T>)?> ViewArgument<T, D>
            for &$array
        {
            fn on_gpu(&mut self) -> Result<OnGpuView<'_, T, D>> {
                read(&self.view())
            }
        }

        impl<T: DeviceCopy, D: Dimension $(, $storage: Data<Elem = T>)?> ViewArgument<T, D>
            for &mut $array
        {
            fn on_gpu(&mut self) -> Result<OnGpuView<'_, T, D>> {
                read(&self.view())
            }
        }

        impl<T: DeviceCopy, D: Dimension $(, $storage: DataMut<Elem = T>)?> ViewArgumentMut<T, D>
            for &mut $array
        {
            fn on_gpu_mut(&mut self) -> Result<OnGpuViewMut<'_, T, D>> {
                write(self.view_mut())
            }
        }
    )*};
}

of_references! {
    ArrayRef<T, D>;
    ArrayBase<S, D>, S;
}
