//! The regions of one array that are in use, with something noted for each: found when they are
//! the same as a given one, and when they overlap it. Pure.
//!
//! Equal regions are found by their hash. Those that overlap are found by their bounding boxes, in
//! a [`Grid`] for each size of region that is in use, and then tested exactly.
//!
//! Most programs use a tiling of an array, perhaps with smaller tiles at its ends, together with
//! some rows, columns or the whole. So there are few sizes, and in the grid of its size a tile has
//! a cell for itself: to see what overlaps it takes one look into a hash table for each size,
//! however many tiles there are. Grids of several sizes, each object in one that fits it, are from
//! "Hierarchical Spatial Hashing for Real-time Collision Detection" by Eitz and Gu (2007). Theirs
//! have cubes that double from level to level; here the sizes are those of regions, since a row
//! would share a cube with all other rows, and a tile lie across several. Trees of boxes take a miss
//! of the cache for each of their levels. What was measured is in `docs/internals/accesses.md`.

mod grid;

use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use slab::Slab;

use super::{Region, Span};
use grid::{Grid, Place};

/// Names an entry of an index as long as that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u32);

/// Regions of one array that are not empty, each with a value.
#[derive(Debug)]
pub(crate) struct RegionIndex<V> {
    entries: Slab<Entry<V>>,
    /// The entries by the hashes of their regions.
    equal: HashTable<(u64, Key)>,
    /// One for each size of region. Some may have no entries.
    grids: Vec<Grid>,
    /// With more grids than this, the entries are sorted into new ones.
    most_grids: usize,
}

#[derive(Debug)]
struct Entry<V> {
    region: Region,
    place: Place,
    value: V,
}

/// So few grids need not be made fewer.
const FEW: usize = 8;

impl Key {
    fn slot(self) -> usize {
        self.0 as usize
    }
}

impl<V> RegionIndex<V> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Slab::new(),
            equal: HashTable::new(),
            grids: Vec::new(),
            most_grids: FEW,
        }
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Enters a region. If there is an equal one, its value is replaced.
    pub(crate) fn insert(&mut self, region: Region, value: V) -> Key {
        let Some(key) = self.find(&region) else {
            return self.insert_new(region, value);
        };
        self.entries[key.slot()].value = value;
        key
    }

    /// Enters a region that [`find`](Self::find) has not found.
    ///
    /// # Panics
    ///
    /// If there are 2^32 entries.
    pub(crate) fn insert_new(&mut self, region: Region, value: V) -> Key {
        debug_assert!(!region.is_empty(), "an empty region overlaps nothing");
        debug_assert_eq!(self.find(&region), None, "{region} is new");
        let hash = hash(&region);
        let slot = self.entries.vacant_entry();
        let key = Key(u32::try_from(slot.key()).expect("no memory holds so many entries"));
        let place = place(&mut self.grids, key, &region);
        slot.insert(Entry {
            region,
            place,
            value,
        });
        self.equal.insert_unique(hash, (hash, key), |entry| entry.0);
        if self.grids.len() > self.most_grids {
            self.sort();
        }
        key
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, key: Key) -> Option<(Region, V)> {
        let entry = self.entries.try_remove(key.slot())?;
        let hash = hash(&entry.region);
        if let Ok(same) = self.equal.find_entry(hash, |&(_, of)| of == key) {
            same.remove();
        }
        let grid = &mut self.grids[entry.place.grid];
        if let Some(moved) = grid.remove(key, &entry.region, entry.place) {
            self.entries[moved.slot()].place = entry.place;
        }
        Some((entry.region, entry.value))
    }

    pub(crate) fn get(&self, key: Key) -> Option<(&Region, &V)> {
        let entry = self.entries.get(key.slot())?;
        Some((&entry.region, &entry.value))
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<(&Region, &mut V)> {
        let entry = self.entries.get_mut(key.slot())?;
        Some((&entry.region, &mut entry.value))
    }

    /// The entry of an equal region.
    pub(crate) fn find(&self, region: &Region) -> Option<Key> {
        let is_equal = |&(_, key): &(u64, Key)| self.entries[key.slot()].region == *region;
        let found = self.equal.find(hash(region), is_equal);
        found.map(|&(_, key)| key)
    }

    /// All entries, in any order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Region, &V)> {
        let entries = self.entries.iter();
        entries.map(|(_, entry)| (&entry.region, &entry.value))
    }

    /// Visits each entry whose region has elements in common with that one, in any order.
    pub(crate) fn overlapping(&self, region: &Region, mut visit: impl FnMut(Key, &Region, &V)) {
        if region.is_empty() {
            return;
        }
        for grid in &self.grids {
            grid.near(region, |key, met| {
                let entry = &self.entries[key.slot()];
                if entry.region.overlaps(region) && met.is_first(&entry.region) {
                    visit(key, &entry.region, &entry.value);
                }
            });
        }
    }

    /// Takes out the entries for whose values that is false. The time depends on how many there
    /// are, not on how many there were.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&mut V) -> bool) {
        let mut unwanted = Vec::new();
        for key in self.grids.iter().flat_map(Grid::members) {
            if !keep(&mut self.entries[key.slot()].value) {
                unwanted.push(key);
            }
        }
        for key in unwanted {
            self.remove(key);
        }
        self.shrink();
    }

    /// Gives memory back that was of use for many more entries.
    fn shrink(&mut self) {
        if self.entries.capacity() > 4 * self.entries.len() {
            self.entries.shrink_to_fit();
            self.equal
                .shrink_to(2 * self.entries.len(), |entry| entry.0);
            self.grids.iter_mut().for_each(Grid::shrink);
        }
    }

    /// Makes new grids, that of the largest regions first, so that it takes smaller ones in.
    fn sort(&mut self) {
        let entries = self.entries.iter();
        let mut sizes: Vec<(usize, usize)> = entries
            .map(|(slot, entry)| (volume(&entry.region), slot))
            .collect();
        sizes.sort_unstable_by_key(|&(volume, slot)| (std::cmp::Reverse(volume), slot));
        self.grids.clear();
        for (_, slot) in sizes {
            let key = Key(slot as u32);
            let entry = &mut self.entries[slot];
            entry.place = place(&mut self.grids, key, &entry.region);
        }
        self.most_grids = FEW.max(2 * self.grids.len());
    }
}

/// Enters the region into the smallest grid that takes it, or a new one.
fn place(grids: &mut Vec<Grid>, key: Key, region: &Region) -> Place {
    let fitting = (0..grids.len()).filter(|&grid| grids[grid].fits(region));
    let grid = fitting
        .min_by_key(|&grid| grids[grid].volume())
        .unwrap_or_else(|| {
            let used = grids.iter().filter(|grid| !grid.is_empty()).count();
            let unused = grids.iter().position(Grid::is_empty);
            let grid = unused.unwrap_or(grids.len());
            match unused {
                Some(unused) => grids[unused] = Grid::of(region, used < FEW / 2),
                None => grids.push(Grid::of(region, used < FEW / 2)),
            }
            grid
        });
    let member = grids[grid].insert(key, region);
    Place { grid, member }
}

fn hash(region: &Region) -> u64 {
    let mut hasher = FxHasher::default();
    region.hash(&mut hasher);
    hasher.finish()
}

/// Of the bounding box of a region.
fn volume(region: &Region) -> usize {
    let extents = region.spans().iter().map(|&span| extent(span));
    extents.fold(1, usize::saturating_mul)
}

fn extent(span: Span) -> usize {
    (span.last() - span.start()).saturating_add(1)
}

#[cfg(test)]
mod tests;
