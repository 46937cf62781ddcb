//! Loaded code.

#![expect(unsafe_code, reason = "`cust` gives no log of the compiler")]

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Arc;

use cust::sys;

use super::{Context, Failure};

/// Code that is loaded on a device, unloaded when dropped.
#[derive(Debug)]
pub(crate) struct Module {
    context: Arc<Context>,
    raw: sys::CUmodule,
}

// SAFETY: the handle is no memory of ours, and the driver takes it from any thread.
unsafe impl Send for Module {}
// SAFETY: as above; the driver orders calls on the same module itself.
unsafe impl Sync for Module {}

/// Code that could not be loaded, and what the driver's compiler says to it.
#[derive(Debug)]
pub(crate) struct LoadError {
    pub(crate) failure: Failure,
    pub(crate) log: String,
}

/// Longer ones are cut off.
const LOG_BYTES: usize = 8 << 10;

impl Module {
    /// Compiles PTX for the device.
    pub(crate) fn from_ptx(context: &Arc<Context>, ptx: &CString) -> Result<Self, LoadError> {
        // SAFETY: a text that ends with a NUL, as the driver asks of PTX.
        unsafe { Self::load(context, ptx.as_ptr().cast()) }
    }

    /// Takes code for this kind of device: a cubin or a fat binary.
    pub(crate) fn from_binary(context: &Arc<Context>, binary: &[u8]) -> Result<Self, LoadError> {
        // SAFETY: such code has its length in its header; the caller vouches for the code.
        unsafe { Self::load(context, binary.as_ptr().cast()) }
    }

    /// # Safety
    ///
    /// `image` is PTX that ends with a NUL, or a binary of the length that its header names.
    unsafe fn load(context: &Arc<Context>, image: *const c_void) -> Result<Self, LoadError> {
        let fail = |failure, log| LoadError { failure, log };
        context
            .bind()
            .map_err(|failure| fail(failure, String::new()))?;
        let mut log = vec![0_u8; LOG_BYTES];
        let mut options = [
            sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER,
            sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
        ];
        // Numbers are passed in the place of the address.
        let mut values = [
            log.as_mut_ptr().cast::<c_void>(),
            ptr::without_provenance_mut(LOG_BYTES),
        ];
        let mut raw = ptr::null_mut();
        // SAFETY: the options' values are of the kinds that they ask for and outlive the call; the
        // caller vouches for the image.
        let result = unsafe {
            sys::cuModuleLoadDataEx(
                &raw mut raw,
                image,
                2,
                options.as_mut_ptr(),
                values.as_mut_ptr(),
            )
        };
        context
            .check("cuModuleLoadDataEx", result)
            .map_err(|failure| {
                log.truncate(log.iter().position(|byte| *byte == 0).unwrap_or(0));
                fail(failure, String::from_utf8_lossy(&log).trim_end().into())
            })?;
        Ok(Self {
            context: context.clone(),
            raw,
        })
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(super) fn raw(&self) -> sys::CUmodule {
        self.raw
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.context.bind_to_release().is_ok() {
            // SAFETY: loaded by `load` and unloaded only here.
            let result = unsafe { sys::cuModuleUnload(self.raw) };
            // Reports earlier work; whoever waits for that hears of it too.
            let _ = self.context.check("cuModuleUnload", result);
        }
    }
}
