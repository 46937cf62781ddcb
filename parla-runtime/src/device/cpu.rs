//! The host as a device, or as several logical ones that share its workers.

use super::{Device, DeviceId, DeviceKind};
use crate::resources::Bytes;

/// One CPU device: a part of the host's memory, and a whole of compute shares.
#[derive(Debug)]
pub(crate) struct CpuDevice {
    id: DeviceId,
    name: String,
    memory: Bytes,
}

impl CpuDevice {
    /// Divides the host's memory evenly among `count` devices.
    pub(crate) fn divide(count: usize, memory: Bytes) -> impl Iterator<Item = Self> {
        let share = Bytes::new(memory.get() / count as u64);
        (0..count).map(move |number| {
            let id = DeviceId::new(DeviceKind::Cpu, number);
            Self {
                id,
                name: format!("host processors, {id}"),
                memory: share,
            }
        })
    }
}

impl Device for CpuDevice {
    fn id(&self) -> DeviceId {
        self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn memory(&self) -> Bytes {
        self.memory
    }
}
