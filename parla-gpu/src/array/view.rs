//! What a body sees of an array on its GPU: a place in a block, with a shape.

use std::fmt;

use ndarray::{Dimension, Ix2};
use parla_runtime::{BlockSlice, DeviceId};

use super::geometry::Geometry;
use super::place::Place;
use crate::error::{GpuErrorKind, Result};
use crate::gpu::Gpu;
use crate::memory::{
    AsDeviceSlice, AsDeviceSliceMut, DeviceCopy, DeviceSlice, DeviceSliceMut, View,
};

/// Elements of an array in the memory of a GPU, to be read; perhaps with others between them.
///
/// A kernel takes it as it takes a slice: by the address of its first element. Where the others are
/// is for the kernel to know, from [`strides`](Self::strides) or
/// [`leading_dimension`](Self::leading_dimension):
///
/// ```
/// use ndarray::Ix2;
/// use parla_gpu::{DeviceView, DeviceViewMut, Gpu, Result, grid_for, kernels::blas};
///
/// /// Adds `x` to `y`, row by row.
/// fn add(gpu: &Gpu, x: &DeviceView<f32, Ix2>, y: &mut DeviceViewMut<f32, Ix2>) -> Result<()> {
///     let (rows, columns) = y.dim();
///     let (of_x, of_y) = (x.leading_dimension()?, y.leading_dimension()?);
///     for row in 0..rows {
///         let x = x.span().slice(row * of_x..row * of_x + columns);
///         let mut y = y.span_mut().into_slice(row * of_y..row * of_y + columns);
///         blas::saxpy(gpu, grid_for(columns), columns as u32, 1.0, &x, &mut y)?;
///     }
///     Ok(())
/// }
/// ```
pub struct DeviceView<'a, T, D> {
    span: DeviceSlice<'a, T>,
    geometry: Geometry<D>,
}

/// Elements of an array in the memory of a GPU that nobody else has a view of; perhaps with others
/// between them, which are not to be written. See [`DeviceView`].
pub struct DeviceViewMut<'a, T, D> {
    span: DeviceSliceMut<'a, T>,
    geometry: Geometry<D>,
}

macro_rules! shape_of_views {
    ($($view:ident)*) => {$(
        impl<T: DeviceCopy, D: Dimension> $view<'_, T, D> {
            /// The number of elements along each axis.
            #[must_use]
            pub fn shape(&self) -> &[usize] {
                self.geometry.shape()
            }

            /// As [`shape`](Self::shape), as a tuple: `let (rows, columns) = view.dim();`.
            #[must_use]
            pub fn dim(&self) -> D::Pattern {
                self.geometry.dim()
            }

            /// Along each axis the distance between neighbours, in elements.
            #[must_use]
            pub fn strides(&self) -> &[usize] {
                self.geometry.strides()
            }

            /// The number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                self.geometry.len()
            }

            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Whether the elements lie one behind the other, the last axis fastest.
            #[must_use]
            pub fn is_contiguous(&self) -> bool {
                self.geometry.is_contiguous()
            }

            /// The device in whose memory they are.
            #[must_use]
            pub fn device(&self) -> DeviceId {
                self.span.device()
            }
        }

        impl<T: DeviceCopy> $view<'_, T, Ix2> {
            /// The number of elements from the beginning of a row to that of the next: what
            /// libraries call `ld`.
            ///
            /// # Errors
            ///
            /// The elements of a row don't lie one behind the other.
            pub fn leading_dimension(&self) -> Result<usize> {
                let strided = || GpuErrorKind::Strided {
                    operation: "a leading dimension".into(),
                };
                Ok(self.geometry.leading_dimension().ok_or_else(strided)?)
            }
        }

        impl<T, D: Dimension> fmt::Debug for $view<'_, T, D> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (shape, strides) = (self.geometry.shape(), self.geometry.strides());
                write!(f, "shape {shape:?}, strides {strides:?}: {:?}", self.span)
            }
        }
    )*};
}

shape_of_views!(DeviceView DeviceViewMut);

impl<'a, T: DeviceCopy, D: Dimension> DeviceView<'a, T, D> {
    /// Elements that lie one behind the other, as many as that shape has.
    pub(crate) fn packed(elements: DeviceSlice<'a, T>, shape: &D) -> Self {
        debug_assert_eq!(elements.len(), shape.size(), "they have another shape");
        Self {
            span: elements,
            geometry: Geometry::packed(shape),
        }
    }

    /// The elements, if they lie one behind the other.
    #[must_use]
    pub fn as_slice(&self) -> Option<DeviceSlice<'a, T>> {
        self.is_contiguous().then_some(self.span)
    }

    /// All from the first element to the last, also what lies between them.
    #[must_use]
    pub fn span(&self) -> DeviceSlice<'a, T> {
        self.span
    }
}

