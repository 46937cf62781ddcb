//! What somebody asks admission for. Plain data.

use std::time::Duration;

use smallvec::SmallVec;

use super::Alternative;
use crate::sync::Arc;

/// One of some alternatives, the sooner the better.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) alternatives: Arc<[Alternative]>,
    /// The best first. If empty, all as they stand.
    pub(crate) ranking: SmallVec<[Ranked; 2]>,
}

/// An alternative by its number, with the time for which it is expected to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranked {
    pub(crate) nth: usize,
    pub(crate) expected: Duration,
}

impl Wish {
    /// The alternatives, the best first.
    pub(crate) fn by_rank(&self) -> impl Iterator<Item = (&Alternative, Duration)> {
        let as_they_stand = match self.ranking.is_empty() {
            true => &self.alternatives[..],
            false => &[],
        };
        let ranked = self.ranking.iter();
        ranked
            .map(|it| (&self.alternatives[it.nth], it.expected))
            .chain(as_they_stand.iter().map(|it| (it, Duration::ZERO)))
    }
}

impl From<Arc<[Alternative]>> for Wish {
    fn from(alternatives: Arc<[Alternative]>) -> Self {
        Self {
            alternatives,
            ranking: SmallVec::new(),
        }
    }
}
