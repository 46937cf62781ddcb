//! What a body has of the data that its task declares to use: rights that are checked when they are
//! exercised.
#![expect(
    unsafe_code,
    reason = "views of elements that the order of tasks keeps for one task at a time"
)]

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use ndarray::{ArrayView, ArrayViewMut, Dimension, ShapeBuilder, StrideShape};

use super::array::dim_of;
use super::clause::{AccessClause, Slot};
use super::order::Mode;
use super::reduction::Membership;
use super::{Element, Part, Region};
use crate::device::BlockSlice;
use crate::reference::TaskRef;
use crate::sync::Arc;
use crate::task::NodeRef;
use crate::worker::context;

/// An access that a task has declared.
pub(super) struct Declared {
    part: Arc<Part>,
    /// The task. No other may use the data by this access.
    task: NodeRef,
    /// Where the elements are, if a task may find them on a device at all.
    slot: Option<Arc<Slot>>,
}

/// The right of a body to read elements of an array: see [`TaskRef::input`].
pub struct ReadAccess<T, D> {
    declared: Declared,
    elements: PhantomData<(fn() -> T, D)>,
}

/// The right of a body to change elements of an array: see [`TaskRef::output`], [`TaskRef::inout`],
/// [`TaskRef::commute`].
pub struct WriteAccess<T, D> {
    declared: Declared,
    elements: PhantomData<(fn() -> T, D)>,
}

/// The right of a body to read a [`Shared`](crate::Shared) value.
pub struct SharedRead<T> {
    declared: Declared,
    value: PhantomData<fn() -> T>,
}

/// The right of a body to change a [`Shared`](crate::Shared) value.
pub struct SharedWrite<T> {
    declared: Declared,
    value: PhantomData<fn() -> T>,
}

impl Declared {
    /// Declares that the task uses a region, whose elements have the type that `self` is used with.
    pub(super) fn new(part: &Arc<Part>, mode: Mode, task: &mut TaskRef<'_>) -> Self {
        Self::of_member(part, mode, None, task)
    }

    /// As [`new`](Self::new), of a member of a reduction.
    pub(super) fn of_member(
        part: &Arc<Part>,
        mode: Mode,
        member: Option<Arc<Membership>>,
        task: &mut TaskRef<'_>,
    ) -> Self {
        let slot = task.finds_data_on_devices().then(|| Arc::new(Slot::new()));
        task.declare_access(AccessClause {
            part: part.clone(),
            mode,
            slot: slot.clone(),
            member,
        });
        Self {
            part: part.clone(),
            task: task.node().clone(),
            slot,
        }
    }

    /// Whether this is in the body of the task.
    pub(super) fn is_in_task(&self) -> bool {
        context::is_in_task(&self.task)
    }

    /// # Panics
    ///
    /// Anywhere but in the body of the task.
    #[track_caller]
    fn check(&self) {
        assert!(
            self.is_in_task(),
            "`{}` was used outside of the body of `{}`, which declared to use it",
            self.part,
            self.task.name()
        );
    }

    /// # Panics
    ///
    /// Anywhere but in the body of the task, on the host.
    #[track_caller]
    pub(super) fn check_on_host(&self) {
        self.check();
        if let Some(slice) = self.on_device() {
            panic!(
                "`{}` is on {} while `{}` runs there: take a `gpu: &Gpu` to use it",
                self.part,
                slice.block.device(),
                self.task.name()
            );
        }
    }

    fn on_device(&self) -> Option<&BlockSlice> {
        self.slot.as_ref()?.get()
    }

    pub(super) fn region(&self) -> &Region {
        &self.part.region
    }

    /// Where it is on the host.
    fn address(&self) -> NonNull<u8> {
        self.part.datum.home().address(&self.part.region)
    }

    /// A view of the elements on the host.
    ///
    /// # Safety
    ///
    /// `T` is the type of the elements, and nobody writes them during `'a`.
    pub(super) unsafe fn view<'a, T: Element, D: Dimension>(&self) -> ArrayView<'a, T, D> {
        // SAFETY: the caller's promise.
        unsafe { view(&self.part) }
    }

    /// A view of the elements on the host.
    ///
    /// # Safety
    ///
    /// `T` is the type of the elements, and nobody else touches them during `'a`.
    pub(super) unsafe fn view_mut<'a, T: Element, D: Dimension>(&self) -> ArrayViewMut<'a, T, D> {
        // SAFETY: the caller's promise.
        unsafe { view_mut(&self.part) }
    }
}

/// A view of a region at home.
///
/// # Safety
///
/// `T` is the type of the elements, and nobody writes them during `'a`.
pub(super) unsafe fn view<'a, T: Element, D: Dimension>(part: &Part) -> ArrayView<'a, T, D> {
    let first = part.datum.home().address(&part.region).cast::<T>().as_ptr();
    let shape = strided_shape::<D>(part);
    // SAFETY: the region lies in the array, and its home has these strides. The rest is the
    // caller's promise.
    unsafe { ArrayView::from_shape_ptr(shape, first) }
}

