//! The memories of one runtime, and what is in them: brings the data of tasks to where they run.
//!
//! The protocol is in `docs/internals/data-movement.md`.

mod agent;
mod enter;
mod evict;
mod fetch;
mod leave;
mod transfer;
mod turns;

use rustc_hash::FxHashMap;

use agent::Agent;
pub(super) use enter::Entered;
pub(crate) use fetch::Fetch;
pub(super) use fetch::{Transfer, Transfers};
use turns::Turns;

use super::Region;
use super::coherence::{BufferId, SpaceId};
use super::copies::{Copies, Garbage};
use super::datum::{Datum, DatumId};
use super::residency::{Entry, Residency};
use super::task_data::TaskData;
use crate::device::{DeviceError, DeviceId, DeviceMemory, Devices};
use crate::error::TaskErrorKind;
use crate::resources::Bytes;
use crate::sync::{Arc, Mutex, OnceLock, Weak, thread};
use crate::task::{Runnable, TaskName};
use crate::worker::unwind;

/// Everything that has to do with the places of data in one runtime.
#[derive(Debug)]
pub(crate) struct Store {
    host: Agent,
    /// By the numbers of the devices; none for those that use the memory of the host.
    spaces: Vec<Option<Space>>,
    /// Those that have had copies on devices.
    data: Mutex<FxHashMap<DatumId, Weak<Datum>>>,
    turns: Mutex<Turns>,
}

/// The memory of a device.
#[derive(Debug)]
struct Space {
    id: SpaceId,
    memory: Arc<dyn DeviceMemory>,
    agent: Agent,
    room: Mutex<Room>,
    device: DeviceId,
    lost: OnceLock<DeviceError>,
}

/// Who has what of a memory. Locked before the copies of any datum; never two at a time, and never
/// by a thread that blocks.
#[derive(Debug)]
struct Room {
    residency: Residency,
    /// Tasks that wait until others leave, first come, first served.
    starved: Vec<Runnable>,
}

/// Why the data of a task can't be brought to it.
#[derive(Debug, Clone)]
pub(crate) enum FetchError {
    /// A device failed.
    Device { device: usize, error: DeviceError },
    /// A device has no room, and nobody is going to leave.
    OutOfMemory {
        device: DeviceId,
        asked: Bytes,
        free: Bytes,
        held_by: Vec<(String, Bytes)>,
    },
    /// What the task reads is nowhere any more.
    Lost(String),
    /// That task of another runtime uses other elements of an array which that runtime has on devices.
    Foreign(TaskName),
}

impl Store {
    /// The memories of those devices.
    pub(crate) fn new(devices: &Devices) -> Arc<Self> {
        let spaces = devices.iter().enumerate().map(|(number, device)| {
            Some(Space {
                id: SpaceId(number + 1),
                memory: device.data()?,
                agent: Agent::default(),
                room: Mutex::new(Room {
                    residency: Residency::new(device.memory().get()),
                    starved: Vec::new(),
                }),
                device: device.id(),
                lost: OnceLock::new(),
            })
        });
        let store = Arc::new(Self {
            host: Agent::default(),
            spaces: spaces.collect(),
            data: Mutex::default(),
            turns: Mutex::default(),
        });
        for space in store.spaces.iter().flatten() {
            let pressure: Weak<Self> = Arc::downgrade(&store);
            space.memory.set_pressure(pressure);
        }
        store
    }

    /// Whether that device has memory of its own.
    pub(crate) fn has_memory(&self, device: usize) -> bool {
        self.spaces[device].is_some()
    }

    /// What so many bytes take of the memory of a device, if it has its own.
    pub(crate) fn footprint(&self, device: usize, bytes: u64) -> u64 {
        let space = self.spaces[device].as_ref();
        space.map_or(0, |space| space.memory.footprint(bytes))
    }

    /// The memory of the first of those devices that has some; `None` means the host's.
    fn space_of(&self, devices: impl IntoIterator<Item = usize>) -> Option<&Space> {
        let mut spaces = devices
            .into_iter()
            .map(|device| self.spaces[device].as_ref());
        spaces.find_map(|space| space)
    }

    fn space(&self, id: SpaceId) -> Option<&Space> {
        self.spaces.get(id.0.checked_sub(1)?)?.as_ref()
    }

