//! What is free on each device, taken all or nothing. Plain data: knows no threads and no clock.

use super::{Bytes, Vcus};

/// What a task asks of one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) vcus: Vcus,
    pub(crate) memory: Bytes,
}

/// One way to place a task: a distinct device for each entry, with what is asked of it. The
/// entries list the devices that may serve them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative(pub(crate) Vec<(Vec<usize>, Demand)>);

impl Alternative {
    /// Whether nothing is asked of any device.
    pub(crate) fn is_free(&self) -> bool {
        self.0
            .iter()
            .all(|(_, demand)| *demand == Demand::default())
    }
}

/// The devices a task was given and what it took of each; to be given back once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "what was taken must be given back"]
pub(crate) struct Grant(pub(crate) Vec<(usize, Demand)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    vcus: u64,
    memory: u64,
}

/// Free and total amounts of every device.
#[derive(Debug)]
pub(crate) struct Pool {
    total: Vec<Level>,
    free: Vec<Level>,
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
            total,
            next: 0,
        }
    }

    /// Takes the first alternative that fits now, on its least used devices.
    pub(crate) fn try_take(&mut self, alternatives: &[Alternative]) -> Option<Grant> {
        let grant = alternatives
            .iter()
            .find_map(|alternative| self.assign(alternative, &self.free))?;
        for &(device, demand) in &grant.0 {
            let free = &mut self.free[device];
            free.vcus -= demand.vcus.millionths();
            free.memory -= demand.memory.get();
        }
        self.next = self.next.wrapping_add(1);
        Some(grant)
    }

    /// Gives back what was taken.
    pub(crate) fn give_back(&mut self, grant: Grant) {
        for (device, demand) in grant.0 {
            let free = &mut self.free[device];
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
        self.assign(alternative, &self.total).is_some()
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
        self.free == self.total
    }

    /// Finds a distinct device with room for each entry, by depth-first search over the entries;
    /// for each the device with the most free compute comes first.
    fn assign(&self, alternative: &Alternative, free: &[Level]) -> Option<Grant> {
        let mut chosen: Vec<(usize, Demand)> = Vec::with_capacity(alternative.0.len());
        self.extend(&alternative.0, free, &mut chosen)
            .then_some(Grant(chosen))
    }

    fn extend(
        &self,
        entries: &[(Vec<usize>, Demand)],
        free: &[Level],
        chosen: &mut Vec<(usize, Demand)>,
    ) -> bool {
        let Some(((devices, demand), rest)) = entries.split_first() else {
            return true;
        };
        let fits = |&device: &usize| {
            free[device].vcus >= demand.vcus.millionths()
                && free[device].memory >= demand.memory.get()
                && chosen.iter().all(|(other, _)| *other != device)
        };
        let start = self.next % devices.len().max(1);
        let rotated = devices[start..].iter().chain(&devices[..start]).copied();
        let mut candidates: Vec<usize> = rotated.filter(fits).collect();
        candidates
            .sort_by_key(|&device| std::cmp::Reverse((free[device].vcus, free[device].memory)));
        for device in candidates {
            chosen.push((device, *demand));
            if self.extend(rest, free, chosen) {
                return true;
            }
            chosen.pop();
        }
        false
    }
}

#[cfg(test)]
mod tests;
