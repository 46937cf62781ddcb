//! What the clauses of a spawn about data take, and what the body gets for it.

use std::rc::Rc;

use ndarray::Dimension;

use super::access::Declared;
use super::order::Mode;
use super::reduction::Membership;
use super::{Element, PArray, Part, ReadAccess, Shared, SharedRead, SharedWrite, WriteAccess};
use crate::dependencies::Input;
use crate::device::BlockSlice;
use crate::graph::Dim;
use crate::handle::Task;
use crate::reference::TaskRef;
use crate::sync::{Arc, OnceLock};

/// An access that a spawn declares.
#[derive(Debug)]
pub(crate) struct AccessClause {
    pub(crate) part: Arc<Part>,
    pub(crate) mode: Mode,
    /// To be filled if the task is placed on a device with memory of its own.
    pub(crate) slot: Option<Arc<Slot>>,
    /// To be filled if it is a member of a reduction.
    pub(crate) member: Option<Arc<Membership>>,
}

/// Where a body finds its data.
pub(crate) type Slot = OnceLock<BlockSlice>;

/// What a body can read: the result of a task, an array or a region of one, a shared value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an `input`",
    label = "neither a task, nor a `PArray` or a region of one, nor `Shared`",
    note = "the body captures other values: use them by their names"
)]
pub trait AsInput {
    /// What the body has of it.
    type Access;

    /// Declares that the body of the task reads it.
    fn declare_input(&self, task: &mut TaskRef<'_>) -> Self::Access;
}

/// What a body can overwrite: an array, or a region of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an `output`",
    label = "neither a `PArray` nor a region of one"
)]
pub trait AsOutput {
    /// What the body has of it.
    type Access;

    /// Declares that the body of the task overwrites all of it without reading it.
    fn declare_output(&self, task: &mut TaskRef<'_>) -> Self::Access;
}

/// What a body can change: an array or a region of one, a shared value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an `inout`",
    label = "neither a `PArray` or a region of one, nor `Shared`"
)]
pub trait AsInout {
    /// What the body has of it.
    type Access;

    /// Declares that the body of the task reads it and changes it.
    fn declare_inout(&self, task: &mut TaskRef<'_>) -> Self::Access;

    /// Declares that the body of the task changes it in a way that can be swapped with that of
    /// others that declare the same: in whatever order, one at a time.
    fn declare_commute(&self, task: &mut TaskRef<'_>) -> Self::Access;
}

/// What bodies can contribute to, several at the same time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be reduced",
    label = "nothing that several tasks can contribute to at the same time",
    note = "`x.reduction(identity, operator)` makes a `Reduction` of a `PArray`"
)]
pub trait AsReduction {
    /// What the body has of it.
    type Access;

    /// Declares that the body of the task contributes to it.
    fn declare_reduce(&self, task: &mut TaskRef<'_>) -> Self::Access;
}

/// What `base[…]` is in those clauses.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no regions",
    label = "neither a `PArray` nor tiles of one",
    note = "the result of a task is read by its handle: `input = [task]`"
)]
pub trait SelectRegion {
    /// A region.
    type Region;

    /// The region. If there is no such region, the spawn of the task fails.
    fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> Self::Region;
}

impl<R> AsInput for Task<R> {
    type Access = Input<R>;

    fn declare_input(&self, task: &mut TaskRef<'_>) -> Input<R> {
        task.declare_dependency(self.node.clone());
        Input(self.clone())
    }
}

impl<T: Element, D: Dimension + 'static> AsInput for PArray<T, D> {
    type Access = ReadAccess<T, D>;

    fn declare_input(&self, task: &mut TaskRef<'_>) -> ReadAccess<T, D> {
        ReadAccess::new(self.declare(Mode::Read, task))
    }
}

impl<T: Element, D: Dimension + 'static> AsOutput for PArray<T, D> {
    type Access = WriteAccess<T, D>;

    fn declare_output(&self, task: &mut TaskRef<'_>) -> WriteAccess<T, D> {
        WriteAccess::new(self.declare(Mode::Write, task))
    }
}

