//! Memory of a device, as the driver gives it.

#![expect(
    unsafe_code,
    reason = "buffers of `cust` are freed in whatever context is current"
)]

use std::sync::Arc;

use cust::sys;

use super::{Address, Context, Failure};

/// Memory of a device. Dropping it gives it back to the driver, which may wait for the whole
/// device; nothing queued may use it any more.
#[derive(Debug)]
pub(crate) struct Allocation {
    context: Arc<Context>,
    address: Address,
    bytes: u64,
}

impl Allocation {
    /// `bytes` of memory, which must not be none.
    pub(crate) fn new(context: &Arc<Context>, bytes: u64) -> Result<Self, Failure> {
        context.bind()?;
        let mut address = 0;
        // SAFETY: writes to a place that outlives the call. On targets of 64 bits, which the shim
        // asks for, the size fits.
        let result = unsafe { sys::cuMemAlloc_v2(&raw mut address, bytes as usize) };
        context.check("cuMemAlloc_v2", result)?;
        Ok(Self {
            context: context.clone(),
            address,
            bytes,
        })
    }

    pub(crate) fn address(&self) -> Address {
        self.address
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        if self.context.bind_to_release().is_ok() {
            // SAFETY: allocated by `new` and freed only here.
            let result = unsafe { sys::cuMemFree_v2(self.address) };
            // Reports earlier work; whoever waits for that hears of it too.
            let _ = self.context.check("cuMemFree_v2", result);
        }
    }
}
