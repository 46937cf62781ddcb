//! Which buffers have the newest value of which elements of one array. Pure: knows no memory, no
//! threads, no locks.
//!
//! The array is a partition into *pieces*, regions of which the same is known. A *holder* is the
//! home of the array on the host, or a buffer on a device that packs some region. For each piece, a
//! holder is in one of these states:
//!
//! | state | hold of the piece | the holder has |
//! |---|---|---|
//! | invalid | none | anything |
//! | arriving | `arriving: Some(copy)` | the newest value, once that copy has arrived |
//! | shared | nothing set, there are other current holds | the newest value |
//! | modified | nothing set, the only current one | the newest value, the last copy of it |
//! | superseded | `superseded: Some(copy)` | the value before; the newest again if that copy fails |
//!
//! All but the superseded are *current*. What happens to a piece (`D` the buffer that is used, `S`
//! the one a copy comes from):
//!
//! | event | `D` | `S` | others | version |
//! |---|---|---|---|---|
//! | read, `D` current | stays | | stay | stays |
//! | read, else | arriving | stays, now shared | stay | stays |
//! | update, `D` current, arrived | modified | | invalid | next |
//! | update, else | arriving | superseded, as is where it comes from if it is arriving itself | invalid | next |
//! | write | modified | | invalid | next |
//! | the copy arrives | shared or modified | superseded: invalid | stay | stays |
//! | the copy fails | invalid | superseded: as before | stay | stays |
//! | dropped, if another has arrived | invalid | | stay | stays |
//! | its device is lost | invalid | | stay | stays |
//!
//! Superseded holds end with their copy only, or with a write. A piece without a current hold has
//! no value. `piece.rs` is this table; the rest finds the pieces and the copies it takes.
//! `docs/internals/coherence.md` has the rules for those who use it.

mod buffers;
mod directory;
mod evict;
mod piece;
mod pieces;
mod plan;
mod transfers;

use std::cmp::Reverse;

use directory::Directory;
pub(crate) use piece::{Hold, Piece};
use pieces::{join, join_regions};
pub(crate) use plan::{
    BufferId, CopyId, CopyStep, DropRefused, Failed, Fit, Holder, Lost, Mode, Plan, Source,
    SpaceId, ValueLost,
};
use transfers::{Transfer, Transfers};

use super::Region;

/// The state of one array.
#[derive(Debug)]
pub(crate) struct Coherence {
    whole: Region,
    directory: Directory,
    transfers: Transfers,
    /// The number of writes and updates so far.
    version: u64,
}

/// A part of the array that is to be copied, and from where.
struct Part {
    region: Region,
    from: BufferId,
    brought_by: Option<CopyId>,
}

impl Coherence {
    /// An array whose value is at home. One of zeros is, even before there is memory for it: the
    /// home is used no sooner than a plan or a step names it.
    pub(crate) fn new(shape: &[usize]) -> Self {
        let whole = Region::whole(shape);
        Self {
            directory: Directory::new(whole.clone()),
            transfers: Transfers::default(),
            version: 0,
            whole,
        }
    }

    /// The buffer that a task is going to use; and the region that it packs, if it is new. It stays
    /// until the task [leaves](Self::leave) it.
    pub(crate) fn enter(
        &mut self,
        space: SpaceId,
        region: &Region,
        mode: Mode,
        fit: Fit,
    ) -> (BufferId, Option<Region>) {
        let existing = match fit {
            Fit::Covering => self.buffer_for(space, region, mode),
            Fit::Exact => self.directory.buffers.packing(space, region),
        };
        let buffer = existing.unwrap_or_else(|| self.directory.buffers.add(space, region.clone()));
        self.directory.buffers.enter(buffer);
        (buffer, existing.is_none().then(|| region.clone()))
    }

    /// A task uses a buffer no more.
    #[must_use = "buffers may have become useless"]
    pub(crate) fn leave(&mut self, buffer: BufferId) -> Vec<BufferId> {
        self.directory.buffers.leave(buffer);
        self.directory.buffers.release()
    }

