//! Gives up buffers that no task uses, after what is nowhere else has been brought home. Blocks.

use super::{FetchError, Space, Store, entry};
use crate::data::Region;
use crate::data::coherence::Mode;
use crate::data::copies::Copies;
use crate::data::datum::{Datum, DatumId};
use crate::data::residency::Entry;
use crate::device::{DeviceId, Pressure};
use crate::sync::Arc;

impl Store {
    /// Whether the buffer can be dropped as it is.
    pub(super) fn is_clean(&self, victim: Entry) -> bool {
        let Some(datum) = self.datum(DatumId::of_number(victim.array)) else {
            return true;
        };
        let copies = datum.copies();
        let copies = copies.as_ref();
        copies.is_none_or(|copies| copies.coherence.can_drop(victim.buffer).is_ok())
    }

    /// Gives up a buffer; false if a task has come to use it meanwhile.
    pub(super) fn evict(&self, space: &Space, victim: Entry) -> Result<bool, FetchError> {
        let Some(datum) = self.datum(DatumId::of_number(victim.array)) else {
            space.room.lock().residency.remove(victim);
            return Ok(true);
        };
        loop {
            let planned = {
                let room = space.room.lock();
                // What a task that has entered is about to change must not be copied as it is.
                if room.residency.is_pinned(victim) {
                    return Ok(false);
                }
                datum.copies().as_mut().map(|copies| {
                    let steps = copies.coherence.write_back(victim.buffer);
                    copies.expect_all(&datum, steps)
                })
            };
            self.transfer(planned.unwrap_or_default())?;
            let in_use = {
                let mut room = space.room.lock();
                if room.residency.is_pinned(victim) {
                    return Ok(false);
                }
                let mut copies = datum.copies();
                let dropped = match &mut *copies {
                    Some(copies) => copies.drop_buffer(victim.buffer),
                    None => Ok(()),
                };
                match dropped {
                    Ok(()) => {
                        room.residency.remove(victim);
                        return Ok(true);
                    }
                    Err(in_use) => in_use,
                }
            };
            // Whether they arrive or not is not of interest here.
            let _ = in_use
                .iter()
                .try_for_each(|arrival| arrival.wait_blocking());
        }
    }

    /// Gives up what no task uses, the oldest first, until so many bytes are free; whether any are.
    fn make_room(&self, space: &Space, bytes: u64) -> bool {
        let mut freed = 0;
        while freed < bytes {
            let victim = {
                let room = space.room.lock();
                room.residency
                    .oldest()
                    .map(|it| (it, room.residency.bytes_of(it)))
            };
            let Some((victim, of_victim)) = victim else {
                break;
            };
            match self.evict(space, victim) {
                Ok(true) => freed += of_victim.unwrap_or(0),
                Ok(false) => {}
                Err(_) => break,
            }
        }
        freed > 0
    }

    /// Brings all of a datum home that no task has entered, and gives up what devices have of it.
    pub(crate) fn bring_home(&self, datum: &Arc<Datum>) -> Result<(), FetchError> {
        let buffers = datum.copies().as_ref().map(Copies::buffers);
        for (buffer, space) in buffers.into_iter().flatten() {
            if let Some(space) = self.space(space) {
                self.evict(space, entry(datum.id(), buffer))?;
            }
        }
        Ok(())
    }

    /// Brings the newest elements of a region home, for the program to use as the mode says.
    pub(crate) fn fetch_home(
        &self,
        datum: &Arc<Datum>,
        region: &Region,
        mode: Mode,
    ) -> Result<(), FetchError> {
        let transfers = match &mut *datum.copies() {
            Some(copies) => copies.fill(datum, None, region, mode),
            None => return Ok(()),
        };
        let lost = |region: Region| FetchError::Lost(datum.describe(&region));
        self.transfer(transfers.map_err(lost)?)
    }
}

impl Pressure for Store {
    fn give_up(&self, device: DeviceId, bytes: u64) -> bool {
        let mut spaces = self.spaces.iter().flatten();
        let space = spaces.find(|space| space.device == device);
        space.is_some_and(|space| self.make_room(space, bytes))
    }
}
