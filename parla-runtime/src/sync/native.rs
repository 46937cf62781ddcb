//! What the program runs on: the standard library and tokio.

pub(crate) use ::{crossbeam_deque as deque, tokio};
pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
pub(crate) use std::time::Instant;
pub(crate) use std::{hint, thread, thread_local};

/// How often to do what is worth so many attempts on a real machine.
pub(crate) const fn attempts(worth: usize) -> usize {
    worth
}
