//! [`PArray`]: an array that tasks declare to use, or a region of one.

use std::fmt;
use std::marker::PhantomData;

use ndarray::{Array, Dimension, Ix1, ShapeBuilder};
use smallvec::SmallVec;

use super::clause::AccessClause;
use super::datum::Datum;
use super::order::Mode;
use super::task_data::TaskData;
use super::{Element, Home, Part, Region, Span};
use crate::device::{Located, Placement};
use crate::graph::{Dim, IntoDims};
use crate::sync::Arc;

/// An n-dimensional array that tasks declare to use, with a copy on each device where one is needed;
/// or a region of one.
///
/// Handles are cheap to clone, and regions are handles too: all of the same array share its
/// elements. A task reaches the elements by the accesses that it declares, and those order tasks as
/// if they ran one after the other, as they were spawned: of two that share an element, which one of
/// them changes, the later one waits for the earlier one. If that fails, the later one does not run.
///
/// Handles may be used on any thread, and outlive the runtime.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use parla_runtime::{PArray, TaskSpace};
/// let x = PArray::from(vec![1.0, 2.0, 3.0, 4.0]);
/// let t = TaskSpace::new("T");
/// for (i, half) in [x.slice(..2), x.slice(2..)].into_iter().enumerate() {
///     let (task, mut half) = t.task(i).inout(&half);
///     task.spawn(move || half.get_mut().map_inplace(|it| *it *= 10.0));
/// }
/// assert_eq!(x.read().wait()?.view().sum(), 100.0);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct PArray<T, D> {
    part: Arc<Part>,
    elements: PhantomData<(fn() -> T, D)>,
}

impl<T: Element, D: Dimension + 'static> PArray<T, D> {
    /// The array becomes one that tasks can use. Nothing is copied, unless an axis runs backwards.
    #[must_use]
    pub fn new(array: Array<T, D>) -> Self {
        let runs_backwards = array.strides().iter().any(|stride| *stride < 0);
        let array = match runs_backwards {
            true => array.as_standard_layout().into_owned(),
            false => array,
        };
        let shape: SmallVec<[usize; 4]> = array.shape().into();
        let whole = Region::whole(&shape);
        Self {
            part: Part::new(Datum::new(Home::of_array(array), shape), whole),
            elements: PhantomData,
        }
    }

    /// An array in which all bytes are zero. The system provides its memory when it is first used:
    /// an array that is only ever used on a device takes none on the host.
    ///
    /// # Panics
    ///
    /// If there is no memory of that size.
    #[must_use]
    #[track_caller]
    pub fn zeros(shape: impl ShapeBuilder<Dim = D>) -> Self
    where
        T: bytemuck::Zeroable,
    {
        let shape = shape.into_shape_with_order();
        let lens = shape.raw_dim().slice().iter();
        let count = lens.copied().try_fold(1, usize::checked_mul);
        let elements = count.and_then(|count| bytemuck::allocation::try_zeroed_vec(count).ok());
        let array = elements.map(|elements| Array::from_shape_vec(shape.clone(), elements));
        match array {
            Some(Ok(array)) => Self::new(array),
            _ => panic!(
                "there is no memory for an array of shape {:?}",
                shape.raw_dim()
            ),
        }
    }

    /// The array has that home.
    #[cfg(feature = "mmap")]
    pub(super) fn of_home(home: Home, shape: &[usize]) -> Self {
        Self {
            part: Part::new(
                Datum::new(home, shape.iter().copied()),
                Region::whole(shape),
            ),
            elements: PhantomData,
        }
    }

    /// An array of copies of `element`.
    #[must_use]
    pub fn from_elem(shape: impl ShapeBuilder<Dim = D>, element: T) -> Self {
        Self::new(Array::from_elem(shape, element))
    }

    /// An array whose elements are made of their indices.
    #[must_use]
    pub fn from_fn(
        shape: impl ShapeBuilder<Dim = D>,
        element: impl FnMut(D::Pattern) -> T,
    ) -> Self {
        Self::new(Array::from_shape_fn(shape, element))
    }

    /// Gives the array a name for errors and traces; the first one stays.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.datum().set_name(name.into());
        self
    }

    /// The number of elements along each axis, as `ndarray` gives it: `let (rows, columns) = x.dim();`.
    #[must_use]
    pub fn dim(&self) -> D::Pattern {
        self.raw_dim().into_pattern()
    }

    /// As [`dim`](Self::dim), as the shape of another array: `PArray::zeros(x.raw_dim())`.
    #[must_use]
    pub fn raw_dim(&self) -> D {
        dim_of(self.region())
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.region().count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.region().is_empty()
    }

    /// A region: along each axis a range, one with a [`Step`](crate::Step), or an index, which
    /// selects one element and keeps the axis. Axes that are left out are selected as a whole.
    /// Ranges are clipped to the array.
    ///
    /// ```
    /// # use parla_runtime::PArray;
    /// let x = PArray::from_elem((4, 6), 0_u8);
    /// assert_eq!(x.slice((1, 2..)).dim(), (1, 4));
    /// assert_eq!(x.slice(..2).slice((.., 5..9)).dim(), (2, 1));
    /// ```
    ///
    /// # Panics
    ///
    /// If an index is not in the array, if a range runs backwards, or if there are more selections
    /// than axes.
    #[must_use]
    #[track_caller]
    pub fn slice(&self, dims: impl IntoDims) -> Self {
        match self.select(&dims.into_dims()) {
            Ok(region) => region,
            Err(mistake) => panic!("{mistake}"),
        }
    }

    /// As [`slice`](Self::slice); the error says what is wrong with the selection.
    pub(crate) fn select(&self, dims: &[Dim]) -> Result<Self, String> {
        let rank = self.datum().shape().len();
        if dims.len() > rank {
            let given = dims.len();
            return Err(format!(
                "{given} selections for `{}`, which has {rank} axes",
                self.datum()
            ));
        }
        let all = Dim::range(None, None, 1);
        let selected = dims.iter().chain(std::iter::repeat(&all));
        let spans = std::iter::zip(self.region().shape(), selected).enumerate();
        let spans: Result<SmallVec<[Span; 4]>, String> = spans
            .map(|(axis, (len, dim))| {
                let mistake = |it| format!("axis {axis} of `{}`: {it}", self.datum());
                span(*dim, len).map_err(mistake)
            })
            .collect();
        Ok(self.part(self.region().select(&Region::new(spans?))))
    }

    /// What stands for a region that there isn't.
    pub(super) fn nothing(&self) -> Self {
        let spans = self.region().spans().iter();
        self.part(Region::new(spans.map(|_| Span::EMPTY)))
    }

    /// Another region of the same array.
    pub(crate) fn part(&self, region: Region) -> Self {
        Self {
            part: Part::new(self.datum().clone(), region),
            elements: PhantomData,
        }
    }

    pub(crate) fn into_part(self) -> Arc<Part> {
        self.part
    }
}

