//! The copies of one datum on devices: what the coherence machine says, and the memory behind it.

use std::fmt;

use rustc_hash::FxHashMap;

use super::Region;
use super::coherence::{
    BufferId, Coherence, CopyId, CopyStep, DropRefused, Failed, Mode, Source, SpaceId,
};
use super::datum::Datum;
use super::store::{FetchError, Store, Transfer, Transfers};
use crate::device::{Axis, Block, BlockSlice, DeviceId, Layout};
use crate::sync::{Arc, Condvar, Mutex, Weak};

/// Where the newest elements are, and all buffers that devices have of the datum.
#[derive(Debug)]
pub(crate) struct Copies {
    pub(super) coherence: Coherence,
    /// The runtime whose devices these are.
    store: Weak<Store>,
    buffers: FxHashMap<BufferId, Buffer>,
    under_way: FxHashMap<CopyId, Arc<Arrival>>,
}

/// Elements of a region, packed in a block.
#[derive(Debug)]
struct Buffer {
    space: SpaceId,
    block: Arc<dyn Block>,
    region: Region,
}

/// The end of a copy, for those who need what it brings.
#[derive(Default)]
pub(super) struct Arrival {
    outcome: Mutex<Option<Result<(), FetchError>>>,
    changed: Condvar,
}

/// Buffers whose memory has been given up, and is still to be told of: under no lock.
pub(super) type Garbage = Vec<(BufferId, SpaceId)>;

impl Copies {
    /// All is at home.
    pub(super) fn new(shape: &[usize], store: &Arc<Store>) -> Self {
        Self {
            coherence: Coherence::new(shape),
            store: Arc::downgrade(store),
            buffers: FxHashMap::default(),
            under_way: FxHashMap::default(),
        }
    }

    /// The runtime whose devices these are, as long as it is there.
    pub(super) fn store(&self) -> Option<Arc<Store>> {
        self.store.upgrade()
    }

    /// Whether any device has a buffer.
    pub(super) fn has_buffers(&self) -> bool {
        !self.buffers.is_empty()
    }

    /// All of them and where they are.
    pub(super) fn buffers(&self) -> Vec<(BufferId, SpaceId)> {
        let buffers = self.buffers.iter();
        buffers.map(|(id, buffer)| (*id, buffer.space)).collect()
    }

    pub(super) fn add(
        &mut self,
        id: BufferId,
        space: SpaceId,
        block: Arc<dyn Block>,
        region: Region,
    ) {
        let buffer = Buffer {
            space,
            block,
            region,
        };
        self.buffers.insert(id, buffer);
    }

    /// Whether they are those of that runtime.
    pub(super) fn is_of(&self, store: &Store) -> bool {
        std::ptr::eq(self.store.as_ptr(), store)
    }

    /// Whether there is memory behind the buffer.
    pub(super) fn has(&self, id: BufferId) -> bool {
        self.buffers.contains_key(&id)
    }

    /// Gives up the memory of buffers that the machine has released.
    pub(super) fn take(&mut self, released: Vec<BufferId>) -> Garbage {
        let take = |id| {
            let buffer = self.buffers.remove(&id)?;
            Some((id, buffer.space))
        };
        released.into_iter().filter_map(take).collect()
    }

    /// Marks that a region is used in that buffer, or at home; what that takes.
    ///
    /// # Errors
    ///
    /// A region that the task would read and that has no value.
    pub(super) fn fill(
        &mut self,
        datum: &Arc<Datum>,
        buffer: Option<BufferId>,
        region: &Region,
        effect: Mode,
    ) -> Result<Transfers, Region> {
        let buffer = buffer.unwrap_or(BufferId::HOME);
        let plan = self.coherence.fill(buffer, region, effect, Source::nearest);
        let plan = plan.map_err(|lost| lost.region)?;
        let mut transfers = self.expect_all(datum, plan.copies);
        let awaits = plan.awaits.into_iter().map(|copy| self.expect(copy));
        transfers.awaits = awaits.collect();
        transfers
            .garbage
            .push((datum.id(), self.take(plan.released)));
        Ok(transfers)
    }

    /// Whether [`fill`](Self::fill) takes nothing.
    pub(super) fn is_filled(
        &self,
        buffer: Option<BufferId>,
        region: &Region,
        effect: Mode,
    ) -> bool {
        let buffer = buffer.unwrap_or(BufferId::HOME);
        self.coherence.is_filled(buffer, region, effect)
    }

