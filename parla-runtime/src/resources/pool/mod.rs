//! What is free on each device, taken all or nothing. Plain data: knows no threads and no clock.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use smallvec::{SmallVec, smallvec};

use super::{Bytes, Vcus, Wish};

/// What a task asks of one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) vcus: Vcus,
    pub(crate) memory: Bytes,
}

/// One way to place a task: a distinct device for each entry, with what is asked of it. The
/// entries list the devices that may serve them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative {
    pub(crate) entries: Vec<(Vec<usize>, Demand)>,
    /// Its place among the alternatives of the placement.
    pub(crate) preference: usize,
}

impl Alternative {
    pub(crate) fn new(entries: Vec<(Vec<usize>, Demand)>) -> Self {
        Self {
            entries,
            preference: 0,
        }
    }

    /// All devices that may serve any entry.
    pub(crate) fn devices(&self) -> impl Iterator<Item = usize> {
        let entries = self.entries.iter();
        entries.flat_map(|(devices, _)| devices).copied()
    }

    /// Whether nothing is asked of any device.
    pub(crate) fn is_free(&self) -> bool {
        let mut demands = self.entries.iter().map(|(_, demand)| demand);
        demands.all(|demand| *demand == Demand::default())
    }

    /// Whether it leaves no choice of devices.
    pub(crate) fn is_concrete(&self) -> bool {
        self.entries.iter().all(|(devices, _)| devices.len() == 1)
    }
}

/// The devices a task was given and what it took of each; to be given back once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "what was taken must be given back"]
pub(crate) struct Grant {
    pub(crate) devices: SmallVec<[(usize, Demand); 1]>,
    /// The how many-th it is of each of them, as [`Pool::given`] counts.
    pub(crate) numbers: SmallVec<[usize; 1]>,
    /// How long it is expected to be held.
    pub(crate) expected: Duration,
    /// Whether it was not there at once.
    pub(crate) is_late: bool,
}

impl Grant {
    fn of(devices: SmallVec<[(usize, Demand); 1]>) -> Self {
        Self {
            devices,
            ..Self::default()
        }
    }
}

/// What has been given of a device, and has not come back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) grants: usize,
    /// How long they are expected to be held, one after the other.
    pub(crate) expected: Duration,
}

/// A set of devices, as far as it can be told in 64 bits: devices that are 64 apart share a bit,
/// which at worst makes strangers wait for each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeviceMask(u64);

impl DeviceMask {
    /// All devices the alternatives may use.
    pub(crate) fn of(alternatives: &[Alternative]) -> Self {
        let devices = alternatives.iter().flat_map(Alternative::devices);
        devices.fold(Self::default(), |mask, device| mask.with(Self::bit(device)))
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has_any_of(self, grant: &Grant) -> bool {
        grant
            .devices
            .iter()
            .any(|(device, _)| self.contains(*device))
    }

    const fn bit(device: usize) -> Self {
        Self(1 << (device % 64))
    }

    const fn contains(self, device: usize) -> bool {
        self.0 & Self::bit(device).0 != 0
    }
}

/// By compute, then by memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Level {
    vcus: u64,
    memory: u64,
}

/// Free and total amounts of every device.
#[derive(Debug)]
pub(crate) struct Pool {
    total: Vec<Level>,
    free: Vec<Level>,
    /// Given to nobody any more.
    closed: Vec<bool>,
    load: Vec<Load>,
    /// How many grants there have been.
    given: Vec<usize>,
    /// Where the search for equally good devices starts; moves on with every grant.
    next: usize,
}

impl Pool {
    /// A pool of devices with that much memory each; every device has [`Vcus::WHOLE`].
    pub(crate) fn new(memories: impl IntoIterator<Item = Bytes>) -> Self {
        let level = |memory: Bytes| Level {
            vcus: Vcus::WHOLE.millionths(),
            memory: memory.get(),
        };
        let total: Vec<_> = memories.into_iter().map(level).collect();
        Self {
            free: total.clone(),
            closed: vec![false; total.len()],
            load: vec![Load::default(); total.len()],
            given: vec![0; total.len()],
            total,
            next: 0,
        }
    }

    /// Takes the first alternative that fits now, in the order of the wish, on its least used
    /// devices, none of them `reserved`.
    pub(crate) fn try_take(&mut self, wish: &Wish, reserved: DeviceMask) -> Option<Grant> {
        // Most attempts are made by requests that wait and fail: those must be cheap.
        let may_fit = |alternative: &Alternative| {
            let has_room = |(devices, demand): &(Vec<usize>, Demand)| {
                devices
                    .iter()
                    .any(|&device| fits(self.free[device], *demand))
            };
            alternative.entries.iter().all(has_room)
        };
        let mut fitting = wish.by_rank().filter(|(it, _)| may_fit(it));
        let mut grant = fitting.find_map(|(alternative, expected)| {
            let grant = self.assign(alternative, &self.free, reserved)?;
            Some(Grant { expected, ..grant })
        })?;
        for &(device, demand) in &grant.devices {
            let (free, load) = (&mut self.free[device], &mut self.load[device]);
            free.vcus -= demand.vcus.millionths();
            free.memory -= demand.memory.get();
            load.grants += 1;
            load.expected = load.expected.saturating_add(grant.expected);
            self.given[device] += 1;
            grant.numbers.push(self.given[device]);
        }
        self.next = self.next.wrapping_add(1);
        Some(grant)
    }

