//! The policy for those who have measured nothing: data first, then load.

use std::time::Duration;

use super::{Candidate, DeviceFacts, LAUNCH, Policy, TaskProfile};

/// Tasks go where their data are, unless too many others are there already. The default.
///
/// The cost is an estimate of the time until the task could begin, in seconds:
///
/// ```text
/// cost = time to move what is missing + time to move back what it changes of that
///      + tasks in the way × nominal time of a task
/// nominal time = 10 µs + size of the task's data / 200 GB/s
/// ```
///
/// What a task changes is nowhere else then, so it leaves a place for good: it counts both ways. What
/// it only reads stays where it is, too.
///
/// The nominal time is that of a task that reads its data once from the memory of its device, and
/// does nothing else. So a task leaves its data behind when it saves waiting for more tasks than the
/// transfer lasts: about seventeen over a link of 12 GB/s, however large the data are. Where nothing
/// has to be moved, or the same everywhere, the load alone decides.
///
/// Of a set the transfers are added up, and the longest queue counts.
///
/// It knows nothing of how fast devices are: where a task may run on different kinds, use
/// [`EarliestFinish`](super::EarliestFinish).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Locality;

/// Bytes in a second: the order of magnitude of a device's own memory.
const MEMORY: f64 = 200e9;

impl Policy for Locality {
    fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]) {
        let reading = Duration::from_secs_f64(task.bytes.get() as f64 / MEMORY);
        let nominal = (LAUNCH + reading).as_secs_f64();
        for (candidate, cost) in candidates.iter().zip(costs) {
            let queues = candidate.devices.iter().map(DeviceFacts::queue);
            let longest = queues.fold(0.0, f64::max);
            let back = candidate.devices.iter().map(DeviceFacts::way_back);
            let moving = back.fold(candidate.transfer(), Duration::saturating_add);
            *cost = moving.as_secs_f64() + longest * nominal;
        }
    }

    fn name(&self) -> &'static str {
        "locality"
    }
}
