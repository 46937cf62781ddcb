//! Memory of the host that devices read and write on their own.

#![expect(unsafe_code, reason = "the host's side of memory that a device shares")]

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use cust::sys;

use super::{Context, Failure};

/// Page-locked memory. Whoever has it to itself may touch it; while a copy that names it is in
/// flight, nobody may.
#[derive(Debug)]
pub(crate) struct Pinned {
    context: Arc<Context>,
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: it owns its memory as a `Box<[u8]>` would.
unsafe impl Send for Pinned {}
// SAFETY: what a shared reference can do is read.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// `bytes` of memory, which must not be none, all zero.
    pub(crate) fn new(context: &Arc<Context>, bytes: usize) -> Result<Self, Failure> {
        context.bind()?;
        let mut start = ptr::null_mut();
        // SAFETY: writes to a place that outlives the call.
        let result = unsafe { sys::cuMemAllocHost_v2(&raw mut start, bytes) };
        context.check("cuMemAllocHost_v2", result)?;
        let Some(start) = NonNull::new(start.cast::<u8>()) else {
            unreachable!("the driver allocates or says that it can't");
        };
        // SAFETY: the memory is that large, and nobody else knows of it yet.
        unsafe { start.write_bytes(0, bytes) };
        Ok(Self {
            context: context.clone(),
            start,
            bytes,
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Copies into its beginning.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.bytes, "more bytes than the memory has");
        // SAFETY: it is that large, and a slice of somebody else's can't overlap it.
        unsafe {
            self.start
                .copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
        }
    }

    /// Copies out of its beginning.
    pub(crate) fn read(&self, into: &mut [u8]) {
        assert!(into.len() <= self.bytes, "more bytes than the memory has");
        // SAFETY: it is that large and was initialised by `new`; a slice of somebody else's can't
        // overlap it.
        unsafe {
            self.start
                .copy_to_nonoverlapping(NonNull::from(&mut *into).cast(), into.len());
        }
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: it is that large and was initialised by `new`.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and nobody else touches it meanwhile.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }

    /// The address of so many bytes from `offset` on.
    pub(super) fn raw_part(&self, offset: usize, bytes: usize) -> *mut c_void {
        let is_within = offset
            .checked_add(bytes)
            .is_some_and(|end| end <= self.bytes);
        assert!(is_within, "more bytes than the memory has");
        self.start.as_ptr().wrapping_add(offset).cast()
    }

    pub(super) fn raw(&self) -> *mut c_void {
        self.start.as_ptr().cast()
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.context.bind_to_release().is_ok() {
            // SAFETY: allocated by `new` and freed only here.
            let result = unsafe { sys::cuMemFreeHost(self.raw()) };
            // Reports earlier work; whoever waits for that hears of it too.
            let _ = self.context.check("cuMemFreeHost", result);
        }
    }
}
