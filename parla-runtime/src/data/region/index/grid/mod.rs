//! A grid of cells over an array, for regions that are not larger than a cell. Pure.

mod sketch;

use std::hash::Hasher;
use std::iter::zip;

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::{Key, Region, Span, extent, volume};
use sketch::Sketch;

/// Where an entry is: in which grid, as which of its members.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) grid: usize,
    pub(super) member: usize,
}

/// Cells of one size, and which entries are in them, by their bounding boxes.
#[derive(Debug)]
pub(super) struct Grid {
    axes: SmallVec<[Axis; 3]>,
    volume: usize,
    members: Vec<Key>,
    cells: HashTable<Cell>,
}

/// A cell with entries in it. Cells with the same hash are one; what is in both is then met twice.
#[derive(Debug)]
struct Cell {
    hash: u64,
    entries: SmallVec<[(Key, Sketch); 1]>,
}

/// Along one axis: the size of a cell; how far the grid is shifted, so that the first region begins
/// where a cell does; and between which indices all members are.
#[derive(Debug, Clone, Copy)]
struct Axis {
    size: usize,
    shift: usize,
    first: usize,
    last: usize,
}

/// What a region touches along one axis: the first and the last cell, and where in the one it
/// begins and in the other it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    first: usize,
    last: usize,
    low: usize,
    high: usize,
    size: usize,
}

type Stretches = SmallVec<[Stretch; 3]>;

/// How many times as large as the box of a region its cell may be. More makes cells crowded, less
/// makes grids many.
const LOOSE: usize = 16;

/// In how many cells an entry may be.
const MOST_CELLS: usize = 16;

impl Axis {
    fn of(span: Span, exactly: bool) -> Self {
        let size = match extent(span) {
            extent if exactly => extent,
            extent => extent.checked_next_power_of_two().unwrap_or(extent),
        };
        Self {
            size,
            shift: (size - span.start() % size) % size,
            first: usize::MAX,
            last: 0,
        }
    }

    /// Of the indices from `first` to `last`. The cells at the end of the largest arrays there can
    /// be are one, which does no harm.
    fn stretch(self, first: usize, last: usize) -> Stretch {
        let (from, to) = (
            first.saturating_add(self.shift),
            last.saturating_add(self.shift),
        );
        let (cell, low) = (from / self.size, from % self.size);
        let end = low + (to - from);
        // Mostly in the same, and a division is slow.
        let (more, high) = match end < self.size {
            true => (0, end),
            false => (end / self.size, end % self.size),
        };
        Stretch {
            first: cell,
            last: cell + more,
            low,
            high,
            size: self.size,
        }
    }

    fn cell(self, index: usize) -> usize {
        index.saturating_add(self.shift) / self.size
    }
}

/// An entry that may overlap the region asked about, met in one of the cells they both may touch.
pub(super) struct Met<'a> {
    axes: &'a [Axis],
    stretches: &'a [Stretch],
    at: &'a [usize],
}

impl Met<'_> {
    /// Whether that is the first of the cells that both touch, so that it is met but once there.
    pub(super) fn is_first(&self, region: &Region) -> bool {
        let mut axes = zip(self.axes, region.spans())
            .zip(self.stretches)
            .zip(self.at);
        axes.all(|(((axis, span), stretch), &at)| {
            stretch.first == stretch.last || axis.cell(span.start()).max(stretch.first) == at
        })
    }
}

impl Grid {
    /// For regions of that size; or, if not exactly, of sizes up to the next powers of two.
    pub(super) fn of(region: &Region, exactly: bool) -> Self {
        let axes = region.spans().iter().map(|&span| Axis::of(span, exactly));
        let axes: SmallVec<[Axis; 3]> = axes.collect();
        let sizes = axes.iter().map(|axis| axis.size);
        Self {
            volume: sizes.fold(1, usize::saturating_mul),
            axes,
            members: Vec::new(),
            cells: HashTable::new(),
        }
    }

