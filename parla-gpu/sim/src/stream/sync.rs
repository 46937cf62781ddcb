//! What the engine's threads meet at: the one list that its model replaces (`tests/shuttle.rs`).

pub(super) use std::sync::atomic::AtomicUsize;
pub(super) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
pub(super) use std::thread;
