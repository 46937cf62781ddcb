//! What the threads of a warp do together: shuffles, votes, matches, reductions.

use super::block::{Failed, WARP, Worker};
use super::step::invalid;
use super::thread::State;
use crate::memory::Width;
use crate::ptx::code::{Collective, CollectiveKind, Shuffle, Vote};

/// A value of each lane; what lanes that take no part have is never looked at.
type Lanes = [u64; WARP];

impl Worker<'_> {
    /// Does what the waiting threads of a warp are complete for; whether there was something.
    ///
    /// As on a GPU, members that have exited don't count. Those who name no members take part with
    /// all who wait at the same place once no other thread of the warp can run.
    pub(super) fn run_collectives(&mut self, first: usize, end: usize) -> Result<bool, Failed> {
        let mut done = 0u32;
        let mut alone = None;
        for index in first..end {
            let lane = index - first;
            let Some(collective) = self.collective(index).filter(|_| done >> lane & 1 == 0) else {
                continue;
            };
            let Some(members) = self.members(index, &collective) else {
                let position = self.position(index);
                if alone.is_none_or(|earliest| position < earliest) {
                    alone = Some(position);
                }
                continue;
            };
            if members >> lane & 1 == 0 {
                let message =
                    format!("lane {lane} is not among the lanes {members:#x} that it names");
                return Err((index, invalid(message)));
            }
            let mut complete = true;
            let mut lanes = 0;
            for other in first..end {
                if members >> (other - first) & 1 == 0 || self.states[other] == State::Exited {
                    continue;
                }
                lanes |= 1 << (other - first);
                complete &= self.collective(other).is_some_and(|theirs| {
                    theirs.kind.goes_with(collective.kind)
                        && self.members(other, &theirs) == Some(members)
                });
            }
            if complete {
                self.collect(first, lanes);
                done |= lanes;
            }
        }
        if done == 0
            && let Some(position) = alone
        {
            let lanes = (first..end).filter(|index| {
                matches!(self.states[*index], State::Collective(_))
                    && self.position(*index) == position
            });
            done = lanes.fold(0, |lanes, index| lanes | 1 << (index - first));
            self.collect(first, done);
        }
        Ok(done != 0)
    }

    /// What the thread waits at.
    fn collective(&self, index: usize) -> Option<Collective> {
        let State::Collective(collective) = self.states[index] else {
            return None;
        };
        let function = self.threads[index].frame().function;
        let function = &self.launch.instance.module.functions[function as usize];
        Some(function.collectives[collective as usize])
    }

    fn members(&self, index: usize, collective: &Collective) -> Option<u32> {
        collective.members.map(|slot| self.slot(index, slot) as u32)
    }

    /// Where a thread stands, in an order that lets those behind catch up: who is in a call first,
    /// then who is earlier in the text.
    fn position(&self, index: usize) -> (std::cmp::Reverse<usize>, u32, u32) {
        let frame = self.threads[index].frame();
        (
            std::cmp::Reverse(self.threads[index].frames.len()),
            frame.function,
            frame.step,
        )
    }

    /// Does it for these lanes, and lets them go on.
    fn collect(&mut self, first: usize, lanes: u32) {
        let each = || (0..WARP).filter(move |lane| lanes >> lane & 1 == 1);
        let mut operands = [[0; WARP]; 3];
        for lane in each() {
            let Some(collective) = self.collective(first + lane) else {
                return;
            };
            for (values, slot) in operands.iter_mut().zip(collective.operands) {
                values[lane] = self.slot(first + lane, slot);
            }
            if let CollectiveKind::Vote { negated: true, .. } = collective.kind {
                operands[0][lane] ^= 1;
            }
        }
        for lane in each() {
            let Some(collective) = self.collective(first + lane) else {
                return;
            };
            let (value, predicate) = outcome(collective.kind, lane, lanes, &operands);
            // The predicate first: where both go to the same place, nobody wants it.
            self.set_slot(first + lane, collective.predicate, u64::from(predicate));
            self.set_slot(first + lane, collective.to, value);
        }
        for lane in each() {
            self.states[first + lane] = State::Ready;
        }
    }

    pub(super) fn describe_collective(&self, index: usize) -> String {
        let members = self
            .collective(index)
            .and_then(|collective| self.members(index, &collective));
        format!(
            "this thread waits for lanes {:#x} of its warp",
            members.unwrap_or(u32::MAX)
        )
    }
}

