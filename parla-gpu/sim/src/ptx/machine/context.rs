//! Who runs, and what special registers tell of it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Launch;
use super::block::WARP;
use super::grid::coordinates;
use super::thread::Beginning;
use crate::ptx::code::{self, Clock, Special};

/// The lanes of a warp.
const LANES: u32 = WARP as u32;

/// A thread while it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'l> {
    pub(super) launch: &'l Launch<'l>,
    pub(super) block: [u32; 3],
    /// The number of the thread in the block.
    pub(super) thread: u32,
    /// The number of the worker.
    pub(super) worker: u32,
}

impl<'l> Context<'l> {
    pub(super) fn function(&self, index: u32) -> &'l code::Function {
        &self.launch.instance.module.functions[index as usize]
    }

    pub(super) fn beginning(&self, index: u32) -> Beginning<'l> {
        Beginning {
            function: self.function(index),
            template: &self.launch.instance.templates[index as usize],
        }
    }

    pub(super) fn special(&self, special: Special) -> u64 {
        let launch = self.launch;
        let lane = self.thread % LANES;
        let value = match special {
            Special::Thread(axis) => {
                coordinates(u64::from(self.thread), launch.block)[usize::from(axis)]
            }
            Special::BlockThreads(axis) => launch.block[usize::from(axis)],
            Special::Block(axis) => self.block[usize::from(axis)],
            Special::GridBlocks(axis) => launch.grid[usize::from(axis)],
            Special::Lane => lane,
            Special::Warp => self.thread / LANES,
            Special::Warps => launch.block.iter().product::<u32>().div_ceil(LANES),
            Special::LanesEqual => 1 << lane,
            Special::LanesLess => (1 << lane) - 1,
            Special::LanesLessOrEqual => u32::MAX >> (31 - lane),
            Special::LanesGreater => !(u32::MAX >> (31 - lane)),
            Special::LanesGreaterOrEqual => !((1 << lane) - 1),
            Special::Multiprocessor => self.worker,
            Special::Multiprocessors => launch.workers.max(1) as u32,
            Special::Grid => return launch.grid_id,
            Special::DynamicSharedBytes => launch.dynamic_shared_bytes,
            Special::SharedBytes => launch.shared_bytes(),
            Special::DynamicShared => launch.dynamic_shared_start(),
        };
        u64::from(value)
    }
}

/// The clocks: one counts the steps of the worker, the other nanoseconds.
pub(super) fn read_clock(clock: Clock, steps: u64) -> u64 {
    let now = || {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        now.as_nanos() as u64
    };
    let low = u64::from(u32::MAX);
    match clock {
        Clock::Steps => steps & low,
        Clock::StepsHigh => steps >> 32,
        Clock::Steps64 => steps,
        Clock::Nanoseconds => now(),
        Clock::NanosecondsLow => now() & low,
        Clock::NanosecondsHigh => now() >> 32,
    }
}