impl<T, D> PArray<T, D> {
    pub(crate) fn datum(&self) -> &Arc<Datum> {
        &self.part.datum
    }

    pub(crate) fn shared_part(&self) -> &Arc<Part> {
        &self.part
    }

    pub(crate) fn region(&self) -> &Region {
        &self.part.region
    }
}

impl<T, D> Located for PArray<T, D> {
    /// The device that has most of it when the task is ready.
    fn location(&self) -> Placement {
        let clause = AccessClause {
            part: self.part.clone(),
            mode: Mode::Read,
            slot: None,
            member: None,
        };
        Placement::near_data(TaskData::new([clause]))
    }
}

/// The number of elements of a region along each axis.
pub(crate) fn dim_of<D: Dimension>(region: &Region) -> D {
    let mut dim = D::zeros(region.spans().len());
    std::iter::zip(dim.slice_mut(), region.shape()).for_each(|(to, len)| *to = len);
    dim
}

/// What a selection is along an axis of that length.
fn span(dim: Dim, len: usize) -> Result<Span, String> {
    match dim {
        Dim::At(index) => {
            let at = usize::try_from(index).ok().filter(|at| *at < len);
            let at = at.ok_or_else(|| format!("there is no index {index} among {len}"))?;
            Ok(Span::new(at, 1, 1))
        }
        Dim::Range { start, end, step } => {
            let Some(step) = usize::try_from(step).ok().filter(|step| *step > 0) else {
                return Err(format!("a region counts upwards, not by {step}"));
            };
            let start = start.unwrap_or(0);
            // A start before the array keeps its phase.
            let before = usize::try_from(start.min(0).unsigned_abs()).unwrap_or(usize::MAX);
            let start = match usize::try_from(start) {
                Ok(start) => start,
                Err(_) => before
                    .checked_next_multiple_of(step)
                    .map_or(len, |skipped| skipped - before),
            };
            let end = end.map_or(len, |end| usize::try_from(end).unwrap_or(0).min(len));
            Ok(Span::new(
                start,
                end.saturating_sub(start).div_ceil(step),
                step,
            ))
        }
    }
}

impl<T, D> Clone for PArray<T, D> {
    fn clone(&self) -> Self {
        Self {
            part: self.part.clone(),
            elements: PhantomData,
        }
    }
}

impl<T: Element, D: Dimension + 'static> From<Array<T, D>> for PArray<T, D> {
    fn from(array: Array<T, D>) -> Self {
        Self::new(array)
    }
}

impl<T: Element> From<Vec<T>> for PArray<T, Ix1> {
    fn from(elements: Vec<T>) -> Self {
        Self::new(Array::from_vec(elements))
    }
}

impl<T, D> fmt::Debug for PArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.part, f)
    }
}
