//! The driver as these tests call it: by `lookup`, with types that Rust can check.
#![expect(
    unsafe_code,
    reason = "calls functions by their address, with the signatures that CUDA documents"
)]
#![expect(non_snake_case, reason = "the names are CUDA's own")]

mod calls;
mod graphs;
mod host;
mod modules;
mod structures;

pub(crate) use calls::*;
pub(crate) use graphs::*;
pub(crate) use host::*;
pub(crate) use modules::*;
pub(crate) use structures::*;

use parla_cuda_sim::{Code, ensure_devices};
use std::ffi::{CStr, CString, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fails the test if the call has failed.
#[track_caller]
pub(crate) fn ok(code: Code) {
    assert_eq!(code, Code::SUCCESS);
}

/// A device that no other test uses, with its primary context current.
pub(crate) struct Gpu {
    pub(crate) ordinal: usize,
    pub(crate) device: i32,
    pub(crate) context: u64,
}

impl Gpu {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let ordinal = NEXT.fetch_add(1, Ordering::Relaxed);
        ensure_devices(ordinal + 1);
        ok(cuInit(0));
        let device = i32::try_from(ordinal).unwrap();
        let mut context = 0;
        ok(cuDevicePrimaryCtxRetain(&mut context, device));
        let gpu = Self {
            ordinal,
            device,
            context,
        };
        gpu.make_current();
        gpu
    }

    pub(crate) fn make_current(&self) {
        ok(cuCtxSetCurrent(self.context));
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        // Even a test that has left an error there ends with a fresh device.
        let _ = cuDevicePrimaryCtxReset_v2(self.device);
        let _ = cuCtxSetCurrent(0);
    }
}

pub(crate) fn device_name(device: i32, room: usize) -> String {
    let mut name = vec![0x7F; room];
    let length = i32::try_from(room).unwrap();
    // SAFETY: there is as much room as said.
    ok(unsafe { cuDeviceGetName(name.as_mut_ptr(), length, device) });
    // SAFETY: it ends with a zero.
    let text = unsafe { CStr::from_ptr(name.as_ptr()) };
    text.to_str().unwrap().to_owned()
}

pub(crate) fn error_name(code: u32) -> Option<String> {
    let mut name = std::ptr::null();
    // SAFETY: a place for the result.
    let result = unsafe { cuGetErrorName(code, &raw mut name) };
    // SAFETY: names are never freed.
    (result == Code::SUCCESS).then(|| unsafe { CStr::from_ptr(name) }.to_str().unwrap().to_owned())
}

pub(crate) fn alloc(bytes: usize) -> u64 {
    let mut address = 0;
    ok(cuMemAlloc_v2(Some(&mut address), bytes));
    address
}

pub(crate) fn stream(flags: u32) -> u64 {
    let mut stream = 0;
    ok(cuStreamCreate(&mut stream, flags));
    stream
}

pub(crate) fn event() -> u64 {
    let mut event = 0;
    ok(cuEventCreate(&mut event, 0));
    event
}

pub(crate) fn write(to: u64, from: &[u8]) -> Code {
    // SAFETY: good for so many bytes until the call is back.
    unsafe { cuMemcpyHtoD_v2(to, from.as_ptr(), from.len()) }
}

pub(crate) fn read(from: u64, bytes: usize) -> Result<Vec<u8>, Code> {
    let mut into = vec![0; bytes];
    // SAFETY: good for so many bytes until the call is back.
    match unsafe { cuMemcpyDtoH_v2(into.as_mut_ptr(), from, bytes) } {
        Code::SUCCESS => Ok(into),
        code => Err(code),
    }
}

/// Copies pageable memory in stream order: its bytes are taken over before the call is back.
pub(crate) fn write_async(to: u64, from: &[u8], stream: u64) -> Code {
    // SAFETY: pageable, so only read before the call is back.
    unsafe { cuMemcpyHtoDAsync_v2(to, from.as_ptr(), from.len(), stream) }
}

/// Copies to pageable memory in stream order, which the call waits for.
pub(crate) fn read_async(from: u64, bytes: usize, stream: u64) -> Vec<u8> {
    let mut into = vec![0; bytes];
    // SAFETY: pageable, so only written before the call is back.
    ok(unsafe { cuMemcpyDtoHAsync_v2(into.as_mut_ptr(), from, bytes, stream) });
    into
}

pub(crate) fn copy_2d(copy: &Copy2D, host: &mut [u8]) -> Code {
    assert!(copy.from.host == 0 || copy.from.host == host.as_ptr() as u64);
    assert!(copy.to.host == 0 || copy.to.host == host.as_ptr() as u64);
    // SAFETY: the callers' sizes are inside of the host's memory.
    unsafe { cuMemcpy2D_v2(copy) }
}

/// Copies between pinned memory and a device in stream order.
pub(crate) fn copy_2d_async(copy: &Copy2D, pinned: &Pinned, stream: u64) -> Code {
    assert!(copy.from.host == 0 || copy.from.host == pinned.address);
    assert!(copy.to.host == 0 || copy.to.host == pinned.address);
    // SAFETY: the callers' sizes are inside of the memory, which they keep.
    unsafe { cuMemcpy2DAsync_v2(copy, stream) }
}

pub(crate) fn copy_3d(copy: &Copy3D, host: &mut [u8]) -> Code {
    assert!(copy.from.host == 0 || copy.from.host == host.as_ptr() as u64);
    assert!(copy.to.host == 0 || copy.to.host == host.as_ptr() as u64);
    // SAFETY: the callers' sizes are inside of the host's memory.
    unsafe { cuMemcpy3D_v2(copy) }
}

/// What is known of an address, of all those attributes; where nothing is written, all ones.
pub(crate) fn pointer_attributes<const N: usize>(
    address: u64,
    attributes: [u32; N],
) -> Result<[u64; N], Code> {
    let mut values = [u64::MAX; N];
    let places = values.each_mut().map(std::ptr::from_mut);
    let count = u32::try_from(N).unwrap();
    // SAFETY: as many attributes and places of 64 bits as said.
    match unsafe { cuPointerGetAttributes(count, attributes.as_ptr(), places.as_ptr(), address) } {
        Code::SUCCESS => Ok(values),
        code => Err(code),
    }
}

/// The address that the driver gives for a name, with the result; null where there is none.
pub(crate) fn proc_address(name: &str, version: i32) -> (Code, *const c_void) {
    let name = CString::new(name).unwrap();
    let mut address = std::ptr::dangling();
    // SAFETY: a name that ends with a zero, and a place for the result.
    let code = unsafe { cuGetProcAddress(name.as_ptr(), &raw mut address, version, 0) };
    (code, address)
}

/// The same by the newer call, with what it says of the search.
pub(crate) fn proc_address_v2(name: &str, version: i32) -> (Code, *const c_void, u32) {
    let name = CString::new(name).unwrap();
    let (mut address, mut status) = (std::ptr::dangling(), u32::MAX);
    let (to, said) = (&raw mut address, &raw mut status);
    // SAFETY: a name that ends with a zero, and places for the results.
    let code = unsafe { cuGetProcAddress_v2(name.as_ptr(), to, version, 0, said) };
    (code, address, status)
}
