//! The driver in software, put in the place of a real one.

#![expect(unsafe_code, reason = "promises that a driver does what CUDA says")]

use parla_cuda_shim::Driver;

/// What the driver in software is called.
const NAME: &str = "parla-cuda-sim";

/// Has the process served by simulated devices, at least `count`.
///
/// # Errors
///
/// Another driver serves.
pub(crate) fn simulate(count: usize) -> Result<(), String> {
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
