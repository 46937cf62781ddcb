//! Shapes and strides in elements. Pure.

use ndarray::{Dimension, Ix2};
use parla_runtime::Layout;

/// The shape, and the distances between neighbours, in elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry<D> {
    shape: D,
    strides: D,
}

impl<D: Dimension> Geometry<D> {
    /// Of a layout that lies within a block, and the number of elements from the first to the last.
    pub(super) fn of<T>(layout: &Layout) -> Result<(Self, usize), String> {
        let size = size_of::<T>();
        if layout.element != size {
            let element = layout.element;
            return Err(format!(
                "elements of {element} bytes can't be seen as such of {size}"
            ));
        }
        let rank = layout.axes.len();
        if D::NDIM.is_some_and(|expected| expected != rank) {
            let expected = D::NDIM.unwrap_or_default();
            return Err(format!(
                "an array of {rank} dimensions can't be seen as one of {expected}"
            ));
        }
        if !layout.offset.is_multiple_of(align_of::<T>()) {
            let (offset, alignment) = (layout.offset, align_of::<T>());
            return Err(format!(
                "elements at byte {offset} are not aligned to {alignment} bytes"
            ));
        }
        let (mut shape, mut strides) = (D::zeros(rank), D::zeros(rank));
        let mut span = 1_usize;
        for (index, axis) in layout.axes.iter().enumerate() {
            // Those that matter go forward, as the place was checked.
            let stride = usize::try_from(axis.stride).unwrap_or(0);
            let steps = stride.checked_div(size).unwrap_or(0);
            if axis.len > 1 && steps * size != stride {
                return Err(format!(
                    "elements of {size} bytes can't be {stride} bytes apart in a view"
                ));
            }
            shape[index] = axis.len;
            strides[index] = steps;
            span = span.saturating_add(axis.len.saturating_sub(1).saturating_mul(steps));
        }
        let is_empty = shape.slice().contains(&0);
        Ok((Self { shape, strides }, if is_empty { 0 } else { span }))
    }

    /// Of elements that lie one behind the other, the last axis fastest.
    pub(super) fn packed(shape: &D) -> Self {
        let mut strides = D::zeros(shape.ndim());
        let mut stride = 1;
        for (axis, len) in shape.slice().iter().enumerate().rev() {
            strides[axis] = stride;
            stride *= len;
        }
        Self {
            shape: shape.clone(),
            strides,
        }
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    pub(super) fn strides(&self) -> &[usize] {
        self.strides.slice()
    }

    pub(super) fn dim(&self) -> D::Pattern {
        self.shape.clone().into_pattern()
    }

    pub(super) fn len(&self) -> usize {
        self.shape.size()
    }

    /// Whether the elements lie one behind the other, the last axis fastest.
    pub(super) fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        let axes = std::iter::zip(self.shape.slice(), self.strides.slice());
        self.len() == 0
            || axes.rev().all(|(len, stride)| {
                let fits = *len == 1 || *stride == expected;
                expected *= len;
                fits
            })
    }
}

impl Geometry<Ix2> {
    /// The distance between rows, if the elements of a row lie one behind the other.
    pub(super) fn leading_dimension(&self) -> Option<usize> {
        let (rows, columns) = self.dim();
        let (row, column) = (self.strides[0], self.strides[1]);
        if columns > 1 && column != 1 {
            return None;
        }
        // Of a single row it says nothing, but libraries check it.
        Some(if rows > 1 { row } else { row.max(columns) })
    }
}
