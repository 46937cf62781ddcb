//! The policy that only takes turns.

use super::{Candidate, Policy, TaskProfile};

/// Each task goes to the next candidate, whatever is there: for comparisons, and for tasks that are
/// all alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundRobin;

impl Policy for RoundRobin {
    fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]) {
        let (count, first) = (candidates.len(), task.turn % candidates.len());
        for (nth, cost) in costs.iter_mut().enumerate() {
            *cost = ((nth + count - first) % count) as f64;
        }
    }

    fn name(&self) -> &'static str {
        "round robin"
    }
}
