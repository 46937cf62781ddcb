//! Asks the policy where a ready task goes: gathers the facts, and makes of the answer what
//! admission is asked for.

use std::time::Duration;

use smallvec::SmallVec;

use super::learning::{Learning, function_of};
use super::policy::{Candidate, DeviceFacts, Mapping, Policy, TaskProfile, Weighed, rank};
use super::{Locality, Scheduler};
use crate::device::Whereabouts;
use crate::error::TaskErrorKind;
use crate::resources::{Alternative, Bytes, Load, Ranked, Wish};
use crate::sync::Arc;
use crate::task::{Node, Options};
use crate::worker::unwind;

/// The policy of a runtime, and what it needs.
#[derive(Debug)]
pub(crate) struct Mapper {
    policy: Arc<dyn Policy>,
    /// If the policy wants to know run times.
    pub(super) learning: Option<Learning>,
    /// Whether tasks keep why they went where they went.
    keeps_reasons: bool,
}

impl Mapper {
    pub(crate) fn new(
        policy: Option<Arc<dyn Policy>>,
        learn: impl FnOnce() -> Learning,
        keeps_reasons: bool,
    ) -> Self {
        let policy = policy.unwrap_or_else(|| Arc::new(Locality));
        Self {
            learning: policy.learns().then(learn),
            policy,
            keeps_reasons,
        }
    }

    /// What the user should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let learning = self.learning.iter();
        learning.filter_map(|it| it.note.clone()).collect()
    }
}

/// What is going on on one device.
#[derive(Debug, Clone, Copy)]
struct Situation {
    load: Load,
    /// How many tasks it has been given so far.
    given: usize,
    free_memory: Bytes,
    is_lost: bool,
}

/// The same for all devices, at one time.
struct Survey {
    devices: SmallVec<[Situation; 8]>,
    turn: usize,
}

impl Scheduler {
    /// What a ready task that may use those alternatives asks admission for. The policy is asked
    /// only if there is a choice.
    ///
    /// # Errors
    ///
    /// If the policy panics.
    pub(super) fn wish(
        &self,
        node: &Node,
        options: &Options,
        alternatives: Arc<[Alternative]>,
    ) -> Result<Wish, TaskErrorKind> {
        let is_concrete = |it: &Alternative| it.is_concrete();
        match &alternatives[..] {
            [one] if one.is_concrete() => Ok(self.wish_without_choice(node, options, alternatives)),
            [_, _, ..] if alternatives.iter().all(is_concrete) => {
                self.wish_by_policy(node, options, alternatives)
            }
            _ => Ok(alternatives.into()),
        }
    }

    /// How long it will take there matters for those who have a choice.
    fn wish_without_choice(
        &self,
        node: &Node,
        options: &Options,
        alternatives: Arc<[Alternative]>,
    ) -> Wish {
        let mut wish = Wish::from(alternatives);
        if let Some(learning) = &self.mapper.learning
            && self.devices.len() > 1
        {
            let devices = wish.alternatives[0].devices();
            let known = learning.run_time(&function_of(node), options.bytes(), devices);
            wish.ranking.push(Ranked {
                nth: 0,
                expected: known.map_or(Duration::ZERO, |it| it.mean),
            });
        }
        wish
    }

    fn wish_by_policy(
        &self,
        node: &Node,
        options: &Options,
        alternatives: Arc<[Alternative]>,
    ) -> Result<Wish, TaskErrorKind> {
        let survey = self.survey();
        let is_there = |it: &Alternative| it.devices().all(|at| !survey.devices[at].is_lost);
        let there: SmallVec<[usize; 8]> = (0..alternatives.len())
            .filter(|&nth| is_there(&alternatives[nth]))
            .collect();
        let each = there.iter().map(|&nth| &alternatives[nth]);
        let (task, candidates) = self.facts(node, options, &survey, each);
        let mut costs = vec![0.0; candidates.len()];
        if candidates.len() > 1 {
            let policy = &self.mapper.policy;
            unwind::catch(|| policy.weigh(&task, &candidates, &mut costs)).map_err(|message| {
                TaskErrorKind::Panicked(format!("in the mapping policy: {message}"))
            })?;
        }
        let order = rank(&candidates, &costs, survey.turn);
        let expected = |at: usize| candidates[at].run_time.map_or(Duration::ZERO, |it| it.mean);
        let ranking = order.iter().map(|&at| Ranked {
            nth: there[at],
            expected: expected(at),
        });
        let ranking = ranking.collect();
        if self.mapper.keeps_reasons {
            let mut candidates: Vec<_> = candidates.into_iter().map(Some).collect();
            let weighed = order.iter().filter_map(|&at| {
                let (candidate, cost) = (candidates[at].take()?, costs[at]);
                Some(Weighed { candidate, cost })
            });
            let mapping = Mapping::new(self.mapper.policy.name(), weighed.collect());
            *options.mapping.lock() = Some(Box::new(mapping));
        }
        Ok(Wish {
            alternatives,
            ranking,
        })
    }

