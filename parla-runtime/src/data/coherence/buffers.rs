//! The buffers of one array: what each packs, how much of it is held, and who uses it.

use rustc_hash::FxHashMap;

use super::pieces::Pieces;
use super::{BufferId, Holder, SpaceId};
use crate::data::Region;

#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) space: SpaceId,
    pub(super) region: Region,
    /// The number of elements over all holds.
    held: usize,
    /// The number of copies from and into it that are under way.
    copies: usize,
}

/// The home, and for each device the dense packings of regions, no two of the same.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    all: FxHashMap<BufferId, Buffer>,
    of: FxHashMap<SpaceId, Pieces<BufferId>>,
    next: usize,
    /// Those that may be of no use any more.
    emptied: Vec<BufferId>,
}

impl Buffers {
    /// The home only.
    pub(super) fn new(whole: Region) -> Self {
        let mut buffers = Self::default();
        let home = buffers.add(SpaceId::HOST, whole);
        debug_assert_eq!(home, BufferId::HOME, "the home is the first");
        buffers
    }

    pub(super) fn add(&mut self, space: SpaceId, region: Region) -> BufferId {
        let id = BufferId(self.next);
        self.next += 1;
        self.of.entry(space).or_default().insert(region.clone(), id);
        let buffer = Buffer {
            space,
            region,
            held: 0,
            copies: 0,
        };
        self.all.insert(id, buffer);
        id
    }

    pub(super) fn get(&self, id: BufferId) -> Option<&Buffer> {
        self.all.get(&id)
    }

    pub(super) fn holder(&self, id: BufferId) -> Holder {
        let space = self
            .all
            .get(&id)
            .map_or(SpaceId::HOST, |buffer| buffer.space);
        Holder { space, buffer: id }
    }

    pub(super) fn size(&self, id: BufferId) -> usize {
        self.all.get(&id).map_or(0, |buffer| buffer.region.count())
    }

    /// Those of a space.
    pub(super) fn of(&self, space: SpaceId) -> impl Iterator<Item = (BufferId, &Region)> {
        let buffers = self.of.get(&space).into_iter().flat_map(Pieces::iter);
        buffers.map(|(region, id)| (*id, region))
    }

    /// Those of a space in which the region is.
    pub(super) fn covering(&self, space: SpaceId, region: &Region) -> Vec<BufferId> {
        // An empty one overlaps nothing and is covered by all.
        let found = self.of(space).take(usize::from(region.is_empty()));
        let mut found: Vec<BufferId> = found.map(|(id, _)| id).collect();
        if let Some(buffers) = self.of.get(&space) {
            let overlapping = buffers.overlapping(region);
            let covering = overlapping.filter(|(packed, _)| packed.covers(region));
            found.extend(covering.map(|(_, id)| *id));
        }
        found
    }

    /// The one that packs the region.
    pub(super) fn packing(&self, space: SpaceId, region: &Region) -> Option<BufferId> {
        let mut covering = self.covering(space, region).into_iter();
        covering.find(|id| self.all.get(id).is_some_and(|it| it.region == *region))
    }

    /// Elements that are held from now on.
    pub(super) fn hold(&mut self, id: BufferId, elements: usize) {
        if let Some(buffer) = self.all.get_mut(&id) {
            buffer.held += elements;
        }
    }

    /// Elements that are not held any more.
    pub(super) fn let_go(&mut self, id: BufferId, elements: usize) {
        if let Some(buffer) = self.all.get_mut(&id) {
            buffer.held -= elements;
            self.emptied.extend((buffer.held == 0).then_some(id));
        }
    }

    /// A copy from or into it is under way.
    pub(super) fn enter(&mut self, id: BufferId) {
        if let Some(buffer) = self.all.get_mut(&id) {
            buffer.copies += 1;
        }
    }

    /// A copy from or into it is over.
    pub(super) fn leave(&mut self, id: BufferId) {
        if let Some(buffer) = self.all.get_mut(&id) {
            buffer.copies -= 1;
            self.emptied.extend((buffer.held == 0).then_some(id));
        }
    }

    pub(super) fn is_in_use(&self, id: BufferId) -> bool {
        self.all.get(&id).is_some_and(|buffer| buffer.copies > 0)
    }

    pub(super) fn remove(&mut self, id: BufferId) {
        if let Some(buffer) = self.all.remove(&id)
            && let Some(buffers) = self.of.get_mut(&buffer.space)
        {
            buffers.remove(&buffer.region);
        }
    }

    /// Removes those of which nothing is held and that no copy uses.
    pub(super) fn release(&mut self) -> Vec<BufferId> {
        let mut emptied = std::mem::take(&mut self.emptied);
        emptied.sort_unstable();
        emptied.dedup();
        emptied.retain(|id| {
            let unused = |buffer: &Buffer| buffer.held == 0 && buffer.copies == 0;
            *id != BufferId::HOME && self.all.get(id).is_some_and(unused)
        });
        for id in &emptied {
            self.remove(*id);
        }
        emptied
    }
}
