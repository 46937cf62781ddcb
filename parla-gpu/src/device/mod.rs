//! A device of a runtime: its share of a card, and what the runtime sees of it.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use parla_runtime::{
    Bytes, DeviceError, DeviceId, DeviceKind, DeviceMemory, Lease, LeaseRequest, Link, Pressure,
};

use crate::array::GpuMemory;
use crate::card::Card;
use crate::cuda::Failure;
use crate::error::{GpuError, Result};
use crate::lease::GpuLease;
use crate::lock::Mutex;
use crate::memory::{Block, Freed, MemoryPool, StagingPool, block_size};
use crate::stream::{Direction, Stream, StreamPool};

/// A device with the streams and the memory that one runtime has there.
pub(crate) struct Device {
    id: DeviceId,
    card: Arc<Card>,
    streams: StreamPool,
    memory: MemoryPool,
    staging: StagingPool,
    pressure: Mutex<Option<Weak<dyn Pressure>>>,
    link: Link,
}

/// How often the runtime is asked to give something up for one allocation: memory that is in pieces
/// may need more of it than its size.
const ROUNDS: usize = 16;

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
            pressure: Mutex::default(),
            link: link_of(&card),
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

    /// A block for a body. If there is no room, the runtime is asked to give up what it keeps here
    /// on its own account. To be called with no lock held.
    pub(crate) fn allocate(self: &Arc<Self>, bytes: u64, stream: &Arc<Stream>) -> Result<Block> {
        for _ in 0..ROUNDS {
            let result = Block::new(self, bytes, stream);
            if !matches!(&result, Err(error) if error.is_out_of_memory()) {
                return result;
            }
            let pressure = self.pressure.lock().as_ref().and_then(Weak::upgrade);
            // What can't fit at all needn't cost anybody anything.
            let size = block_size(bytes).filter(|size| *size <= self.memory.limit());
            let (Some(pressure), Some(size)) = (pressure, size) else {
                return result;
            };
            if !pressure.give_up(self.id, size) {
                return result;
            }
        }
        Block::new(self, bytes, stream)
    }

    pub(crate) fn set_pressure(&self, pressure: Weak<dyn Pressure>) {
        *self.pressure.lock() = Some(pressure);
    }

    /// The stream for what the runtime copies that way.
    pub(crate) fn copying(&self, direction: Direction) -> Result<Arc<Stream>> {
        let stream = self.streams.copying(direction);
        stream.map_err(|failure| self.fail(failure))
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

/// A simulated one may have been made slow: whoever decides where tasks go has to know.
fn link_of(card: &Card) -> Link {
    #[cfg(feature = "sim")]
    if let Some(bandwidth) = crate::cuda::copy_bandwidth(card.info().ordinal) {
        return Link {
            bandwidth: bandwidth as f64,
            ..Link::default()
        };
    }
    let _ = card;
    Link::default()
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

    fn data(&self) -> Option<Arc<dyn DeviceMemory>> {
        Some(Arc::new(GpuMemory::new(&self.0)))
    }

    fn link(&self) -> Link {
        self.0.link
    }

    fn has_queues(&self) -> bool {
        true
    }

    fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<Arc<dyn Lease>>, DeviceError> {
        let points = request.after.iter().filter_map(|fence| {
            let fence: &dyn Any = &**fence;
            fence.downcast_ref::<GpuLease>()?.end()
        });
        let lease = GpuLease::new(&self.0, &request.task, request.priority, points);
        match lease {
            Ok(lease) => Ok(Some(Arc::new(lease))),
            Err(failure) => Err(self.0.fail(failure).within(&request.task).into()),
        }
    }
}
