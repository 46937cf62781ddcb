//! The one address space: which addresses belong to which region.

use super::{Kind, Region};
use crate::handle::Handle;
use crate::ptx::AccessError;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Where the addresses of device memory begin. No memory of the host lies up there, so neither is
/// ever taken for the other.
pub(crate) const DEVICE_ADDRESSES: u64 = 1 << 56;
/// Addresses that each device has.
const PER_DEVICE: u64 = 1 << 48;
/// Addresses between two allocations that belong to nobody, so that running over one is found.
const GAP: u64 = 64 << 10;

/// All regions by their start, and where each device goes on giving out addresses.
#[derive(Debug, Default)]
pub(crate) struct Space {
    regions: RwLock<BTreeMap<u64, Arc<Region>>>,
    next: Mutex<HashMap<usize, u64>>,
    /// What was freed of late, the latest last: start and bytes.
    freed: Mutex<VecDeque<(u64, u64)>>,
}

/// How many freed allocations are remembered.
const MEMORY_OF_FREED: usize = 4096;
/// How far from an allocation an address is still said to be past its end or before its start.
const NEAR: u64 = GAP / 2;

impl Space {
    /// Addresses for so many bytes of device memory. They count up and only come again once all of
    /// the device's have been used, so that what was freed is not soon someone else's.
    pub(crate) fn reserve(&self, device: usize, bytes: u64) -> u64 {
        let base = DEVICE_ADDRESSES + device as u64 * PER_DEVICE;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = next.entry(device).or_insert(GAP);
        loop {
            if *offset + bytes + GAP > PER_DEVICE {
                *offset = GAP;
            }
            let start = base + *offset;
            *offset = (*offset + bytes + GAP).next_multiple_of(GAP);
            if !self.overlaps(start, bytes) {
                return start;
            }
        }
    }

    pub(crate) fn insert(&self, region: Arc<Region>) {
        self.write().insert(region.start(), region);
    }

    pub(crate) fn remove(&self, start: u64) -> Option<Arc<Region>> {
        let region = self.write().remove(&start)?;
        let mut freed = self.freed.lock().unwrap_or_else(PoisonError::into_inner);
        if freed.len() == MEMORY_OF_FREED {
            freed.pop_front();
        }
        freed.push_back((start, region.len()));
        Some(region)
    }

    /// The region that the address is inside of.
    pub(crate) fn find(&self, address: u64) -> Option<Arc<Region>> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let (_, region) = regions.range(..=address).next_back()?;
        (address < region.end()).then(|| Arc::clone(region))
    }

    /// The region that begins there.
    pub(crate) fn at(&self, start: u64) -> Option<Arc<Region>> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        regions.get(&start).cloned()
    }

    /// Whether some of these addresses belong to a region.
    pub(crate) fn overlaps(&self, start: u64, bytes: u64) -> bool {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let before = regions.range(..start + bytes).next_back();
        before.is_some_and(|(_, region)| region.end() > start)
    }

    pub(crate) fn remove_of_context(&self, context: Handle) {
        for region in self.all(|region| region.context() == context) {
            region.remove();
        }
    }

    /// All regions that the predicate names.
    pub(crate) fn all(&self, predicate: impl Fn(&Region) -> bool) -> Vec<Arc<Region>> {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let named = regions.values().filter(|region| predicate(region));
        named.cloned().collect()
    }

    /// The memory of the host that the driver knows and that begins there.
    pub(crate) fn host_at(&self, start: u64, registered: bool) -> Option<Arc<Region>> {
        self.at(start).filter(|region| match region.kind() {
            Kind::Pinned(_) => !registered,
            Kind::Registered(..) => registered,
            _ => false,
        })
    }

    /// What can be said of an address that is in no region.
    pub(crate) fn why_not(&self, address: u64) -> AccessError {
        let regions = self.regions.read().unwrap_or_else(PoisonError::into_inner);
        let freed = self.freed.lock().unwrap_or_else(PoisonError::into_inner);
        let was_in = |(start, bytes): &&(u64, u64)| (*start..start + bytes).contains(&address);
        if let Some((_, allocation)) = freed.iter().rev().find(was_in) {
            return AccessError::Freed {
                allocation: *allocation,
            };
        }
        let before = regions.range(..=address).next_back();
        let after = regions.range(address..).next();
        match (before, after) {
            (Some((_, region)), _) if address - region.end() < NEAR => AccessError::AfterEnd {
                allocation: region.len(),
                distance: address - region.end(),
            },
            (_, Some((start, region))) if start - address < NEAR => AccessError::BeforeStart {
                allocation: region.len(),
                distance: start - address,
            },
            _ => AccessError::Unmapped,
        }
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<u64, Arc<Region>>> {
        self.regions.write().unwrap_or_else(PoisonError::into_inner)
    }
}
