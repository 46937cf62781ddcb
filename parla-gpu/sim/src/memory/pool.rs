//! Memory pools: device memory that is kept for allocations in stream order.

use crate::codes::Code;
use crate::device::Device;
use crate::driver;
use crate::handle::{self, Handle};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A pool of one device's memory.
#[derive(Debug)]
pub(crate) struct Pool {
    handle: Handle,
    device: usize,
    state: Mutex<PoolState>,
}

/// The account of a pool and what the program can set.
#[derive(Debug, Default)]
pub(crate) struct PoolState {
    /// Bytes that the pool keeps at most beyond those in use, once they are free.
    pub(crate) threshold: u64,
    /// Whether memory is given out again early, in three ways; without effect here.
    pub(crate) reuse: [u32; 3],
    pub(crate) used: u64,
    pub(crate) used_high: u64,
    pub(crate) reserved: u64,
    pub(crate) reserved_high: u64,
    /// What other devices may do with its memory, as the interface has it.
    pub(crate) access: HashMap<usize, u32>,
}

impl Pool {
    pub(crate) fn new(device: usize) -> Self {
        Self {
            handle: handle::fresh(),
            device,
            state: Mutex::new(PoolState {
                reuse: [1; 3],
                ..PoolState::default()
            }),
        }
    }

    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        driver().pools.get(handle).ok_or(Code::INVALID_VALUE)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    pub(crate) fn device(&self) -> usize {
        self.device
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes for an allocation: first of what the pool keeps, then of the device.
    pub(crate) fn take(&self, device: &Device, bytes: u64) -> Result<(), Code> {
        // Counted before the device is asked, which may make all pools give up what they keep.
        let missing = {
            let mut state = self.state();
            state.used += bytes;
            let missing = state.used.saturating_sub(state.reserved);
            state.reserved += missing;
            missing
        };
        if let Err(code) = device.take(missing) {
            let mut state = self.state();
            state.used -= bytes;
            state.reserved -= missing;
            return Err(code);
        }
        let mut state = self.state();
        state.used_high = state.used_high.max(state.used);
        state.reserved_high = state.reserved_high.max(state.reserved);
        Ok(())
    }

    /// Takes an allocation's bytes back; how many of them go on to the device.
    #[must_use]
    pub(crate) fn give(&self, bytes: u64) -> u64 {
        let mut state = self.state();
        state.used -= bytes;
        let threshold = state.threshold;
        state.shrink(threshold)
    }

    /// Keeps at most so many bytes; how many go to the device.
    #[must_use]
    pub(crate) fn trim(&self, keep: u64) -> u64 {
        self.state().shrink(keep)
    }
}

impl PoolState {
    fn shrink(&mut self, keep: u64) -> u64 {
        let now = self.reserved.min(keep).max(self.used);
        let released = self.reserved - now;
        self.reserved = now;
        released
    }
}
