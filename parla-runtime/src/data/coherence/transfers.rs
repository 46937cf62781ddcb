//! The copies of one array that are under way, and which must not overtake which.

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::pieces::Pieces;
use super::{BufferId, CopyId};
use crate::data::Region;

#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) from: BufferId,
    pub(super) to: BufferId,
    pub(super) region: Region,
    /// The copy that is to bring what this one copies on.
    pub(super) brought_by: Option<CopyId>,
}

#[derive(Debug, Default)]
pub(super) struct Transfers {
    all: FxHashMap<CopyId, Transfer>,
    by_region: Pieces<SmallVec<[CopyId; 2]>>,
    next: u64,
}

impl Transfers {
    pub(super) fn add(&mut self, transfer: Transfer) -> CopyId {
        let id = CopyId(self.next);
        self.next += 1;
        match self.by_region.get_mut(&transfer.region) {
            Some(ids) => ids.push(id),
            None => self
                .by_region
                .insert(transfer.region.clone(), smallvec![id]),
        }
        self.all.insert(id, transfer);
        id
    }

    pub(super) fn remove(&mut self, id: CopyId) -> Option<Transfer> {
        let transfer = self.all.remove(&id)?;
        if let Some(ids) = self.by_region.get_mut(&transfer.region) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_region.remove(&transfer.region);
            }
        }
        Some(transfer)
    }

    pub(super) fn get(&self, id: CopyId) -> Option<&Transfer> {
        self.all.get(&id)
    }

    /// Those that must be over before the region is read in that buffer: they change it.
    pub(super) fn before_reading(&self, buffer: BufferId, region: &Region) -> Vec<CopyId> {
        self.select(region, |transfer| transfer.to == buffer)
    }

    /// Those that must be over before the region is changed in that buffer: they use it.
    pub(super) fn before_writing(&self, buffer: BufferId, region: &Region) -> Vec<CopyId> {
        self.select(region, |transfer| {
            transfer.to == buffer || transfer.from == buffer
        })
    }

    /// Those that copy on what this one is to bring.
    pub(super) fn brought_by(&self, id: CopyId, region: &Region) -> Vec<CopyId> {
        self.select(region, |transfer| transfer.brought_by == Some(id))
    }

    /// In the order of planning.
    fn select(&self, region: &Region, mut wanted: impl FnMut(&Transfer) -> bool) -> Vec<CopyId> {
        let overlapping = self.by_region.overlapping(region);
        let ids = overlapping.flat_map(|(_, ids)| ids).copied();
        let mut ids: Vec<_> = ids.filter(|id| wanted(&self.all[id])).collect();
        ids.sort_unstable();
        ids
    }
}
