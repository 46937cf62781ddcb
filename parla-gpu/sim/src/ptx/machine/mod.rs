//! Runs kernels: a grid's blocks on a few threads of the host, each block's threads in turn.
//!
//! A thread of a block runs until it ends, waits for others (a barrier, a shuffle) or has used up its
//! turn, then the next runs. So a block needs one thread of the host, and what its threads do to
//! shared memory needs no atomics.

mod barrier;
mod block;
mod collective;
mod context;
mod grid;
mod memory;
mod print;
mod rare;
mod step;
mod thread;

use std::sync::atomic::AtomicBool;

use super::memory::AddressSpace;
use super::module::{Instance, Kernel};

/// All that a kernel needs to run.
pub(crate) struct Launch<'a> {
    pub(crate) instance: &'a Instance,
    /// A kernel of the instance's module.
    pub(crate) kernel: &'a Kernel,
    /// In blocks.
    pub(crate) grid: [u32; 3],
    /// In threads: no more than a block may have.
    pub(crate) block: [u32; 3],
    pub(crate) dynamic_shared_bytes: u32,
    /// All parameters' bytes, as [`Kernel::parameters`] places them.
    pub(crate) parameters: &'a [u8],
    pub(crate) space: &'a dyn AddressSpace,
    /// How many threads of the host may run blocks.
    pub(crate) workers: usize,
    /// Stops the kernel soon after it is set.
    pub(crate) cancel: &'a AtomicBool,
    /// Stops the kernel soon after all its threads together ran so many steps.
    pub(crate) step_limit: Option<u64>,
    /// Gets what the kernel prints.
    pub(crate) print: &'a (dyn Fn(&str) + Sync),
    /// What `%gridid` reads: a number of its own for each launch.
    pub(crate) grid_id: u64,
}

impl Launch<'_> {
    fn shared_bytes(&self) -> u32 {
        self.dynamic_shared_start()
            .saturating_add(self.dynamic_shared_bytes)
    }

    /// Where the launch's own shared memory begins.
    fn dynamic_shared_start(&self) -> u32 {
        self.kernel.static_shared_bytes.next_multiple_of(128)
    }
}

impl std::fmt::Debug for Launch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Launch")
            .field("kernel", &self.kernel.name)
            .field("grid", &self.grid)
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}
