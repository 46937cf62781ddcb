//! [`Reduction`]: an array to which many tasks contribute at the same time, each in a copy of its own.
#![expect(
    unsafe_code,
    reason = "the elements that a group of tasks contributes to, when the last of them ends"
)]

mod group;

use std::fmt;

use ndarray::{Array, ArrayView, ArrayViewMut, Dimension, Zip};

pub(crate) use group::{Group, Groups, Membership};

use super::access::Declared;
use super::array::dim_of;
use super::clause::AsReduction;
use super::order::Mode;
use super::{Element, PArray};
use crate::reference::TaskRef;
use crate::sync::{Arc, AtomicU64, Ordering, is_panicking};

/// An array, or a region of one, with an operator by which tasks contribute to it.
///
/// Tasks that declare to `reduce` the same one, with no other access between them, run in whatever
/// order, and at the same time. What uses the elements otherwise comes before or after all of them.
/// So it is with those that declare another reduction of the same elements: clones are the same one.
///
/// Each body has a private copy on the host, which is not placed on any other device. There are as
/// many copies as bodies run at the same time, and the last one to end combines them with the
/// elements, in whatever order: with floats, sums may differ from run to run in their last bits. If
/// a task fails, whatever comes after the others fails too, and what they have contributed may be
/// lost.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use parla_runtime::{PArray, TaskSpace};
/// let counts = PArray::from(vec![0_u32; 3]);
/// let sum = counts.reduction(0, |a, b| a + b);
/// let t = TaskSpace::new("T");
/// for i in 0..9 {
///     let (task, mut sum) = t.task(i).reduce(&sum);
///     task.spawn(move || sum.with(|mut counts| counts[i % 3] += 1));
/// }
/// assert_eq!(counts.read().wait()?.view().to_vec(), [3, 3, 3]);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Reduction<T, D> {
    array: PArray<T, D>,
    operator: Arc<Operator<T, D>>,
}

/// How contributions are combined.
struct Operator<T, D> {
    id: u64,
    identity: T,
    combine: Box<Combine<T, D>>,
}

type Combine<T, D> = dyn Fn(ArrayViewMut<'_, T, D>, ArrayView<'_, T, D>) + Send + Sync;

/// The right of a body to contribute to elements of an array: see [`TaskRef::reduce`].
///
/// What it contributes counts when it is dropped in the body, at its end at the latest. A body that
/// keeps it for longer loses what it and others have contributed.
pub struct ReduceAccess<T: Element, D: Dimension + 'static> {
    declared: Declared,
    membership: Arc<Membership>,
    operator: Arc<Operator<T, D>>,
    copy: Option<Array<T, D>>,
    /// Whether the body runs while the thread unwinds from another one.
    within_panic: bool,
}

impl<T: Element, D: Dimension + 'static> PArray<T, D> {
    /// Tasks can contribute to these elements at the same time: `combine` must give the same
    /// whatever comes first, and be associative; `identity` changes nothing.
    #[must_use]
    pub fn reduction(
        &self,
        identity: T,
        combine: impl Fn(T, T) -> T + Send + Sync + 'static,
    ) -> Reduction<T, D> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let combine = move |to: ArrayViewMut<'_, T, D>, from: ArrayView<'_, T, D>| {
            Zip::from(to)
                .and(from)
                .for_each(|to, from| *to = combine(*to, *from));
        };
        Reduction {
            array: self.clone(),
            operator: Arc::new(Operator {
                // Relaxed: only that numbers differ matters.
                id: NEXT.fetch_add(1, Ordering::Relaxed),
                identity,
                combine: Box::new(combine),
            }),
        }
    }
}

impl<T: Element, D: Dimension + 'static> AsReduction for Reduction<T, D> {
    type Access = ReduceAccess<T, D>;

    fn declare_reduce(&self, task: &mut TaskRef<'_>) -> ReduceAccess<T, D> {
        let mode = Mode::Reduce(self.operator.id);
        let membership = Arc::new(Membership::new());
        let member = Some(membership.clone());
        ReduceAccess {
            declared: Declared::of_member(self.array.shared_part(), mode, member, task),
            membership,
            operator: self.operator.clone(),
            copy: None,
            within_panic: false,
        }
    }
}

impl<T: Element, D: Dimension + 'static> ReduceAccess<T, D> {
    /// Contributes: the view is of elements that are the identity, or what other tasks have
    /// contributed.
    ///
    /// # Panics
    ///
    /// Outside of the body that declared it.
    #[track_caller]
    pub fn with<R>(&mut self, contribute: impl FnOnce(ArrayViewMut<'_, T, D>) -> R) -> R {
        contribute(self.get_mut())
    }

    /// The elements, for generated code.
    #[doc(hidden)]
    #[track_caller]
    pub fn get_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        self.declared.check_on_host();
        let (declared, operator) = (&self.declared, &self.operator);
        let copy = self.copy.get_or_insert_with(|| {
            self.within_panic = is_panicking();
            let known = self.membership.get().and_then(|group| group.take());
            let known = known.and_then(|copy| copy.downcast().ok());
            match known {
                Some(copy) => *copy,
                None => Array::from_elem(dim_of::<D>(declared.region()), operator.identity),
            }
        });
        copy.view_mut()
    }
}

impl<T: Element, D: Dimension + 'static> Drop for ReduceAccess<T, D> {
    fn drop(&mut self) {
        let Some(group) = self.membership.get() else {
            return; // The task was never spawned.
        };
        // Only as long as the task runs do those wait that use the elements.
        let has_failed = is_panicking() && !self.within_panic;
        if has_failed || !self.declared.is_in_task() {
            return group.leave();
        }
        let copy = self.copy.take().map(|copy| Box::new(copy) as _);
        group.end(copy, |copy| {
            if let Some(copy) = copy.downcast_ref::<Array<T, D>>() {
                // SAFETY: it is an array of that type. The task has declared to reduce the elements
                // and runs, so nobody touches them but others that have declared the same, and those
                // only here, one at a time.
                let elements = unsafe { self.declared.view_mut() };
                (self.operator.combine)(elements, copy.view());
            }
        });
    }
}

impl<T, D> Clone for Reduction<T, D> {
    fn clone(&self) -> Self {
        Self {
            array: self.array.clone(),
            operator: self.operator.clone(),
        }
    }
}

impl<T, D> fmt::Debug for Reduction<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.array.fmt(f)
    }
}

impl<T: Element, D: Dimension + 'static> fmt::Debug for ReduceAccess<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.declared.fmt(f)
    }
}
