//! Between admission and the queues: the data of a task is brought to where it is going to run. The
//! protocol is in `docs/internals/data-movement.md`.

use super::{OutsideWork, Scheduler};
use crate::data::{Fetch, FetchError, TaskData};
use crate::error::TaskErrorKind;
use crate::resources::{Alternative, Bytes, Demand};
use crate::sync::Arc;
use crate::task::{Node, Runnable};
use crate::trace::EventKind;
use crate::worker::unwind;

impl Scheduler {
    /// Has the data of a task fetched that has been given what it asks for. It is given back if it
    /// can be run now; else it is queued when it can.
    pub(super) fn fetch(self: &Arc<Self>, task: Runnable) -> Option<Runnable> {
        let data = task
            .options()
            .and_then(|options| options.data.lock().clone());
        let Some(data) = data.filter(|_| !task.state.is_ended()) else {
            return Some(task);
        };
        if let Err(race) = self.may_begin(&task) {
            return self.fail_ready(task, race);
        }
        let (devices, workspace) = self.place_of_data(&task);
        let start = |device| self.start_agent(device);
        let fetched = self.store.fetch(task, &data, devices, workspace, start);
        self.fetched(fetched, Some(&data))
    }

    fn fetched(self: &Arc<Self>, fetched: Fetch, data: Option<&TaskData>) -> Option<Runnable> {
        match fetched {
            Fetch::Here(task) => {
                if task.state.is_ended() {
                    // Cancelled meanwhile: who ended it may have found nothing to give back.
                    data.into_iter().for_each(|data| self.give_data_back(data));
                } else {
                    self.record_moved(&task);
                }
                Some(task)
            }
            Fetch::Waits => None,
            Fetch::Failed(task, error) => {
                self.lose_if_lost(&error);
                let none = self.fail_ready(task, self.store.why(error));
                data.into_iter().for_each(|data| self.give_data_back(data));
                none
            }
        }
    }

    fn record_moved(&self, task: &Node) {
        let data = self.trace().and(task.options());
        let data = data.and_then(|options| options.data.lock().clone());
        let bytes = data.map_or(0, |data| data.take_moved());
        if bytes > 0 {
            self.record(EventKind::Fetched { bytes }, task);
        }
    }

    /// Ends a ready task, and what it holds of memories. Always `None`.
    fn fail_ready(self: &Arc<Self>, task: Runnable, kind: TaskErrorKind) -> Option<Runnable> {
        self.fail_unstarted(&task.reference(), kind);
        self.leave_data(&task);
        let started = task.start();
        debug_assert!(started.is_none(), "it has ended");
        None
    }

    /// Whether nothing that is not ordered with a task has begun to use its data.
    #[inline]
    pub(crate) fn may_begin(&self, task: &Node) -> Result<(), TaskErrorKind> {
        match self.races.is_on() {
            false => Ok(()),
            true => self.races.begin(task, self.has_queues),
        }
    }

    /// Gives back what a task holds of memories, when it has ended.
    pub(super) fn leave_data(self: &Arc<Self>, task: &Node) {
        let Some(data) = task
            .options()
            .and_then(|options| options.data.lock().take())
        else {
            return;
        };
        self.give_data_back(&data);
        // It may be all that keeps a value of the user.
        unwind::discard(data);
    }

    /// Gives back what is held by that data, if anything is.
    fn give_data_back(self: &Arc<Self>, data: &TaskData) {
        let next = self.store.leave(data, |device| self.start_agent(device));
        for task in next {
            if let Some(task) = self.fetch(task) {
                self.enqueue_last(task);
            }
        }
    }

    /// The devices that a task was given, and the memory that it may take there beside its data.
    fn place_of_data(&self, task: &Node) -> (Vec<usize>, u64) {
        let held = task.options().map(|options| options.held.lock());
        let Some(grant) = held.as_ref().and_then(|held| held.grant()) else {
            return (Vec::new(), 0);
        };
        let devices = grant.devices.iter().map(|(device, _)| *device).collect();
        let of_memory = |entry: &&(usize, _)| self.store.has_memory(entry.0);
        let workspace = grant.devices.iter().find(of_memory);
        (
            devices,
            workspace.map_or(0, |(_, demand)| demand.memory.get()),
        )
    }

    /// Those of the alternatives on whose devices there is room for the data, when nothing else is
    /// there.
    pub(super) fn with_room_for(
        &self,
        data: &TaskData,
        alternatives: Arc<[Alternative]>,
    ) -> Result<Arc<[Alternative]>, TaskErrorKind> {
        let size = |device| data.footprint(|bytes| self.store.footprint(device, bytes));
        let has_room = |device: usize, demand: &Demand| {
            let asked = size(device).saturating_add(demand.memory.get());
            !self.store.has_memory(device) || asked <= self.devices[device].memory().get()
        };
        let mut entries = alternatives.iter().flat_map(|it| &it.entries);
        let lacks = |(devices, demand): &(Vec<usize>, Demand)| {
            devices.iter().any(|device| !has_room(*device, demand))
        };
        if !entries.any(lacks) {
            return Ok(alternatives);
        }
        let narrowed = alternatives.iter().filter_map(|alternative| {
            let entries = alternative.entries.iter().map(|(devices, demand)| {
                let has_room = |device: &usize| has_room(*device, demand);
                let devices: Vec<_> = devices.iter().copied().filter(has_room).collect();
                (!devices.is_empty()).then_some((devices, *demand))
            });
            let entries = entries.collect::<Option<_>>()?;
            Some(Alternative {
                entries,
                preference: alternative.preference,
            })
        });
        let narrowed: Arc<[Alternative]> = narrowed.collect();
        if !narrowed.is_empty() {
            return Ok(narrowed);
        }
        let devices = alternatives.iter().flat_map(Alternative::devices);
        let sizes = devices.map(|device| (self.devices[device].memory(), size(device)));
        let (largest, asked) = sizes.max().unwrap_or_default();
        Err(TaskErrorKind::TooLarge {
            asked: format!("{} of memory for its data", Bytes::new(asked)),
            largest: largest.to_string(),
        })
    }

    /// Has a thread that may block work for a memory.
    fn start_agent(self: &Arc<Self>, device: Option<usize>) {
        // Until this is done, the runtime does not shut down, and what waits may still go on.
        self.visits.task_spawned();
        let (scheduler, outside) = (self.clone(), OutsideWork::new(self));
        self.tokio.spawn_blocking(move || {
            // Tasks wait for it.
            unwind::abort_on_panic(|| {
                scheduler.store.work(device, |fetched, data| {
                    if let Some(task) = scheduler.fetched(fetched, data) {
                        scheduler.enqueue_last(task);
                    }
                });
                drop(outside);
                scheduler.visits.tasks_ended(1);
            });
        });
    }

    fn lose_if_lost(self: &Arc<Self>, error: &FetchError) {
        if let FetchError::Device { device, error } = error
            && error.is_lost()
        {
            self.quarantine(*device, error);
        }
    }
}
