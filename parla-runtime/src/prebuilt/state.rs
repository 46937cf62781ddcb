//! What a run of a graph changes; a run leaves it as it found it, for a later run.

use super::counter::Counter;
use crate::sync::{Arc, AtomicU64, OnceLock, Ordering};
use crate::task::ScopeState;

/// The counters of one run.
#[derive(Debug)]
pub(super) struct RunState {
    counters: Box<[Counter]>,
    /// A bit for each node with a predecessor that failed or was left out itself. Made when the
    /// first node fails.
    doomed: OnceLock<Box<[AtomicU64]>>,
    /// Who waits for the end of the run.
    pub(super) scope: Arc<ScopeState>,
}

impl RunState {
    /// For nodes with these numbers of predecessors.
    pub(super) fn new(predecessors: impl Iterator<Item = u32>) -> Self {
        Self {
            counters: predecessors.map(Counter::armed).collect(),
            doomed: OnceLock::new(),
            scope: Arc::new(ScopeState::new()),
        }
    }

    #[inline]
    pub(super) fn counter(&self, node: u32) -> &Counter {
        &self.counters[node as usize]
    }

    /// Marks a node that is not to run. Before its counter is told, which orders the mark before
    /// the look at it.
    pub(super) fn doom(&self, node: u32) {
        let words = self.counters.len().div_ceil(64);
        let doomed = self
            .doomed
            .get_or_init(|| (0..words).map(|_| AtomicU64::new(0)).collect());
        let (word, bit) = (node as usize / 64, 1 << (node % 64));
        doomed[word].fetch_or(bit, Ordering::Relaxed);
    }

    /// Whether the node is marked; it no longer is after.
    pub(super) fn take_doom(&self, node: u32) -> bool {
        let (word, bit) = (node as usize / 64, 1 << (node % 64));
        self.doomed.get().is_some_and(|doomed| {
            let is_marked = |word: &AtomicU64| word.load(Ordering::Relaxed) & bit != 0;
            is_marked(&doomed[word]) && doomed[word].fetch_and(!bit, Ordering::Relaxed) & bit != 0
        })
    }
}
