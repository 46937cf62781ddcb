//! The driver in software, put in the place of a real one.

#![expect(unsafe_code, reason = "promises that a driver does what CUDA says")]

use cust::sys::CUdevice;
use parla_cuda_shim::Driver;

use super::Failure;

/// What the driver in software is called.
const NAME: &str = "parla-cuda-sim";

/// As many as a simulated machine can have.
const MOST: usize = 64;

/// Has the process served by simulated devices, at least `count`.
///
/// # Errors
///
/// There can't be so many, or another driver serves.
pub(crate) fn simulate(count: usize) -> Result<(), String> {
    if count > MOST {
        return Err(format!(
            "{count} are to be simulated, it can be {MOST} at most"
        ));
    }
    parla_cuda_sim::ensure_devices(count);
    // SAFETY: it gives null or functions with the signatures of CUDA's interface, which is what it
    // is made for; they are a part of this program.
    let installed = unsafe { parla_cuda_shim::install(NAME, parla_cuda_sim::lookup) };
    match (installed, parla_cuda_shim::driver()) {
        (Ok(()), _) => Ok(()),
        (Err(_), Driver::InProcess(driver)) if driver.name() == NAME => Ok(()),
        (Err(mistake), _) => Err(mistake.to_string()),
    }
}

/// The failure after which a device is lost, with what the driver in software knows beyond CUDA's
/// code: which kernel and thread did what at which address.
pub(super) fn explain(device: CUdevice, mut failure: Failure) -> Failure {
    let device = usize::try_from(device).ok().filter(|_| serves());
    if let Some(report) = device.and_then(parla_cuda_sim::last_fault) {
        failure.text = format!("{}: {report}", failure.text);
    }
    failure
}

/// Bytes in a second that copies of a device take, where that was set.
pub(crate) fn copy_bandwidth(ordinal: u32) -> Option<u64> {
    let device = usize::try_from(ordinal).ok().filter(|_| serves())?;
    parla_cuda_sim::settings(device)?.copy_bandwidth
}

/// Whether the driver in software is the one of this process.
fn serves() -> bool {
    matches!(parla_cuda_shim::driver(), Driver::InProcess(driver) if driver.name() == NAME)
}
