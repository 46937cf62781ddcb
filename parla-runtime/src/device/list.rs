//! The devices of one runtime, by number: those of the host first.

use std::ops::Deref;

use super::{CpuDevice, Device, DeviceId, FoundDevices};
use crate::resources::Bytes;
use crate::sync::Arc;

/// All devices of a runtime.
#[derive(Debug)]
pub(crate) struct Devices {
    all: Vec<Box<dyn Device>>,
    /// How many of them are CPU devices.
    hosts: usize,
    /// Why there are no others, if somebody has looked for them.
    pub(crate) note: Option<Arc<str>>,
}

impl Devices {
    /// The host as `hosts` devices which share that memory, and others.
    pub(crate) fn new(hosts: usize, memory: Bytes, others: FoundDevices) -> Self {
        let host = CpuDevice::divide(hosts, memory).map(|device| Box::new(device) as Box<_>);
        let all: Vec<Box<dyn Device>> = host.chain(others.devices).collect();
        Self {
            all,
            hosts,
            note: others.note.map(Arc::from),
        }
    }

    /// Whether the host is one device, so that tasks that ask for nothing need no admission there.
    pub(crate) fn is_host_undivided(&self) -> bool {
        self.hosts == 1
    }

    /// Whether the device is one of the host's.
    pub(crate) fn is_host(&self, device: usize) -> bool {
        device < self.hosts
    }

    /// How many of them are the host's.
    pub(crate) fn hosts(&self) -> usize {
        self.hosts
    }

    pub(crate) fn ids(&self) -> Vec<DeviceId> {
        self.all.iter().map(|device| device.id()).collect()
    }
}

impl Deref for Devices {
    type Target = [Box<dyn Device>];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}
