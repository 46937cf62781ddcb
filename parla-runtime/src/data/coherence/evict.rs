//! Giving up buffers: on purpose, which never costs a value, and with a device that is lost.

use super::{
    BufferId, Coherence, CopyId, CopyStep, DropRefused, Hold, Lost, Part, Piece, SpaceId,
    join_regions,
};
use crate::data::Region;

impl Coherence {
    /// What has to come home before the buffer can be dropped: what is nowhere else.
    pub(crate) fn write_back(&mut self, buffer: BufferId) -> Vec<CopyStep> {
        let Some(region) = self.directory.region_of(buffer) else {
            return Vec::new();
        };
        self.bring_home(&region, |piece| {
            let only = piece.is_only_in(buffer);
            piece.current_in(buffer).filter(|_| only).copied()
        })
    }

    /// Gives up a buffer that is of no use any more, or of which all is elsewhere. One that is
    /// unknown has been given up before.
    ///
    /// # Errors
    ///
    /// [`DropRefused`] as long as it can't be.
    pub(crate) fn drop_buffer(&mut self, buffer: BufferId) -> Result<(), DropRefused> {
        self.can_drop(buffer)?;
        if let Some(region) = self.directory.region_of(buffer) {
            self.directory.change(&region, |piece| piece.leave(buffer));
            self.directory.buffers.remove(buffer);
        }
        Ok(())
    }

    /// Whether [`drop_buffer`](Self::drop_buffer) would do it.
    ///
    /// # Errors
    ///
    /// The same.
    pub(crate) fn can_drop(&self, buffer: BufferId) -> Result<(), DropRefused> {
        if buffer == BufferId::HOME {
            return Err(DropRefused::Home);
        }
        let Some(region) = self.directory.region_of(buffer) else {
            return Ok(());
        };
        if self.directory.buffers.is_in_use(buffer) {
            let copies = self.transfers.before_writing(buffer, &region);
            return Err(DropRefused::InUse(copies));
        }
        let pieces = self.directory.within(&region);
        let last = pieces.filter(|(_, piece)| piece.is_last_in(buffer));
        let last = join_regions(last.map(|(at, _)| at));
        match last.into_iter().next() {
            Some(region) => Err(DropRefused::LastCopy(region)),
            None => Ok(()),
        }
    }

    /// A device is lost, with all buffers there and the copies from and to them. That of the host
    /// can't be.
    pub(crate) fn lose(&mut self, space: SpaceId) -> Lost {
        if space == SpaceId::HOST {
            return Lost::default();
        }
        let buffers = self
            .directory
            .buffers
            .of(space)
            .map(|(id, region)| (id, region.clone()));
        let buffers: Vec<(BufferId, Region)> = buffers.collect();
        let uses = buffers
            .iter()
            .flat_map(|(id, at)| self.transfers.before_writing(*id, at));
        let uses: Vec<CopyId> = uses.collect();
        let copies = self.fail(uses);
        let mut lost = Vec::new();
        for (id, region) in buffers {
            let pieces = self.directory.within(&region);
            let last = pieces.filter(|(_, piece)| piece.is_only_in(id));
            lost.extend(last.map(|(at, _)| at));
            self.directory.change(&region, |piece| piece.leave(id));
            self.directory.buffers.remove(id);
        }
        Lost {
            regions: join_regions(lost),
            copies,
            released: self.directory.buffers.release(),
        }
    }

    /// Copies home what of the region isn't there, from where `choose` says.
    fn bring_home(
        &mut self,
        region: &Region,
        choose: impl Fn(&Piece) -> Option<Hold>,
    ) -> Vec<CopyStep> {
        let pieces = self.directory.within(region);
        let absent = pieces.filter(|(_, piece)| piece.current_in(BufferId::HOME).is_none());
        let parts = absent.filter_map(|(at, piece)| {
            let hold = choose(piece)?;
            Some(Part {
                region: at,
                from: hold.buffer,
                brought_by: hold.arriving,
            })
        });
        let parts = parts.collect();
        self.copy(parts, BufferId::HOME)
    }
}
