//! Selections of indices: one index, a range with a step, everything; one for each dimension.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::IndexValue;

/// The selection in one dimension.
///
/// Ranges are clipped to the shape of the space, or at zero where it has none. In a space without
/// a shape, a selection with an open range (`..`, `2..`) selects among the tasks that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dim {
    /// One index.
    At(i64),
    /// Every `step`-th index from `start` on, `end` excluded; a negative step goes down from
    /// `start`.
    Range {
        /// First index; the lowest, or with a negative step the highest, if left out.
        start: Option<i64>,
        /// First index not selected; none if left out.
        end: Option<i64>,
        /// Distance between indices. Zero selects nothing.
        step: i64,
    },
}

impl Dim {
    /// One index.
    #[must_use]
    pub const fn at(index: i64) -> Self {
        Self::At(index)
    }

    /// A range of indices; see [`Dim::Range`].
    #[must_use]
    pub const fn range(start: Option<i64>, end: Option<i64>, step: i64) -> Self {
        Self::Range { start, end, step }
    }

    /// Whether the range has no far end of its own.
    pub(crate) const fn is_open(self) -> bool {
        match self {
            Self::At(_) => false,
            Self::Range { start, end, step } => {
                (step >= 0 && end.is_none()) || (step < 0 && start.is_none())
            }
        }
    }

    /// The selected indices within `bounds`, in order of selection. A range keeps the phase of its
    /// start, also where the start itself is clipped off.
    pub(crate) fn indices(self, bounds: &Range<i64>) -> Vec<i64> {
        let (start, end, step) = match self {
            Self::At(index) => {
                return bounds
                    .contains(&index)
                    .then_some(index)
                    .into_iter()
                    .collect();
            }
            Self::Range { step: 0, .. } => return Vec::new(),
            Self::Range { start, end, step } => (start, end, step),
        };
        // In i128 no distance between two indices overflows.
        let (low, high, by) = (
            i128::from(bounds.start),
            i128::from(bounds.end),
            i128::from(step),
        );
        let (first, last) = if by > 0 {
            let start = start.map_or(low, i128::from);
            let skipped = (low - start).max(0).div_euclid(by);
            let first = start + skipped * by;
            let first = if first < low { first + by } else { first };
            (first, end.map_or(high, |end| high.min(end.into())) - 1)
        } else {
            let start = start.map_or(high - 1, i128::from);
            let skipped = (start - (high - 1)).max(0).div_euclid(-by);
            let first = start + skipped * by;
            let first = if first >= high { first + by } else { first };
            (first, end.map_or(low, |end| low.max(i128::from(end) + 1)))
        };
        let count = if (last - first) * by.signum() < 0 {
            0
        } else {
            (last - first) / by + 1
        };
        // All in bounds, hence in i64.
        (0..count)
            .filter_map(|k| i64::try_from(first + k * by).ok())
            .collect()
    }
}

macro_rules! dims {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Dim {
            fn from(index: $integer) -> Self {
                Self::At(index.index_value())
            }
        }
    )*};
}
dims!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl<T: IndexValue> From<Range<T>> for Dim {
    fn from(range: Range<T>) -> Self {
        Self::range(
            Some(range.start.index_value()),
            Some(range.end.index_value()),
            1,
        )
    }
}

impl<T: IndexValue + Copy> From<RangeInclusive<T>> for Dim {
    fn from(range: RangeInclusive<T>) -> Self {
        let end = range.end().index_value().saturating_add(1);
        Self::range(Some(range.start().index_value()), Some(end), 1)
    }
}

impl<T: IndexValue> From<RangeFrom<T>> for Dim {
    fn from(range: RangeFrom<T>) -> Self {
        Self::range(Some(range.start.index_value()), None, 1)
    }
}

impl<T: IndexValue> From<RangeTo<T>> for Dim {
    fn from(range: RangeTo<T>) -> Self {
        Self::range(None, Some(range.end.index_value()), 1)
    }
}

impl<T: IndexValue> From<RangeToInclusive<T>> for Dim {
    fn from(range: RangeToInclusive<T>) -> Self {
        Self::range(None, Some(range.end.index_value().saturating_add(1)), 1)
    }
}

impl From<RangeFull> for Dim {
    fn from(_: RangeFull) -> Self {
        Self::range(None, None, 1)
    }
}

/// A range with a step, as in `Step(0..10, 2)`: in the macros' notation `0..10; 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<R>(pub R, pub i64);

impl<R: Into<Dim>> From<Step<R>> for Dim {
    fn from(Step(range, by): Step<R>) -> Self {
        match range.into() {
            Self::Range { start, end, .. } => Self::range(start, end, by),
            at @ Self::At(_) => at,
        }
    }
}

/// Selections for all dimensions: anything that makes a [`Dim`], or a tuple of such.
pub trait IntoDims {
    /// One selection a dimension.
    fn into_dims(self) -> Vec<Dim>;
}

impl<T: Into<Dim>> IntoDims for T {
    fn into_dims(self) -> Vec<Dim> {
        vec![self.into()]
    }
}

impl IntoDims for Vec<Dim> {
    fn into_dims(self) -> Vec<Dim> {
        self
    }
}

macro_rules! dim_tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: Into<Dim>),+> IntoDims for ($($name,)+) {
            #[expect(non_snake_case, reason = "type parameters double as variable names")]
            fn into_dims(self) -> Vec<Dim> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    )*};
}
dim_tuples!((A B)(A B C)(A B C D)(A B C D E)(A B C D E F));

#[cfg(test)]
mod tests {
    use super::*;

    fn select(start: Option<i64>, end: Option<i64>, step: i64) -> Vec<i64> {
        Dim::range(start, end, step).indices(&(0..6))
    }

    #[test]
    fn slices_are_clipped_and_stepped() {
        assert_eq!(select(Some(0), Some(3), 1), [0, 1, 2]);
        assert_eq!(select(Some(-3), Some(2), 1), [0, 1]);
        assert_eq!(
            select(Some(-3), None, 2),
            [1, 3, 5],
            "the phase of the start is kept"
        );
        assert_eq!(select(None, None, 1), [0, 1, 2, 3, 4, 5]);
        assert_eq!(select(Some(4), Some(100), 1), [4, 5]);
        assert_eq!(select(Some(3), Some(3), 1), [0_i64; 0]);
        assert_eq!(select(None, None, 0), [0_i64; 0]);
    }

    #[test]
    fn negative_steps_go_down() {
        assert_eq!(select(Some(5), Some(0), -2), [5, 3, 1]);
        assert_eq!(select(Some(9), None, -2), [5, 3, 1]);
        assert_eq!(select(None, None, -1), [5, 4, 3, 2, 1, 0]);
        assert_eq!(select(Some(0), Some(3), -1), [0_i64; 0]);
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert_eq!(select(Some(i64::MIN), Some(i64::MAX), 3).len(), 2);
        assert_eq!(select(Some(i64::MAX), Some(i64::MIN), i64::MIN), [0_i64; 0]);
        assert_eq!(Dim::At(-1).indices(&(0..6)), [0_i64; 0]);
    }
}
