//! Runtimes with GPUs: real ones where there are some, else simulated ones.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::c_void;

use cust::sys::{CUresult, cuLaunchHostFunc};
use parla::{Gpu, GpuError, Gpus, Runtime, RuntimeBuilder};

use crate::common::Gate;

/// The numbers of GPUs on which the tests run.
const COUNTS: [usize; 3] = [1, 2, 4];

/// Runs a test with one, two and four GPUs, or as many of these as a machine with real ones has.
pub(crate) fn on_each(test: impl Fn(RuntimeBuilder, usize)) {
    for count in COUNTS {
        on(count, &test);
    }
}

/// Runs a test with so many GPUs. A machine with fewer real ones skips it, and says so.
pub(crate) fn on(count: usize, test: impl Fn(RuntimeBuilder, usize)) {
    let gpus = Gpus::all().count(count).simulated(count);
    let found = gpus.find();
    let is_required = std::env::var_os("PARLA_REQUIRE_GPU").is_some_and(|it| it == "1");
    assert!(
        !is_required || !is_simulated(),
        "`PARLA_REQUIRE_GPU` is set, and there is no real GPU: {:?}",
        found.note
    );
    if found.devices.len() < count {
        println!(
            "skipped: needs {count} GPUs, there are {}",
            found.devices.len()
        );
        return;
    }
    crate::common::note(format!("with {count} GPUs"));
    test(Runtime::builder().workers(2).devices(gpus), count);
}

/// Whether the GPUs are simulated.
pub(crate) fn is_simulated() -> bool {
    let gpus = parla::gpu_devices().expect("the driver tells what there is");
    gpus.iter().all(|gpu| gpu.is_simulated)
}

/// Has the device of a task go no further, on the task's stream, before the gate is open.
#[expect(unsafe_code, reason = "calls the driver, as a foreign library would")]
pub(crate) fn hold(gpu: &Gpu, gate: Gate) -> Result<(), GpuError> {
    unsafe extern "C" fn pass(gate: *mut c_void) {
        // SAFETY: made from a box below, for this one call.
        let gate = unsafe { Box::from_raw(gate.cast::<Gate>()) };
        gate.pass();
    }
    let gate: *mut Gate = Box::into_raw(Box::new(gate));
    gpu.with_raw(|raw| {
        // SAFETY: a live stream of the current context, and what `pass` takes.
        let result = unsafe { cuLaunchHostFunc(raw.stream().cast(), Some(pass), gate.cast()) };
        assert_eq!(result, CUresult::CUDA_SUCCESS);
    })
}
