//! Errors, versions, and finding entry points by name.

use super::{entries, lookup};
use crate::abi::{Out, Text};
use crate::codes::Code;
use crate::driver;
use std::ffi::{c_char, c_void};

/// The version of the interface we speak: CUDA 12.4.
pub(crate) const VERSION: i32 = 12040;

entries! { $ error_entries;

fn cuInit(flags: u32) {
    if flags != 0 {
        return Err(Code::INVALID_VALUE);
    }
    driver().initialise()
}

fn cuDriverGetVersion(version: Out<i32>) {
    version.set(VERSION)
}

fn cuGetErrorName(code: u32, name: Out<*const c_char>) {
    let known = Code(code).known();
    name.set(known.map_or(std::ptr::null(), |(name, _)| name.as_ptr()))?;
    known.map(drop).ok_or(Code::INVALID_VALUE)
}

fn cuGetErrorString(code: u32, text: Out<*const c_char>) {
    let known = Code(code).known();
    text.set(known.map_or(std::ptr::null(), |(_, text)| text.as_ptr()))?;
    known.map(drop).ok_or(Code::INVALID_VALUE)
}

fn cuGetProcAddress(name: Text, address: Out<*const c_void>, version: i32, _flags: u64) {
    let found = by_base_name(&name.get()?, version);
    address.set(found)?;
    if found.is_null() { Err(Code::NOT_FOUND) } else { Ok(()) }
}

fn cuGetProcAddress_v2(
    name: Text,
    address: Out<*const c_void>,
    version: i32,
    _flags: u64,
    status: Out<u32>,
) {
    let found = by_base_name(&name.get()?, version);
    address.set(found)?;
    // `CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND`
    status.set_if_wanted(u32::from(found.is_null()));
    Ok(())
}

fn cuProfilerStart() { Ok(()) }
fn cuProfilerStop() { Ok(()) }
}

/// Names are asked for without their version: the newest one is meant that the caller's version of
/// the interface has.
fn by_base_name(name: &str, version: i32) -> *const c_void {
    match name {
        "cuGraphInstantiate" if version >= 12000 => return lookup("cuGraphInstantiateWithFlags"),
        // Only their older forms are there, which a newer caller would misread.
        "cuGraphKernelNodeGetParams" | "cuStreamGetCaptureInfo" if version >= 12000 => {
            return std::ptr::null();
        }
        _ => {}
    }
    ["_v3", "_v2", ""]
        .iter()
        .map(|suffix| lookup(&format!("{name}{suffix}")))
        .find(|address| !address.is_null())
        .unwrap_or(std::ptr::null())
}
