//! Drivers in shared libraries, one that isn't there, and none: each in a process of its own, since
//! the choice is made once.

#![expect(unsafe_code, reason = "installs a driver, and calls functions of C")]

use std::env;
use std::ffi::{CStr, OsStr, c_void};
use std::path::PathBuf;
use std::process::Command;
use std::ptr;
use std::sync::LazyLock;

use cust_raw::cudaError_enum::{self, *};
use parla_cuda_shim::{Attempt, Driver, driver, install, last_raw_error, probe, symbol};

/// `fake_driver.rs`, compiled.
static FAKE_DRIVER: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = [
        env::consts::DLL_PREFIX,
        "fake_driver",
        env::consts::DLL_SUFFIX,
    ]
    .concat();
    let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let compiled = Command::new(
        env::var_os("RUSTC")
            .as_deref()
            .unwrap_or(OsStr::new("rustc")),
    )
    .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
    .arg(&library)
    .arg(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/library/fake_driver.rs"
    ))
    .status();
    assert!(compiled.unwrap().success());
    library
});

/// Set in the processes that the tests start: what to do there.
const PART: &str = "PARLA_TEST_PART";

/// Has a new process, with that driver, do a part.
fn run(part: &str, driver: &OsStr, devices: &str) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process::the_part", "--nocapture"])
        .env(PART, part)
        .env("PARLA_CUDA_DRIVER", driver)
        .env("FAKE_DEVICES", devices)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{part}:\n{text}{errors}"
    );
}

fn nowhere() -> &'static OsStr {
    OsStr::new("/nowhere/libcuda.so.1")
}

#[test]
fn a_library_that_is_named_serves() {
    run("served_by_the_library", FAKE_DRIVER.as_ref(), "2");
}

#[test]
fn without_a_driver_every_call_is_a_clean_error() {
    run("served_by_nothing", nowhere(), "0");
}

#[test]
fn a_driver_with_devices_is_seen_without_choosing_it() {
    run("seen_but_not_chosen", FAKE_DRIVER.as_ref(), "1");
}

#[test]
fn a_driver_without_devices_leaves_room_for_another() {
    run("without_devices", FAKE_DRIVER.as_ref(), "0");
}

#[test]
fn a_driver_that_does_not_start_leaves_room_for_another() {
    run("not_starting", FAKE_DRIVER.as_ref(), "none");
}

#[test]
fn no_driver_leaves_room_for_another() {
    run("nothing_seen", nowhere(), "0");
}

#[test]
fn without_a_name_the_usual_places_are_tried() {
    run("usual_places", OsStr::new(""), "0");
}

mod process {
    use super::*;

    /// Does nothing in the process of the tests.
    #[test]
    fn the_part() {
        let Ok(part) = env::var(PART) else { return };
        match part.as_str() {
            "served_by_the_library" => served_by_the_library(),
            "served_by_nothing" => served_by_nothing(),
            "seen_but_not_chosen" => seen_but_not_chosen(),
            "without_devices" => without_devices(),
            "not_starting" => not_starting(),
            "nothing_seen" => nothing_seen(),
            "usual_places" => usual_places(),
            _ => panic!("no part of the test is called {part}"),
        }
    }

    extern "C" fn no_op(_flags: u32) -> u32 {
        0
    }

    fn install_another() {
        let lookup = |name: &str| match name {
            "cuInit" => no_op as *const c_void,
            _ => ptr::null(),
        };
        // SAFETY: `cuInit` takes a number and returns one.
        unsafe { install("another", lookup) }.unwrap();
        assert_eq!(init(), CUDA_SUCCESS);
        assert!(matches!(driver(), Driver::InProcess(_)));
    }

    /// What the process was told to load.
    fn named() -> String {
        env::var("PARLA_CUDA_DRIVER").unwrap()
    }

    fn init() -> cudaError_enum {
        // SAFETY: takes any number.
        unsafe { cust_raw::cuInit(0) }
    }

