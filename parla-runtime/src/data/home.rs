//! The home of an array: its memory on the host.
#![expect(
    unsafe_code,
    reason = "the memory that many tasks use at once, each its own elements"
)]

use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::ptr::NonNull;

use ndarray::{Array, Dimension};
use smallvec::SmallVec;

use super::{Element, Region};
use crate::device::{Axis, Layout};

/// The elements on the host: of whatever type, in whatever order.
pub(crate) struct Home {
    /// The first element, by index.
    first: NonNull<u8>,
    /// The size of an element.
    element: usize,
    /// From one index to the next along each axis, in elements.
    strides: SmallVec<[isize; 4]>,
    is_valid: fn(&[u8]) -> bool,
    /// What owns the memory.
    owner: Box<dyn Any + Send + Sync>,
}

/// What is only used through pointers.
struct Owned<O>(UnsafeCell<O>);

// SAFETY: nobody reaches it but through `Home`, whose users see to it that no two threads use the
// same element at once, unless both read it. What is owned is `Send` and `Sync`, as is shown where
// one is made.
unsafe impl<O: Send + Sync> Sync for Owned<O> {}

// SAFETY: as above; the pointer is to what `owner` owns.
unsafe impl Send for Home {}

// SAFETY: as above.
unsafe impl Sync for Home {}

impl Home {
    /// The array becomes the home. Its axes must not run backwards.
    pub(crate) fn of_array<T: Element, D: Dimension + 'static>(array: Array<T, D>) -> Self {
        debug_assert!(array.strides().iter().all(|stride| *stride >= 0));
        let strides = array.strides().into();
        let (first, owner) = own(array, Array::as_mut_ptr);
        Self {
            first: first.cast(),
            element: size_of::<T>(),
            strides,
            is_valid: T::is_valid,
            owner,
        }
    }

    /// What the pointer is to becomes the home of an array, row by row, all zeros or other elements.
    #[cfg(feature = "mmap")]
    pub(crate) fn of_rows<T: Element, O: Send + Sync + 'static>(
        owner: O,
        first: impl FnOnce(&mut O) -> *mut T,
        shape: &[usize],
    ) -> Self {
        let (first, owner) = own(owner, first);
        let mut strides: SmallVec<[isize; 4]> = SmallVec::from_elem(1, shape.len());
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis].max(1) as isize;
        }
        Self {
            first: first.cast(),
            element: size_of::<T>(),
            strides,
            is_valid: T::is_valid,
            owner,
        }
    }

    /// A value that only the host uses.
    pub(crate) fn of_value<T: Send + Sync + 'static>(value: T) -> Self {
        let (first, owner) = own(value, std::ptr::from_mut);
        Self {
            first: first.cast(),
            element: size_of::<T>(),
            strides: SmallVec::new(),
            is_valid: |_| true,
            owner,
        }
    }

    /// What became the home, if it was an `O`.
    pub(crate) fn into_owner<O: Send + Sync + 'static>(self) -> Option<O> {
        let owned: Box<Owned<O>> = self.owner.downcast().ok()?;
        Some(owned.0.into_inner())
    }

    /// Whether an `O` became the home.
    pub(crate) fn is_of<O: Send + Sync + 'static>(&self) -> bool {
        self.owner.is::<Owned<O>>()
    }

    /// The size of an element.
    pub(crate) fn element(&self) -> usize {
        self.element
    }

    /// Where the first element of a region is.
    pub(crate) fn address(&self, region: &Region) -> NonNull<u8> {
        if region.is_empty() {
            return self.first;
        }
        let spans = std::iter::zip(region.spans(), &self.strides);
        let offset: isize = spans
            .map(|(span, stride)| span.start() as isize * stride)
            .sum();
        // SAFETY: the element lies in the array, since the region does.
        unsafe { self.first.offset(offset * self.element as isize) }
    }

    /// From one index of a region to the next, along each axis, in elements.
    pub(crate) fn strides(&self, region: &Region) -> impl Iterator<Item = isize> {
        let spans = std::iter::zip(region.spans(), &self.strides);
        spans.map(|(span, stride)| span.step() as isize * stride)
    }

    /// Whether these bytes may become elements.
    pub(crate) fn is_valid(&self, bytes: &[u8]) -> bool {
        (self.is_valid)(bytes)
    }

    /// The bytes from one element of a region to the next, and from its first.
    pub(crate) fn layout(&self, region: &Region) -> Layout {
        let axis = |(len, stride)| Axis {
            len,
            stride: stride * self.element as isize,
        };
        Layout {
            element: self.element,
            offset: 0,
            axes: std::iter::zip(region.shape(), self.strides(region))
                .map(axis)
                .collect(),
        }
    }
}

/// Puts a value where it stays, and shows where what it holds begins.
fn own<O: Send + Sync + 'static, P>(
    value: O,
    pointer: impl FnOnce(&mut O) -> *mut P,
) -> (NonNull<P>, Box<dyn Any + Send + Sync>) {
    let owned = Box::new(Owned(UnsafeCell::new(value)));
    // SAFETY: nobody else has it yet.
    let first = pointer(unsafe { &mut *owned.0.get() });
    (NonNull::new(first).unwrap_or(NonNull::dangling()), owned)
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("element", &self.element)
            .field("strides", &self.strides)
            .finish_non_exhaustive()
    }
}
