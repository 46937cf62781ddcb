//! Brings the data of a task to where it is going to run: at once if all is there, else through the
//! agent of that memory.

use super::{FetchError, Space, Store, data_of};
use crate::data::Part;
use crate::data::coherence::{BufferId, CopyStep};
use crate::data::copies::{Arrival, Garbage};
use crate::data::datum::{Datum, DatumId};
use crate::data::task_data::{TaskData, Use};
use crate::sync::Arc;
use crate::task::Runnable;
use crate::worker::unwind;

/// What becomes of a task whose data is to be fetched.
#[derive(Debug)]
#[must_use = "the task may run, or must fail"]
pub(crate) enum Fetch {
    /// All is where it is to be.
    Here(Runnable),
    /// Others have it fetched for when they leave; or its agent does.
    Waits,
    Failed(Runnable, FetchError),
}

/// Copies to make, and those of others to wait for; in order.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    pub(in crate::data) steps: Vec<Transfer>,
    pub(in crate::data) awaits: Vec<Arc<Arrival>>,
    /// To be cleared when they have been made: until then nothing must be waited for.
    pub(in crate::data) garbage: Vec<(DatumId, Garbage)>,
}

/// A copy to make.
#[derive(Debug)]
pub(crate) struct Transfer {
    pub(in crate::data) datum: Arc<Datum>,
    pub(in crate::data) step: CopyStep,
    /// Those that come before it.
    pub(in crate::data) after: Vec<Arc<Arrival>>,
}

impl Store {
    /// Begins to bring the data of a ready task to those devices, on which the body may take
    /// `workspace` bytes beside. Does not block; if an agent has to, `start` is called with the
    /// device that it works for, to call [`work`](Self::work) on a thread that may.
    pub(crate) fn fetch(
        self: &Arc<Self>,
        task: Runnable,
        data: &TaskData,
        devices: impl IntoIterator<Item = usize>,
        workspace: u64,
        start: impl FnOnce(Option<usize>),
    ) -> Fetch {
        if data.held.lock().is_fetched() {
            return Fetch::Here(task);
        }
        let Some(task) = self.take_turns(task, data) else {
            return Fetch::Waits;
        };
        let space = self.space_of(devices);
        let device = space.map(Space::number);
        data.held.lock().set_place(device, workspace);
        if task.state.is_ended() {
            // Whoever ended it may have found nothing to give back.
            return Fetch::Here(task);
        }
        if self.fetch_at_once(space, data) {
            return self.show(space, task, data);
        }
        if let Some(space) = space {
            data.head_for(space.device);
        }
        let agent = space.map_or(&self.host, |space| &space.agent);
        if agent.push([task], false) {
            start(device);
        }
        Fetch::Waits
    }

    /// Fetches for one task after the other, as long as there are any. Blocks. Each is handed on.
    pub(crate) fn work(
        self: &Arc<Self>,
        device: Option<usize>,
        mut hand_on: impl FnMut(Fetch, Option<&TaskData>),
    ) {
        let space = device.and_then(|device| self.spaces[device].as_ref());
        let agent = space.map_or(&self.host, |space| &space.agent);
        while let Some(task) = agent.next() {
            let data = data_of(&task);
            let fetched = match &data {
                Some(data) if !task.state.is_ended() => self.fetch_blocking(space, task, data),
                // It was cancelled.
                _ => Fetch::Here(task),
            };
            hand_on(fetched, data.as_deref());
            // It may be all that keeps a value of the user.
            unwind::discard(data);
        }
    }

    fn fetch_blocking(
        self: &Arc<Self>,
        space: Option<&Space>,
        task: Runnable,
        data: &TaskData,
    ) -> Fetch {
        let mut adopted = Ok(());
        for use_ in &data.uses {
            let is_of_host = space.is_none() && use_.part.datum.copies().is_none();
            if adopted.is_ok() && !is_of_host {
                adopted = self.adopt(&use_.part.datum);
            }
        }
        if let Err(error) = adopted {
            return Fetch::Failed(task, error);
        }
        let task = match space {
            None => task,
            Some(space) => match self.enter(space, task, data) {
                Ok(Some(task)) => task,
                Ok(None) => return Fetch::Waits,
                Err((task, error)) => return Fetch::Failed(task, error),
            },
        };
        let filled = self.fill(space, data);
        data.arrive();
        let filled = filled.and_then(|transfers| {
            let bytes = transfers.bytes();
            self.transfer(transfers).map(|()| bytes)
        });
        match filled {
            Ok(bytes) => {
                data.held.lock().note_moved(bytes);
                self.show(space, task, data)
            }
            Err(error) => Fetch::Failed(task, error),
        }
    }

