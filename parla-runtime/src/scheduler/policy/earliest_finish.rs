//! The policy that learns: where a task will probably be done first.

use super::{Candidate, LAUNCH, Policy, TaskProfile};

/// Tasks go where they are expected to be done first, by measured run times.
///
/// The cost is the time from now until then, in seconds:
///
/// ```text
/// cost     = start + time to move what is missing + mean run time
/// start    = the latest of: when what it follows is done; when each of the devices is free
/// free     = (expected times of the tasks there + tasks in the way × 10 µs) / tasks at a time
/// ```
///
/// That is the step of the HEFT algorithm (Topcuoglu, Hariri and Wu, 2002) that selects the
/// processor, for one ready task after the other, as StarPU's scheduler `dmda` does it.
///
/// Run times are those of tasks with the same label, or that call the same task function, or that
/// are in the same task space, whichever comes first, with data of about the same size, on devices
/// of the same name. A candidate of which fewer than three are known is tried first, but by no more
/// tasks at a time than are missing: beyond that it is reckoned to be as fast as the best that is
/// known. The first run in each process is not counted, since it pays for what is made only once.
/// Run times are kept from one run of the program to the
/// next; see [`RuntimeBuilder::history`](crate::RuntimeBuilder::history).
///
/// With [`RuntimeBuilder::seed`](crate::RuntimeBuilder::seed) runs are not reproducible as far as
/// such tasks have a choice, since the clock takes part in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EarliestFinish;

/// How often a candidate is tried before its mean is believed.
const TRIES: u64 = 3;

impl Policy for EarliestFinish {
    fn weigh(&self, task: &TaskProfile, candidates: &[Candidate], costs: &mut [f64]) {
        let known = candidates.iter().filter_map(mean);
        let best = known.min_by(f64::total_cmp).unwrap_or(0.0);
        for (candidate, cost) in candidates.iter().zip(costs) {
            let samples = candidate.run_time.map_or(0, |it| it.samples);
            let under_way = candidate.devices.iter().map(|it| it.tasks as u64).max();
            let tried = samples.saturating_add(under_way.unwrap_or(0));
            *cost = if samples < TRIES && tried < TRIES && !task.function.is_empty() {
                // Before all that is estimated, which is never negative; the least tried first.
                -((TRIES - tried) as f64)
            } else {
                let run_time = mean(candidate).unwrap_or(best);
                start(task, candidate) + candidate.transfer().as_secs_f64() + run_time
            };
        }
    }

    fn name(&self) -> &'static str {
        "earliest finish"
    }

    fn learns(&self) -> bool {
        true
    }
}

fn mean(candidate: &Candidate) -> Option<f64> {
    candidate.run_time.map(|it| it.mean.as_secs_f64())
}

fn start(task: &TaskProfile, candidate: &Candidate) -> f64 {
    let free = candidate.devices.iter().map(|device| {
        let lanes = device.lanes.max(1) as f64;
        device.expected.as_secs_f64() / lanes + device.queue() * LAUNCH.as_secs_f64()
    });
    free.fold(task.ready_in.as_secs_f64(), f64::max)
}
