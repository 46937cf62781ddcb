//! What the environment says of devices. Each case is a process of its own, since a process reads
//! it once.
#![expect(
    unsafe_code,
    reason = "calls functions by their address, with the signatures that CUDA documents"
)]

use parla_cuda_sim::{Code, lookup};
use std::ffi::OsStr;
use std::mem::transmute;
use std::process::Command;

/// What `cuInit` says, the number of devices, and the memory of the first.
fn report() -> String {
    // SAFETY: the function of that name has that signature.
    let init: extern "C" fn(u32) -> u32 = unsafe { transmute(lookup("cuInit")) };
    // SAFETY: as above.
    let count: extern "C" fn(&mut i32) -> u32 = unsafe { transmute(lookup("cuDeviceGetCount")) };
    let total = lookup("cuDeviceTotalMem_v2");
    // SAFETY: as above.
    let total: extern "C" fn(&mut usize, i32) -> u32 = unsafe { transmute(total) };
    let (mut devices, mut bytes) = (0, 0);
    let early = Code(count(&mut devices));
    assert_eq!(early, Code::NOT_INITIALIZED);
    let code = init(0);
    let _ = (count(&mut devices), total(&mut bytes, 0));
    format!("{code} {devices} {bytes}")
}

#[test]
fn child() {
    println!("report: {}.", report());
}

const NO_VARIABLES: &[(&str, &str)] = &[];

fn run(variables: &[(&str, impl AsRef<OsStr>)]) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child", "--nocapture"])
        .env_remove("PARLA_SIM_GPUS")
        .env_remove("PARLA_SIM_MEMORY")
        .envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, report) = text.split_once("report: ").unwrap();
    let (report, _) = report.split_once('.').unwrap();
    (report.to_owned(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn one_device_is_the_default() {
    assert_eq!(run(NO_VARIABLES).0, format!("0 1 {}", 1_u64 << 30));
}

#[test]
fn devices_and_memory_are_as_said() {
    let (report, _) = run(&[("PARLA_SIM_GPUS", "3"), ("PARLA_SIM_MEMORY", "16 MiB")]);
    assert_eq!(report, format!("0 3 {}", 16 << 20));
}

#[test]
fn without_devices_there_is_no_device() {
    let (report, _) = run(&[("PARLA_SIM_GPUS", "0")]);
    assert_eq!(report, "100 0 0");
}

#[test]
fn what_can_not_be_read_is_an_error_that_says_so() {
    for (name, value) in [("PARLA_SIM_GPUS", "many"), ("PARLA_SIM_MEMORY", "16 MB")] {
        let (report, errors) = run(&[(name, value)]);
        assert!(report.starts_with("1 "), "{report}");
        assert!(errors.contains(name) && errors.contains(value), "{errors}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_an_error_too() {
    use std::os::unix::ffi::OsStrExt as _;

    for name in ["PARLA_SIM_GPUS", "PARLA_SIM_MEMORY"] {
        let (report, errors) = run(&[(name, OsStr::from_bytes(b"\xff2"))]);
        assert!(report.starts_with("1 "), "{report}");
        assert!(errors.contains(name), "{errors}");
    }
}
