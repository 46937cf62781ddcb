//! A driver in this process, called as `cust` calls one: what arrives there and what comes back.

#![expect(
    unsafe_code,
    reason = "plays the driver, installs it, and calls functions of C"
)]

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::Once;
use std::thread;

use cust_raw::{CUipcEventHandle, cudaError_enum};
use parla_cuda_shim::{Driver, driver, install, last_raw_error, symbol};

/// A code of a driver that is newer than `cust`.
const NEWER: u32 = 912;

extern "C" fn no_op(_flags: u32) -> u32 {
    0
}

extern "C" fn fails_as_newer_drivers_do() -> u32 {
    NEWER
}

extern "C" fn is_not_ready(_stream: *mut c_void) -> u32 {
    600
}

/// Two texts of its own; says that it doesn't know the other codes, as CUDA does.
extern "C" fn text_of(code: u32, text: *mut *const c_char) -> u32 {
    let known = match code {
        2 => c"the simulated device is full".as_ptr(),
        NEWER => c"newer than cust".as_ptr(),
        _ => ptr::null(),
    };
    // SAFETY: the shim passes the address of a local.
    unsafe { *text = known };
    u32::from(known.is_null())
}

extern "C" fn launch(
    _function: *mut c_void,
    grid_x: u32,
    grid_y: u32,
    grid_z: u32,
    block_x: u32,
    block_y: u32,
    block_z: u32,
    shared: u32,
    stream: *mut c_void,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> u32 {
    let numbers = [grid_x, grid_y, grid_z, block_x, block_y, block_z, shared];
    let pointers = [stream, parameters.cast(), extra.cast()].map(<*mut c_void>::addr);
    u32::from(numbers != [1, 2, 3, 4, 5, 6, 7] || pointers != [8, 9, 10])
}

extern "C" fn fill(address: u64, value: u8, count: usize) -> u32 {
    u32::from((address, value, count) != (u64::MAX - 1, 255, usize::MAX - 2))
}

extern "C" fn set_bias(_texture: *mut c_void, bias: f32) -> u32 {
    u32::from(bias.to_bits() != 0.1_f32.to_bits())
}

extern "C" fn open_event(event: *mut *mut c_void, handle: CUipcEventHandle) -> u32 {
    let counted = event.is_null() && handle.reserved.iter().copied().eq(0..64);
    u32::from(!counted)
}

fn lookup(name: &str) -> *const c_void {
    match name {
        "cuInit" | "cuNewerThanCust" => no_op as *const c_void,
        "cuCtxSynchronize" => fails_as_newer_drivers_do as *const c_void,
        "cuStreamQuery" => is_not_ready as *const c_void,
        "cuGetErrorString" | "cuGetErrorName" => text_of as *const c_void,
        "cuLaunchKernel" => launch as *const c_void,
        "cuMemsetD8_v2" => fill as *const c_void,
        "cuTexRefSetMipmapLevelBias" => set_bias as *const c_void,
        "cuIpcOpenEventHandle" => open_event as *const c_void,
        _ => ptr::null(),
    }
}

fn install_the_driver() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the functions have the driver's signatures.
        unsafe { install("a driver for tests", lookup) }.unwrap();
    });
}

/// What one of the two functions returns and writes for any code, also for those that the enum by
/// which it is declared doesn't have.
fn text(function: *const (), code: u32) -> (u32, String) {
    type TextOf = unsafe extern "C" fn(u32, *mut *const c_char) -> u32;
    // SAFETY: but for the enum, which is as large as an `int`, it is declared like this.
    let function = unsafe { std::mem::transmute::<*const (), TextOf>(function) };
    let mut text = ptr::null();
    // SAFETY: writes to a place that outlives the call.
    let result = unsafe { function(code, &raw mut text) };
    // SAFETY: there is always a text.
    let text = unsafe { CStr::from_ptr(text) };
    (result, text.to_str().unwrap().to_owned())
}

#[test]
fn arguments_of_every_kind_arrive() {
    install_the_driver();
    let pointer = ptr::without_provenance_mut::<c_void>;
    // SAFETY: the driver above only compares the values.
    let launched = unsafe {
        cust_raw::cuLaunchKernel(
            ptr::null_mut(),
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            pointer(8).cast(),
            pointer(9).cast(),
            pointer(10).cast(),
        )
    };
    assert_eq!(launched, cudaError_enum::CUDA_SUCCESS);
    // SAFETY: as above.
    let filled = unsafe { cust_raw::cuMemsetD8_v2(u64::MAX - 1, 255, usize::MAX - 2) };
    assert_eq!(filled, cudaError_enum::CUDA_SUCCESS);
    // SAFETY: as above.
    let biased = unsafe { cust_raw::cuTexRefSetMipmapLevelBias(ptr::null_mut(), 0.1) };
    assert_eq!(biased, cudaError_enum::CUDA_SUCCESS);
    let handle = CUipcEventHandle {
        reserved: std::array::from_fn(|index| index as c_char),
    };
    // SAFETY: as above.
    let opened = unsafe { cust_raw::cuIpcOpenEventHandle(ptr::null_mut(), handle) };
    assert_eq!(opened, cudaError_enum::CUDA_SUCCESS);
}

