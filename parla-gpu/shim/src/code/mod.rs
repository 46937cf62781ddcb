//! Result codes: those that `cust` can be shown, and what becomes of the others.

mod table;

use std::cell::Cell;
use std::ffi::CStr;

use table::CODES;

pub(crate) const SUCCESS: u32 = 0;
pub(crate) const INVALID_VALUE: u32 = 1;
pub(crate) const NO_DEVICE: u32 = 100;
pub(crate) const NOT_FOUND: u32 = 500;
pub(crate) const UNKNOWN: u32 = 999;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(SUCCESS) };
}

/// The code that the last call of a `cu*` function on this thread returned that was no success, as
/// the driver gave it; 0 if there was none.
#[must_use]
pub fn last_raw_error() -> u32 {
    LAST.get()
}

/// The code as it may be returned to `cust`. Keeps it if it is an error.
pub(crate) fn checked(code: u32) -> u32 {
    if code == SUCCESS {
        return code;
    }
    LAST.set(code);
    name(code).map_or(UNKNOWN, |_| code)
}

/// The name of a code that `cust` knows.
pub(crate) fn name(code: u32) -> Option<&'static CStr> {
    let index = CODES.binary_search_by_key(&code, |known| known.0).ok()?;
    Some(CODES[index].1)
}

/// A code for people, by its name if it has one here.
pub(crate) fn describe(code: u32) -> String {
    match name(code) {
        Some(name) => format!("`{}`", name.to_string_lossy()),
        None => format!("the code {code}"),
    }
}
