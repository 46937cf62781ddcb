//! Setting the elements of buffers.

use super::Gpu;
use crate::error::Result;
use crate::memory::{Access, AsDeviceSliceMut, DeviceBuffer, DeviceCopy, View};

impl Gpu {
    /// A new buffer of `len` elements that are all zero.
    ///
    /// # Errors
    ///
    /// Those of [`alloc`](Self::alloc).
    pub fn zeros<T: DeviceCopy>(&self, len: usize) -> Result<DeviceBuffer<T>> {
        let mut buffer = self.alloc(len)?;
        self.fill(&mut buffer, T::zeroed())?;
        Ok(buffer)
    }

    /// Sets all elements to a value.
    ///
    /// # Errors
    ///
    /// The elements are on another device or have others between them, the body has returned, or
    /// what the driver says.
    pub fn fill<T: DeviceCopy>(
        &self,
        to: &mut (impl AsDeviceSliceMut<T> + ?Sized),
        value: T,
    ) -> Result<()> {
        self.check_contiguous("filling", to)?;
        let to = to.as_device_slice_mut().into_view();
        self.check_device("filling", &to)?;
        let pattern = bytemuck::bytes_of(&value);
        let (place, bytes) = (to.address(), to.bytes());
        if bytes == 0 {
            return Ok(());
        }
        let views = [(to, Access::Write)];
        match *pattern {
            [first, ref rest @ ..] if rest.iter().all(|byte| *byte == first) => {
                self.submit(&views, |it| it.fill_1(place, first, bytes as usize))
            }
            [a, b] => self.submit(&views, |it| {
                it.fill_2(place, u16::from_ne_bytes([a, b]), bytes as usize / 2)
            }),
            [a, b, c, d] => self.submit(&views, |it| {
                it.fill_4(place, u32::from_ne_bytes([a, b, c, d]), bytes as usize / 4)
            }),
            _ => self.fill_by_doubling(to, pattern),
        }
    }

    /// Puts the pattern at the beginning, then copies all there is behind itself until it is full.
    fn fill_by_doubling(&self, to: View<'_>, pattern: &[u8]) -> Result<()> {
        let bytes = to.bytes();
        let mut staging = self.stage(pattern.len())?;
        let memory = staging.memory();
        memory.write(pattern);
        let queued = self.submit(&[(to, Access::Write)], |stream| {
            stream.copy_to_device(to.address(), memory, pattern.len())?;
            let mut full = pattern.len() as u64;
            while full < bytes {
                let more = full.min(bytes - full);
                stream.copy(to.address() + full, to.address(), more)?;
                full += more;
            }
            Ok(())
        });
        staging.in_use_until(self.stream().end());
        queued
    }
}
