//! How much of its stack a worker thread may use before it runs nothing more on top of a body that
//! waits.

use std::cell::Cell;

use crate::sync::thread_local;

thread_local! {
    static BASE: Cell<usize> = const { Cell::new(0) };
}

/// The stack of a worker thread: twice what the main thread usually has, since recursion that was
/// written for that moves here, with the frames of joins in between. Only what is used takes memory.
pub(crate) const SIZE: usize = 16 << 20;
/// How much of it may be in use where a waiting body begins with something else. So whatever runs
/// has three quarters of a stack to itself.
const ENOUGH: usize = SIZE / 4;

/// Notes where the stack of this thread begins.
pub(crate) fn mark_base() {
    BASE.set(here());
}

/// Whether something else may begin on top of what this thread runs.
pub(crate) fn has_room() -> bool {
    BASE.get().abs_diff(here()) < ENOUGH
}

fn here() -> usize {
    let local = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&local)).addr()
}