    /// What it takes that a task may use the region in a buffer that it has entered, or at home, as
    /// if the task came now. The best source of a piece is the one of the least rank, see
    /// [`Source::nearest`].
    ///
    /// # Errors
    ///
    /// [`ValueLost`] if the task reads what has no value. Nothing has changed then.
    pub(crate) fn fill(
        &mut self,
        buffer: BufferId,
        region: &Region,
        mode: Mode,
        rank: impl Fn(Source) -> u32,
    ) -> Result<Plan, ValueLost> {
        let parts = self.parts_for(buffer, region, mode, rank)?;
        let awaits = self.awaits_for(buffer, region, mode);
        let copies = self.copy(parts, buffer);
        if mode.writes() {
            self.mark_changed(region, mode, buffer);
        }
        self.directory.join(region);
        Ok(Plan {
            copies,
            awaits,
            released: self.directory.buffers.release(),
        })
    }

    /// Whether [`fill`](Self::fill) would find nothing to do, and nothing to wait for.
    pub(crate) fn is_filled(&self, buffer: BufferId, region: &Region, mode: Mode) -> bool {
        let parts = self.parts_for(buffer, region, mode, Source::nearest);
        let is_there = parts.is_ok_and(|parts| parts.is_empty());
        is_there && self.awaits_for(buffer, region, mode).is_empty()
    }

    fn parts_for(
        &self,
        buffer: BufferId,
        region: &Region,
        mode: Mode,
        rank: impl Fn(Source) -> u32,
    ) -> Result<Vec<Part>, ValueLost> {
        debug_assert!(self.whole.covers(region), "{region:?} is of this array");
        match mode {
            Mode::Write => Ok(Vec::new()),
            Mode::Read | Mode::Update => {
                let space = self.directory.space_of(buffer);
                self.missing_parts(space, Some(buffer), region, rank)
            }
        }
    }

    fn awaits_for(&self, buffer: BufferId, region: &Region, mode: Mode) -> Vec<CopyId> {
        match mode.writes() {
            true => self.transfers.before_writing(buffer, region),
            false => self.transfers.before_reading(buffer, region),
        }
    }

    /// The buffer that [`enter`](Self::enter) would find, if it is there already. Of several it
    /// is the one that lacks least, then the largest, so that few buffers are left in the end.
    pub(crate) fn buffer_for(
        &self,
        space: SpaceId,
        region: &Region,
        mode: Mode,
    ) -> Option<BufferId> {
        let covering = self.directory.buffers.covering(space, region);
        if let [] | [_] = &covering[..] {
            return covering.first().copied();
        }
        let mut lacks = vec![0; covering.len()];
        if mode.reads() {
            for (at, piece) in self.directory.within(region) {
                let elements = at.count();
                for (lacks, buffer) in std::iter::zip(&mut lacks, &covering) {
                    *lacks += piece.current_in(*buffer).map_or(elements, |_| 0);
                }
            }
        }
        let size = |id| self.directory.buffers.size(id);
        let candidates = std::iter::zip(lacks, covering);
        let best = candidates.min_by_key(|&(lacks, id)| (lacks, Reverse(size(id)), id));
        best.map(|(_, id)| id)
    }

    /// A copy has been made. One that has failed before, or is unknown, changes nothing.
    #[must_use = "buffers may have become useless"]
    pub(crate) fn arrived(&mut self, copy: CopyId) -> Vec<BufferId> {
        if let Some(transfer) = self.end(copy) {
            self.directory
                .change(&transfer.region, |piece| piece.arrive(copy));
        }
        self.directory.buffers.release()
    }

    /// A copy can't be made. What it should have brought is where it was, as far as it still is
    /// anywhere.
    pub(crate) fn failed(&mut self, copy: CopyId) -> Failed {
        Failed {
            copies: self.fail([copy]),
            released: self.directory.buffers.release(),
        }
    }

    /// The number of elements of the region whose newest value is in that space or on its way there,
    /// in whichever buffers.
    pub(crate) fn present(&self, space: SpaceId, region: &Region) -> usize {
        let is_there = |piece: &Piece| {
            piece
                .current()
                .any(|hold| self.directory.space_of(hold.buffer) == space)
        };
        let within = self.directory.within(region);
        let there = within.filter(|(_, piece)| is_there(piece));
        there.map(|(at, _)| at.count()).sum()
    }

