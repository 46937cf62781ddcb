//! Streams: queues of a device, in which work runs in order.

#![expect(unsafe_code, reason = "streams of `cust` wait for the default stream")]

use std::ptr;
use std::sync::Arc;

use cust::sys;

use super::{Address, Context, Event, Failure, Pinned};

/// A stream that waits for no other unless it is told to, given back when dropped; what is queued
/// is still done.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(super) context: Arc<Context>,
    pub(super) raw: sys::CUstream,
}

// SAFETY: the handle is no memory of ours, and the driver takes it from any thread.
unsafe impl Send for Stream {}
// SAFETY: as above; the driver orders calls on the same stream itself.
unsafe impl Sync for Stream {}

impl Stream {
    pub(crate) fn new(context: &Arc<Context>, priority: i32) -> Result<Self, Failure> {
        context.bind()?;
        let flags = sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32;
        let mut raw = ptr::null_mut();
        // SAFETY: writes to a place that outlives the call.
        let result = unsafe { sys::cuStreamCreateWithPriority(&raw mut raw, flags, priority) };
        context.check("cuStreamCreateWithPriority", result)?;
        Ok(Self {
            context: context.clone(),
            raw,
        })
    }

    pub(crate) fn raw(&self) -> sys::CUstream {
        self.raw
    }

    /// Puts the event behind all that is queued.
    pub(crate) fn record(&self, event: &Event) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: both live.
        let result = unsafe { sys::cuEventRecord(event.raw(), self.raw) };
        self.context.check("cuEventRecord", result)
    }

    /// What is queued from now on begins when the event is passed, as it was recorded last.
    pub(crate) fn wait_for(&self, event: &Event) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: both live; afterwards the event isn't needed any more.
        let result = unsafe { sys::cuStreamWaitEvent(self.raw, event.raw(), 0) };
        self.context.check("cuStreamWaitEvent", result)
    }

    /// Whether all that is queued is done.
    pub(crate) fn is_idle(&self) -> Result<bool, Failure> {
        self.context.bind()?;
        // SAFETY: the stream lives as long as `self`.
        match unsafe { sys::cuStreamQuery(self.raw) } {
            sys::CUresult::CUDA_ERROR_NOT_READY => Ok(false),
            result => self.context.check("cuStreamQuery", result).map(|()| true),
        }
    }

    /// Blocks until all that is queued is done.
    pub(crate) fn synchronize(&self) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: the stream lives as long as `self`.
        let result = unsafe { sys::cuStreamSynchronize(self.raw) };
        self.context.check("cuStreamSynchronize", result)
    }

    /// Copies the beginning of `from`, which stays as it is until that is done.
    pub(crate) fn copy_to_device(
        &self,
        to: Address,
        from: &Pinned,
        bytes: usize,
    ) -> Result<(), Failure> {
        assert!(bytes <= from.bytes(), "more bytes than the memory has");
        self.context.bind()?;
        // SAFETY: the memory is that large, and its holder keeps it until the copy is done.
        let result = unsafe { sys::cuMemcpyHtoDAsync_v2(to, from.raw(), bytes, self.raw) };
        self.context.check("cuMemcpyHtoDAsync_v2", result)
    }

    /// Copies to the beginning of `to`, which nobody touches until that is done.
    pub(crate) fn copy_to_host(
        &self,
        to: &mut Pinned,
        from: Address,
        bytes: usize,
    ) -> Result<(), Failure> {
        assert!(bytes <= to.bytes(), "more bytes than the memory has");
        self.context.bind()?;
        // SAFETY: the memory is that large, and its holder keeps it until the copy is done.
        let result = unsafe { sys::cuMemcpyDtoHAsync_v2(to.raw(), from, bytes, self.raw) };
        self.context.check("cuMemcpyDtoHAsync_v2", result)
    }

    /// Copies within the device.
    pub(crate) fn copy(&self, to: Address, from: Address, bytes: u64) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: no memory of the host is named.
        let result = unsafe { sys::cuMemcpyDtoDAsync_v2(to, from, bytes as usize, self.raw) };
        self.context.check("cuMemcpyDtoDAsync_v2", result)
    }

    /// Copies from the memory of one device to that of another.
    pub(crate) fn copy_peer(
        &self,
        (to, to_context): (Address, &Context),
        (from, from_context): (Address, &Context),
        bytes: u64,
    ) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: no memory of the host is named; the contexts are held by their values.
        let result = unsafe {
            sys::cuMemcpyPeerAsync(
                to,
                to_context.raw(),
                from,
                from_context.raw(),
                bytes as usize,
                self.raw,
            )
        };
        self.context.check("cuMemcpyPeerAsync", result)
    }

    /// Sets `bytes` bytes.
    pub(crate) fn fill_1(&self, to: Address, value: u8, bytes: usize) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: no memory of the host is named.
        let result = unsafe { sys::cuMemsetD8Async(to, value, bytes, self.raw) };
        self.context.check("cuMemsetD8Async", result)
    }

    /// Sets `count` elements of two bytes.
    pub(crate) fn fill_2(&self, to: Address, value: u16, count: usize) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: no memory of the host is named.
        let result = unsafe { sys::cuMemsetD16Async(to, value, count, self.raw) };
        self.context.check("cuMemsetD16Async", result)
    }

    /// Sets `count` elements of four bytes.
    pub(crate) fn fill_4(&self, to: Address, value: u32, count: usize) -> Result<(), Failure> {
        self.context.bind()?;
        // SAFETY: no memory of the host is named.
        let result = unsafe { sys::cuMemsetD32Async(to, value, count, self.raw) };
        self.context.check("cuMemsetD32Async", result)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.context.bind_to_release().is_ok() {
            // SAFETY: made by `new` and destroyed only here.
            let result = unsafe { sys::cuStreamDestroy_v2(self.raw) };
            // Reports earlier work; whoever waits for that hears of it too.
            let _ = self.context.check("cuStreamDestroy_v2", result);
        }
    }
}