#[test]
fn codes_that_cust_does_not_know_are_kept_beside_the_unknown_error() {
    install_the_driver();
    assert_eq!(last_raw_error(), 0);
    // SAFETY: takes nothing.
    let result = unsafe { cust_raw::cuCtxSynchronize() };
    assert_eq!(result, cudaError_enum::CUDA_ERROR_UNKNOWN);
    assert_eq!(last_raw_error(), NEWER);

    // A success changes nothing, and neither does asking for a text.
    // SAFETY: takes any number.
    assert_eq!(unsafe { cust_raw::cuInit(0) }, cudaError_enum::CUDA_SUCCESS);
    text(cust_raw::cuGetErrorName as *const (), 12345);
    assert_eq!(last_raw_error(), NEWER);

    // Every thread has its own.
    assert_eq!(thread::spawn(last_raw_error).join().unwrap(), 0);

    // SAFETY: the driver above doesn't look at the stream.
    let known = unsafe { cust_raw::cuStreamQuery(ptr::null_mut()) };
    assert_eq!(known, cudaError_enum::CUDA_ERROR_NOT_READY);
    assert_eq!(last_raw_error(), 600);
}

#[test]
fn a_function_that_the_driver_lacks_is_not_found() {
    install_the_driver();
    for _ in 0..2 {
        // SAFETY: no driver sees the call.
        let result = unsafe { cust_raw::cuMemAlloc_v2(ptr::null_mut(), 1) };
        assert_eq!(result, cudaError_enum::CUDA_ERROR_NOT_FOUND);
        assert_eq!(last_raw_error(), 500);
    }
}

#[test]
fn every_code_has_a_text() {
    install_the_driver();
    let name = |code| text(cust_raw::cuGetErrorName as *const (), code);
    let string = |code| text(cust_raw::cuGetErrorString as *const (), code);
    let ok = |text: &str| (0, text.to_owned());
    assert_eq!(name(2), ok("CUDA_ERROR_OUT_OF_MEMORY"));
    assert_eq!(string(2), ok("the simulated device is full"));
    assert_eq!(name(NEWER), ok("newer than cust"));
    assert_eq!(string(NEWER), ok("newer than cust"));
    // The driver has no text for it.
    assert_eq!(string(1), ok("CUDA_ERROR_INVALID_VALUE"));
    for code in [12345, u32::MAX] {
        let unrecognized = (1, "unrecognized error code".to_owned());
        assert_eq!(name(code), unrecognized);
        assert_eq!(string(code), unrecognized);
    }
}

#[test]
fn a_text_for_nowhere_is_an_error() {
    install_the_driver();
    let code = cudaError_enum::CUDA_ERROR_OUT_OF_MEMORY;
    // SAFETY: null is what is tried.
    let name = unsafe { cust_raw::cuGetErrorName(code, ptr::null_mut()) };
    assert_eq!(name, cudaError_enum::CUDA_ERROR_INVALID_VALUE);
    // SAFETY: null is what is tried.
    let string = unsafe { cust_raw::cuGetErrorString(code, ptr::null_mut()) };
    assert_eq!(string, cudaError_enum::CUDA_ERROR_INVALID_VALUE);
}

#[test]
fn functions_that_cust_does_not_declare_are_found_by_name() {
    install_the_driver();
    assert_eq!(symbol("cuNewerThanCust"), Some(no_op as *const c_void));
    assert_eq!(symbol("cuNeverHeardOf"), None);
    assert_eq!(symbol("with\0nul"), None);
}

#[test]
fn the_choice_is_made_once() {
    install_the_driver();
    assert!(matches!(driver(), Driver::InProcess(d) if d.name() == "a driver for tests"));
    // SAFETY: has no functions.
    let again = unsafe { install("another", |_| ptr::null()) }.unwrap_err();
    assert!(matches!(again.serving(), Driver::InProcess(_)));
    assert_eq!(
        again.to_string(),
        "can't install the driver `another`, the choice has been made: the in-process driver `a \
         driver for tests`; install before the first use of CUDA"
    );
}
