//! The driver as a whole: starting it, and what it knows of its devices.

#![expect(unsafe_code, reason = "asks for attributes that `cust` doesn't name")]

use cust::device::{Device, DeviceAttribute};
use cust::{CudaFlags, sys};

use super::Failure;
use super::failure::{check, check_cust};

/// Starts the driver, or finds that it has been; the number of its devices.
pub(crate) fn start() -> Result<u32, Failure> {
    check_cust("cuInit", cust::init(CudaFlags::empty()))?;
    check_cust("cuDeviceGetCount", Device::num_devices())
}

/// Whether the driver that serves is one in software.
pub(crate) fn is_simulated() -> bool {
    matches!(
        parla_cuda_shim::driver(),
        parla_cuda_shim::Driver::InProcess(_)
    )
}

/// What a device is and what it can do.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) memory: u64,
    pub(crate) compute_capability: (u32, u32),
    pub(crate) multiprocessors: u32,
    pub(crate) pci: String,
    pub(crate) block: (u32, u32, u32),
    pub(crate) block_threads: u32,
    pub(crate) grid: (u32, u32, u32),
    /// Shared memory of a block, without and with the kernel's consent to more.
    pub(crate) shared_bytes: u32,
    pub(crate) shared_bytes_opt_in: u32,
}

/// The device with that number in the driver's order.
pub(crate) fn facts(ordinal: u32) -> Result<Facts, Failure> {
    use DeviceAttribute as A;

    let device = device(ordinal)?;
    let attribute = |attribute| {
        let value = check_cust("cuDeviceGetAttribute", device.get_attribute(attribute))?;
        Ok(u32::try_from(value).unwrap_or(0))
    };
    let shared_bytes = attribute(A::MaxSharedMemoryPerBlock)?;
    Ok(Facts {
        name: check_cust("cuDeviceGetName", device.name())?,
        memory: check_cust("cuDeviceTotalMem_v2", device.total_memory())? as u64,
        compute_capability: (
            attribute(A::ComputeCapabilityMajor)?,
            attribute(A::ComputeCapabilityMinor)?,
        ),
        multiprocessors: attribute(A::MultiprocessorCount)?,
        pci: format!(
            "{:04x}:{:02x}:{:02x}.0",
            attribute(A::PciDomainId)?,
            attribute(A::PciBusId)?,
            attribute(A::PciDeviceId)?
        ),
        block: (
            attribute(A::MaxBlockDimX)?,
            attribute(A::MaxBlockDimY)?,
            attribute(A::MaxBlockDimZ)?,
        ),
        block_threads: attribute(A::MaxThreadsPerBlock)?,
        grid: (
            attribute(A::MaxGridDimX)?,
            attribute(A::MaxGridDimY)?,
            attribute(A::MaxGridDimZ)?,
        ),
        shared_bytes,
        // A driver that doesn't know of it gives no more than it gives to all.
        shared_bytes_opt_in: shared_bytes_opt_in(device).unwrap_or(0).max(shared_bytes),
    })
}

pub(super) fn device(ordinal: u32) -> Result<Device, Failure> {
    check_cust("cuDeviceGet", Device::get_device(ordinal))
}

fn shared_bytes_opt_in(device: Device) -> Result<u32, Failure> {
    let mut value = 0;
    // SAFETY: writes to a place that outlives the call.
    let result = unsafe {
        sys::cuDeviceGetAttribute(
            &raw mut value,
            sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
            device.as_raw(),
        )
    };
    check("cuDeviceGetAttribute", result)?;
    Ok(u32::try_from(value).unwrap_or(0))
}
