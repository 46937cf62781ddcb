//! What the tests in `tests/shuttle/` run on: threads that take turns as shuttle's scheduler says,
//! with a turn's end before each operation on anything shared.
//!
//! All atomics are sequentially consistent here, and `Arc` is the real one, in which no thread is
//! ever interrupted. Nothing may depend on real time, or a schedule could not be repeated.

mod atomics;
pub(crate) mod deque;
pub(crate) mod tokio;

use std::cell::Cell;
use std::ops::Sub;
use std::time::Duration;

pub(crate) use atomics::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize};
pub(crate) use shuttle::hint;
use shuttle::rand::RngCore;
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};

/// Lets the scheduler go on with any thread.
fn turn() {
    // Nobody sleeps in shuttle. A `yield_now` would tell it that this thread waits for others.
    shuttle::thread::sleep(Duration::ZERO);
}

/// A few of so many: the longer threads search in vain, the rarer are schedules in which anything else
/// happens.
pub(crate) const fn attempts(worth: usize) -> usize {
    worth.div_ceil(16)
}

/// A cell that is filled once. The real one would block the one real thread there is while another
/// of shuttle's threads fills it.
#[derive(Debug, Default)]
pub(crate) struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    filling: Mutex<()>,
}

impl<T> OnceLock<T> {
    pub(crate) const fn new() -> Self {
        Self {
            value: std::sync::OnceLock::new(),
            filling: Mutex::new(()),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        turn();
        self.value.get()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        turn();
        self.value.set(value)
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let _one_at_a_time = self.filling.lock();
        self.value.get().unwrap_or_else(|| {
            let value = make();
            turn();
            self.value.get_or_init(|| value)
        })
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.value.take()
    }
}

/// A clock that moves on whenever anybody looks at it, by a step that belongs to the schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(u64);

impl Instant {
    const LONGEST_STEP_NS: u64 = 1000;

    pub(crate) fn now() -> Self {
        // For each real thread: on one of them run all threads of a test, and nothing else.
        std::thread_local! {
            static CLOCK: Cell<u64> = const { Cell::new(0) };
        }
        let step = shuttle::rand::thread_rng().next_u64() % Self::LONGEST_STEP_NS;
        CLOCK.set(CLOCK.get() + step);
        Self(CLOCK.get())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Self::now() - *self
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0 - earlier.0)
    }
}

pub(crate) mod thread {
    //! Shuttle's threads.

    pub(crate) use shuttle::thread::{Builder, JoinHandle, yield_now};
    pub(crate) use std::thread::available_parallelism;
}

/// A value for each of shuttle's threads.
#[derive(Debug)]
pub(crate) struct LocalKey<T: 'static>(pub(crate) &'static shuttle::thread::LocalKey<T>);

impl<T> LocalKey<T> {
    pub(crate) fn with<R>(&'static self, work: impl FnOnce(&T) -> R) -> R {
        self.0.with(work)
    }

    pub(crate) fn try_with<R>(
        &'static self,
        work: impl FnOnce(&T) -> R,
    ) -> Result<R, shuttle::thread::AccessError> {
        self.0.try_with(work)
    }
}

impl<T> LocalKey<Cell<T>> {
    pub(crate) fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    pub(crate) fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    pub(crate) fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    pub(crate) fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

/// As the standard one, for [`LocalKey`].
macro_rules! thread_locals {
    ($($(#[$attribute:meta])* static $name:ident: $type:ty = const { $value:expr };)*) => {$(
        $(#[$attribute])*
        static $name: $crate::sync::simulated::LocalKey<$type> = {
            shuttle::thread_local! {
                static KEY: $type = $value;
            }
            $crate::sync::simulated::LocalKey(&KEY)
        };
    )*};
}
pub(crate) use thread_locals as thread_local;
