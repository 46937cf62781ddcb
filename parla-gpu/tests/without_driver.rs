//! A program on a machine without a CUDA driver: it starts, and `cust` says what is missing.

use std::env;
use std::process::Command;

use cust::error::CudaError;
// Links it, and with it the functions that `cust` calls.
use parla_gpu as _;

/// Set in the process that the test starts.
const ROLE: &str = "PARLA_TEST_ROLE";

#[test]
fn the_program() {
    if env::var_os(ROLE).is_none() {
        return;
    }
    let error = cust::init(cust::CudaFlags::empty()).unwrap_err();
    assert_eq!(error, CudaError::NoDevice);
    println!("program: {error}");
    let error = cust::device::Device::num_devices().unwrap_err();
    assert_eq!(error, CudaError::NoDevice);
}

#[test]
fn it_starts_and_says_where_a_driver_was_looked_for() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_program", "--nocapture"])
        .env(ROLE, "1")
        .env("PARLA_CUDA_DRIVER", "/nowhere/libcuda.so.1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    let said = text.lines().find(|line| line.starts_with("program:"));
    let said = said.unwrap_or_else(|| panic!("{text}{errors}"));
    assert!(said.contains("no usable CUDA driver"), "{said}");
    assert!(said.contains("`/nowhere/libcuda.so.1` ("), "{said}");
    assert!(said.contains("PARLA_CUDA_DRIVER"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn it_needs_no_library_of_the_driver() {
    let program = env::current_exe().unwrap();
    let Ok(output) = Command::new("ldd").arg(program).output() else {
        println!("skipped: there is no `ldd` here");
        return;
    };
    let libraries = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(libraries.contains("libc."), "{libraries}");
    assert!(!libraries.contains("libcuda"), "{libraries}");
}