    /// Does what [`fetch_blocking`](Self::fetch_blocking) does if it takes no copies, nor memory.
    fn fetch_at_once(self: &Arc<Self>, space: Option<&Space>, data: &TaskData) -> bool {
        if let Some(space) = space {
            // Whoever has the room is about to change what is there.
            let Some(mut room) = space.room.try_lock() else {
                return false;
            };
            let is_open = room.starved.is_empty() && space.lost.get().is_none();
            let takes_more = data.held.lock().workspace() > 0;
            if !is_open || takes_more || !self.enter_existing(space, &mut room, data) {
                return false;
            }
        }
        if data.uses.iter().enumerate().all(|(number, use_)| {
            let copies = use_.part.datum.copies();
            let buffer = data.held.lock().buffer(number);
            copies.as_ref().is_none_or(|copies| {
                copies.is_of(self) && copies.is_filled(buffer, &use_.part.region, use_.effect())
            })
        }) {
            // Nobody changes that meanwhile: the order of accesses keeps them off, and what is in use
            // is not evicted.
            let filled = self.fill(space, data).and_then(|it| self.transfer(it));
            if filled.is_ok() {
                return true;
            }
        }
        if let Some(space) = space {
            let mut room = space.room.lock();
            let entered = data.held.lock().leave();
            self.undo(space, &mut room, data, &entered);
        }
        false
    }

    /// Marks where the newest elements are going to be; yields what that takes.
    fn fill(
        self: &Arc<Self>,
        space: Option<&Space>,
        data: &TaskData,
    ) -> Result<Transfers, FetchError> {
        let mut transfers = Transfers::default();
        for (number, use_) in data.uses.iter().enumerate() {
            match self.fill_one(space, use_, data.held.lock().buffer(number)) {
                Ok(more) => transfers.append(more),
                Err(error) => {
                    self.abandon(transfers, &error);
                    return Err(error);
                }
            }
        }
        Ok(transfers)
    }

    fn fill_one(
        &self,
        space: Option<&Space>,
        use_: &Use,
        buffer: Option<BufferId>,
    ) -> Result<Transfers, FetchError> {
        let Part { datum, region } = &*use_.part;
        let mut copies = datum.copies();
        let Some(copies) = &mut *copies else {
            return Ok(Transfers::default());
        };
        // With its device, or the task has been ended meanwhile, and has left.
        if let Some(space) = space
            && !buffer.is_some_and(|buffer| copies.has(buffer))
        {
            return Err(space.why_gone(datum, region));
        }
        let filled = copies.fill(datum, buffer, region, use_.effect());
        filled.map_err(|region| FetchError::Lost(datum.describe(&region)))
    }

    /// Shows a body where its data is, unless that has gone meanwhile, with its device.
    fn show(&self, space: Option<&Space>, task: Runnable, data: &TaskData) -> Fetch {
        let mut held = data.held.lock();
        for (number, use_) in data.uses.iter().enumerate() {
            let (Some(space), Some(buffer)) = (space, held.buffer(number)) else {
                continue;
            };
            let element = use_.part.datum.home().element();
            let slice = {
                let copies = use_.part.datum.copies();
                let copies = copies.as_ref();
                copies.and_then(|copies| copies.slice(buffer, &use_.part.region, element))
            };
            match slice {
                Some(slice) => held.show(number, slice),
                None => {
                    let error = space.why_gone(&use_.part.datum, &use_.part.region);
                    drop(held);
                    return Fetch::Failed(task, error);
                }
            }
        }
        held.note_fetched();
        drop(held);
        Fetch::Here(task)
    }
}

impl Transfers {
    /// What is to be copied.
    fn bytes(&self) -> u64 {
        let size = |it: &Transfer| it.step.region.count() * it.datum.home().element();
        self.steps.iter().map(|it| size(it) as u64).sum()
    }

    pub(super) fn append(&mut self, mut more: Self) {
        self.steps.append(&mut more.steps);
        self.awaits.append(&mut more.awaits);
        self.garbage.append(&mut more.garbage);
    }
}
