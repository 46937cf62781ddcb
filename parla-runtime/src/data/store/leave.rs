//! What a task gives back when it ends, and who may go on then; devices that are lost; the end of
//! the runtime.

use super::{FetchError, Store};
use crate::data::coherence::Lost;
use crate::data::copies::Garbage;
use crate::data::datum::DatumId;
use crate::data::task_data::TaskData;
use crate::device::DeviceError;
use crate::sync::Arc;
use crate::task::{NodeRef, Runnable};

impl Store {
    /// A task has ended, whatever of its data was fetched. `start` is called as by
    /// [`fetch`](Self::fetch); tasks whose turn it is are given back, to be fetched for.
    pub(crate) fn leave(
        &self,
        data: &TaskData,
        start: impl FnOnce(Option<usize>),
    ) -> Vec<Runnable> {
        let held = data.held.lock().take();
        if let Some((device, workspace, entered)) = held
            && let Some(space) = &self.spaces[device]
        {
            let mut room = space.room.lock();
            room.residency.release(workspace);
            self.undo(space, &mut room, data, &entered);
            let starved = std::mem::take(&mut room.starved);
            drop(room);
            if space.agent.push(starved, true) {
                start(Some(device));
            }
        }
        self.give_turns_back(data)
    }

    /// The tasks that wait until others leave.
    pub(crate) fn starved(&self) -> Vec<NodeRef> {
        let mut starved: Vec<_> = self
            .turns
            .lock()
            .waiting()
            .map(Runnable::reference)
            .collect();
        for space in self.spaces.iter().flatten() {
            starved.extend(space.room.lock().starved.iter().map(Runnable::reference));
        }
        starved
    }

    /// A device is lost, and all that was there.
    pub(crate) fn lose(&self, device: usize, error: &DeviceError) {
        let Some(space) = &self.spaces[device] else {
            return;
        };
        if space.lost.set(error.clone()).is_err() {
            return;
        }
        let failure = FetchError::Device {
            device,
            error: error.clone(),
        };
        let mut garbage: Vec<(DatumId, Garbage)> = Vec::new();
        for datum in self.data() {
            if let Some(copies) = &mut *datum.copies() {
                let there = copies.coherence.buffers(space.id).map(|(id, _)| id);
                let mut gone: Vec<_> = there.collect();
                let Lost {
                    copies: failed,
                    mut released,
                    ..
                } = copies.coherence.lose(space.id);
                for copy in failed {
                    copies.tell(copy, &Err(failure.clone()));
                }
                gone.append(&mut released);
                garbage.push((datum.id(), copies.take(gone)));
            }
        }
        self.clear(garbage);
    }

    /// Brings everything home at the end of the runtime, when all its tasks have ended. What can't be
    /// is lost; who asks for it is told.
    pub(crate) fn close(self: &Arc<Self>) {
        for datum in self.data() {
            if self.bring_home(&datum).is_err() {
                let error = DeviceError::new("its runtime has ended");
                for space in self.spaces.iter().flatten() {
                    self.lose(space.number(), &error);
                }
            }
        }
    }
}
