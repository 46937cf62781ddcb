//! Memory and functions of the host.

use super::calls::*;
use super::ok;
use parla_cuda_sim::Code;
use std::ffi::c_void;

/// Pinned memory, given back at the end.
pub(crate) struct Pinned {
    pub(crate) address: u64,
    bytes: usize,
}

impl Pinned {
    pub(crate) fn new(bytes: usize) -> Self {
        let mut address = 0;
        ok(cuMemAllocHost_v2(&mut address, bytes));
        Self { address, bytes }
    }

    /// What it holds, once nothing writes to it any more.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // SAFETY: allocated with so many bytes, which always hold something.
        unsafe { std::slice::from_raw_parts(self.address as *const u8, self.bytes) }.to_vec()
    }

    pub(crate) fn fill(&mut self, value: u8) {
        // SAFETY: allocated with so many bytes.
        unsafe { (self.address as *mut u8).write_bytes(value, self.bytes) };
    }

    pub(crate) fn copy_to(&self, device: u64, stream: u64) -> Code {
        // SAFETY: tests keep it until the stream is done.
        unsafe { cuMemcpyHtoDAsync_v2(device, self.address as *const u8, self.bytes, stream) }
    }

    pub(crate) fn free(self) {
        ok(cuMemFreeHost(self.address));
    }
}

/// Registers memory of the program for as long as the function runs.
pub(crate) fn registered(memory: &mut [u8], f: impl FnOnce(u64)) {
    // SAFETY: taken back below, while it still lives.
    ok(unsafe { cuMemHostRegister_v2(memory.as_mut_ptr(), memory.len(), 0) });
    f(memory.as_ptr() as u64);
    ok(cuMemHostUnregister(memory.as_ptr() as u64));
}

/// Calls the function in stream order.
pub(crate) fn host_function(stream: u64, function: impl FnOnce() + Send + 'static) -> Code {
    extern "C" fn call(data: *mut c_void) {
        // SAFETY: boxed below, and called once.
        let function = unsafe { Box::from_raw(data.cast::<Box<dyn FnOnce() + Send>>()) };
        function();
    }
    let boxed: Box<Box<dyn FnOnce() + Send>> = Box::new(Box::new(function));
    let data = Box::into_raw(boxed);
    // SAFETY: the data is what the function expects.
    unsafe { cuLaunchHostFunc(stream, Some(call), data.cast()) }
}

/// Calls the function in stream order with the stream's handle and how it has fared.
pub(crate) fn callback(stream: u64, function: impl FnOnce(u64, Code) + Send + 'static) -> Code {
    type Boxed = Box<dyn FnOnce(u64, Code) + Send>;
    extern "C" fn call(stream: u64, status: u32, data: *mut c_void) {
        // SAFETY: boxed below, and called once.
        let function = unsafe { Box::from_raw(data.cast::<Boxed>()) };
        function(stream, Code(status));
    }
    let boxed: Box<Boxed> = Box::new(Box::new(function));
    let data = Box::into_raw(boxed);
    // SAFETY: the data is what the function expects.
    unsafe { cuStreamAddCallback(stream, Some(call), data.cast(), 0) }
}
