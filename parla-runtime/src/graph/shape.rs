//! The shape of a space: which indices name a task, by what number, and what a selection selects.

use std::collections::HashSet;

use super::{Dim, Index};

/// The extents of a space, or none, where every index of at least one dimension names a task
/// unless a part of it is negative or `i64::MAX`, which stands for what doesn't fit.
#[derive(Debug)]
pub(crate) struct Shape(Option<Vec<i64>>);

impl Shape {
    pub(crate) fn new(extents: Option<Vec<i64>>) -> Self {
        Self(extents)
    }

    #[inline]
    pub(crate) fn extents(&self) -> Option<&[i64]> {
        self.0.as_deref()
    }

    /// Whether the index names a task.
    #[inline]
    pub(crate) fn contains(&self, index: &Index) -> bool {
        let indices = index.as_slice();
        match &self.0 {
            None => !indices.is_empty() && indices.iter().all(|i| (0..i64::MAX).contains(i)),
            Some(shape) => {
                let within = |(i, extent): (&i64, &i64)| (0..*extent).contains(i);
                indices.len() == shape.len() && indices.iter().zip(shape).all(within)
            }
        }
    }

    /// An index that names a task as one number, if that fits: itself in one dimension, row-major
    /// in a shape.
    #[inline]
    pub(crate) fn linear(&self, index: &Index) -> Option<u64> {
        let linear = match (&self.0, index.as_slice()) {
            (None, [i]) => *i,
            (None, _) => return None,
            (Some(shape), indices) => {
                let mut both = indices.iter().zip(shape);
                both.try_fold(0i64, |sum, (i, extent)| {
                    sum.checked_mul(*extent)?.checked_add(*i)
                })?
            }
        };
        u64::try_from(linear).ok()
    }

    /// As [`linear`](Self::linear), for any index.
    #[inline]
    pub(crate) fn linear_inside(&self, index: &Index) -> Option<u64> {
        // The most frequent kinds need no loops.
        match (self.extents(), index) {
            (None, &Index::One([i])) if i < i64::MAX => u64::try_from(i).ok(),
            (Some(&[rows, columns]), &Index::Two([i, j])) => {
                let inside = (0..rows).contains(&i) && (0..columns).contains(&j);
                let linear = inside.then(|| i.checked_mul(columns)?.checked_add(j));
                u64::try_from(linear??).ok()
            }
            _ => self.linear_inside_any(index),
        }
    }

    fn linear_inside_any(&self, index: &Index) -> Option<u64> {
        self.contains(index).then(|| self.linear(index))?
    }

    /// The index that [`linear`](Self::linear) makes that number of.
    pub(crate) fn index_at(&self, linear: u64) -> Index {
        let mut left = i64::try_from(linear).unwrap_or(i64::MAX);
        match self.extents() {
            None | Some([_]) => Index::One([left]),
            Some([_, columns]) => Index::Two([left / columns, left % columns]),
            Some(shape) => {
                let mut indices = vec![0; shape.len()];
                for (index, extent) in indices.iter_mut().zip(shape).rev() {
                    *index = left % extent;
                    left /= extent;
                }
                Index::from_slice(&indices)
            }
        }
    }

    /// What is wrong with that number of indices for the space of that name, if its rank is
    /// another.
    pub(crate) fn rank_mistake(&self, name: &str, given: usize) -> Option<String> {
        let rank = self.extents()?.len();
        (rank != given).then(|| {
            format!("the task space `{name}` takes {rank} indices for a task, not {given}")
        })
    }

    /// Visits the selected indices that name tasks, in row-major order. In a space without a shape
    /// an open range selects among those that `existing` yields in that order.
    pub(crate) fn select(
        &self,
        dims: &[Dim],
        existing: impl FnOnce() -> Vec<Index>,
        visit: &mut dyn FnMut(Index),
    ) {
        if let Some(index) = single(dims) {
            if self.contains(&index) {
                visit(index);
            }
        } else if self.0.is_some() || !dims.iter().any(|dim| dim.is_open()) {
            self.select_all(dims, visit);
        } else {
            select_among(existing(), dims).for_each(visit);
        }
    }

    fn select_all(&self, dims: &[Dim], visit: &mut dyn FnMut(Index)) {
        if dims.is_empty() || self.extents().is_some_and(|it| it.len() != dims.len()) {
            return;
        }
        let extent = |d: usize| self.extents().map_or(i64::MAX, |shape| shape[d]);
        let choices = dims.iter().enumerate();
        let choices: Vec<Vec<i64>> = choices
            .map(|(d, dim)| dim.indices(&(0..extent(d))))
            .collect();
        if choices.iter().any(Vec::is_empty) {
            return;
        }
        let mut at = vec![0usize; dims.len()];
        loop {
            let indices: Vec<i64> = at.iter().zip(&choices).map(|(&k, c)| c[k]).collect();
            visit(Index::from_slice(&indices));
            // Counts up like an odometer, last dimension fastest.
            let mut from_last = (0..dims.len()).rev();
            let Some(d) = from_last.find(|&d| at[d] + 1 < choices[d].len()) else {
                return;
            };
            at[d] += 1;
            at[d + 1..].fill(0);
        }
    }
}