impl<'a, T: DeviceCopy, D: Dimension> DeviceViewMut<'a, T, D> {
    /// As [`DeviceView::packed`].
    pub(crate) fn packed(elements: DeviceSliceMut<'a, T>, shape: &D) -> Self {
        debug_assert_eq!(elements.len(), shape.size(), "they have another shape");
        Self {
            span: elements,
            geometry: Geometry::packed(shape),
        }
    }

    /// The elements, if they lie one behind the other.
    #[must_use]
    pub fn into_slice_mut(self) -> Option<DeviceSliceMut<'a, T>> {
        self.is_contiguous().then_some(self.span)
    }

    /// The same, to be read.
    #[must_use]
    pub fn view(&self) -> DeviceView<'_, T, D> {
        DeviceView {
            span: self.span.slice(..),
            geometry: self.geometry.clone(),
        }
    }

    /// The same for a shorter time.
    #[must_use]
    pub fn view_mut(&mut self) -> DeviceViewMut<'_, T, D> {
        DeviceViewMut {
            span: self.span.slice_mut(..),
            geometry: self.geometry.clone(),
        }
    }

    /// The elements, if they lie one behind the other.
    #[must_use]
    pub fn as_slice_mut(&mut self) -> Option<DeviceSliceMut<'_, T>> {
        self.is_contiguous().then(|| self.span.slice_mut(..))
    }

    /// All from the first element to the last, also what lies between them.
    #[must_use]
    pub fn span_mut(&mut self) -> DeviceSliceMut<'_, T> {
        self.span.slice_mut(..)
    }
}

impl<T: DeviceCopy, D: Dimension> Clone for DeviceView<'_, T, D> {
    fn clone(&self) -> Self {
        Self {
            span: self.span,
            geometry: self.geometry.clone(),
        }
    }
}

impl<T: DeviceCopy, D: Dimension + Copy> Copy for DeviceView<'_, T, D> {}

impl<T: DeviceCopy, D: Dimension> AsDeviceSlice<T> for DeviceView<'_, T, D> {
    fn as_device_slice(&self) -> DeviceSlice<'_, T> {
        self.span
    }

    fn is_contiguous(&self) -> bool {
        self.geometry.is_contiguous()
    }
}

impl<T: DeviceCopy, D: Dimension> AsDeviceSlice<T> for DeviceViewMut<'_, T, D> {
    fn as_device_slice(&self) -> DeviceSlice<'_, T> {
        self.span.slice(..)
    }

    fn is_contiguous(&self) -> bool {
        self.geometry.is_contiguous()
    }
}

impl<T: DeviceCopy, D: Dimension> AsDeviceSliceMut<T> for DeviceViewMut<'_, T, D> {
    fn as_device_slice_mut(&mut self) -> DeviceSliceMut<'_, T> {
        self.span.slice_mut(..)
    }
}

/// The view of a body on what the runtime has put on its GPU.
///
/// # Errors
///
/// It is not there, or can't be seen as elements of that type and dimensions.
pub fn device_view<'a, T: DeviceCopy, D: Dimension>(
    slice: &'a BlockSlice,
    gpu: &Gpu,
) -> Result<DeviceView<'a, T, D>> {
    let (view, len, geometry) = see::<T, D>(slice, gpu)?;
    Ok(DeviceView {
        span: DeviceSlice::new(view, len),
        geometry,
    })
}

/// As [`device_view`], for a body that writes. The caller sees to it that no other body has a view
/// of these elements; should one have, work on them is still in some order.
///
/// # Errors
///
/// As [`device_view`].
pub fn device_view_mut<'a, T: DeviceCopy, D: Dimension>(
    slice: &'a BlockSlice,
    gpu: &Gpu,
) -> Result<DeviceViewMut<'a, T, D>> {
    let (view, len, geometry) = see::<T, D>(slice, gpu)?;
    Ok(DeviceViewMut {
        span: DeviceSliceMut::new(view, len),
        geometry,
    })
}

fn see<'a, T: DeviceCopy, D: Dimension>(
    slice: &'a BlockSlice,
    gpu: &Gpu,
) -> Result<(View<'a>, usize, Geometry<D>)> {
    let place = Place::here(gpu.home(), "the view of an array", slice);
    let Place { view, layout } = place.map_err(|error| error.within(gpu.task()))?;
    let (geometry, len) =
        Geometry::of::<T>(layout).map_err(|why| gpu.error(GpuErrorKind::InvalidLayout { why }))?;
    let offset = if len == 0 { 0 } else { layout.offset };
    Ok((
        view.part(offset as u64, (len * size_of::<T>()) as u64),
        len,
        geometry,
    ))
}
