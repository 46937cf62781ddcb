//! A device of a runtime: its share of a card, and what the runtime sees of it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use parla_runtime::{Bytes, DeviceError, DeviceId, DeviceKind, Lease, LeaseRequest};

use crate::card::Card;
use crate::cuda::Failure;
use crate::error::{GpuError, Result};
use crate::lease::{GpuFence, GpuLease};
use crate::memory::{Freed, MemoryPool, StagingPool};
use crate::stream::{Stream, StreamPool};

/// A device with the streams and the memory that one runtime has there.
pub(crate) struct Device {
    id: DeviceId,
    card: Arc<Card>,
    streams: StreamPool,
    memory: MemoryPool,
    staging: StagingPool,
}

impl Device {
    /// The card as the device of that number, with at most `limit` of its memory.
    pub(crate) fn new(
        number: usize,
        card: Arc<Card>,
        limit: Option<Bytes>,
    ) -> Result<Arc<Self>, Failure> {
        let context = card.context();
        let memory = limit.map_or(u64::MAX, Bytes::get);
        let memory = memory.min(card.facts().memory);
        let device = Arc::new(Self {
            id: DeviceId::new(DeviceKind::Gpu, number),
            streams: StreamPool::new(context)?,
            memory: MemoryPool::new(context, memory),
            staging: StagingPool::new(context),
            card,
        });
        device.card.add_user(&device);
        Ok(device)
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.id
    }

    pub(crate) fn card(&self) -> &Arc<Card> {
        &self.card
    }

    pub(crate) fn streams(&self) -> &StreamPool {
        &self.streams
    }

    pub(crate) fn memory(&self) -> &MemoryPool {
        &self.memory
    }

    pub(crate) fn staging(&self) -> &StagingPool {
        &self.staging
    }

    /// Memory of the device, for use on the stream first.
    pub(crate) fn take_memory(&self, bytes: u64, stream: &Arc<Stream>) -> Result<Freed> {
        self.memory
            .take(bytes, stream, || self.card.make_room(self))
            .map_err(|error| error.on(self.id))
    }

    /// A failure here, as an error.
    pub(crate) fn fail(&self, failure: Failure) -> GpuError {
        GpuError::from(failure).on(self.id)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.card.info().name)
    }
}

/// What the runtime gets.
#[derive(Debug)]
pub(crate) struct GpuDevice(pub(crate) Arc<Device>);

impl parla_runtime::Device for GpuDevice {
    fn id(&self) -> DeviceId {
        self.0.id
    }

    fn name(&self) -> &str {
        &self.0.card.info().name
    }

    fn memory(&self) -> Bytes {
        Bytes::new(self.0.memory.limit())
    }

    fn has_queues(&self) -> bool {
        true
    }

    fn lease(&self, request: &LeaseRequest) -> Result<Option<Arc<dyn Lease>>, DeviceError> {
        let fences = request.after.iter().filter_map(|fence| {
            let fence: &dyn Any = &**fence;
            fence.downcast_ref::<GpuFence>()
        });
        let points: Vec<_> = fences.map(GpuFence::point).collect();
        let lease = GpuLease::new(&self.0, &request.task, request.priority, points);
        match lease {
            Ok(lease) => Ok(Some(Arc::new(lease))),
            Err(failure) => Err(self.0.fail(failure).within(&request.task).into()),
        }
    }
}
