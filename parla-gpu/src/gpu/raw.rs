//! The driver's own handles, for other libraries that use CUDA.

use std::ffi::c_void;
use std::fmt;

use super::Gpu;
use crate::cuda::Scope;
use crate::error::Result;
use crate::memory::{Access, AsDeviceSlice, AsDeviceSliceMut, DeviceCopy, Points, View, order};

/// The driver's handles of a [`Gpu`], while its context is current on the thread.
pub struct RawGpu<'a> {
    gpu: Gpu,
    uses: Vec<(View<'a>, Access, Points)>,
}

impl Gpu {
    /// Calls the closure with the driver's handles, for libraries such as cuBLAS. On this thread the
    /// context of the device is current meanwhile, and afterwards whichever was before.
    ///
    /// What the closure queues must go to the stream that it is given, and must touch only memory
    /// that it has asked for with [`read`](RawGpu::read) and [`write`](RawGpu::write).
    ///
    /// # Errors
    ///
    /// The body has returned, or what the driver says.
    pub fn with_raw<'a, T>(&self, work: impl FnOnce(&mut RawGpu<'a>) -> T) -> Result<T> {
        // Not held meanwhile: the closure may use the handle as well.
        drop(self.lease.open()?);
        let context = self.home().card().context();
        let _scope = Scope::enter(context).map_err(|failure| self.fail(failure))?;
        let mut raw = RawGpu {
            gpu: self.clone(),
            uses: Vec::new(),
        };
        Ok(work(&mut raw))
    }
}

impl<'a> RawGpu<'a> {
    /// The stream, a `CUstream`.
    #[must_use]
    pub fn stream(&self) -> *mut c_void {
        self.gpu.stream.raw().raw().cast()
    }

    /// The context, a `CUcontext`.
    #[must_use]
    pub fn context(&self) -> *mut c_void {
        self.gpu.home().card().context().raw().cast()
    }

    /// The address of elements that are going to be read: a `CUdeviceptr`. What is queued on the
    /// stream from now on comes after what wrote them.
    ///
    /// # Errors
    ///
    /// They are on another device, or what the driver says.
    pub fn read<T: DeviceCopy>(
        &mut self,
        slice: &'a (impl AsDeviceSlice<T> + ?Sized),
    ) -> Result<u64> {
        self.use_view(slice.as_device_slice().view(), Access::Read)
    }

    /// The address of elements that are going to be written: a `CUdeviceptr`. What is queued on the
    /// stream from now on comes after all that used them.
    ///
    /// # Errors
    ///
    /// They are on another device, or what the driver says.
    pub fn write<T: DeviceCopy>(
        &mut self,
        slice: &'a mut (impl AsDeviceSliceMut<T> + ?Sized),
    ) -> Result<u64> {
        self.use_view(slice.as_device_slice_mut().into_view(), Access::Write)
    }

    fn use_view(&mut self, view: View<'a>, access: Access) -> Result<u64> {
        self.gpu.check_device("a library", &view)?;
        let before = order(&self.gpu.stream, &[(view, access)]);
        let before = before.map_err(|failure| self.gpu.fail(failure))?;
        self.uses
            .extend(before.into_iter().map(|before| (view, access, before)));
        Ok(view.address())
    }
}

impl Drop for RawGpu<'_> {
    fn drop(&mut self) {
        // Whatever was queued is before this point.
        let (point, _) = self.gpu.stream.submit(|_| Ok(()));
        for (view, access, before) in &self.uses {
            view.block().uses().note(*access, before, point.clone());
        }
    }
}

impl fmt::Debug for RawGpu<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handles of {:?}", self.gpu)
    }
}
