//! What generated code names beside what the crates have for it.

use parla_gpu::Gpus;

use crate::{Runtime, RuntimeBuilder};

/// The GPUs of an entry point: at most so many, and so many simulated where there are none.
#[must_use]
pub fn gpus(count: Option<usize>, simulated: Option<usize>) -> Gpus {
    let gpus = Gpus::all().simulated(simulated.unwrap_or(0));
    match count {
        Some(count) => gpus.count(count),
        None => gpus,
    }
}

/// The options of a runtime with those GPUs.
pub fn runtime_builder(gpus: Gpus) -> RuntimeBuilder {
    Runtime::builder().devices(gpus)
}
