//! What lies in the memory of one device, and what has to go when there is no room. Pure: the
//! owner asks, moves the data, and tells.
//!
//! Memory is free, *reserved* for what somebody is about to allocate or work in, or taken by an
//! entry, which is the buffer of an array. Entries that are pinned stay; of the others, those that
//! cost nothing to drop go first, then those that have to be written back, each time the ones that
//! were not used for longest.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::coherence::BufferId;

/// A buffer of some array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Entry {
    pub(crate) array: u64,
    pub(crate) buffer: BufferId,
}

/// An entry that has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Victim {
    pub(crate) entry: Entry,
    pub(crate) bytes: u64,
    /// It has to be written back first.
    pub(crate) dirty: bool,
}

/// There is no room, even if all goes that may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shortage {
    pub(crate) asked: u64,
    /// What there would be.
    pub(crate) free: u64,
    /// Who pins how much, by entry.
    pub(crate) held_by: Vec<(Entry, u64)>,
    /// What is reserved.
    pub(crate) reserved: u64,
}

#[derive(Debug)]
struct Resident {
    bytes: u64,
    pins: usize,
    last_use: u64,
    /// Removed while it was pinned: its memory is taken until the last pin goes.
    is_leaving: bool,
}

/// The memory of one device.
#[derive(Debug)]
pub(crate) struct Residency {
    limit: u64,
    reserved: u64,
    /// The bytes of all entries.
    taken: u64,
    entries: FxHashMap<Entry, Resident>,
    /// Those that nobody pins, by their last use.
    unpinned: BTreeMap<u64, Entry>,
    /// Counts uses.
    clock: u64,
}

impl Residency {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            reserved: 0,
            taken: 0,
            entries: FxHashMap::default(),
            unpinned: BTreeMap::new(),
            clock: 0,
        }
    }

    /// Neither reserved nor taken.
    pub(crate) fn free(&self) -> u64 {
        self.limit.saturating_sub(self.reserved + self.taken)
    }

    /// Reserves so many bytes if they are free: there are no victims then. Else nothing is
    /// reserved, and it has to be asked again when the victims have gone. As few of these as
    /// will do.
    ///
    /// # Errors
    ///
    /// [`Shortage`] if there wouldn't be room then.
    pub(crate) fn reserve(
        &mut self,
        bytes: u64,
        is_clean: impl FnMut(Entry) -> bool,
    ) -> Result<Vec<Victim>, Shortage> {
        let Some(short) = bytes.checked_sub(self.free()).filter(|&short| short > 0) else {
            self.reserved += bytes;
            return Ok(Vec::new());
        };
        let mut victims = self.candidates(short, is_clean);
        let mut excess = victims.iter().map(|victim| victim.bytes).sum::<u64>();
        if excess < short {
            return Err(self.shortage(bytes, excess));
        }
        excess -= short;
        // The last ones are those that one would rather keep.
        for index in (0..victims.len()).rev() {
            if victims[index].bytes <= excess {
                excess -= victims.remove(index).bytes;
            }
        }
        Ok(victims)
    }

    /// Gives back what was reserved, or a part of it.
    pub(crate) fn release(&mut self, bytes: u64) {
        debug_assert!(bytes <= self.reserved, "more given back than reserved");
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// An entry takes bytes that were reserved. It is pinned once.
    pub(crate) fn insert(&mut self, entry: Entry, bytes: u64) {
        self.release(bytes);
        let resident = Resident {
            bytes,
            pins: 1,
            last_use: 0,
            is_leaving: false,
        };
        let before = self.entries.insert(entry, resident);
        debug_assert!(before.is_none(), "{entry:?} is there already");
        self.taken += bytes;
    }

    /// The entry has gone. As long as it is pinned, its memory is not free.
    pub(crate) fn remove(&mut self, entry: Entry) {
        if let Some(resident) = self.entries.get_mut(&entry) {
            resident.is_leaving = true;
            self.settle(entry);
        }
    }

    /// Keeps an entry until it is unpinned as often.
    pub(crate) fn pin(&mut self, entry: Entry) {
        if let Some(resident) = self.entries.get_mut(&entry) {
            resident.pins += 1;
            self.unpinned.remove(&resident.last_use);
        }
    }

    /// Takes one pin away, which counts as a use.
    pub(crate) fn unpin(&mut self, entry: Entry) {
        if let Some(resident) = self.entries.get_mut(&entry) {
            debug_assert!(resident.pins > 0, "{entry:?} is pinned");
            resident.pins = resident.pins.saturating_sub(1);
            self.touch(entry);
            self.settle(entry);
        }
    }

    /// The entry is used now.
    pub(crate) fn touch(&mut self, entry: Entry) {
        if let Some(resident) = self.entries.get_mut(&entry) {
            self.unpinned.remove(&resident.last_use);
            self.clock += 1;
            resident.last_use = self.clock;
            if resident.pins == 0 {
                self.unpinned.insert(self.clock, entry);
            }
        }
    }

    /// The bytes of an entry.
    pub(crate) fn bytes_of(&self, entry: Entry) -> Option<u64> {
        self.entries.get(&entry).map(|resident| resident.bytes)
    }

    /// What nobody pins and was not used for the longest time.
    pub(crate) fn oldest(&self) -> Option<Entry> {
        self.unpinned.values().next().copied()
    }

    /// Whether anybody pins or reserves anything.
    pub(crate) fn is_used(&self) -> bool {
        self.reserved > 0 || self.unpinned.len() < self.entries.len()
    }

    /// Whether anybody pins it.
    pub(crate) fn is_pinned(&self, entry: Entry) -> bool {
        self.entries
            .get(&entry)
            .is_some_and(|resident| resident.pins > 0)
    }

    /// Unpinned entries in the order in which they should go, until they are enough.
    fn candidates(&self, short: u64, mut is_clean: impl FnMut(Entry) -> bool) -> Vec<Victim> {
        let (mut victims, mut dirty) = (Vec::new(), Vec::new());
        let mut found = 0;
        for entry in self.unpinned.values().copied() {
            let mut victim = Victim {
                entry,
                bytes: self.bytes_of(entry).unwrap_or(0),
                dirty: false,
            };
            if is_clean(entry) {
                found += victim.bytes;
                victims.push(victim);
            } else {
                victim.dirty = true;
                dirty.push(victim);
            }
            if found >= short {
                return victims;
            }
        }
        for victim in dirty {
            if found >= short {
                break;
            }
            found += victim.bytes;
            victims.push(victim);
        }
        victims
    }

    fn shortage(&self, asked: u64, evictable: u64) -> Shortage {
        let pinned = self
            .entries
            .iter()
            .filter(|(_, resident)| resident.pins > 0);
        let mut held_by: Vec<_> = pinned
            .map(|(entry, resident)| (*entry, resident.bytes))
            .collect();
        held_by.sort_unstable();
        Shortage {
            asked,
            free: self.free() + evictable,
            held_by,
            reserved: self.reserved,
        }
    }

    /// Frees an entry that has gone and that nobody pins.
    fn settle(&mut self, entry: Entry) {
        let gone = |resident: &&Resident| resident.is_leaving && resident.pins == 0;
        if let Some(resident) = self.entries.get(&entry).filter(gone) {
            self.taken -= resident.bytes;
            self.unpinned.remove(&resident.last_use);
            self.entries.remove(&entry);
        }
    }
}

#[cfg(test)]
mod tests;
