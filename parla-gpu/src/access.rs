//! What a body on a GPU has of the data that its task declares to use.

use ndarray::Dimension;
use parla_runtime::__private::AccessArgument;
use parla_runtime::{BlockSlice, Element, Input, ReadAccess, SharedRead, SharedWrite, WriteAccess};

use crate::array::{DeviceView, DeviceViewMut, device_view, device_view_mut};
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::gpu::Gpu;
use crate::variant::{
    OnGpuSlice, OnGpuSliceMut, OnGpuView, OnGpuViewMut, SliceArgument, SliceArgumentMut,
    ViewArgument, ViewArgumentMut,
};

/// What `input` gives a body that takes a GPU.
pub trait OnGpu {
    /// What it reads.
    type View<'a>
    where
        Self: 'a;

    /// What it reads.
    ///
    /// # Panics
    ///
    /// If the data is not on that GPU: outside of the body of the task.
    fn on_gpu<'a>(&'a self, gpu: &'a Gpu) -> Self::View<'a>;
}

/// What the other clauses give a body that takes a GPU.
pub trait OnGpuMut {
    /// What it changes.
    type View<'a>
    where
        Self: 'a;

    /// What it changes.
    ///
    /// # Panics
    ///
    /// As [`OnGpu::on_gpu`].
    fn on_gpu_mut<'a>(&'a mut self, gpu: &'a Gpu) -> Self::View<'a>;
}

impl<R> OnGpu for Input<R> {
    type View<'a>
        = &'a R
    where
        Self: 'a;

    fn on_gpu<'a>(&'a self, _: &'a Gpu) -> &'a R {
        self.get()
    }
}

impl<T: Send + Sync + 'static> OnGpu for SharedRead<T> {
    type View<'a> = &'a T;

    fn on_gpu<'a>(&'a self, _: &'a Gpu) -> &'a T {
        self.get()
    }
}

impl<T: Send + Sync + 'static> OnGpuMut for SharedWrite<T> {
    type View<'a> = &'a mut T;

    fn on_gpu_mut<'a>(&'a mut self, _: &'a Gpu) -> &'a mut T {
        self.get_mut()
    }
}

impl<T: Element, D: Dimension + 'static> OnGpu for ReadAccess<T, D> {
    type View<'a> = DeviceView<'a, T::OnDevice, D>;

    #[track_caller]
    fn on_gpu<'a>(&'a self, gpu: &'a Gpu) -> Self::View<'a> {
        shown(self.on_device(), |slice| device_view(slice, gpu))
    }
}

impl<T: Element, D: Dimension + 'static> OnGpuMut for WriteAccess<T, D> {
    type View<'a> = DeviceViewMut<'a, T::OnDevice, D>;

    #[track_caller]
    fn on_gpu_mut<'a>(&'a mut self, gpu: &'a Gpu) -> Self::View<'a> {
        shown(self.on_device(), |slice| device_view_mut(slice, gpu))
    }
}

/// The view of what a task placed on a GPU finds there.
#[track_caller]
fn shown<'a, View>(
    slice: Option<&'a BlockSlice>,
    view: impl FnOnce(&'a BlockSlice) -> Result<View>,
) -> View {
    let view = slice.ok_or_else(not_there).and_then(view);
    view.unwrap_or_else(|error| panic!("{error}"))
}

fn not_there() -> GpuError {
    GpuErrorKind::NotAGpuTask.into()
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> SliceArgument<T::OnDevice>
    for AccessArgument<&ReadAccess<T, D>>
{
    fn on_gpu(&mut self) -> Result<OnGpuSlice<'_, T::OnDevice>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        let view: DeviceView<'_, T::OnDevice, D> = device_view(slice, &Gpu::current()?)?;
        Ok(OnGpuSlice::Array(view.as_slice().ok_or_else(strided)?))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> SliceArgument<T::OnDevice>
    for AccessArgument<&mut WriteAccess<T, D>>
{
    fn on_gpu(&mut self) -> Result<OnGpuSlice<'_, T::OnDevice>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        let view: DeviceView<'_, T::OnDevice, D> = device_view(slice, &Gpu::current()?)?;
        Ok(OnGpuSlice::Array(view.as_slice().ok_or_else(strided)?))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> SliceArgumentMut<T::OnDevice>
    for AccessArgument<&mut WriteAccess<T, D>>
{
    fn on_gpu_mut(&mut self) -> Result<OnGpuSliceMut<'_, T::OnDevice>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        let view: DeviceViewMut<'_, T::OnDevice, D> = device_view_mut(slice, &Gpu::current()?)?;
        let slice = view.into_slice_mut().ok_or_else(strided)?;
        Ok(OnGpuSliceMut::Array(slice))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> ViewArgument<T::OnDevice, D>
    for AccessArgument<&ReadAccess<T, D>>
{
    fn on_gpu(&mut self) -> Result<OnGpuView<'_, T::OnDevice, D>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        device_view(slice, &Gpu::current()?).map(OnGpuView::Array)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> ViewArgument<T::OnDevice, D>
    for AccessArgument<&mut WriteAccess<T, D>>
{
    fn on_gpu(&mut self) -> Result<OnGpuView<'_, T::OnDevice, D>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        device_view(slice, &Gpu::current()?).map(OnGpuView::Array)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, D: Dimension + 'static> ViewArgumentMut<T::OnDevice, D>
    for AccessArgument<&mut WriteAccess<T, D>>
{
    fn on_gpu_mut(&mut self) -> Result<OnGpuViewMut<'_, T::OnDevice, D>> {
        let slice = self.0.on_device().ok_or_else(not_there)?;
        device_view_mut(slice, &Gpu::current()?).map(OnGpuViewMut::Array)
    }
}

fn strided() -> GpuError {
    GpuErrorKind::Strided {
        operation: "a variant that takes a slice".into(),
    }
    .into()
}