impl<T: Element, D: Dimension + 'static> AsInout for PArray<T, D> {
    type Access = WriteAccess<T, D>;

    fn declare_inout(&self, task: &mut TaskRef<'_>) -> WriteAccess<T, D> {
        WriteAccess::new(self.declare(Mode::Update, task))
    }

    fn declare_commute(&self, task: &mut TaskRef<'_>) -> WriteAccess<T, D> {
        WriteAccess::new(self.declare(Mode::Commute, task))
    }
}

impl<T: Element, D: Dimension + 'static> PArray<T, D> {
    pub(super) fn declare(&self, mode: Mode, task: &mut TaskRef<'_>) -> Declared {
        Declared::new(self.shared_part(), mode, task)
    }
}

impl<T: Element, D: Dimension + 'static> SelectRegion for PArray<T, D> {
    type Region = Self;

    fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> Self {
        self.select(dims).unwrap_or_else(|mistake| {
            task.reject(mistake);
            self.nothing()
        })
    }
}

/// One of them, as in an index expression: of a list the index is not of elements, but of arrays or
/// tasks.
#[diagnostic::do_not_recommend]
impl<T: Clone> SelectRegion for [T] {
    type Region = T;

    #[track_caller]
    fn select_region(&self, dims: &[Dim], _: &mut TaskRef<'_>) -> T {
        let [Dim::At(index)] = dims else {
            panic!("of a list one is selected, by an index");
        };
        let at = usize::try_from(*index).ok().and_then(|at| self.get(at));
        at.cloned()
            .unwrap_or_else(|| panic!("there is no index {index} among {}", self.len()))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone, const N: usize> SelectRegion for [T; N] {
    type Region = T;

    #[track_caller]
    fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> T {
        self.as_slice().select_region(dims, task)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> SelectRegion for Vec<T> {
    type Region = T;

    #[track_caller]
    fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> T {
        self.as_slice().select_region(dims, task)
    }
}

/// What a pointer points at can be named by the pointer, as in method calls.
macro_rules! see_through {
    ($($pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: SelectRegion + ?Sized> SelectRegion for $pointer {
            type Region = T::Region;

            #[track_caller]
            fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> T::Region {
                (**self).select_region(dims, task)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: AsInput + ?Sized> AsInput for $pointer {
            type Access = T::Access;

            fn declare_input(&self, task: &mut TaskRef<'_>) -> T::Access {
                (**self).declare_input(task)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: AsOutput + ?Sized> AsOutput for $pointer {
            type Access = T::Access;

            fn declare_output(&self, task: &mut TaskRef<'_>) -> T::Access {
                (**self).declare_output(task)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: AsInout + ?Sized> AsInout for $pointer {
            type Access = T::Access;

            fn declare_inout(&self, task: &mut TaskRef<'_>) -> T::Access {
                (**self).declare_inout(task)
            }

            fn declare_commute(&self, task: &mut TaskRef<'_>) -> T::Access {
                (**self).declare_commute(task)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: AsReduction + ?Sized> AsReduction for $pointer {
            type Access = T::Access;

            fn declare_reduce(&self, task: &mut TaskRef<'_>) -> T::Access {
                (**self).declare_reduce(task)
            }
        }
    )*};
}

see_through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: Send + Sync + 'static> AsInput for Shared<T> {
    type Access = SharedRead<T>;

    fn declare_input(&self, task: &mut TaskRef<'_>) -> SharedRead<T> {
        SharedRead::new(Declared::new(self.part(), Mode::Read, task))
    }
}

impl<T: Send + Sync + 'static> AsInout for Shared<T> {
    type Access = SharedWrite<T>;

    fn declare_inout(&self, task: &mut TaskRef<'_>) -> SharedWrite<T> {
        SharedWrite::new(Declared::new(self.part(), Mode::Update, task))
    }

    fn declare_commute(&self, task: &mut TaskRef<'_>) -> SharedWrite<T> {
        SharedWrite::new(Declared::new(self.part(), Mode::Commute, task))
    }
}
