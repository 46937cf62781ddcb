//! [`Tiles`]: an array split into parts, each of which tasks can use by itself.

use std::fmt;
use std::num::NonZeroUsize;

use ndarray::Dimension;

use super::clause::SelectRegion;
use super::region::{Cut, Tiles as Parts};
use super::{Element, PArray};
use crate::graph::{Dim, Index};
use crate::reference::TaskRef;

/// The parts of an array, or of a region of one: a grid of them. Each element is in exactly one.
///
/// A tile is a [`PArray`] of its own, by its place in the grid; in a grid along one axis, one index is
/// enough. In the clauses of a spawn it can be selected as elements are: `inout = [c = tiles[i, j]]`.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use parla_runtime::{PArray, TaskSpace};
/// let x = PArray::<f64, _>::zeros((100, 80));
/// let tiles = x.tiles([64, 64]);
/// assert_eq!(tiles.grid(), (2, 2));
/// assert_eq!(tiles.at([1, 0]).dim(), (36, 64));
/// let t = TaskSpace::new("T");
/// for ((i, j), tile) in &tiles {
///     let (task, mut tile) = t.task((i, j)).output(&tile);
///     task.spawn(move || tile.with(|mut tile| tile.fill(1.0)));
/// }
/// assert_eq!(x.read().wait()?.view().sum(), 8000.0);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Tiles<T, D> {
    array: PArray<T, D>,
    parts: Parts,
}

impl<T: Element, D: Dimension + 'static> PArray<T, D> {
    /// Splits it into tiles of that size along each axis. The last ones have what is left; axes
    /// that are left out stay whole.
    ///
    /// # Panics
    ///
    /// If a size is zero, or if there are more than axes.
    #[must_use]
    #[track_caller]
    pub fn tiles<const N: usize>(&self, sizes: [usize; N]) -> Tiles<T, D> {
        let rank = self.region().spans().len();
        assert!(
            N <= rank,
            "{N} sizes of tiles for `{self:?}`, which has {rank} axes"
        );
        let sizes = sizes.map(NonZeroUsize::new);
        assert!(
            sizes.iter().all(Option::is_some),
            "a tile of `{self:?}` has a size of zero"
        );
        self.split(sizes.into_iter().flatten().map(Cut::Every))
    }

    /// Splits it along one axis into that many blocks, as even as possible: the first ones are
    /// longer by one. If there are more blocks than indices, the last ones are empty.
    ///
    /// ```
    /// let x = parla_runtime::PArray::from(vec![0; 8]);
    /// let lens = x.blocks(0, 3).iter().map(|(_, block)| block.len()).collect::<Vec<_>>();
    /// assert_eq!(lens, [3, 3, 2]);
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no such axis, or if the number is zero.
    #[must_use]
    #[track_caller]
    pub fn blocks(&self, axis: usize, count: usize) -> Tiles<T, D> {
        let rank = self.region().spans().len();
        assert!(
            axis < rank,
            "there is no axis {axis} in `{self:?}`, which has {rank}"
        );
        let Some(count) = NonZeroUsize::new(count) else {
            panic!("`{self:?}` can't be split into no blocks");
        };
        self.split((0..=axis).map(|it| {
            if it == axis {
                Cut::Into(count)
            } else {
                Cut::Whole
            }
        }))
    }

    fn split(&self, cuts: impl Iterator<Item = Cut>) -> Tiles<T, D> {
        Tiles {
            parts: Parts::new(self.region().clone(), cuts),
            array: self.clone(),
        }
    }
}

impl<T: Element, D: Dimension + 'static> Tiles<T, D> {
    /// The number of tiles along each axis: `let (rows, columns) = tiles.grid();`.
    #[must_use]
    pub fn grid(&self) -> D::Pattern {
        let mut grid = D::zeros(self.array.region().spans().len());
        std::iter::zip(grid.slice_mut(), self.parts.grid()).for_each(|(to, count)| *to = count);
        grid.into_pattern()
    }

    /// The number of tiles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.count()
    }

    /// Whether there are none: those of a size, of an array without elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tile at that place in the grid.
    ///
    /// # Panics
    ///
    /// If there is no such place.
    #[must_use]
    #[track_caller]
    pub fn at(&self, place: impl Into<Index>) -> PArray<T, D> {
        match self.find(place.into().as_slice()) {
            Ok(tile) => tile,
            Err(mistake) => panic!("{mistake}"),
        }
    }

    /// All tiles with their places, those along the last axis one after the other.
    pub fn iter(&self) -> impl Iterator<Item = (D::Pattern, PArray<T, D>)> {
        (0..self.len()).filter_map(|number| {
            let place = self.parts.place(number);
            let mut pattern = D::zeros(place.len());
            pattern.slice_mut().copy_from_slice(&place);
            let tile = self.array.part(self.parts.at(&place)?);
            Some((pattern.into_pattern(), tile))
        })
    }

    /// As [`at`](Self::at); the error says what is wrong with the place.
    fn find(&self, place: &[i64]) -> Result<PArray<T, D>, String> {
        let indices: Option<Vec<usize>> =
            place.iter().map(|&at| usize::try_from(at).ok()).collect();
        let grid: Vec<usize> = self.parts.grid().collect();
        let indices = indices.map(|indices| match indices[..] {
            [index] => along_one_axis(index, &grid).unwrap_or(indices),
            _ => indices,
        });
        let tile = indices.and_then(|place| self.parts.at(&place));
        let tile = tile.ok_or_else(|| {
            format!(
                "there is no tile {place:?} among the {grid:?} of `{:?}`",
                self.array
            )
        })?;
        Ok(self.array.part(tile))
    }
}

/// The place of that number in a grid that is longer than one along one axis at most.
fn along_one_axis(index: usize, grid: &[usize]) -> Option<Vec<usize>> {
    let mut long = (0..grid.len()).filter(|&axis| grid[axis] != 1);
    let axis = long.next().unwrap_or(0);
    let mut place = vec![0; grid.len()];
    *place.get_mut(axis)? = index;
    long.next().is_none().then_some(place)
}

impl<T: Element, D: Dimension + 'static> SelectRegion for Tiles<T, D> {
    type Region = PArray<T, D>;

    fn select_region(&self, dims: &[Dim], task: &mut TaskRef<'_>) -> PArray<T, D> {
        let place = dims.iter().map(|dim| match dim {
            Dim::At(index) => Ok(*index),
            Dim::Range { .. } => Err(format!(
                "a tile of `{:?}` is selected by indices",
                self.array
            )),
        });
        let place: Result<Vec<i64>, String> = place.collect();
        place
            .and_then(|place| self.find(&place))
            .unwrap_or_else(|mistake| {
                task.reject(mistake);
                self.array.nothing()
            })
    }
}

impl<'a, T: Element, D: Dimension + 'static> IntoIterator for &'a Tiles<T, D> {
    type Item = (D::Pattern, PArray<T, D>);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl<T, D> Clone for Tiles<T, D> {
    fn clone(&self) -> Self {
        Self {
            array: self.array.clone(),
            parts: self.parts.clone(),
        }
    }
}

impl<T, D> fmt::Debug for Tiles<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grid: Vec<usize> = self.parts.grid().collect();
        write!(f, "{:?} in {grid:?} tiles", self.array)
    }
}
