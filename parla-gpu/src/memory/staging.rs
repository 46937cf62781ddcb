//! Pinned memory through which copies between the host and a device go, reused.

use std::sync::Arc;

use crate::cuda::{Context, Failure, Pinned};
use crate::lock::Mutex;
use crate::stream::Point;

/// The pinned memory of a device.
#[derive(Debug)]
pub(crate) struct StagingPool {
    context: Arc<Context>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of their release, so the first is free first.
    free: Vec<Staged>,
    held: usize,
}

#[derive(Debug)]
struct Staged {
    memory: Pinned,
    /// Behind the copy that uses it.
    point: Option<Point>,
}

/// The largest piece: some ten microseconds on a bus, many times what it costs to queue a copy.
pub(crate) const PIECE: usize = 1 << 20;
/// The smallest, for the many small copies.
const SMALLEST: usize = 4 << 10;
/// The most that is held: more would only wait in the device's queue for longer.
const HELD: usize = 64 * PIECE;

impl StagingPool {
    pub(crate) fn new(context: &Arc<Context>) -> Self {
        Self {
            context: context.clone(),
            state: Mutex::default(),
        }
    }

    /// Memory for `bytes`, at most [`PIECE`], that nobody uses. Blocks when too much is in flight.
    pub(crate) fn lend(&self, bytes: usize) -> Result<Staging<'_>, Failure> {
        Ok(Staging {
            pool: self,
            memory: Some(self.take(bytes)?),
            point: None,
        })
    }

    fn take(&self, bytes: usize) -> Result<Pinned, Failure> {
        let class = bytes.next_power_of_two().max(SMALLEST);
        let staged = {
            let mut state = self.state.lock();
            let is_free = |staged: &Staged| staged.memory.bytes() == class && staged.is_passed();
            let free = state.free.iter().position(is_free);
            let is_full = state.held + class > HELD;
            let oldest = || is_full.then(|| state.oldest(class)).flatten();
            match free.or_else(oldest) {
                Some(index) => state.free.remove(index),
                None => {
                    state.held += class;
                    drop(state);
                    return self.allocate(class);
                }
            }
        };
        let size = staged.memory.bytes();
        let memory = staged.wait();
        if size == class && memory.is_ok() {
            return memory;
        }
        // It is of another size, or the device is lost: either way this memory goes.
        self.state.lock().held -= size;
        drop(memory?);
        self.state.lock().held += class;
        self.allocate(class)
    }

    fn allocate(&self, class: usize) -> Result<Pinned, Failure> {
        let memory = Pinned::new(&self.context, class);
        if memory.is_err() {
            self.state.lock().held -= class;
        }
        memory
    }
}

/// Pinned memory on loan. It goes back when it is dropped; the device may use it until the point
/// that was told last.
#[derive(Debug)]
pub(crate) struct Staging<'a> {
    pool: &'a StagingPool,
    /// Taken when it is dropped.
    memory: Option<Pinned>,
    point: Option<Point>,
}

impl Staging<'_> {
    pub(crate) fn memory(&mut self) -> &mut Pinned {
        match &mut self.memory {
            Some(memory) => memory,
            None => unreachable!("only dropping it takes the memory"),
        }
    }

    /// The device uses it up to there, and nobody else may.
    pub(crate) fn in_use_until(&mut self, point: Point) {
        self.point = Some(point);
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            let point = self.point.take();
            self.pool.state.lock().free.push(Staged { memory, point });
        }
    }
}

impl State {
    /// What is free first, if possible of that size.
    fn oldest(&self, class: usize) -> Option<usize> {
        let same = self.free.iter().position(|it| it.memory.bytes() == class);
        same.or((!self.free.is_empty()).then_some(0))
    }
}

impl Staged {
    fn is_passed(&self) -> bool {
        self.point
            .as_ref()
            .is_none_or(|point| point.is_passed() || point.poll().unwrap_or(false))
    }

    /// The memory, once nobody uses it.
    fn wait(self) -> Result<Pinned, Failure> {
        match self.point {
            Some(point) => point.wait_blocking().map(|()| self.memory),
            None => Ok(self.memory),
        }
    }
}

impl Drop for StagingPool {
    fn drop(&mut self) {
        for staged in self.state.get_mut().free.drain(..) {
            // If the device can't be waited for, it is lost and copies no more.
            drop(staged.wait());
        }
    }
}