    /// Gives nothing of a device to anybody any more.
    pub(crate) fn close(&mut self, device: usize) {
        self.closed[device] = true;
    }

    /// What has been given of a device.
    pub(crate) fn load(&self, device: usize) -> Load {
        self.load[device]
    }

    /// How often any of a device has been given so far.
    pub(crate) fn given(&self, device: usize) -> usize {
        self.given[device]
    }

    /// The memory of a device that nobody has taken.
    pub(crate) fn free_memory(&self, device: usize) -> Bytes {
        Bytes::new(self.free[device].memory)
    }

    /// Whether a device is given to nobody any more.
    pub(crate) fn is_closed(&self, device: usize) -> bool {
        self.closed[device]
    }

    /// Gives back what was taken.
    pub(crate) fn give_back(&mut self, grant: Grant) {
        for (device, demand) in grant.devices {
            let (free, load) = (&mut self.free[device], &mut self.load[device]);
            load.grants -= 1;
            load.expected = load.expected.saturating_sub(grant.expected);
            free.vcus += demand.vcus.millionths();
            free.memory += demand.memory.get();
            debug_assert!(
                free.vcus <= self.total[device].vcus && free.memory <= self.total[device].memory,
                "more given back than taken"
            );
        }
    }

    /// Whether the alternative fits when nothing else runs.
    pub(crate) fn could_ever_fit(&self, alternative: &Alternative) -> bool {
        self.assign(alternative, &self.total, DeviceMask::default())
            .is_some()
    }

    /// The largest memory of any device that `entry` may use.
    pub(crate) fn largest_memory(&self, entry: &[usize]) -> Bytes {
        Bytes::new(
            entry
                .iter()
                .map(|&d| self.total[d].memory)
                .max()
                .unwrap_or(0),
        )
    }

    /// Whether everything is free again.
    #[cfg(test)]
    pub(crate) fn is_whole(&self) -> bool {
        self.free == self.total && self.load.iter().all(|load| *load == Load::default())
    }

    /// Finds a distinct device with room for each entry, where possible one with much free compute:
    /// a bipartite matching by augmenting paths (Kuhn's algorithm).
    fn assign(
        &self,
        alternative: &Alternative,
        free: &[Level],
        reserved: DeviceMask,
    ) -> Option<Grant> {
        if let [(devices, demand)] = &alternative.entries[..] {
            // The first candidate, without a list of them.
            let usable = self.usable(devices, *demand, free, reserved);
            let better = |best: usize, other: usize| match free[other].cmp(&free[best]) {
                Ordering::Greater => other,
                _ => best,
            };
            let device = usable.reduce(better)?;
            return Some(Grant::of(smallvec![(device, *demand)]));
        }
        let candidates: Vec<Vec<usize>> = (alternative.entries.iter())
            .map(|(devices, demand)| self.candidates(devices, *demand, free, reserved))
            .collect();
        let mut entry_of = vec![None; self.total.len()];
        for entry in 0..candidates.len() {
            let mut tried = vec![false; self.total.len()];
            if !augment(entry, &candidates, &mut entry_of, &mut tried) {
                return None;
            }
        }
        let mut grant = smallvec![(0, Demand::default()); candidates.len()];
        for (device, entry) in entry_of.into_iter().enumerate() {
            if let Some(entry) = entry {
                grant[entry] = (device, alternative.entries[entry].1);
            }
        }
        Some(Grant::of(grant))
    }

    /// The devices that can serve a demand, the one with the most free compute first.
    fn candidates(
        &self,
        devices: &[usize],
        demand: Demand,
        free: &[Level],
        reserved: DeviceMask,
    ) -> Vec<usize> {
        let usable = self.usable(devices, demand, free, reserved);
        let mut candidates: Vec<usize> = usable.collect();
        candidates.sort_by_key(|&device| Reverse(free[device]));
        candidates
    }

    /// The devices that can serve a demand, each time beginning with another.
    fn usable(
        &self,
        devices: &[usize],
        demand: Demand,
        free: &[Level],
        reserved: DeviceMask,
    ) -> impl Iterator<Item = usize> {
        let start = self.next % devices.len().max(1);
        let rotated = devices[start..].iter().chain(&devices[..start]).copied();
        rotated.filter(move |&device| {
            fits(free[device], demand) && !reserved.contains(device) && !self.closed[device]
        })
    }
}

fn fits(free: Level, demand: Demand) -> bool {
    free.vcus >= demand.vcus.millionths() && free.memory >= demand.memory.get()
}

/// Gives `entry` a device, moving earlier entries to other devices where that helps.
fn augment(
    entry: usize,
    candidates: &[Vec<usize>],
    entry_of: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for &device in &candidates[entry] {
        if std::mem::replace(&mut tried[device], true) {
            continue;
        }
        let taken_by = entry_of[device];
        if taken_by.is_none_or(|other| augment(other, candidates, entry_of, tried)) {
            entry_of[device] = Some(entry);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
