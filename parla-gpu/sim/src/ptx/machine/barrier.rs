//! The barriers of a block.

use super::block::{WARP, Worker};
use super::step::invalid;
use super::thread::State;
use crate::ptx::code::{Barrier, BarrierAction, PredicateReduction};
use crate::ptx::fault::FaultKind;

/// A block has so many.
const BARRIERS: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Barriers {
    all: [Gathering; BARRIERS],
}

/// Who is at a barrier.
#[derive(Debug, Default, Clone, Copy)]
struct Gathering {
    /// How many threads it takes, once somebody came. None: all of the block that haven't exited.
    threads: Option<u32>,
    /// Threads that wait.
    waiting: usize,
    /// Threads that came and went on.
    arrived: usize,
    /// The warps that they are of, one bit each.
    warps: u64,
}

impl Gathering {
    fn is_empty(self) -> bool {
        self.waiting + self.arrived == 0
    }
}

impl Worker<'_> {
    /// Counts a thread at a barrier; the barrier's id.
    pub(super) fn arrive(&mut self, index: usize, barrier: &Barrier) -> Result<u8, Box<FaultKind>> {
        let id = self.slot(index, barrier.id);
        let threads = barrier.threads.map(|slot| self.slot(index, slot) as u32);
        let Some(gathering) = self.barriers.all.get_mut(id as usize) else {
            return Err(invalid(format!("barrier {id}: there are {BARRIERS}")));
        };
        let all = self.states.len().next_multiple_of(WARP);
        if let Some(threads) = threads
            && (threads == 0 || !(threads as usize).is_multiple_of(WARP) || threads as usize > all)
        {
            return Err(invalid(format!(
                "barrier {id} for {threads} threads: of a block of {}, in whole warps of {WARP}",
                self.states.len(),
            )));
        }
        let threads = threads.filter(|threads| *threads as usize != all);
        if gathering.is_empty() {
            gathering.threads = threads;
        } else if gathering.threads != threads {
            let name = |threads: Option<u32>| threads.map_or(all as u32, |threads| threads);
            return Err(invalid(format!(
                "barrier {id} for {} threads, where others wait for {}",
                name(threads),
                name(gathering.threads),
            )));
        }
        match barrier.action {
            BarrierAction::Arrive => gathering.arrived += 1,
            _ => gathering.waiting += 1,
        }
        gathering.warps |= 1 << (index / WARP).min(63);
        Ok(id as u8)
    }

    /// Lets threads go on at each barrier that all have reached; whether there was one.
    pub(super) fn open_barriers(&mut self) -> bool {
        let mut opened = false;
        for id in 0..BARRIERS {
            let gathering = self.barriers.all[id];
            let here = gathering.waiting + gathering.arrived;
            let complete = match gathering.threads {
                None => here >= self.live,
                Some(threads) => here + self.absent(gathering.warps) >= threads as usize,
            };
            if !gathering.is_empty() && complete {
                self.open(id as u8);
                self.barriers.all[id] = Gathering::default();
                opened |= gathering.waiting > 0;
            }
        }
        opened
    }

    /// The lanes of these warps that have no thread or whose thread has exited: barriers count
    /// whole warps.
    fn absent(&self, warps: u64) -> usize {
        let here = self.states.chunks(WARP).enumerate();
        here.filter(|(warp, _)| warps >> warp.min(&63) & 1 == 1)
            .map(|(_, warp)| WARP - warp.iter().filter(|state| **state != State::Exited).count())
            .sum()
    }

    fn open(&mut self, at: u8) {
        let waits = |state: &State| matches!(state, State::Barrier { id, .. } if *id == at);
        let mut holds = 0;
        let mut threads = 0;
        for index in 0..self.states.len() {
            if waits(&self.states[index])
                && let Some((predicate, negated)) =
                    self.reduction(index).map(|(_, _, operand)| operand)
            {
                threads += 1;
                holds += u64::from((self.slot(index, predicate) != 0) != negated);
            }
        }
        for index in 0..self.states.len() {
            if !waits(&self.states[index]) {
                continue;
            }
            if let Some((reduction, to, _)) = self.reduction(index) {
                let value = match reduction {
                    PredicateReduction::Count => holds,
                    PredicateReduction::All => u64::from(holds == threads),
                    PredicateReduction::Any => u64::from(holds > 0),
                };
                self.set_slot(index, to, value);
            }
            self.states[index] = State::Ready;
        }
    }

    /// The reduction at the barrier where a thread waits: its kind, its destination, and its
    /// predicate with whether that is negated.
    fn reduction(&self, thread: usize) -> Option<(PredicateReduction, u32, (u32, bool))> {
        let State::Barrier { index, .. } = self.states[thread] else {
            return None;
        };
        let function = self.threads[thread].frame().function;
        let function = &self.launch.instance.module.functions[function as usize];
        match function.barriers[index as usize].action {
            BarrierAction::Reduce {
                reduction,
                to,
                predicate,
                negated,
            } => Some((reduction, to, (predicate, negated))),
            _ => None,
        }
    }

    pub(super) fn describe_barrier(&self, id: u8) -> String {
        let gathering = self.barriers.all[usize::from(id)];
        let here = gathering.waiting + gathering.arrived;
        match gathering.threads {
            Some(threads) => format!("{here} of {threads} threads came to barrier {id}"),
            None => format!("{here} of {} threads came to barrier {id}", self.live),
        }
    }
}
