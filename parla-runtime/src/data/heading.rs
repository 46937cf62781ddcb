//! What is about to be brought to which device: tasks have been mapped there whose data are not
//! fetched yet. Those that are mapped next had better know. Pure.

use smallvec::SmallVec;

use super::Region;
use super::region::RegionIndex;
use crate::device::DeviceId;

/// The regions of one datum on their way.
#[derive(Debug)]
pub(super) struct Heading(RegionIndex<Counts>);

/// To how many tasks on which devices.
type Counts = SmallVec<[(DeviceId, usize); 2]>;

/// So many regions are looked at for those that overlap: what is said here only serves estimates.
const LOOKED_AT: usize = 16;

impl Heading {
    pub(super) fn new() -> Self {
        Self(RegionIndex::new())
    }

    /// A task is going to have the region brought to that device.
    pub(super) fn start(&mut self, region: &Region, device: DeviceId) {
        if region.is_empty() {
            return;
        }
        let found = self.0.find(region);
        let key = found.unwrap_or_else(|| self.0.insert_new(region.clone(), Counts::new()));
        if let Some((_, counts)) = self.0.get_mut(key) {
            match counts.iter_mut().find(|(at, _)| *at == device) {
                Some((_, count)) => *count += 1,
                None => counts.push((device, 1)),
            }
        }
    }

    /// It has, or won't.
    pub(super) fn end(&mut self, region: &Region, device: DeviceId) {
        let Some(key) = self.0.find(region) else {
            return;
        };
        if let Some((_, counts)) = self.0.get_mut(key) {
            let of_device = counts.iter_mut().filter(|(at, _)| *at == device);
            of_device.for_each(|(_, count)| *count -= 1);
            counts.retain(|(_, count)| *count > 0);
            if counts.is_empty() {
                self.0.remove(key);
            }
        }
    }

    /// What of the region is not on its way to that device.
    pub(super) fn rest(&self, region: &Region, device: DeviceId) -> SmallVec<[Region; 2]> {
        let mut rest: SmallVec<[Region; 2]> = SmallVec::new();
        rest.push(region.clone());
        if self.0.len() == 0 {
            return rest;
        }
        let mut looked_at = 0;
        self.0.overlapping(region, |_, of, counts| {
            let is_there = counts.iter().any(|(at, _)| *at == device);
            if is_there && looked_at < LOOKED_AT {
                looked_at += 1;
                let left = rest.iter().flat_map(|part| part.subtract(of));
                rest = left.collect();
            }
        });
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Span;
    use crate::device::DeviceKind;

    #[test]
    fn what_is_on_its_way_is_counted_by_task_and_device() {
        let region = |start, len| Region::new([Span::new(start, len, 1)]);
        let [here, there] = [0, 1].map(|number| DeviceId::new(DeviceKind::Gpu, number));
        let mut heading = Heading::new();
        let left = |heading: &Heading, device| {
            let rest = heading.rest(&region(0, 10), device);
            rest.iter().map(Region::count).sum::<usize>()
        };
        heading.start(&region(2, 4), here);
        heading.start(&region(2, 4), here);
        heading.start(&region(4, 4), here);
        heading.start(&region(2, 4), there);
        assert_eq!((left(&heading, here), left(&heading, there)), (4, 6));
        heading.end(&region(2, 4), here);
        assert_eq!((left(&heading, here), left(&heading, there)), (4, 6));
        heading.end(&region(2, 4), here);
        heading.end(&region(2, 4), there);
        assert_eq!((left(&heading, here), left(&heading, there)), (6, 10));
        heading.end(&region(4, 4), here);
        assert_eq!(heading.0.len(), 0);
    }
}