    /// In any order.
    pub(super) fn members(&self) -> impl Iterator<Item = Key> {
        self.members.iter().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Of a cell.
    pub(super) fn volume(&self) -> usize {
        self.volume
    }

    /// Whether the cells are large enough for that region, and not too large.
    pub(super) fn fits(&self, region: &Region) -> bool {
        zip(&self.axes, region.spans()).all(|(axis, &span)| extent(span) <= axis.size)
            && self.volume / LOOSE <= volume(region)
            && count(&self.touched(region)) <= MOST_CELLS
    }

    /// Returns which member it is.
    pub(super) fn insert(&mut self, key: Key, region: &Region) -> usize {
        let stretches = self.touched(region);
        each_cell(&stretches, |at, hash| {
            let same = |cell: &Cell| cell.hash == hash;
            let cell = self.cells.entry(hash, same, |cell| cell.hash);
            let new = || Cell {
                hash,
                entries: SmallVec::new(),
            };
            let entries = &mut cell.or_insert_with(new).into_mut().entries;
            entries.push((key, Sketch::of(&stretches, at)));
        });
        for (axis, span) in zip(&mut self.axes, region.spans()) {
            axis.first = axis.first.min(span.start());
            axis.last = axis.last.max(span.last());
        }
        self.members.push(key);
        self.members.len() - 1
    }

    /// Returns the member that has come to its place, if any.
    pub(super) fn remove(&mut self, key: Key, region: &Region, place: Place) -> Option<Key> {
        each_cell(&self.touched(region), |_, hash| {
            if let Ok(mut cell) = self.cells.find_entry(hash, |cell| cell.hash == hash) {
                let entries = &mut cell.get_mut().entries;
                entries.retain(|(of, _)| *of != key);
                if entries.is_empty() {
                    cell.remove();
                }
            }
        });
        self.members.swap_remove(place.member);
        if self.members.is_empty() {
            for axis in &mut self.axes {
                (axis.first, axis.last) = (usize::MAX, 0);
            }
        }
        self.members.get(place.member).copied()
    }

    /// Visits the members that may overlap the region, each in all the cells where it may.
    pub(super) fn near(&self, region: &Region, mut visit: impl FnMut(Key, Met<'_>)) {
        let mut stretches = Stretches::new();
        for (axis, span) in zip(&self.axes, region.spans()) {
            let (first, last) = (axis.first.max(span.start()), axis.last.min(span.last()));
            if first > last {
                return;
            }
            stretches.push(axis.stretch(first, last));
        }
        if count(&stretches) >= self.members.len() {
            for &key in &self.members {
                let (axes, stretches, at) = (&[], &[], &[]);
                visit(
                    key,
                    Met {
                        axes,
                        stretches,
                        at,
                    },
                );
            }
            return;
        }
        each_cell(&stretches, |at, hash| {
            let Some(cell) = self.cells.find(hash, |cell| cell.hash == hash) else {
                return;
            };
            let sketch = Sketch::of(&stretches, at);
            for (key, of) in &cell.entries {
                if of.may_overlap(sketch) {
                    let (axes, stretches) = (&self.axes, &stretches);
                    visit(
                        *key,
                        Met {
                            axes,
                            stretches,
                            at,
                        },
                    );
                }
            }
        });
    }

    /// Gives memory back that was of use for many more entries.
    pub(super) fn shrink(&mut self) {
        self.members.shrink_to(2 * self.members.len());
        let len = self.cells.len();
        self.cells.shrink_to(2 * len, |cell| cell.hash);
    }

    fn touched(&self, region: &Region) -> Stretches {
        let spans = zip(&self.axes, region.spans());
        spans
            .map(|(axis, span)| axis.stretch(span.start(), span.last()))
            .collect()
    }
}

fn count(stretches: &[Stretch]) -> usize {
    let counts = stretches.iter().map(|of| of.last - of.first + 1);
    counts.fold(1, usize::saturating_mul)
}

/// Visits each cell with its hash.
fn each_cell(stretches: &[Stretch], mut visit: impl FnMut(&[usize], u64)) {
    let mut at: SmallVec<[usize; 3]> = stretches.iter().map(|of| of.first).collect();
    loop {
        let mut hasher = FxHasher::default();
        at.iter().for_each(|&at| hasher.write_usize(at));
        visit(&at, hasher.finish());
        // As one counts, the last axis fastest.
        let Some(axis) = (0..at.len()).rfind(|&axis| at[axis] < stretches[axis].last) else {
            return;
        };
        at[axis] += 1;
        for later in axis + 1..at.len() {
            at[later] = stretches[later].first;
        }
    }
}
