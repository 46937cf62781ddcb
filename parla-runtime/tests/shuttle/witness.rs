//! Sees which bodies run, how often, and after what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::explore::dawdle;

/// For each task how often its body has begun, and whether it came to its end.
///
/// The atomics are real ones: looking at them is no reason to change threads.
#[derive(Debug, Clone)]
pub(crate) struct Witness(Arc<[(AtomicU32, AtomicBool)]>);

impl Witness {
    pub(crate) fn new(tasks: usize) -> Self {
        Self((0..tasks).map(|_| Default::default()).collect())
    }

    /// The body of `task` begins: for the first time, and after those of `before`.
    pub(crate) fn begin(&self, task: usize, before: &[usize]) {
        let times = self.0[task].0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(times, 0, "task {task} runs again");
        for &before in before {
            assert!(self.has_ended(before), "task {task} runs before {before}");
        }
    }

    pub(crate) fn end(&self, task: usize) {
        self.0[task].1.store(true, Ordering::Relaxed);
    }

    /// All of a body that ends well.
    pub(crate) fn run(&self, task: usize, before: &[usize]) {
        self.begin(task, before);
        dawdle();
        self.end(task);
    }

    pub(crate) fn has_begun(&self, task: usize) -> bool {
        self.0[task].0.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn has_ended(&self, task: usize) -> bool {
        self.0[task].1.load(Ordering::Relaxed)
    }

    /// All bodies have run.
    pub(crate) fn check_all(&self) {
        for task in 0..self.0.len() {
            assert!(self.has_ended(task), "task {task} has not run");
        }
    }
}