    /// The memory of a device, if it has its own.
    pub(super) fn space_on(&self, device: DeviceId) -> Option<SpaceId> {
        let mut spaces = self.spaces.iter().flatten();
        spaces
            .find(|space| space.device == device)
            .map(|space| space.id)
    }

    fn datum(&self, id: DatumId) -> Option<Arc<Datum>> {
        self.data.lock().get(&id).and_then(Weak::upgrade)
    }

    fn data(&self) -> Vec<Arc<Datum>> {
        self.data
            .lock()
            .values()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// Has the copies of a datum looked after here. Those that another runtime has are brought home,
    /// unless it has tasks that use the datum. Blocks.
    fn adopt(self: &Arc<Self>, datum: &Arc<Datum>) -> Result<(), FetchError> {
        loop {
            let mut copies = datum.copies();
            let other = match &*copies {
                Some(copies) if copies.is_of(self) => return Ok(()),
                Some(copies) if copies.has_buffers() => copies.store(),
                _ => None,
            };
            let Some(other) = other else {
                *copies = Some(Copies::new(datum.shape(), self));
                // Before anybody can find the copies: what is not registered counts as gone.
                let mut data = self.data.lock();
                if data.len() == data.capacity() {
                    data.retain(|_, datum| datum.strong_count() > 0);
                }
                data.insert(datum.id(), Arc::downgrade(datum));
                return Ok(());
            };
            drop(copies);
            if let Some(user) = datum.user_but_of(self) {
                return Err(FetchError::Foreign(user));
            }
            other.bring_home(datum)?;
            // Who has ended may be about to leave.
            thread::yield_now();
        }
    }

    /// Why a task fails that is not fetched for.
    pub(crate) fn why(&self, error: FetchError) -> TaskErrorKind {
        match error {
            FetchError::Device { device, error } => TaskErrorKind::Device {
                device: self.spaces[device]
                    .as_ref()
                    .expect("it has a memory")
                    .device,
                error,
            },
            FetchError::OutOfMemory {
                device,
                asked,
                free,
                held_by,
            } => TaskErrorKind::OutOfMemory {
                device,
                asked,
                free,
                held_by,
            },
            FetchError::Lost(data) => TaskErrorKind::DataLost(data),
            FetchError::Foreign(user) => TaskErrorKind::ForeignDependency(user),
        }
    }

    /// Tells that there is room where buffers have been given up. Under no lock.
    fn clear(&self, garbage: Vec<(DatumId, Garbage)>) {
        for (datum, garbage) in garbage {
            for (buffer, space) in garbage {
                if let Some(space) = self.space(space) {
                    space.room.lock().residency.remove(entry(datum, buffer));
                }
            }
        }
    }
}

impl Space {
    /// The number of the device.
    fn number(&self) -> usize {
        self.id.0 - 1
    }

    /// What the back end makes of a request. A panic there is an error: tasks wait for what comes of it.
    fn ask<R>(
        &self,
        request: impl FnOnce(&dyn DeviceMemory) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let asked = unwind::catch(|| request(&*self.memory));
        asked.unwrap_or_else(|message| {
            Err(DeviceError::new(format!(
                "its back end panicked: {message}"
            )))
        })
    }

    /// Why there is no buffer any more that somebody was to use: it has gone with the device.
    fn why_gone(&self, datum: &Datum, region: &Region) -> FetchError {
        match self.lost.get() {
            Some(error) => FetchError::Device {
                device: self.number(),
                error: error.clone(),
            },
            None => FetchError::Lost(datum.describe(region)),
        }
    }
}

impl FetchError {
    /// Whether it may go when others leave.
    fn is_shortage(&self) -> bool {
        match self {
            Self::OutOfMemory { .. } => true,
            Self::Device { error, .. } => error.is_out_of_memory(),
            Self::Lost(_) | Self::Foreign(_) => false,
        }
    }
}

/// What a task declares to use.
fn data_of(task: &Runnable) -> Option<Arc<TaskData>> {
    task.options()?.data.lock().clone()
}

fn entry(datum: DatumId, buffer: BufferId) -> Entry {
    Entry {
        array: datum.number(),
        buffer,
    }
}
