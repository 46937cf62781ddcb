//! What a spawn asked for beyond running after its dependencies; most tasks have none of it.

use smallvec::SmallVec;

use super::{DeviceWork, Held};
use crate::data::TaskData;
use crate::device::{DeviceId, DeviceKinds, Placement, Whereabouts};
use crate::resources::{Alternative, Demand, Grant};
use crate::scheduler::{Course, Mapping};
use crate::sync::{Arc, Mutex};

/// The parts of a descriptor that the scheduler keeps with the task.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The label given with `name`.
    pub(crate) label: Option<Arc<str>>,
    /// The task function that is called, if one is.
    pub(crate) function: Option<&'static str>,
    /// Higher runs first; zero is the ordinary queue.
    pub(crate) priority: i32,
    /// Where it may run and what it takes there; empty if it needs no admission.
    pub(crate) alternatives: Arc<[Alternative]>,
    /// The request to map again when the task is ready, since its placement follows a task.
    /// Until the task ends: it holds another task.
    pub(crate) follow: Mutex<Option<Box<Follow>>>,
    /// The data that it declares to use, where that has to be looked after. Until the task ends: it
    /// holds arrays.
    pub(crate) data: Mutex<Option<Arc<TaskData>>>,
    /// Why it goes where it goes, if that is kept.
    pub(crate) mapping: Mutex<Option<Box<Mapping>>>,
    /// How far it is, if that is measured.
    pub(crate) course: Mutex<Course>,
    /// What it holds, from its admission until it ends or waits.
    pub(crate) held: Mutex<Held>,
    /// Whether it may only run on devices with queues of their own, and so may start when what it
    /// depends on has been queued there.
    pub(crate) follows_queues: bool,
    /// What it does there.
    pub(crate) work: Mutex<DeviceWork>,
    /// The first device it was given last.
    pub(crate) device: Mutex<Option<DeviceId>>,
}

/// A placement that is known only when the task is ready.
#[derive(Debug, Clone)]
pub(crate) struct Follow {
    pub(crate) placement: Placement,
    pub(crate) kinds: DeviceKinds,
    pub(crate) demand: Demand,
}

impl Options {
    /// Whether the end of the body is not that of the task.
    pub(crate) fn runs_ahead(&self) -> bool {
        self.follows_queues || !self.work.lock().leases().is_empty()
    }

    /// Where the task may go on after its body has waited: on the devices that it has leases of, if
    /// it has any.
    pub(crate) fn alternatives_again(&self) -> Arc<[Alternative]> {
        let work = self.work.lock();
        let leases = work.current_leases();
        if leases.is_empty() {
            return self.alternatives.clone();
        }
        let is_leased = |device: &usize| leases.iter().any(|(leased, _)| leased == device);
        let on_leased = self.alternatives.iter().filter_map(|alternative| {
            let entries = alternative.entries.iter().map(|(devices, demand)| {
                let devices: Vec<_> = devices.iter().copied().filter(is_leased).collect();
                (!devices.is_empty()).then_some((devices, *demand))
            });
            entries.collect::<Option<_>>().map(|entries| Alternative {
                entries,
                preference: alternative.preference,
            })
        });
        on_leased.collect()
    }

    /// Whether the task asks for a device or a part of one.
    pub(crate) fn is_placed(&self) -> bool {
        !self.alternatives.is_empty()
    }

    pub(crate) fn device(&self) -> Option<DeviceId> {
        *self.device.lock()
    }

    /// The size of what it declares to use.
    pub(crate) fn bytes(&self) -> u64 {
        let data = self.data.lock().clone();
        data.map_or(0, |data| data.bytes())
    }

    /// The devices that it holds, by number.
    pub(crate) fn granted(&self) -> SmallVec<[usize; 2]> {
        let held = self.held.lock();
        let granted = held.grant().into_iter().flat_map(|grant| &grant.devices);
        granted.map(|&(device, _)| device).collect()
    }

    /// Takes in the grant with which the body may start or go on.
    pub(crate) fn admit(&self, grant: Grant, id: impl Fn(usize) -> DeviceId) {
        self.note_device(&grant, id);
        self.held.lock().put(grant);
    }

    /// Takes in the grant with which the body may go on after a scope; see [`Held::regain`].
    #[must_use = "what is not held must be given back"]
    pub(crate) fn readmit(&self, grant: Grant, id: impl Fn(usize) -> DeviceId) -> Option<Grant> {
        self.note_device(&grant, id);
        self.held.lock().regain(grant)
    }

    fn note_device(&self, grant: &Grant, id: impl Fn(usize) -> DeviceId) {
        *self.device.lock() = grant.devices.first().map(|&(device, _)| id(device));
        if let Some(mapping) = &mut *self.mapping.lock() {
            let devices: Vec<_> = grant
                .devices
                .iter()
                .map(|&(device, _)| id(device))
                .collect();
            mapping.note_grant(&devices, grant.is_late);
        }
    }
}
