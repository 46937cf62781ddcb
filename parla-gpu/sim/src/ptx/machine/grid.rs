//! A grid: who runs which block, and what stops all of them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Launch;
use super::block::Worker;
use crate::ptx::fault::{Fault, FaultKind};

/// Grids with fewer threads run on the caller's thread: starting others would take longer.
const INLINE_THREADS: u64 = 2048;

/// What the workers of a launch share.
#[derive(Debug, Default)]
pub(super) struct Progress {
    next_block: AtomicU64,
    steps: AtomicU64,
    /// Set by the first fault.
    stop: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl Progress {
    /// Keeps the fault if it is the first, and stops the other workers: they report that they were
    /// stopped, if they were in the middle of a block.
    fn fail(&self, fault: Fault) {
        let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(fault);
        // Relaxed: it only makes others stop earlier; the fault is behind the lock.
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Launch<'_> {
    /// Runs the kernel to its end; the steps that its threads took.
    ///
    /// # Errors
    ///
    /// The fault that stopped it. Of several, one.
    pub(crate) fn run(&self) -> Result<u64, Fault> {
        let blocks = extent(self.grid);
        let threads = blocks.saturating_mul(extent(self.block));
        let mut workers = self.workers.max(1) as u64;
        if threads < INLINE_THREADS {
            workers = 1;
        }
        let progress = Progress::default();
        thread::scope(|scope| {
            for index in 1..workers.min(blocks) {
                let progress = &progress;
                scope.spawn(move || self.work(progress, index as u32));
            }
            self.work(&progress, 0);
        });
        let fault = progress
            .fault
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match fault {
            Some(fault) => Err(fault),
            None => Ok(progress.steps.into_inner()),
        }
    }

    /// Runs blocks until there are no more.
    fn work(&self, progress: &Progress, index: u32) {
        let blocks = extent(self.grid);
        let mut worker = Worker::new(self, progress, index);
        loop {
            // Relaxed: the counter is all there is to agree on.
            let block = progress.next_block.fetch_add(1, Ordering::Relaxed);
            if block >= blocks || progress.stop.load(Ordering::Relaxed) {
                return;
            }
            if let Err(fault) = worker.run(coordinates(block, self.grid)) {
                progress.fail(fault);
                return;
            }
        }
    }

    /// Counts steps, and says why there should be no more.
    pub(super) fn count(&self, progress: &Progress, steps: u64) -> Result<(), FaultKind> {
        // Relaxed: flags and a counter, which guard nothing.
        let before = progress.steps.fetch_add(steps, Ordering::Relaxed);
        if self.cancel.load(Ordering::Relaxed) {
            return Err(FaultKind::Cancelled);
        }
        match self.step_limit {
            Some(limit) if before + steps > limit => Err(FaultKind::StepLimit(limit)),
            _ => Ok(()),
        }
    }

    /// Whether another worker's block has failed, so that this one's outcome doesn't count.
    pub(super) fn is_stopped(progress: &Progress) -> bool {
        progress.stop.load(Ordering::Relaxed)
    }
}

fn extent(extents: [u32; 3]) -> u64 {
    extents.iter().fold(1, |product: u64, extent| {
        product.saturating_mul(u64::from(*extent))
    })
}

/// The coordinates of the one with this number.
pub(super) fn coordinates(index: u64, extents: [u32; 3]) -> [u32; 3] {
    let [x, y, _] = extents.map(|extent| u64::from(extent.max(1)));
    [
        (index % x) as u32,
        (index / x % y) as u32,
        (index / x / y) as u32,
    ]
}
