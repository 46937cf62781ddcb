//! Why a task went where it went, as data and as text.

use std::fmt;

use super::Candidate;
use crate::device::DeviceId;

/// How a task was mapped that had a choice; see [`Task::mapping`](crate::Task::mapping).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mapping {
    /// The name of the policy.
    pub policy: String,
    /// Where the task could have gone, the best first, as it was when the task was mapped.
    pub candidates: Vec<Weighed>,
    /// Which of those it was given; `None` as long as it waits for that.
    pub chosen: Option<usize>,
    /// Whether there was no room anywhere at first.
    pub waited: bool,
}

/// A candidate with what the policy made of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Weighed {
    /// What the policy was told.
    pub candidate: Candidate,
    /// What it said.
    pub cost: f64,
}

impl Mapping {
    pub(crate) fn new(policy: &str, candidates: Vec<Weighed>) -> Self {
        Self {
            policy: policy.to_owned(),
            candidates,
            chosen: None,
            waited: false,
        }
    }

    /// The task was given those devices.
    pub(crate) fn note_grant(&mut self, devices: &[DeviceId], waited: bool) {
        let is_it = |it: &Weighed| it.candidate.devices.iter().map(|it| &it.device).eq(devices);
        self.chosen = self.candidates.iter().position(is_it);
        self.waited = waited;
    }

    /// Whether the best candidate had no room when the task was mapped.
    #[must_use]
    pub fn best_had_no_room(&self) -> bool {
        self.waited || self.chosen.is_some_and(|chosen| chosen > 0)
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mapped by {}", self.policy)?;
        if self.best_had_no_room() {
            f.write_str("; the best had no room")?;
        }
        for (nth, Weighed { candidate, cost }) in self.candidates.iter().enumerate() {
            let mark = match self.chosen == Some(nth) {
                true => "->",
                false => "  ",
            };
            write!(f, "\n{mark} cost {cost:.3e}")?;
            for device in &candidate.devices {
                write!(f, " | {device}")?;
            }
            if let Some(run_time) = &candidate.run_time {
                write!(f, " | takes {run_time}")?;
            }
        }
        Ok(())
    }
}
