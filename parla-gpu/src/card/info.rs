//! What there is to know about a device.

use parla_runtime::Bytes;

use super::Card;
use crate::cuda::{self, Facts};
use crate::error::{GpuError, Result};

/// What a device is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GpuInfo {
    /// Its number in the order of the driver, which `CUDA_VISIBLE_DEVICES` changes.
    pub ordinal: u32,
    /// The name that its maker gave it. Simulated devices say that they are.
    pub name: String,
    /// Its memory.
    pub memory: Bytes,
    /// Major and minor number of what its processors can do.
    pub compute_capability: (u32, u32),
    /// The number of its multiprocessors.
    pub multiprocessors: u32,
    /// Its place on the bus, as `0000:65:00.0`.
    pub pci: String,
    /// Whether it is a device in software: its results are those of a GPU, its times are not.
    pub is_simulated: bool,
}

impl GpuInfo {
    pub(super) fn new(ordinal: u32, facts: &Facts) -> Self {
        Self {
            ordinal,
            name: facts.name.clone(),
            memory: Bytes::new(facts.memory),
            compute_capability: facts.compute_capability,
            multiprocessors: facts.multiprocessors,
            pci: facts.pci.clone(),
            is_simulated: cuda::is_simulated(),
        }
    }

    /// The memory that nobody uses at the moment, in this process or another. Opens the device.
    ///
    /// # Errors
    ///
    /// What the driver says.
    pub fn free_memory(&self) -> Result<Bytes> {
        let (free, _) = Card::open(self.ordinal)?.context().memory()?;
        Ok(Bytes::new(free))
    }
}

/// The devices of the driver that serves the process, in its order.
///
/// # Errors
///
/// There is no driver with a device, or what it says.
pub fn devices() -> Result<Vec<GpuInfo>> {
    let count = cuda::start()?;
    (0..count)
        .map(|ordinal| Ok(GpuInfo::new(ordinal, &cuda::facts(ordinal)?)))
        .collect::<Result<_, GpuError>>()
}
