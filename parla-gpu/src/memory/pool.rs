//! The memory of a device that one runtime has from the driver, kept for reuse.
//!
//! The driver's own allocation is slow and its release waits for the whole device. So blocks that
//! are freed stay here, with the points that the device has still to pass before somebody else may
//! have them; on a stream that comes after those anyway they are reused at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use parla_runtime::Bytes;

use super::class::class_of;
use super::uses::{Points, wait_blocking};
use crate::cuda::{Allocation, Context, Failure, is_simulated};
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::lock::Mutex;
use crate::stream::Stream;

/// A cache of blocks, within a limit.
#[derive(Debug)]
pub(crate) struct MemoryPool {
    context: Arc<Context>,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Freed blocks by their size, in the order of their release.
    free: BTreeMap<u64, Vec<Freed>>,
    /// Bytes in them.
    cached: u64,
    /// Bytes had from the driver, or about to be.
    held: u64,
}

/// A block that nobody owns.
#[derive(Debug)]
pub(crate) struct Freed {
    pub(crate) allocation: Allocation,
    /// What must be passed before its memory may be touched or given back.
    pub(crate) uses: Points,
}

/// Why there is no new memory.
#[derive(Debug)]
enum Refusal {
    ByLimit,
    ByDriver,
}

/// Freed blocks to ask the driver about before asking it for new memory.
const ASKED: usize = 4;

/// The size of the block that serves so many bytes. `None` for more than any device has.
pub(crate) fn block_size(bytes: u64) -> Option<u64> {
    // What a kernel does beyond the last element is seen by the driver in software only if the
    // memory ends there.
    match is_simulated() {
        true => Some(bytes.max(1)),
        false => class_of(bytes),
    }
}

impl MemoryPool {
    pub(crate) fn new(context: &Arc<Context>, limit: u64) -> Self {
        Self {
            context: context.clone(),
            limit,
            state: Mutex::default(),
        }
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// A block of at least `bytes`, for use on `stream` first. `make_room` gives back what other
    /// pools of the device have cached; it is called when the driver has no more.
    pub(crate) fn take(
        &self,
        bytes: u64,
        stream: &Arc<Stream>,
        make_room: impl FnOnce(),
    ) -> Result<Freed> {
        let Some(class) = block_size(bytes).filter(|class| *class <= self.limit) else {
            return Err(self.shortage(bytes));
        };
        if let Some(block) = self.take_ready(class, stream) {
            return Ok(block);
        }
        if let Ok(block) = self.allocate(class)? {
            return Ok(block);
        }
        if let Some(block) = self.take_busy(class) {
            return Ok(block);
        }
        self.release_passed();
        match self.allocate(class)? {
            Ok(block) => return Ok(block),
            Err(Refusal::ByDriver) => make_room(),
            // What others have is of no use here.
            Err(Refusal::ByLimit) => {}
        }
        self.release_all();
        self.allocate(class)?.map_err(|_| self.shortage(bytes))
    }

    /// Takes a block back.
    pub(crate) fn give_back(&self, block: Freed) {
        let mut state = self.state.lock();
        let class = block.allocation.bytes();
        state.cached += class;
        state.free.entry(class).or_default().push(block);
    }

    /// Gives to the driver all that is cached, once the device has let go of it.
    pub(crate) fn release_all(&self) {
        for block in self.remove(|_| true) {
            // If the device can't be waited for, it is lost and works no more.
            let _ = wait_blocking(&block.uses);
            self.release(block);
        }
    }

    /// Bytes that could still be had.
    pub(crate) fn free(&self) -> u64 {
        let (held, cached) = {
            let state = self.state.lock();
            (state.held, state.cached)
        };
        let within_limit = self.limit.saturating_sub(held);
        // Without an answer, the limit is all that is known.
        let driver = self.context.memory().map_or(u64::MAX, |(free, _)| free);
        within_limit.min(driver) + cached
    }

    /// A block that is free to be used on the stream; the one released last, which caches know best.
    fn take_ready(&self, class: u64, stream: &Arc<Stream>) -> Option<Freed> {
        let mut state = self.state.lock();
        let blocks = state.free.get_mut(&class)?;
        let is_known_ready = |block: &Freed| {
            let mut uses = block.uses.iter();
            uses.all(|point| point.stream().id() == stream.id() || point.is_passed())
        };
        let is_ready = |block: &Freed| block.uses.iter().all(|it| it.poll().unwrap_or(false));
        let known = blocks.iter().rposition(is_known_ready);
        let index = known.or_else(|| blocks.iter().take(ASKED).position(is_ready))?;
        let block = blocks.remove(index);
        state.cached -= class;
        Some(block)
    }

    /// A block that the device may still be busy with, the one that it lets go of first.
    fn take_busy(&self, class: u64) -> Option<Freed> {
        let mut state = self.state.lock();
        let blocks = state.free.get_mut(&class).filter(|it| !it.is_empty())?;
        let block = blocks.remove(0);
        state.cached -= class;
        Some(block)
    }

    /// A new block, if there is room for it.
    fn allocate(&self, class: u64) -> Result<Result<Freed, Refusal>> {
        {
            let mut state = self.state.lock();
            if state.held + class > self.limit {
                return Ok(Err(Refusal::ByLimit));
            }
            state.held += class;
        }
        let refused: Failure = match Allocation::new(&self.context, class) {
            Ok(allocation) => {
                return Ok(Ok(Freed {
                    allocation,
                    uses: Points::new(),
                }));
            }
            Err(failure) => failure,
        };
        self.state.lock().held -= class;
        if refused.is_out_of_memory() {
            Ok(Err(Refusal::ByDriver))
        } else {
            Err(refused.into())
        }
    }

    fn release_passed(&self) {
        let is_passed = |block: &Freed| block.uses.iter().all(|it| it.poll().unwrap_or(false));
        for block in self.remove(is_passed) {
            self.release(block);
        }
    }

    fn remove(&self, which: impl Fn(&Freed) -> bool) -> Vec<Freed> {
        let mut state = self.state.lock();
        let mut removed = Vec::new();
        for blocks in state.free.values_mut() {
            removed.extend(blocks.extract_if(.., |block| which(block)));
        }
        state.cached -= removed.iter().map(|it| it.allocation.bytes()).sum::<u64>();
        removed
    }

    fn release(&self, block: Freed) {
        let bytes = block.allocation.bytes();
        drop(block);
        self.state.lock().held -= bytes;
    }

    fn shortage(&self, asked: u64) -> GpuError {
        let in_use = {
            let state = self.state.lock();
            state.held - state.cached
        };
        GpuError::new(GpuErrorKind::OutOfMemory {
            asked: Bytes::new(asked),
            free: Bytes::new(self.free()),
            limit: Bytes::new(self.limit),
            in_use: Bytes::new(in_use),
        })
    }
}

impl Drop for MemoryPool {
    fn drop(&mut self) {
        self.release_all();
    }
}
