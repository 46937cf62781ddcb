//! Copies between the host and devices.
//!
//! Memory of the host goes through pinned pieces: a copy from a borrowed slice would either have to
//! be waited for or outlive the borrow, and the driver itself takes such a detour for memory that
//! isn't pinned.

use std::collections::VecDeque;

use super::Gpu;
use crate::error::{GpuErrorKind, Result};
use crate::memory::{
    Access, AsDeviceSlice, AsDeviceSliceMut, DeviceBuffer, DeviceCopy, PIECE, Staging,
};
use crate::stream::Point;

/// Pieces that are queued before the first of them is read.
const AHEAD: usize = 4;

impl Gpu {
    /// A new buffer with a copy of the slice, which may be changed as soon as this returns.
    ///
    /// # Errors
    ///
    /// Those of [`alloc`](Self::alloc).
    pub fn upload<T: DeviceCopy>(&self, from: &[T]) -> Result<DeviceBuffer<T>> {
        let mut buffer = self.alloc(from.len())?;
        self.copy_from(from, &mut buffer)?;
        Ok(buffer)
    }

    /// A copy on the host. Blocks until it is there.
    ///
    /// # Errors
    ///
    /// The elements have others between them, the body has returned, the work that it waits for
    /// failed, or what else the driver says.
    pub fn download<T: DeviceCopy>(
        &self,
        from: &(impl AsDeviceSlice<T> + ?Sized),
    ) -> Result<Vec<T>> {
        // Else the length would be that of all there is.
        self.check_contiguous("copying to the host", from)?;
        let mut to = vec![T::zeroed(); from.as_device_slice().len()];
        self.copy_to(from, &mut to)?;
        Ok(to)
    }

    /// Copies a slice of the host, which may be changed as soon as this returns, to a device.
    ///
    /// # Errors
    ///
    /// The lengths differ, the elements have others between them, the body has returned, or what the
    /// driver says.
    pub fn copy_from<T: DeviceCopy>(
        &self,
        from: &[T],
        to: &mut (impl AsDeviceSliceMut<T> + ?Sized),
    ) -> Result<()> {
        self.check_contiguous("copying from the host", to)?;
        let to = to.as_device_slice_mut();
        self.check_lengths(from.len(), to.len())?;
        let to = to.into_view();
        self.check_device("copying from the host", &to)?;
        let pieces = bytemuck::cast_slice::<T, u8>(from).chunks(PIECE);
        for (index, piece) in pieces.enumerate() {
            let place = to.part((index * PIECE) as u64, piece.len() as u64);
            let mut staging = self.stage(piece.len())?;
            let memory = staging.memory();
            memory.write(piece);
            let queued = self.submit(&[(place, Access::Write)], |stream| {
                stream.copy_to_device(place.address(), memory, piece.len())
            });
            // Also where it failed: the driver may have taken it.
            staging.in_use_until(self.stream().end());
            queued?;
        }
        Ok(())
    }

    /// Copies from a device to a slice of the host. Blocks until it is there.
    ///
    /// # Errors
    ///
    /// The lengths differ, the elements have others between them, the body has returned, the work
    /// that it waits for failed, or what else the driver says.
    pub fn copy_to<T: DeviceCopy>(
        &self,
        from: &(impl AsDeviceSlice<T> + ?Sized),
        to: &mut [T],
    ) -> Result<()> {
        self.check_contiguous("copying to the host", from)?;
        let from = from.as_device_slice();
        self.check_lengths(from.len(), to.len())?;
        let from = from.view();
        self.check_device("copying to the host", &from)?;
        let receive = |(to, mut staging, point): (&mut [u8], Staging<'_>, Point)| {
            self.wait_for(&point)?;
            staging.memory().read(to);
            Ok(())
        };
        let mut queued = VecDeque::new();
        let pieces = bytemuck::cast_slice_mut::<T, u8>(to).chunks_mut(PIECE);
        for (index, piece) in pieces.enumerate() {
            if queued.len() == AHEAD {
                queued.pop_front().map_or(Ok(()), receive)?;
            }
            let place = from.part((index * PIECE) as u64, piece.len() as u64);
            let mut staging = self.stage(piece.len())?;
            let memory = staging.memory();
            let copied = self.submit_to_point(&[(place, Access::Read)], |stream| {
                stream.copy_to_host(memory, place.address(), piece.len())
            });
            staging.in_use_until(self.stream().end());
            let (point, ()) = copied?;
            queued.push_back((piece, staging, point));
        }
        queued.into_iter().try_for_each(receive)
    }

    pub(super) fn stage(&self, bytes: usize) -> Result<Staging<'_>> {
        let staging = self.home().staging().lend(bytes);
        staging.map_err(|failure| self.fail(failure))
    }

    pub(super) fn check_contiguous<T: DeviceCopy>(
        &self,
        operation: &str,
        slice: &(impl AsDeviceSlice<T> + ?Sized),
    ) -> Result<()> {
        if slice.is_contiguous() {
            return Ok(());
        }
        let operation = operation.into();
        Err(self.error(GpuErrorKind::Strided { operation }))
    }

    pub(super) fn check_lengths(&self, from: usize, to: usize) -> Result<()> {
        if from == to {
            return Ok(());
        }
        Err(self.error(GpuErrorKind::WrongLength { from, to }))
    }
}
