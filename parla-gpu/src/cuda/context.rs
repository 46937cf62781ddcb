//! The primary context of a device, current on whatever thread calls, and what is known of its end.

#![expect(
    unsafe_code,
    reason = "sets the context of the thread through `cust::sys`"
)]

use std::ptr;
use std::sync::OnceLock;

use cust::sys;

use super::failure::{check, check_cust};
#[cfg(feature = "sim")]
use super::simulator::explain;
use super::{Failure, system};

/// A device's primary context, which all users of CUDA in the process share.
#[derive(Debug)]
pub(crate) struct Context {
    inner: cust::context::Context,
    device: sys::CUdevice,
    lost: OnceLock<Failure>,
}

#[cfg(not(feature = "sim"))]
fn explain(_device: sys::CUdevice, failure: Failure) -> Failure {
    failure
}

impl Context {
    /// Holds the context of the device with that number; makes it if nobody has.
    pub(crate) fn retain(ordinal: u32) -> Result<Self, Failure> {
        let device = system::device(ordinal)?;
        let inner = check_cust(
            "cuDevicePrimaryCtxRetain",
            cust::context::Context::new(device),
        )?;
        Ok(Self {
            inner,
            device: device.as_raw(),
            lost: OnceLock::new(),
        })
    }

    /// The failure after which the context can't be used.
    pub(crate) fn lost(&self) -> Option<&Failure> {
        self.lost.get()
    }

    /// Makes it current on this thread, and fails at once if it is lost.
    pub(super) fn bind(&self) -> Result<(), Failure> {
        match self.lost() {
            None => self.make_current(),
            Some(failure) => Err(failure.clone()),
        }
    }

    /// As [`bind`](Self::bind), to give something back: lost contexts too have handles.
    pub(super) fn bind_to_release(&self) -> Result<(), Failure> {
        self.make_current()
    }

    /// The driver keeps the current context per thread, and asking for it is reading that: no cache
    /// of ours could know what other libraries have set meanwhile.
    fn make_current(&self) -> Result<(), Failure> {
        if current()? == self.raw() {
            return Ok(());
        }
        set_current(self.raw()).map_err(|failure| self.note(failure))
    }

    /// What a call returned; keeps in mind if it was the last that this context could do.
    pub(super) fn check(&self, call: &'static str, result: sys::CUresult) -> Result<(), Failure> {
        check(call, result).map_err(|failure| self.note(failure))
    }

    pub(super) fn note(&self, failure: Failure) -> Failure {
        if failure.is_sticky() {
            return self
                .lost
                .get_or_init(|| explain(self.device, failure))
                .clone();
        }
        failure
    }

    pub(crate) fn raw(&self) -> sys::CUcontext {
        self.inner.as_raw()
    }

    /// Free and total bytes of the device's memory.
    pub(crate) fn memory(&self) -> Result<(u64, u64), Failure> {
        self.bind()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: writes to places that outlive the call.
        let result = unsafe { sys::cuMemGetInfo_v2(&raw mut free, &raw mut total) };
        self.check("cuMemGetInfo_v2", result)?;
        Ok((free as u64, total as u64))
    }

    /// The lowest and the highest priority of streams; higher is smaller.
    pub(crate) fn priorities(&self) -> Result<(i32, i32), Failure> {
        self.bind()?;
        let (mut lowest, mut highest) = (0, 0);
        // SAFETY: writes to places that outlive the call.
        let result = unsafe { sys::cuCtxGetStreamPriorityRange(&raw mut lowest, &raw mut highest) };
        self.check("cuCtxGetStreamPriorityRange", result)?;
        Ok((lowest, highest))
    }

    /// Lets this device reach the memory of the other; whether it can.
    pub(crate) fn enable_peer(&self, other: &Self) -> Result<bool, Failure> {
        self.bind()?;
        let mut can = 0;
        // SAFETY: writes to a place that outlives the call; both devices exist.
        let result = unsafe { sys::cuDeviceCanAccessPeer(&raw mut can, self.device, other.device) };
        self.check("cuDeviceCanAccessPeer", result)?;
        if can == 0 {
            return Ok(false);
        }
        // SAFETY: the other context is held by its value.
        let result = unsafe { sys::cuCtxEnablePeerAccess(other.raw(), 0) };
        match self.check("cuCtxEnablePeerAccess", result) {
            Ok(()) => Ok(true),
            // Somebody else in the process was first.
            Err(failure) if failure.is_peer_access_already_enabled() => Ok(true),
            Err(failure) if failure.is_about_peers() => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// The thread's own context comes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Scope {
    previous: sys::CUcontext,
}

impl Scope {
    /// Makes the context current until the end of the scope.
    pub(crate) fn enter(context: &Context) -> Result<Self, Failure> {
        let previous = current()?;
        context.bind()?;
        Ok(Self { previous })
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // If it fails, the previous context is gone or all is lost: nobody can be helped here.
        let _ = set_current(self.previous);
    }
}

fn current() -> Result<sys::CUcontext, Failure> {
    let mut current = ptr::null_mut();
    // SAFETY: writes to a place that outlives the call.
    let result = unsafe { sys::cuCtxGetCurrent(&raw mut current) };
    check("cuCtxGetCurrent", result)?;
    Ok(current)
}

fn set_current(context: sys::CUcontext) -> Result<(), Failure> {
    // SAFETY: takes a context, also one that has ended, and null; says if it can't be used.
    let result = unsafe { sys::cuCtxSetCurrent(context) };
    check("cuCtxSetCurrent", result)
}