/// The index, if the selection names just one; free of allocation up to two dimensions.
#[inline]
pub(crate) fn single(dims: &[Dim]) -> Option<Index> {
    match *dims {
        [Dim::At(i)] => Some(Index::One([i])),
        [Dim::At(i), Dim::At(j)] => Some(Index::Two([i, j])),
        _ => None,
    }
}

/// Those of the indices that are selected.
fn select_among(mut existing: Vec<Index>, dims: &[Dim]) -> impl Iterator<Item = Index> {
    existing.retain(|index| index.as_slice().len() == dims.len());
    let chosen = |(d, dim): (usize, &Dim)| {
        // A range that goes down from the last index there is needs to know it.
        let used = existing.iter().map(|index| index.as_slice()[d]).max();
        let end = used.map_or(0, |largest| largest.saturating_add(1));
        HashSet::from_iter(dim.indices(&(0..end)))
    };
    let chosen: Vec<HashSet<i64>> = dims.iter().enumerate().map(chosen).collect();
    existing.into_iter().filter(move |index| {
        let mut both = index.as_slice().iter().zip(&chosen);
        both.all(|(i, chosen)| chosen.contains(i))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(shape: &Shape, dims: &[Dim], existing: &[Index]) -> Vec<Index> {
        let mut selected = Vec::new();
        shape.select(dims, || existing.to_vec(), &mut |index| {
            selected.push(index);
        });
        selected
    }

    #[test]
    fn numbers_and_indices_correspond() {
        for extents in [vec![7], vec![3, 4], vec![2, 3, 4]] {
            let count: i64 = extents.iter().product();
            let shape = Shape::new(Some(extents));
            for linear in 0..count as u64 {
                let index = shape.index_at(linear);
                assert!(shape.contains(&index), "{index:?}");
                assert_eq!(shape.linear(&index), Some(linear), "{index:?}");
                assert_eq!(shape.linear_inside(&index), Some(linear), "{index:?}");
            }
        }
        let shapeless = Shape::new(None);
        assert_eq!(shapeless.linear(&shapeless.index_at(5)), Some(5));
    }

    #[test]
    fn what_is_outside_names_no_task_and_what_is_too_large_has_no_number() {
        let shape = Shape::new(Some(vec![3, i64::MAX]));
        for outside in [[-1, 0], [0, -1], [3, 0], [0, i64::MAX]] {
            assert!(!shape.contains(&outside.into()), "{outside:?}");
        }
        assert!(!shape.contains(&1.into()), "another rank");
        assert!(shape.contains(&[2, 0].into()));
        assert_eq!(shape.linear(&[2, 0].into()), None, "overflows");
        assert_eq!(shape.linear_inside(&[2, 0].into()), None, "overflows");

        let shapeless = Shape::new(None);
        assert!(shapeless.contains(&[0, 5].into()));
        assert_eq!(shapeless.linear(&[0, 5].into()), None);
        for outside in [
            Index::from(-1),
            i64::MAX.into(),
            [0, -1].into(),
            [0; 0].into(),
        ] {
            assert!(!shapeless.contains(&outside), "{outside:?}");
            assert_eq!(shapeless.linear_inside(&outside), None, "{outside:?}");
        }
    }

    #[test]
    fn selections_are_row_major_and_within_the_shape() {
        let shape = Shape::new(Some(vec![4, 4]));
        let steps = [
            Dim::range(None, None, 2),
            Dim::range(Some(9), Some(0), -2), // 9, 7, 5, 3, 1
        ];
        let expected = [[0, 3], [0, 1], [2, 3], [2, 1]].map(Index::from);
        assert_eq!(selected(&shape, &steps, &[]), expected);

        let single = |i, j| selected(&shape, &[Dim::At(i), Dim::At(j)], &[]);
        assert_eq!(single(3, 1), [[3, 1].into()]);
        assert_eq!(single(4, 1), []);
        let all = Dim::range(None, None, 1);
        assert_eq!(selected(&shape, &[all], &[]), [], "another rank");
        assert_eq!(selected(&shape, &[], &[]), []);
    }

    #[test]
    fn open_ranges_select_among_what_exists() {
        let shapeless = Shape::new(None);
        let existing = [[0, 5].into(), 1.into(), [1, 2].into(), 4.into(), 9.into()];
        let select = |dims: &[Dim]| selected(&shapeless, dims, &existing);
        assert_eq!(
            select(&[Dim::range(Some(2), None, 1)]),
            [4.into(), 9.into()]
        );
        let down = Dim::range(None, None, -4);
        assert_eq!(select(&[down]), [1.into(), 9.into()], "9, 5, 1");
        let all = Dim::range(None, None, 1);
        assert_eq!(select(&[Dim::At(1), all]), [[1, 2].into()]);
        let closed = [Dim::range(Some(7), Some(9), 1)];
        assert_eq!(select(&closed), [7.into(), 8.into()], "need not exist");
    }
}