/// A view of a region at home.
///
/// # Safety
///
/// `T` is the type of the elements, and nobody else touches them during `'a`.
pub(super) unsafe fn view_mut<'a, T: Element, D: Dimension>(part: &Part) -> ArrayViewMut<'a, T, D> {
    let first = part.datum.home().address(&part.region).cast::<T>().as_ptr();
    let shape = strided_shape::<D>(part);
    // SAFETY: as in `view`; no two indices mean the same element.
    unsafe { ArrayViewMut::from_shape_ptr(shape, first) }
}

/// The strides don't run backwards.
fn strided_shape<D: Dimension>(part: &Part) -> StrideShape<D> {
    let dim = dim_of::<D>(&part.region);
    if part.region.is_empty() {
        // Those of its home mean nothing, and a view is particular about them.
        return dim.into();
    }
    let mut by_axis = D::zeros(dim.ndim());
    let strides = part.datum.home().strides(&part.region);
    std::iter::zip(by_axis.slice_mut(), strides).for_each(|(to, stride)| *to = stride as usize);
    dim.strides(by_axis)
}

impl<T: Element, D: Dimension> ReadAccess<T, D> {
    pub(super) fn new(declared: Declared) -> Self {
        Self {
            declared,
            elements: PhantomData,
        }
    }

    /// Reads the elements, on the host.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it, and in a task that was placed on a device with memory
    /// of its own.
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(ArrayView<'_, T, D>) -> R) -> R {
        read(self.get())
    }

    /// The elements, for generated code, which does not leak `self`.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> ArrayView<'_, T, D> {
        self.declared.check_on_host();
        // SAFETY: `T` is the type of the array that the access was made of. The task has declared
        // to read it and runs, so nobody writes it while `self` is borrowed in its body.
        unsafe { self.declared.view() }
    }

    /// Where the elements are, if the task was placed on a device with memory of its own.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it.
    #[must_use]
    #[track_caller]
    pub fn on_device(&self) -> Option<&BlockSlice> {
        self.declared.check();
        self.declared.on_device()
    }
}

impl<T: Element, D: Dimension> WriteAccess<T, D> {
    pub(super) fn new(declared: Declared) -> Self {
        Self {
            declared,
            elements: PhantomData,
        }
    }

    /// Changes the elements, on the host. After `output` they are whatever was there before.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it, and in a task that was placed on a device with memory
    /// of its own.
    #[track_caller]
    pub fn with<R>(&mut self, change: impl FnOnce(ArrayViewMut<'_, T, D>) -> R) -> R {
        change(self.get_mut())
    }

    /// The elements, for generated code, which does not leak `self`.
    #[doc(hidden)]
    #[track_caller]
    pub fn get_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        self.declared.check_on_host();
        // SAFETY: `T` is the type of the array that the access was made of. The task has declared
        // to change it and runs, so nobody else touches it until the body has ended, which owns
        // `self`; it has declared nothing else that overlaps.
        unsafe { self.declared.view_mut() }
    }

    /// Where the elements are, if the task was placed on a device with memory of its own.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it.
    #[must_use]
    #[track_caller]
    pub fn on_device(&mut self) -> Option<&BlockSlice> {
        self.declared.check();
        self.declared.on_device()
    }
}

impl<T: Send + Sync + 'static> SharedRead<T> {
    pub(super) fn new(declared: Declared) -> Self {
        Self {
            declared,
            value: PhantomData,
        }
    }

    /// Reads the value.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it.
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(self.get())
    }

    /// The value, for generated code, which does not leak `self`.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> &T {
        self.declared.check();
        let value = self.declared.address();
        // SAFETY: the home has a `T`, which the task has declared to read; it runs, so nobody
        // changes it while `self` is borrowed in its body.
        unsafe { value.cast::<T>().as_ref() }
    }
}

impl<T: Send + Sync + 'static> SharedWrite<T> {
    pub(super) fn new(declared: Declared) -> Self {
        Self {
            declared,
            value: PhantomData,
        }
    }

    /// Changes the value.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it.
    #[track_caller]
    pub fn with<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        change(self.get_mut())
    }

    /// The value, for generated code, which does not leak `self`.
    #[doc(hidden)]
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        self.declared.check();
        let value = self.declared.address();
        // SAFETY: the home has a `T`, which the task has declared to change; it runs, so nobody
        // else touches it while `self` is borrowed in its body.
        unsafe { value.cast::<T>().as_mut() }
    }
}

impl fmt::Debug for Declared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` for `{}`", self.part, self.task.name())
    }
}

macro_rules! debug {
    ($($access:ident<$($parameter:ident),*>),*) => {$(
        impl<$($parameter),*> fmt::Debug for $access<$($parameter),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.declared.fmt(f)
            }
        }
    )*};
}

debug!(ReadAccess<T, D>, WriteAccess<T, D>, SharedRead<T>, SharedWrite<T>);
