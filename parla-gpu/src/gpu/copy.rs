//! Copies between the host and devices.
//!
//! Memory of the host goes through pinned pieces: a copy from a borrowed slice would either have to
//! be waited for or outlive the borrow, and the driver itself takes such a detour for memory that
//! isn't pinned.

use std::collections::VecDeque;

use super::Gpu;
use crate::cuda::Pinned;
use crate::error::{GpuErrorKind, Result};
use crate::memory::{Access, AsDeviceSlice, AsDeviceSliceMut, DeviceBuffer, DeviceCopy, PIECE};
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
    /// The body has returned, the work that it waits for failed, or what else the driver says.
    pub fn download<T: DeviceCopy>(
        &self,
        from: &(impl AsDeviceSlice<T> + ?Sized),
    ) -> Result<Vec<T>> {
        let mut to = vec![T::zeroed(); from.as_device_slice().len()];
        self.copy_to(from, &mut to)?;
        Ok(to)
    }

    /// Copies a slice of the host, which may be changed as soon as this returns, to a device.
    ///
    /// # Errors
    ///
    /// The lengths differ, the body has returned, or what the driver says.
    pub fn copy_from<T: DeviceCopy>(
        &self,
        from: &[T],
        to: &mut (impl AsDeviceSliceMut<T> + ?Sized),
    ) -> Result<()> {
        let to = to.as_device_slice_mut();
        self.check_lengths(from.len(), to.len())?;
        let to = to.into_view();
        self.check_device("copying from the host", &to)?;
        let pieces = bytemuck::cast_slice::<T, u8>(from).chunks(PIECE);
        for (index, piece) in pieces.enumerate() {
            let place = to.part((index * PIECE) as u64, piece.len() as u64);
            let mut memory = self.stage(piece.len())?;
            memory.write(piece);
            let queued = self.submit_to_point(&[(place, Access::Write)], |stream| {
                stream.copy_to_device(place.address(), &memory, piece.len())
            });
            self.unstage(memory, queued.as_ref().ok().map(|(point, ())| point));
            queued?;
        }
        Ok(())
    }

    /// Copies from a device to a slice of the host. Blocks until it is there.
    ///
    /// # Errors
    ///
    /// The lengths differ, the body has returned, the work that it waits for failed, or what else
    /// the driver says.
    pub fn copy_to<T: DeviceCopy>(
        &self,
        from: &(impl AsDeviceSlice<T> + ?Sized),
        to: &mut [T],
    ) -> Result<()> {
        let from = from.as_device_slice();
        self.check_lengths(from.len(), to.len())?;
        let from = from.view();
        self.check_device("copying to the host", &from)?;
        let mut queued: VecDeque<(&mut [u8], Pinned, Point)> = VecDeque::new();
        let pieces = bytemuck::cast_slice_mut::<T, u8>(to).chunks_mut(PIECE);
        let mut result = Ok(());
        for (index, piece) in pieces.enumerate() {
            if queued.len() == AHEAD {
                result = result.and(self.receive(queued.pop_front()));
            }
            result = result.and_then(|()| {
                let place = from.part((index * PIECE) as u64, piece.len() as u64);
                let mut memory = self.stage(piece.len())?;
                let copied = self.submit_to_point(&[(place, Access::Read)], |stream| {
                    stream.copy_to_host(&mut memory, place.address(), piece.len())
                });
                match copied {
                    Ok((point, ())) => queued.push_back((piece, memory, point)),
                    Err(error) => {
                        self.unstage(memory, None);
                        return Err(error);
                    }
                }
                Ok(())
            });
            if result.is_err() {
                break;
            }
        }
        // Also after a failure: the memory is in use until then.
        while let Some(piece) = queued.pop_front() {
            result = result.and(self.receive(Some(piece)));
        }
        result
    }

    /// Waits for a piece and copies it to where it belongs.
    fn receive(&self, piece: Option<(&mut [u8], Pinned, Point)>) -> Result<()> {
        let Some((to, memory, point)) = piece else {
            return Ok(());
        };
        let result = self.wait_for(&point);
        if result.is_ok() {
            memory.read(to);
        }
        self.unstage(memory, Some(&point));
        result
    }

    pub(super) fn stage(&self, bytes: usize) -> Result<Pinned> {
        let memory = self.home().staging().take(bytes);
        memory.map_err(|failure| self.fail(failure))
    }

    /// Gives pinned memory back that is in use up to the point; without one, up to the end of what
    /// is queued.
    pub(super) fn unstage(&self, memory: Pinned, point: Option<&Point>) {
        let point = point.cloned().unwrap_or_else(|| self.stream().end());
        self.home().staging().give_back(memory, Some(point));
    }

    pub(super) fn check_lengths(&self, from: usize, to: usize) -> Result<()> {
        if from == to {
            return Ok(());
        }
        Err(self.error(GpuErrorKind::WrongLength { from, to }))
    }
}
