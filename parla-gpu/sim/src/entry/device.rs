//! Devices and their primary contexts.

use super::entries;
use crate::abi::{DeviceProperties, Out, Text};
use crate::codes::Code;
use crate::device::attributes;
use crate::handle::Handle;
use crate::{context, driver};
use std::ffi::c_char;

/// The bits of a context's flags that there are.
pub(super) const CONTEXT_FLAGS: u32 = 0x1F;

entries! { $ device_entries;

fn cuDeviceGetCount(count: Out<i32>) {
    count.set(i32::try_from(driver().devices().len()).expect("the number of devices is small"))
}

fn cuDeviceGet(device: Out<i32>, ordinal: i32) {
    device.check()?;
    driver().device(ordinal)?;
    device.set(ordinal)
}

fn cuDeviceGetName(name: Out<c_char>, room: i32, device: i32) {
    let room = usize::try_from(room).map_err(|_| Code::INVALID_VALUE)?;
    name.set_text(&driver().device(device)?.name(), room)
}

fn cuDeviceTotalMem_v2(bytes: Out<usize>, device: i32) {
    bytes.set(size(driver().device(device)?.memory().1)?)
}

fn cuDeviceGetAttribute(value: Out<i32>, attribute: u32, device: i32) {
    value.check()?;
    value.set(driver().device(device)?.attribute(attribute)?)
}

fn cuDeviceGetProperties(properties: Out<DeviceProperties>, device: i32) {
    let device = driver().device(device)?;
    let attribute = |number| device.attribute(number);
    properties.set(DeviceProperties {
        threads_per_block: attribute(1)?,
        block: [attribute(2)?, attribute(3)?, attribute(4)?],
        grid: [attribute(5)?, attribute(6)?, attribute(7)?],
        shared_per_block: attribute(8)?,
        constant_memory: attribute(9)?,
        warp: attribute(10)?,
        pitch: attribute(11)?,
        registers_per_block: attribute(12)?,
        clock: attribute(13)?,
        texture_alignment: attribute(14)?,
    })
}

fn cuDeviceComputeCapability(major: Out<i32>, minor: Out<i32>, device: i32) {
    minor.check()?;
    driver().device(device)?;
    major.set(attributes::COMPUTE_CAPABILITY.0)?;
    minor.set(attributes::COMPUTE_CAPABILITY.1)
}

fn cuDeviceGetUuid(uuid: Out<[u8; 16]>, device: i32) {
    uuid.set(driver().device(device)?.uuid())
}

fn cuDeviceGetUuid_v2(uuid: Out<[u8; 16]>, device: i32) {
    uuid.set(driver().device(device)?.uuid())
}

fn cuDeviceGetPCIBusId(text: Out<c_char>, room: i32, device: i32) {
    let room = usize::try_from(room).map_err(|_| Code::INVALID_VALUE)?;
    text.set_text(&driver().device(device)?.pci_bus_text(), room)
}

fn cuDeviceGetByPCIBusId(device: Out<i32>, text: Text) {
    device.check()?;
    let text = text.get()?.to_uppercase();
    let wanted = if text.len() > "00:00.0".len() { text } else { format!("0000:{text}") };
    let devices = driver().devices();
    let found = devices.iter().find(|device| device.pci_bus_text() == wanted);
    device.set(found.ok_or(Code::INVALID_VALUE)?.number())
}

fn cuDeviceCanAccessPeer(can: Out<i32>, device: i32, peer: i32) {
    can.check()?;
    driver().device(device)?;
    driver().device(peer)?;
    can.set(i32::from(device != peer))
}

fn cuDeviceGetP2PAttribute(value: Out<i32>, attribute: u32, source: i32, target: i32) {
    value.check()?;
    driver().device(source)?;
    driver().device(target)?;
    if source == target {
        return Err(Code::INVALID_DEVICE);
    }
    value.set(match attribute {
        // rank of the connection's speed, access to arrays
        1 | 4 => 0,
        // access, atomics
        2 | 3 => 1,
        _ => return Err(Code::INVALID_VALUE),
    })
}

fn cuDevicePrimaryCtxRetain(context: Out<Handle>, device: i32) {
    context.check()?;
    context.set(context::retain_primary(&driver().device(device)?))
}

fn cuDevicePrimaryCtxRelease_v2(device: i32) {
    context::release_primary(&*driver().device(device)?)
}

fn cuDevicePrimaryCtxReset_v2(device: i32) {
    context::reset_primary(&*driver().device(device)?);
    Ok(())
}

fn cuDevicePrimaryCtxSetFlags_v2(device: i32, flags: u32) {
    if flags & !CONTEXT_FLAGS != 0 {
        return Err(Code::INVALID_VALUE);
    }
    let device = driver().device(device)?;
    let mut primary = device.primary();
    primary.flags = flags;
    if let Some(context) = driver().contexts.get(primary.handle) {
        context.set_flags(flags);
    }
    Ok(())
}

fn cuDevicePrimaryCtxGetState(device: i32, flags: Out<u32>, active: Out<i32>) {
    active.check()?;
    let device = driver().device(device)?;
    let primary = device.primary();
    flags.set(primary.flags)?;
    active.set(i32::from(driver().contexts.get(primary.handle).is_some()))
}
}

/// Bytes in the type that the interface has for sizes.
pub(super) fn size(bytes: u64) -> Result<usize, Code> {
    usize::try_from(bytes).map_err(|_| Code::INVALID_VALUE)
}
