//! Takes the buffers that a task is going to use, and room for those that have to be made.

use smallvec::SmallVec;

use super::{FetchError, Room, Space, Store, entry};
use crate::data::coherence::{BufferId, Fit};
use crate::data::residency::Shortage;
use crate::data::task_data::{TaskData, Use};
use crate::data::{DatumId, Region};
use crate::device::Block;
use crate::resources::Bytes;
use crate::sync::Arc;
use crate::task::Runnable;

/// By the number of the use.
pub(in crate::data) type Entered = SmallVec<[(usize, BufferId); 2]>;

/// A buffer to be made.
struct New {
    number: usize,
    buffer: BufferId,
    region: Region,
    bytes: u64,
}

impl Store {
    /// Takes the buffers for a task if all are there; false, and nothing is taken, if not.
    pub(super) fn enter_existing(&self, space: &Space, room: &mut Room, data: &TaskData) -> bool {
        let mut entered = Entered::new();
        for (number, use_) in data.uses.iter().enumerate() {
            let mut copies = use_.part.datum.copies();
            let (region, effect) = (&use_.part.region, use_.effect());
            let of_this = copies.as_mut().filter(|copies| copies.is_of(self));
            let existing = of_this.filter(|copies| {
                let buffer = copies.coherence.buffer_for(space.id, region, effect);
                // One that is about to be made has no memory yet.
                buffer.is_some_and(|buffer| copies.has(buffer))
            });
            let Some(copies) = existing else {
                drop(copies);
                self.undo(space, room, data, &entered);
                return false;
            };
            let (buffer, _) = (copies.coherence).enter(space.id, region, effect, Fit::Covering);
            room.residency.pin(entry(use_.part.datum.id(), buffer));
            entered.push((number, buffer));
        }
        data.held.lock().enter(entered);
        true
    }

    /// Takes the buffers for a task, of which some have to be made, in the room of others if need be.
    /// Blocks. A task for which there is room only when others have left waits for them: it is not
    /// given back then.
    pub(super) fn enter(
        self: &Arc<Self>,
        space: &Space,
        task: Runnable,
        data: &TaskData,
    ) -> Result<Option<Runnable>, (Runnable, FetchError)> {
        // A buffer that is there may be much larger than what the task uses of it: there may be
        // room without it.
        let mut result = Ok(());
        for fit in [Fit::Covering, Fit::Exact] {
            result = self.try_enter(space, data, fit);
            let Err(error) = &result else {
                return Ok(Some(task));
            };
            let mut room = space.room.lock();
            if error.is_shortage() && room.residency.is_used() {
                room.starved.push(task);
                return Ok(None);
            }
            if !error.is_shortage() {
                break;
            }
        }
        match result {
            Ok(()) => Ok(Some(task)),
            Err(error) => Err((task, error)),
        }
    }

    fn try_enter(
        self: &Arc<Self>,
        space: &Space,
        data: &TaskData,
        fit: Fit,
    ) -> Result<(), FetchError> {
        let workspace = data.held.lock().workspace();
        let mut entered = Entered::new();
        let (mut new, mut shared) = (Vec::new(), Vec::new());
        {
            let mut room = space.room.lock();
            for (number, use_) in data.uses.iter().enumerate() {
                let mut copies = use_.part.datum.copies();
                let Some(copies) = &mut *copies else { continue };
                let (buffer, allocate) =
                    (copies.coherence).enter(space.id, &use_.part.region, use_.effect(), fit);
                entered.push((number, buffer));
                match allocate {
                    Some(region) => new.push(New {
                        number,
                        buffer,
                        region,
                        bytes: space.memory.footprint(use_.bytes()),
                    }),
                    None if copies.has(buffer) => {
                        room.residency.pin(entry(use_.part.datum.id(), buffer));
                    }
                    // This task has it made, for another of its uses.
                    None => shared.push(entry(use_.part.datum.id(), buffer)),
                }
            }
        }
        let bytes = new.iter().map(|new| new.bytes);
        let bytes = bytes.fold(workspace, u64::saturating_add);
        let made = self
            .reserve(space, bytes)
            .and_then(|()| self.make(space, data, &new));
        let mut room = space.room.lock();
        shared.into_iter().for_each(|it| room.residency.pin(it));
        match made {
            Ok(()) => {
                drop(room);
                data.held.lock().enter(entered);
                Ok(())
            }
            Err((error, reserved)) => {
                room.residency.release(reserved);
                self.undo(space, &mut room, data, &entered);
                Err(error)
            }
        }
    }

