//! Copies between the home of a datum and the buffers of devices.
#![expect(
    unsafe_code,
    reason = "reads and writes the elements that a copy has been planned for"
)]

use std::ptr::NonNull;

use super::Region;
use super::datum::Datum;
use crate::device::{DeviceError, HostSource, HostTarget, Layout};

/// Elements at home, as bytes in the order of their indices.
pub(super) struct AtHome<'a> {
    datum: &'a Datum,
    first: NonNull<u8>,
    layout: Layout,
    /// Bytes that are no elements came from a device.
    is_broken: bool,
}

impl<'a> AtHome<'a> {
    /// The elements of a region. For the store alone: what it copies from home nobody writes
    /// meanwhile, since a task that comes later is going to read it; what it copies there nobody
    /// touches until it has arrived, by the order of the accesses and that of the copies.
    pub(super) fn new(datum: &'a Datum, region: &Region) -> Self {
        Self {
            first: datum.home().address(region),
            layout: datum.home().layout(region),
            datum,
            is_broken: false,
        }
    }

    /// Whether all that was written are elements.
    pub(super) fn check(&self) -> Result<(), DeviceError> {
        if self.is_broken {
            let datum = self.datum;
            return Err(DeviceError::new(format!(
                "a device has written bytes to `{datum}` that are no value of its elements"
            )));
        }
        Ok(())
    }

    /// Calls back for each run of neighbours in a range of the bytes: where it is, and its range.
    fn for_each_run(
        &self,
        offset: usize,
        bytes: usize,
        mut visit: impl FnMut(NonNull<u8>, usize, usize),
    ) {
        let Some((row, outer)) = self.layout.axes.split_last() else {
            return visit(self.first, 0, bytes);
        };
        let element = self.layout.element;
        let is_packed = row.stride == element as isize;
        let run = if is_packed {
            row.len * element
        } else {
            element
        };
        let mut done = 0;
        while done < bytes {
            let at = offset + done;
            let (index, within) = (at / element, at % element);
            let (mut rest, mut place) = (index / row.len, (index % row.len) as isize * row.stride);
            for axis in outer.iter().rev() {
                place += (rest % axis.len) as isize * axis.stride;
                rest /= axis.len;
            }
            let left = if is_packed {
                run - (index % row.len) * element
            } else {
                run
            };
            let count = (left - within).min(bytes - done);
            // SAFETY: the element lies in the region, and so do those up to the end of the run.
            let from = unsafe { self.first.offset(place + within as isize) };
            visit(from, done, count);
            done += count;
        }
    }
}

impl HostSource for AtHome<'_> {
    fn bytes(&self) -> usize {
        self.layout.bytes()
    }

    fn read(&self, offset: usize, to: &mut [u8]) {
        let bytes = to.len();
        assert!(
            offset + bytes <= self.layout.bytes(),
            "it lies in the region"
        );
        self.for_each_run(offset, bytes, |from, at, count| {
            let to = to[at..at + count].as_mut_ptr();
            // SAFETY: the run lies in the region, which nobody writes; `to` is memory of its own.
            unsafe { from.as_ptr().copy_to_nonoverlapping(to, count) };
        });
    }
}

impl HostTarget for AtHome<'_> {
    fn bytes(&self) -> usize {
        self.layout.bytes()
    }

    fn write(&mut self, offset: usize, from: &[u8]) {
        assert!(
            offset + from.len() <= self.layout.bytes(),
            "it lies in the region"
        );
        if !self.datum.home().is_valid(from) {
            self.is_broken = true;
            return;
        }
        self.for_each_run(offset, from.len(), |to, at, count| {
            let from = from[at..at + count].as_ptr();
            // SAFETY: the run lies in the region, which nobody else touches; `from` is memory of
            // its own.
            unsafe { to.as_ptr().copy_from_nonoverlapping(from, count) };
        });
    }
}
