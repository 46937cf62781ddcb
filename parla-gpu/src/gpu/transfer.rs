//! Copies between buffers, also of different devices.

use std::sync::Arc;

use super::Gpu;
use crate::error::Result;
use crate::memory::{Access, AsDeviceSlice, AsDeviceSliceMut, DeviceCopy, PIECE, View};
use crate::stream::Stream;

impl Gpu {
    /// Copies between buffers: on this device, or between it and another one, directly where the
    /// devices can reach each other. Doesn't wait.
    ///
    /// # Errors
    ///
    /// The lengths differ, elements have others between them, neither buffer is on this device, the
    /// body has returned, or what the driver says.
    pub fn copy<T: DeviceCopy>(
        &self,
        from: &(impl AsDeviceSlice<T> + ?Sized),
        to: &mut (impl AsDeviceSliceMut<T> + ?Sized),
    ) -> Result<()> {
        self.check_contiguous("copying", from)?;
        self.check_contiguous("copying", to)?;
        let (from, to) = (from.as_device_slice(), to.as_device_slice_mut());
        self.check_lengths(from.len(), to.len())?;
        let (from, to) = (from.view(), to.into_view());
        if from.bytes() == 0 {
            return Ok(());
        }
        let both = [(from, Access::Read), (to, Access::Write)];
        match (self.is_here(&from), self.is_here(&to)) {
            (true, true) => self.submit(&both, |stream| {
                stream.copy(to.address(), from.address(), from.bytes())
            }),
            (false, false) => self.check_device("copying", &to),
            (from_is_here, _) => {
                let other = if from_is_here { &to } else { &from };
                let reaches = self.home().card().reaches(other.device().card());
                if !reaches.map_err(|failure| self.fail(failure))? {
                    return self.copy_through_host(from, to);
                }
                let context = |view: &View<'_>| view.device().card().context().clone();
                self.submit(&both, |stream| {
                    stream.copy_peer(
                        (to.address(), &context(&to)),
                        (from.address(), &context(&from)),
                        from.bytes(),
                    )
                })
            }
        }
    }

    /// Copies to or from a device that this one can't reach.
    fn copy_through_host(&self, from: View<'_>, to: View<'_>) -> Result<()> {
        let other = if self.is_here(&from) { &to } else { &from }.device();
        let there = other.streams().open(0, &[]);
        let there = there.map_err(|failure| self.fail(failure))?;
        let result = self.relay(from, to, &there);
        other.streams().close(&there);
        result
    }

    fn relay(&self, from: View<'_>, to: View<'_>, there: &Arc<Stream>) -> Result<()> {
        let (reads, writes) = if self.is_here(&from) {
            (self.stream(), there)
        } else {
            (there, self.stream())
        };
        let fail = |failure| self.fail(failure);
        let _open = self.lease.open()?;
        there.wait_for(&self.stream().end()).map_err(fail)?;
        let mut done = 0;
        while done < from.bytes() {
            let bytes = (from.bytes() - done).min(PIECE as u64);
            let (from, to) = (from.part(done, bytes), to.part(done, bytes));
            let mut staging = self.stage(bytes as usize)?;
            let memory = staging.memory();
            let read = self.submit_on(reads, &[(from, Access::Read)], |stream| {
                stream.copy_to_host(memory, from.address(), bytes as usize)
            });
            staging.in_use_until(reads.end());
            let (point, ()) = read?;
            writes.wait_for(&point).map_err(fail)?;
            let memory = staging.memory();
            let written = self.submit_on(writes, &[(to, Access::Write)], |stream| {
                stream.copy_to_device(to.address(), memory, bytes as usize)
            });
            staging.in_use_until(writes.end());
            written?;
            done += bytes;
        }
        // The task ends when the other device has done its part.
        self.stream().wait_for(&there.end()).map_err(fail)
    }
}