    /// Whether the buffer is there, with or without a value.
    pub(crate) fn has_buffer(&self, buffer: BufferId) -> bool {
        self.directory.buffers.get(buffer).is_some()
    }

    /// The buffers in a space with the regions that they pack.
    pub(crate) fn buffers(&self, space: SpaceId) -> impl Iterator<Item = (BufferId, &Region)> {
        self.directory.buffers.of(space)
    }

    /// All pieces and their states.
    #[cfg(test)]
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (&Region, &Piece)> {
        self.directory.pieces()
    }

    /// What of the region isn't in that buffer, each part with its best source.
    fn missing_parts(
        &self,
        space: SpaceId,
        buffer: Option<BufferId>,
        region: &Region,
        rank: impl Fn(Source) -> u32,
    ) -> Result<Vec<Part>, ValueLost> {
        let (mut parts, mut lost) = (Vec::new(), Vec::new());
        for (at, piece) in self.directory.within(region) {
            if buffer.is_some_and(|buffer| piece.current_in(buffer).is_some()) {
                continue;
            }
            let by_rank = |hold: &&Hold| {
                let source = Source {
                    from: self.directory.space_of(hold.buffer),
                    to: space,
                    arriving: hold.arriving.is_some(),
                };
                // Of equal ones the largest: it is likely to have the neighbours, too.
                let size = self.directory.buffers.size(hold.buffer);
                (rank(source), Reverse(size), hold.buffer)
            };
            match piece.current().min_by_key(by_rank) {
                Some(hold) => parts.push(Part {
                    region: at,
                    from: hold.buffer,
                    brought_by: hold.arriving,
                }),
                None => lost.push(at),
            }
        }
        match join_regions(lost).into_iter().next() {
            Some(region) => Err(ValueLost { region }),
            None => Ok(parts),
        }
    }

    /// Plans copies of these parts to a buffer that has none of them, as few as possible.
    fn copy(&mut self, parts: Vec<Part>, to: BufferId) -> Vec<CopyStep> {
        let parts = parts.into_iter();
        let parts = join(parts.map(|part| ((part.from, part.brought_by), part.region, 0)));
        let mut steps = Vec::with_capacity(parts.len());
        for ((from, brought_by), region, _) in parts {
            let mut after = self.transfers.before_reading(from, &region);
            after.extend(self.transfers.before_writing(to, &region));
            after.sort_unstable();
            after.dedup();
            let id = self.transfers.add(Transfer {
                from,
                to,
                region: region.clone(),
                brought_by,
            });
            self.directory.buffers.enter(from);
            self.directory.buffers.enter(to);
            self.directory.change(&region, |piece| piece.copy(to, id));
            steps.push(CopyStep {
                id,
                from: self.directory.buffers.holder(from),
                to: self.directory.buffers.holder(to),
                region,
                after,
            });
        }
        steps
    }

    fn mark_changed(&mut self, region: &Region, mode: Mode, buffer: BufferId) {
        self.version += 1;
        let version = self.version;
        if mode == Mode::Write {
            return self
                .directory
                .change(region, |piece| piece.write(buffer, version));
        }
        let transfers = &self.transfers;
        let source = |copy| transfers.get(copy).map(|transfer: &Transfer| transfer.from);
        let update = |piece: &mut Piece| piece.update(buffer, version, source);
        self.directory.change(region, update);
    }

    /// Ends copies as failed, and all that were to copy on from them.
    fn fail(&mut self, copies: impl IntoIterator<Item = CopyId>) -> Vec<CopyId> {
        let mut failing: Vec<CopyId> = copies.into_iter().collect();
        let mut failed = Vec::new();
        while let Some(copy) = failing.pop() {
            if let Some(transfer) = self.end(copy) {
                failing.extend(self.transfers.brought_by(copy, &transfer.region));
                self.directory
                    .change(&transfer.region, |piece| piece.fail(copy));
                failed.push(copy);
            }
        }
        failed
    }

    /// A copy is not under way any more.
    fn end(&mut self, copy: CopyId) -> Option<Transfer> {
        let transfer = self.transfers.remove(copy)?;
        self.directory.buffers.leave(transfer.from);
        self.directory.buffers.leave(transfer.to);
        Some(transfer)
    }
}

#[cfg(test)]
mod tests;