    /// Reserves memory, evicting what nobody uses.
    fn reserve(self: &Arc<Self>, space: &Space, bytes: u64) -> Result<(), (FetchError, u64)> {
        loop {
            let victims = {
                let mut room = space.room.lock();
                let is_clean = |entry| self.is_clean(entry);
                room.residency.reserve(bytes, is_clean)
            };
            let victims = victims.map_err(|shortage| (self.shortage(space, shortage), 0))?;
            if victims.is_empty() {
                return Ok(());
            }
            for victim in victims {
                self.evict(space, victim.entry)
                    .map_err(|error| (error, 0))?;
            }
        }
    }

    /// Makes the buffers, whose memory has been reserved. With an error comes what is still reserved.
    fn make(
        self: &Arc<Self>,
        space: &Space,
        data: &TaskData,
        new: &[New],
    ) -> Result<(), (FetchError, u64)> {
        let workspace = data.held.lock().workspace();
        for (at, it) in new.iter().enumerate() {
            self.make_one(space, &data.uses[it.number], it)
                .map_err(|error| {
                    let left = new[at..].iter().map(|new| new.bytes);
                    (error, left.fold(workspace, u64::saturating_add))
                })?;
        }
        Ok(())
    }

    fn make_one(self: &Arc<Self>, space: &Space, use_: &Use, new: &New) -> Result<(), FetchError> {
        let datum = &use_.part.datum;
        let block = self.allocate(space, use_.bytes())?;
        let mut room = space.room.lock();
        let mut copies = datum.copies();
        // If the device has been lost meanwhile, so has the buffer.
        let known = copies.as_mut();
        let known = known.filter(|copies| copies.coherence.has_buffer(new.buffer));
        let copies = known.ok_or_else(|| space.why_gone(datum, &new.region))?;
        copies.add(new.buffer, space.id, block, new.region.clone());
        room.residency
            .insert(entry(datum.id(), new.buffer), new.bytes);
        Ok(())
    }

    /// A block of the device. What bodies have allocated counts too, so more may have to go than was
    /// reserved.
    fn allocate(self: &Arc<Self>, space: &Space, bytes: u64) -> Result<Arc<dyn Block>, FetchError> {
        loop {
            let error = match space.ask(|memory| memory.allocate(bytes)) {
                Ok(block) => return Ok(block),
                Err(error) => error,
            };
            let victim = space.room.lock().residency.oldest();
            match victim {
                Some(victim) if error.is_out_of_memory() => {
                    self.evict(space, victim)?;
                }
                _ => {
                    return Err(FetchError::Device {
                        device: space.number(),
                        error,
                    });
                }
            }
        }
    }

    fn shortage(&self, space: &Space, shortage: Shortage) -> FetchError {
        let held_by = shortage.held_by.into_iter().map(|(entry, bytes)| {
            let datum = self.datum(DatumId::of_number(entry.array));
            let name = datum.map_or_else(String::new, |datum| datum.to_string());
            (name, Bytes::new(bytes))
        });
        FetchError::OutOfMemory {
            device: space.device,
            asked: Bytes::new(shortage.asked),
            free: Bytes::new(shortage.free),
            held_by: held_by.collect(),
        }
    }

    /// Gives back what a task has entered.
    pub(super) fn undo(&self, space: &Space, room: &mut Room, data: &TaskData, entered: &Entered) {
        for &(number, buffer) in entered {
            let datum = &data.uses[number].part.datum;
            let released = datum.copies().as_mut().map(|copies| {
                let released = copies.coherence.leave(buffer);
                copies.take(released)
            });
            room.residency.unpin(entry(datum.id(), buffer));
            for (buffer, of) in released.into_iter().flatten() {
                debug_assert_eq!(of, space.id, "it was left there");
                room.residency.remove(entry(datum.id(), buffer));
            }
        }
    }
}