impl CollectiveKind {
    /// Whether threads at the one and at the other do it together.
    fn goes_with(self, other: Self) -> bool {
        match (self, other) {
            (Self::Shuffle(one), Self::Shuffle(other)) => one == other,
            (Self::Vote { vote: one, .. }, Self::Vote { vote: other, .. }) => one == other,
            _ => std::mem::discriminant(&self) == std::mem::discriminant(&other),
        }
    }
}

/// The results of one lane, of those that take part.
fn outcome(kind: CollectiveKind, lane: usize, lanes: u32, operands: &[Lanes; 3]) -> (u64, bool) {
    let each = || (0..WARP).filter(move |lane| lanes >> lane & 1 == 1);
    let [values, ..] = operands;
    let equal = |width: Width| {
        let unused = 64 - 8 * width.bytes();
        let same = each().filter(move |other| values[*other] << unused == values[lane] << unused);
        same.fold(0, |mask, other| mask | 1u64 << other)
    };
    match kind {
        CollectiveKind::Synchronize => (0, false),
        CollectiveKind::ActiveMask => (u64::from(lanes), false),
        CollectiveKind::Elect => {
            let leader = lanes.trailing_zeros();
            (u64::from(leader), leader as usize == lane)
        }
        CollectiveKind::Shuffle(mode) => {
            let (source, inside) = shuffle_source(mode, lane, operands[1][lane], operands[2][lane]);
            // What a lane that takes no part has is undefined: here, the lane's own value.
            let source = if lanes >> source & 1 == 1 {
                source
            } else {
                lane
            };
            (values[source], inside)
        }
        CollectiveKind::Vote { vote, .. } => {
            let ballot = each().filter(|other| values[*other] != 0);
            let ballot = ballot.fold(0, |mask, other| mask | 1u32 << other);
            let value = match vote {
                Vote::All => u64::from(ballot == lanes),
                Vote::Any => u64::from(ballot != 0),
                Vote::Uniform => u64::from(ballot == lanes || ballot == 0),
                Vote::Ballot => u64::from(ballot),
            };
            (value, false)
        }
        CollectiveKind::MatchAny(width) => (equal(width), false),
        CollectiveKind::MatchAll(width) => {
            let all = equal(width) == u64::from(lanes);
            (if all { u64::from(lanes) } else { 0 }, all)
        }
        CollectiveKind::Reduce(function) => {
            let value = each()
                .map(|other| values[other])
                .reduce(function)
                .unwrap_or(0);
            (value, false)
        }
    }
}

/// Which lane a shuffle reads, and whether it is inside the segment; if not, the lane itself.
/// `c` holds the clamp in its lowest five bits and the mask of segments in bits 8 to 12.
fn shuffle_source(mode: Shuffle, lane: usize, b: u64, c: u64) -> (usize, bool) {
    let (b, clamp, segments) = (b as usize & 31, c as usize & 31, c as usize >> 8 & 31);
    let first = lane & segments;
    let last = first | clamp & !segments & 31;
    let (source, inside) = match mode {
        Shuffle::Up => (lane.wrapping_sub(b), lane >= b && lane - b >= last),
        Shuffle::Down => (lane + b, lane + b <= last),
        Shuffle::Butterfly => (lane ^ b, lane ^ b <= last),
        Shuffle::Indexed => {
            let source = first | b & !segments & 31;
            (source, source <= last)
        }
    };
    (if inside { source } else { lane }, inside)
}
