//! Events: points in a stream that others can wait for.

#![expect(unsafe_code, reason = "events of `cust` can be waited for only once")]

use std::ptr;
use std::sync::Arc;

use cust::sys;

use super::{Context, Failure};

/// An event, given back when dropped.
#[derive(Debug)]
pub(crate) struct Event {
    context: Arc<Context>,
    raw: sys::CUevent,
}

// SAFETY: the handle is no memory of ours, and the driver takes it from any thread.
unsafe impl Send for Event {}
// SAFETY: as above; the driver orders calls on the same event itself.
unsafe impl Sync for Event {}

impl Event {
    /// One that keeps no time, which is cheaper.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self, Failure> {
        Self::create(context, sys::CUevent_flags::CU_EVENT_DISABLE_TIMING)
    }

    /// One that keeps the time of the device at which it was passed.
    pub(crate) fn timed(context: &Arc<Context>) -> Result<Self, Failure> {
        Self::create(context, sys::CUevent_flags::CU_EVENT_DEFAULT)
    }

    fn create(context: &Arc<Context>, flags: sys::CUevent_flags) -> Result<Self, Failure> {
        context.bind()?;
        let mut raw = ptr::null_mut();
        // SAFETY: writes to a place that outlives the call.
        let result = unsafe { sys::cuEventCreate(&raw mut raw, flags as u32) };
        context.check("cuEventCreate", result)?;
        Ok(Self {
            context: context.clone(),
            raw,
        })
    }

    /// Whether all before it is done.
    pub(crate) fn is_passed(&self) -> Result<bool, Failure> {
        self.context.bind()?;
        // SAFETY: the event lives as long as `self`.
        match unsafe { sys::cuEventQuery(self.raw) } {
            sys::CUresult::CUDA_ERROR_NOT_READY => Ok(false),
            result => self.context.check("cuEventQuery", result).map(|()| true),
        }
    }

    /// Blocks until all before it is done.
    pub(crate) fn synchronize(&self) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: the event lives as long as `self`.
        let result = unsafe { sys::cuEventSynchronize(self.raw) };
        self.context.check("cuEventSynchronize", result)
    }

    /// Milliseconds from another to this one; both keep time and are passed.
    pub(crate) fn milliseconds_since(&self, earlier: &Self) -> Result<f32, Failure> {
        self.context.bind()?;
        let mut milliseconds = 0.0;
        // SAFETY: both events live; writes to a place that outlives the call.
        let result =
            unsafe { sys::cuEventElapsedTime(&raw mut milliseconds, earlier.raw, self.raw) };
        self.context.check("cuEventElapsedTime", result)?;
        Ok(milliseconds)
    }

    pub(super) fn raw(&self) -> sys::CUevent {
        self.raw
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if self.context.bind_to_release().is_ok() {
            // SAFETY: made by `create` and destroyed only here. Waits for it that are queued stay.
            let result = unsafe { sys::cuEventDestroy_v2(self.raw) };
            // Reports earlier work; whoever waits for that hears of it too.
            let _ = self.context.check("cuEventDestroy_v2", result);
        }
    }
}
