//! Who holds what: the pieces of an array and the buffers that hold them, kept in step.

use super::buffers::Buffers;
use super::piece::Piece;
use super::pieces::{Pieces, join};
use super::{BufferId, SpaceId};
use crate::data::Region;

#[derive(Debug)]
pub(super) struct Directory {
    /// A partition of the array.
    pieces: Pieces<Piece>,
    pub(super) buffers: Buffers,
}

impl Directory {
    /// All is at home.
    pub(super) fn new(whole: Region) -> Self {
        let mut directory = Self {
            pieces: Pieces::default(),
            buffers: Buffers::new(whole.clone()),
        };
        directory.put(whole, Piece::at_home());
        directory
    }

    #[cfg(test)]
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&Region, &Piece)> {
        self.pieces.iter()
    }

    /// What of the region is in which state.
    pub(super) fn within<'a>(
        &'a self,
        region: &'a Region,
    ) -> impl Iterator<Item = (Region, &'a Piece)> {
        let overlapping = self.pieces.overlapping(region);
        overlapping.map(move |(at, piece)| (at.intersect(region), piece))
    }

    pub(super) fn region_of(&self, buffer: BufferId) -> Option<Region> {
        self.buffers.get(buffer).map(|buffer| buffer.region.clone())
    }

    pub(super) fn space_of(&self, buffer: BufferId) -> SpaceId {
        self.buffers.holder(buffer).space
    }

    /// Changes the state of what is in the region, cutting pieces that change where it ends.
    pub(super) fn change(&mut self, region: &Region, mut transition: impl FnMut(&mut Piece)) {
        let changed = |(at, piece): (&Region, &Piece)| {
            let mut changed = piece.clone();
            transition(&mut changed);
            (changed != *piece).then(|| (at.clone(), changed))
        };
        let changed = self.pieces.overlapping(region).filter_map(changed);
        for (at, changed) in changed.collect::<Vec<_>>() {
            if let Some(piece) = self.take(&at) {
                for rest in at.subtract(region) {
                    self.put(rest, piece.clone());
                }
                self.put(at.intersect(region), changed);
            }
        }
    }

    /// Joins pieces within the region that are in the same state.
    pub(super) fn join(&mut self, region: &Region) {
        let overlapping = self.pieces.overlapping(region);
        let within = overlapping.filter(|(at, _)| region.covers(at));
        let within = within.map(|(at, piece)| (piece.holds.clone(), at.clone(), piece.version));
        let within: Vec<_> = within.collect();
        let joined = join(within.iter().cloned());
        if joined.len() == within.len() {
            return;
        }
        for (_, at, _) in &within {
            self.take(at);
        }
        for (holds, at, version) in joined {
            self.put(at, Piece { version, holds });
        }
    }

    fn put(&mut self, at: Region, piece: Piece) {
        if at.is_empty() {
            return;
        }
        for hold in &piece.holds {
            self.buffers.hold(hold.buffer, at.count());
        }
        self.pieces.insert(at, piece);
    }

    fn take(&mut self, at: &Region) -> Option<Piece> {
        let piece = self.pieces.remove(at)?;
        for hold in &piece.holds {
            self.buffers.let_go(hold.buffer, at.count());
        }
        Some(piece)
    }
}
