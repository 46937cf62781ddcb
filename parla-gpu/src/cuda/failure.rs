//! What the driver answers when a call fails.

#![expect(unsafe_code, reason = "asks the driver for the text of a code")]

use std::ffi::CStr;
use std::{fmt, ptr};

use cust::error::CudaError;
use cust::sys;

/// A call of the driver that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) call: &'static str,
    /// As the driver gave it, also where `cust` doesn't know it.
    pub(crate) code: u32,
    pub(crate) text: String,
}

const OUT_OF_MEMORY: u32 = 2;
const NO_DEVICE: u32 = 100;
const NOT_FOUND: u32 = 500;
const PEER_ACCESS_UNSUPPORTED: u32 = 217;
const PEER_ACCESS_ALREADY_ENABLED: u32 = 704;
const TOO_MANY_PEERS: u32 = 711;

/// The codes that say something about code that was to be loaded.
const ABOUT_THE_IMAGE: &[u32] = &[
    200, // invalid image
    209, // no binary for this device
    218, // invalid PTX
    222, // PTX of a later version
    223, // compilation is disabled
    300, // invalid source
];

/// The codes after which every call in the context fails: what the device has done since can't be
/// told, and the context can only be thrown away.
const STICKY: &[u32] = &[
    4,   // the driver is shutting down
    46,  // device unavailable
    214, // uncorrectable error in the device's memory
    220, // uncorrectable error on a link to another device
    226, // uncorrectable error, contained in this process
    700, // illegal address
    702, // launch timeout
    709, // the context is destroyed
    710, // assertion on the device
    714, // hardware stack error
    715, // illegal instruction
    716, // misaligned address
    717, // invalid address space
    718, // invalid program counter
    719, // launch failure
    721, // tensor memory that a kernel didn't give back
];

impl Failure {
    /// Whether nothing in the context can be relied on from now on.
    pub(crate) fn is_sticky(&self) -> bool {
        STICKY.contains(&self.code)
    }

    pub(crate) fn is_out_of_memory(&self) -> bool {
        self.code == OUT_OF_MEMORY
    }

    pub(crate) fn is_no_device(&self) -> bool {
        self.code == NO_DEVICE
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.code == NOT_FOUND
    }

    pub(crate) fn is_about_the_image(&self) -> bool {
        ABOUT_THE_IMAGE.contains(&self.code)
    }

    pub(crate) fn is_peer_access_already_enabled(&self) -> bool {
        self.code == PEER_ACCESS_ALREADY_ENABLED
    }

    /// Whether two devices can't reach each other, for whatever reason.
    pub(crate) fn is_about_peers(&self) -> bool {
        [PEER_ACCESS_UNSUPPORTED, TOO_MANY_PEERS].contains(&self.code)
    }

    fn new(call: &'static str, code: u32) -> Self {
        Self {
            call,
            code,
            text: text(code),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, code, text } = self;
        write!(f, "`{call}` returned {code} ({text})")
    }
}

/// What a call returned, as a result.
pub(super) fn check(call: &'static str, result: sys::CUresult) -> Result<(), Failure> {
    match result {
        sys::CUresult::CUDA_SUCCESS => Ok(()),
        _ => Err(Failure::new(call, parla_cuda_shim::last_raw_error())),
    }
}

/// What a call returned that `cust` doesn't know and that went past it.
pub(super) fn check_raw(call: &'static str, code: u32) -> Result<(), Failure> {
    match code {
        0 => Ok(()),
        code => Err(Failure::new(call, code)),
    }
}

/// What a function of `cust` returned.
pub(super) fn check_cust<T>(
    call: &'static str,
    result: Result<T, CudaError>,
) -> Result<T, Failure> {
    result.map_err(|_| Failure::new(call, parla_cuda_shim::last_raw_error()))
}

fn text(code: u32) -> String {
    type GetErrorString = unsafe extern "C" fn(u32, *mut *const std::ffi::c_char) -> u32;

    // Not through `cust`, which takes only the codes that it knows.
    let Some(function) = parla_cuda_shim::symbol("cuGetErrorString") else {
        return match parla_cuda_shim::driver() {
            parla_cuda_shim::Driver::Missing(missing) => missing.to_string(),
            _ => "the driver has no text for it".into(),
        };
    };
    // SAFETY: the driver's function of that name has this signature.
    let function =
        unsafe { std::mem::transmute::<*const std::ffi::c_void, GetErrorString>(function) };
    let mut text = ptr::null();
    // SAFETY: takes any code, and writes the address to a place that outlives the call.
    let result = unsafe { function(code, &raw mut text) };
    if result != 0 || text.is_null() {
        return "the driver has no text for it".into();
    }
    // SAFETY: the driver gave the address of a text of its own, which stays.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}
