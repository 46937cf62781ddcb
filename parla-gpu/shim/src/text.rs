//! The two functions that turn codes into texts; unlike a driver's they always give one.

#![expect(
    unsafe_code,
    reason = "defines symbols of the CUDA driver and calls a driver by addresses"
)]

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::AtomicPtr;

use crate::code;
use crate::driver::{Driver, driver};
use crate::forward::Slot;
use crate::missing::NoDriver;

type TextOf = unsafe extern "C" fn(u32, *mut *const c_char) -> u32;

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(error: u32, text: *mut *const c_char) -> u32 {
    static SLOT: Slot = Slot::new("cuGetErrorName");
    let found = code::name(error)
        .map(CStr::as_ptr)
        .or_else(|| ask(&SLOT, error));
    // SAFETY: the caller's pointer, of which the interface asks that it can be written to.
    unsafe { give(found, text) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(error: u32, text: *mut *const c_char) -> u32 {
    static SLOT: Slot = Slot::new("cuGetErrorString");
    let found = match driver() {
        Driver::Missing(missing) if error == code::NO_DEVICE => Some(what_is_missing(missing)),
        _ => ask(&SLOT, error),
    };
    let found = found.or_else(|| code::name(error).map(CStr::as_ptr));
    // SAFETY: the caller's pointer, of which the interface asks that it can be written to.
    unsafe { give(found, text) }
}

/// As in `forward`.
#[used]
static FORWARDERS: [AtomicPtr<()>; 2] = [
    AtomicPtr::new(cuGetErrorName as *mut ()),
    AtomicPtr::new(cuGetErrorString as *mut ()),
];

/// The driver's text, if it has one.
fn ask(slot: &Slot, error: u32) -> Option<*const c_char> {
    let function = slot.function()?;
    // SAFETY: both functions of the driver that a slot is made for here have this signature.
    let function = unsafe { std::mem::transmute::<NonNull<c_void>, TextOf>(function) };
    let mut text = ptr::null();
    // SAFETY: takes any code, and writes to a place that outlives the call.
    let result = unsafe { function(error, &raw mut text) };
    (result == code::SUCCESS && !text.is_null()).then_some(text)
}

/// Writes the text, or that there is none.
///
/// # Safety
///
/// `text` is null or can be written to.
unsafe fn give(found: Option<*const c_char>, text: *mut *const c_char) -> u32 {
    if text.is_null() {
        return code::INVALID_VALUE;
    }
    // A driver would write null, which callers have been seen to read.
    let written = found.unwrap_or(c"unrecognized error code".as_ptr());
    // SAFETY: promised by the caller, and not null.
    unsafe { text.write(written) };
    found.map_or(code::INVALID_VALUE, |_| code::SUCCESS)
}

/// The text of the error that every call returns without a driver.
fn what_is_missing(missing: &NoDriver) -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();
    TEXT.get_or_init(|| CString::new(missing.to_string().replace('\0', " ")).unwrap_or_default())
        .as_ptr()
}