    fn survey(&self) -> Survey {
        let mut admission = self.admission.lock();
        let turn = admission.next_turn();
        let pool = admission.pool();
        let devices = (0..self.devices.len()).map(|device| Situation {
            load: pool.load(device),
            given: pool.given(device),
            free_memory: pool.free_memory(device),
            is_lost: pool.is_closed(device),
        });
        Survey {
            devices: devices.collect(),
            turn,
        }
    }

    /// What the policy is told of a task and those alternatives.
    fn facts<'a>(
        &self,
        node: &Node,
        options: &Options,
        survey: &Survey,
        alternatives: impl Iterator<Item = &'a Alternative>,
    ) -> (TaskProfile, Vec<Candidate>) {
        let follows = options.work.lock().followed();
        // What came to a device later than the last of them is in the way of the task, and no more
        // than is there.
        let followed_on = |at: usize| {
            let (last, now) = (
                follows.iter().filter(|it| it.0 == at).max()?.1,
                &survey.devices[at],
            );
            Some(now.load.grants.saturating_sub(now.given - last))
        };
        let (last, data) = (options.device(), options.data.lock().clone());
        let bytes = data.as_ref().map_or(0, |data| data.bytes());
        let function = function_of(node);
        let ready_in = follows.iter().map(|&(device, _)| {
            let load = survey.devices[device].load;
            let share = followed_on(device).unwrap_or(0) as f64 / load.grants.max(1) as f64;
            let per_lane = share / self.lanes(device) as f64;
            load.expected.mul_f64(per_lane.min(1.0))
        });
        let task = TaskProfile {
            name: node.name(),
            function: function.clone(),
            bytes: Bytes::new(bytes),
            priority: options.priority,
            ready_in: ready_in.max().unwrap_or_default(),
            turn: survey.turn,
        };
        let facts = |at: usize| {
            let (device, now) = (&self.devices[at], &survey.devices[at]);
            let followed = followed_on(at);
            let presence = data.as_ref().map(|data| data.bytes_on(device.id()));
            let presence = presence.unwrap_or_default();
            DeviceFacts {
                tasks: now.load.grants,
                followed: followed.unwrap_or(0),
                expected: now.load.expected,
                lanes: self.lanes(at),
                bytes_here: Bytes::new(presence.here),
                bytes_to_move: Bytes::new(presence.missing),
                bytes_to_take: Bytes::new(presence.taken),
                transfer: device.link().time_of(presence.missing),
                free_memory: now.free_memory,
                goes_on: followed.is_some() || last == Some(device.id()),
                ..DeviceFacts::new(device.id())
            }
        };
        let candidate =
            |alternative: &Alternative| Candidate {
                devices: alternative.devices().map(facts).collect(),
                preference: alternative.preference,
                run_time: self.mapper.learning.as_ref().and_then(|learning| {
                    learning.run_time(&function, bytes, alternative.devices())
                }),
            };
        let candidates = alternatives.map(candidate).collect();
        (task, candidates)
    }

    /// How many bodies run on a device at the same time.
    fn lanes(&self, device: usize) -> usize {
        match self.devices[device].has_queues() {
            true => 1,
            false => (self.sleep.seats() / self.devices.hosts()).max(1),
        }
    }
}

#[cfg(test)]
mod tests;
