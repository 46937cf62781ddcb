//! Mapping: which of the device sets that may run a ready task gets it. Pure: a [`Policy`] weighs
//! them by plain facts; what it says only orders them for admission. Of all this only
//! `history/file.rs` touches the world outside.
//!
//! The page is `docs/internals/mapping.md`.

mod earliest_finish;
mod expand;
mod facts;
mod history;
mod locality;
mod mapping;
mod round_robin;

use std::fmt;
use std::time::Duration;

pub use earliest_finish::EarliestFinish;
pub(crate) use expand::expand;
pub use facts::{Candidate, DeviceFacts, RunTime, TaskProfile};
pub(crate) use history::{History, Key, default_path, load, save};
pub use locality::Locality;
pub use mapping::{Mapping, Weighed};
pub use round_robin::RoundRobin;

/// Decides where tasks go that may run in several places.
///
/// It is asked when such a task is ready. Admission then takes the candidate with the lowest cost
/// that has room; if none has, the task waits for the first that has, lower costs first. Of equal
/// costs, those that stand earlier in the task's placement come first; then those where the task or
/// what it follows was last; then each in turn.
///
/// A pure function: it must neither wait nor spawn. Any thread may call it, several at once.
///
/// ```
/// use parla_runtime::{Candidate, Policy, Runtime, TaskProfile};
///
/// /// Rows go to GPUs in blocks of four.
/// #[derive(Debug)]
/// struct Rows;
///
/// impl Policy for Rows {
///     fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]) {
///         let row = task.name.indices().first().copied().unwrap_or(0) as usize;
///         for (nth, cost) in costs.iter_mut().enumerate() {
///             *cost = if nth == row / 4 % candidates.len() { 0.0 } else { 1.0 };
///         }
///     }
/// }
///
/// let runtime = Runtime::builder().workers(1).policy(Rows).build()?;
/// # drop(runtime);
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub trait Policy: fmt::Debug + Send + Sync {
    /// Writes the cost of each candidate, in the same order; all are zero before. There are at
    /// least two. A cost that is not a number counts as infinite, and an infinite one only means
    /// that all others are better.
    ///
    /// If it panics, the task fails.
    fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]);

    /// Its name, for [`Mapping`]; that of its type if not given.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }

    /// Whether it wants to know how long tasks have taken. Only then are they measured, and kept from
    /// run to run, see [`RuntimeBuilder::history`](crate::RuntimeBuilder::history).
    fn learns(&self) -> bool {
        false
    }
}

/// The least that a task is reckoned to take: about what its launch costs.
const LAUNCH: Duration = Duration::from_micros(10);

/// The candidates by number, the best first.
pub(crate) fn rank(candidates: &[Candidate], costs: &[f64], turn: usize) -> Vec<usize> {
    let cost = |nth: usize| match costs[nth] {
        cost if cost.is_nan() => f64::INFINITY,
        // Minus zero would come before zero.
        cost => cost + 0.0,
    };
    let count = candidates.len();
    let key = |nth: usize| {
        let candidate = &candidates[nth];
        let in_turn = (nth + count - turn % count) % count;
        (candidate.preference, !candidate.goes_on(), in_turn)
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| {
        let by_cost = cost(a).total_cmp(&cost(b));
        by_cost.then_with(|| key(a).cmp(&key(b)))
    });
    order
}
#[cfg(test)]
mod tests;