    /// Gives up a buffer of which all is elsewhere. If it can't be yet, what has to arrive before.
    pub(super) fn drop_buffer(&mut self, id: BufferId) -> Result<(), Vec<Arc<Arrival>>> {
        match self.coherence.drop_buffer(id) {
            Ok(()) => {
                self.take(vec![id]);
                Ok(())
            }
            Err(DropRefused::InUse(copies)) => {
                Err(copies.into_iter().map(|copy| self.expect(copy)).collect())
            }
            Err(DropRefused::LastCopy(_) | DropRefused::Home) => Err(Vec::new()),
        }
    }

    /// The number of elements of a region whose newest value is on that device, or on its way there.
    pub(super) fn present(&self, device: DeviceId, region: &Region) -> usize {
        let store = self.store();
        let space = store.and_then(|store| store.space_on(device));
        let space = space.unwrap_or(SpaceId::HOST);
        self.coherence.present(space, region)
    }

    /// Copies that are about to be made.
    pub(super) fn expect_all(&mut self, datum: &Arc<Datum>, steps: Vec<CopyStep>) -> Transfers {
        let steps = steps.into_iter().map(|step| {
            self.under_way.entry(step.id).or_default();
            Transfer {
                datum: datum.clone(),
                after: step.after.iter().map(|copy| self.expect(*copy)).collect(),
                step,
            }
        });
        Transfers {
            steps: steps.collect(),
            ..Transfers::default()
        }
    }

    /// Where a region is in a buffer that covers it.
    pub(super) fn slice(
        &self,
        id: BufferId,
        region: &Region,
        element: usize,
    ) -> Option<BlockSlice> {
        let buffer = self.buffers.get(&id)?;
        Some(BlockSlice {
            block: buffer.block.clone(),
            layout: within(&buffer.region, region, element),
        })
    }

    /// The end of a copy that is under way.
    pub(super) fn expect(&self, copy: CopyId) -> Arc<Arrival> {
        // One that is over by now is not waited for.
        let over = || {
            let arrival = Arrival::default();
            arrival.set(Ok(()));
            Arc::new(arrival)
        };
        self.under_way.get(&copy).cloned().unwrap_or_else(over)
    }

    /// A copy has been made.
    pub(super) fn arrived(&mut self, copy: CopyId) -> Garbage {
        let released = self.coherence.arrived(copy);
        self.tell(copy, &Ok(()));
        self.take(released)
    }

    /// A copy can't be made, and others that need it.
    pub(super) fn failed(&mut self, copy: CopyId, error: &FetchError) -> Garbage {
        let Failed { copies, released } = self.coherence.failed(copy);
        for failed in copies.into_iter().chain([copy]) {
            self.tell(failed, &Err(error.clone()));
        }
        self.take(released)
    }

    pub(super) fn tell(&mut self, copy: CopyId, outcome: &Result<(), FetchError>) {
        if let Some(arrival) = self.under_way.remove(&copy) {
            arrival.set(outcome.clone());
        }
    }
}

impl Arrival {
    /// Blocks until the copy is made, or can't be.
    pub(super) fn wait_blocking(&self) -> Result<(), FetchError> {
        let mut outcome = self.outcome.lock();
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.changed.wait(outcome);
        }
    }

    fn set(&self, outcome: Result<(), FetchError>) {
        *self.outcome.lock() = Some(outcome);
        self.changed.notify_all();
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Arrival")
            .field(&*self.outcome.lock())
            .finish()
    }
}

/// Where the elements of `region` are when those of `packed`, which covers it, lie one behind the
/// other.
fn within(packed: &Region, region: &Region, element: usize) -> Layout {
    if region.is_empty() {
        return Layout::packed(element, region.shape());
    }
    let whole = Layout::packed(element, packed.shape());
    let relative = region.relative_to(packed);
    let spans = std::iter::zip(relative.spans(), &whole.axes);
    let offset: usize = spans
        .clone()
        .map(|(span, axis)| span.start() * axis.stride.unsigned_abs())
        .sum();
    let axes = spans.map(|(span, axis)| Axis {
        len: span.len(),
        stride: axis.stride * span.step() as isize,
    });
    Layout {
        element,
        offset,
        axes: axes.collect(),
    }
}