    fn served_by_the_library() {
        assert_eq!(init(), CUDA_SUCCESS);
        let mut devices = 0;
        // SAFETY: writes to a place that outlives the call.
        let counted = unsafe { cust_raw::cuDeviceGetCount(&raw mut devices) };
        assert_eq!((counted, devices), (CUDA_SUCCESS, 2));
        // SAFETY: the library doesn't have it.
        let lacking = unsafe { cust_raw::cuCtxSynchronize() };
        assert_eq!(lacking, CUDA_ERROR_NOT_FOUND);
        let Driver::Library(library) = driver() else {
            panic!("{}", driver());
        };
        assert_eq!(library.place(), named());
        assert!(symbol("cuDeviceGetCount").is_some());
        assert!(symbol("cuCtxSynchronize").is_none());
    }

    fn served_by_nothing() {
        assert_eq!(init(), CUDA_ERROR_NO_DEVICE);
        assert_eq!(last_raw_error(), 100);
        // SAFETY: no driver sees the call.
        let allocated = unsafe { cust_raw::cuMemAlloc_v2(ptr::null_mut(), 1) };
        assert_eq!(allocated, CUDA_ERROR_NO_DEVICE);
        assert!(symbol("cuInit").is_none());

        let Driver::Missing(missing) = driver() else {
            panic!("{}", driver());
        };
        let [attempt] = missing.attempts() else {
            panic!("{missing}");
        };
        assert_eq!(attempt.place(), nowhere());
        assert!(!attempt.reason().contains(attempt.place()), "{attempt:?}");
        let text = missing.to_string();
        assert!(text.contains(attempt.reason()) && text.contains("`/nowhere/libcuda.so.1`"));

        let text_of = |code| {
            let mut text = ptr::null();
            // SAFETY: writes to a place that outlives the call.
            let result = unsafe { cust_raw::cuGetErrorString(code, &raw mut text) };
            assert_eq!(result, CUDA_SUCCESS);
            // SAFETY: there is always a text.
            unsafe { CStr::from_ptr(text) }.to_str().unwrap()
        };
        assert_eq!(text_of(CUDA_ERROR_NO_DEVICE), text);
        assert_eq!(text_of(CUDA_ERROR_NOT_FOUND), "CUDA_ERROR_NOT_FOUND");

        // SAFETY: has no functions.
        let late = unsafe { install("late", |_| ptr::null()) }.unwrap_err();
        assert!(matches!(late.serving(), Driver::Missing(_)));
        assert!(late.to_string().contains(&text), "{late}");
    }

    fn seen_but_not_chosen() {
        assert_eq!(probe().unwrap().place(), named());
        install_another();
        // And it is still there.
        assert!(probe().is_ok());
    }

    fn without_devices() {
        let reason = probe().unwrap_err().attempts()[0].reason().to_owned();
        assert_eq!(reason, "it has no device");
        install_another();
    }

    fn not_starting() {
        let reason = probe().unwrap_err().attempts()[0].reason().to_owned();
        assert_eq!(reason, "`cuInit` returned `CUDA_ERROR_NO_DEVICE`");
        install_another();
    }

    fn nothing_seen() {
        assert_eq!(probe().unwrap_err().attempts()[0].place(), nowhere());
        install_another();
    }

    fn usual_places() {
        let mut places = vec![
            "libcuda.so.1",
            "/usr/local/nvidia/lib64/libcuda.so.1",
            "libcuda.so",
        ];
        if cfg!(windows) {
            places = vec!["nvcuda.dll"];
        }
        match driver() {
            Driver::Library(library) => assert!(places.contains(&library.place())),
            Driver::Missing(missing) => {
                let tried = missing.attempts().iter().map(Attempt::place);
                assert!(tried.eq(places), "{missing}");
            }
            Driver::InProcess(driver) => panic!("{driver:?}"),
        }
    }
}
