//! Values by region, found by what they overlap; and regions joined to larger ones.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::data::Region;
use crate::data::region::{Key, RegionIndex};

/// A value for each of some regions.
#[derive(Debug)]
pub(super) struct Pieces<V> {
    index: RegionIndex<V>,
    /// That of the region without elements, which an index doesn't take.
    empty: Option<(Region, V)>,
}

impl<V> Default for Pieces<V> {
    fn default() -> Self {
        Self {
            index: RegionIndex::new(),
            empty: None,
        }
    }
}

impl<V> Pieces<V> {
    /// For a region that has no value yet.
    pub(super) fn insert(&mut self, region: Region, value: V) {
        if region.is_empty() {
            self.empty = Some((region, value));
        } else {
            self.index.insert(region, value);
        }
    }

    pub(super) fn remove(&mut self, region: &Region) -> Option<V> {
        if region.is_empty() {
            return self.empty.take().map(|(_, value)| value);
        }
        let key = self.index.find(region)?;
        self.index.remove(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, region: &Region) -> Option<&mut V> {
        let key = self.index.find(region)?;
        self.index.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Region, &V)> {
        let empty = self.empty.as_ref().map(|(region, value)| (region, value));
        self.index.iter().chain(empty)
    }

    /// Those that have an element in common with the region.
    pub(super) fn overlapping(&self, region: &Region) -> impl Iterator<Item = (&Region, &V)> {
        let mut found: SmallVec<[Key; 8]> = SmallVec::new();
        self.index.overlapping(region, |key, _, _| found.push(key));
        found.into_iter().filter_map(|key| self.index.get(key))
    }
}

/// Joins disjoint regions of the same kind, as far as they make larger regions together. What a
/// region carries becomes the greatest of what its parts carried. In the order of first appearance
/// of their kinds.
pub(super) fn join<K: Eq + Hash + Clone>(
    parts: impl IntoIterator<Item = (K, Region, u64)>,
) -> Vec<(K, Region, u64)> {
    let mut kinds = FxHashMap::default();
    let mut groups: Vec<(K, Vec<(Region, u64)>)> = Vec::new();
    for (kind, region, carried) in parts {
        let group = *kinds.entry(kind.clone()).or_insert_with(|| {
            groups.push((kind, Vec::new()));
            groups.len() - 1
        });
        groups[group].1.push((region, carried));
    }
    let mut joined = Vec::new();
    for (kind, regions) in groups {
        let regions = join_all(regions).into_iter();
        joined.extend(regions.map(|(region, carried)| (kind.clone(), region, carried)));
    }
    joined
}

/// The regions only.
pub(super) fn join_regions(regions: impl IntoIterator<Item = Region>) -> Vec<Region> {
    let parts = regions.into_iter().map(|region| ((), region, 0));
    join(parts)
        .into_iter()
        .map(|(_, region, _)| region)
        .collect()
}

/// Along one axis after the other, neighbours in the order of that axis, until that helps no more.
fn join_all(mut regions: Vec<(Region, u64)>) -> Vec<(Region, u64)> {
    let axes = regions
        .first()
        .map_or(0, |(region, _)| region.spans().len());
    let mut in_vain = 0;
    for axis in (0..axes).rev().cycle() {
        if regions.len() == 1 || in_vain == axes {
            break;
        }
        let order = |region: &Region| {
            let (before, from) = region.spans().split_at(axis);
            let others = before.iter().chain(&from[1..]).copied();
            others.chain([from[0]]).collect::<SmallVec<[_; 4]>>()
        };
        regions.sort_by_cached_key(|(region, _)| order(region));
        let before = regions.len();
        regions.dedup_by(|next, last| match last.0.merge(&next.0) {
            Some(both) => {
                *last = (both, last.1.max(next.1));
                true
            }
            None => false,
        });
        in_vain = if regions.len() < before {
            0
        } else {
            in_vain + 1
        };
    }
    regions
}
