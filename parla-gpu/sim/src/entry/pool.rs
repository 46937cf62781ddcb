//! Memory pools.

use super::entries;
use crate::abi::{Access, In, Location, Out, PoolProperties};
use crate::codes::Code;
use crate::driver;
use crate::handle::Handle;
use crate::memory::{Kind, Pool, Region};
use crate::stream::Stream;
use std::ffi::c_void;
use std::sync::Arc;

/// `CU_MEM_LOCATION_TYPE_DEVICE`, `CU_MEM_ALLOCATION_TYPE_PINNED`
const DEVICE: u32 = 1;
const PINNED: u32 = 1;
/// `CU_MEM_ACCESS_FLAGS_PROT_READWRITE`
const READ_WRITE: u32 = 3;

entries! { $ pool_entries;

fn cuDeviceGetDefaultMemPool(pool: Out<Handle>, device: i32) {
    pool.check()?;
    pool.set(driver().device(device)?.default_pool().handle())
}

fn cuDeviceGetMemPool(pool: Out<Handle>, device: i32) {
    pool.check()?;
    pool.set(driver().device(device)?.pool().handle())
}

fn cuDeviceSetMemPool(device: i32, pool: Handle) {
    let (device, pool) = (driver().device(device)?, Pool::find(pool)?);
    if pool.device() != device.ordinal() {
        return Err(Code::INVALID_VALUE);
    }
    device.set_pool(pool);
    Ok(())
}

fn cuMemPoolCreate(pool: Out<Handle>, properties: In<PoolProperties>) {
    pool.check()?;
    let properties = properties.get()?;
    if properties.allocation != PINNED || properties.location.kind != DEVICE {
        return Err(Code::INVALID_VALUE);
    }
    if properties.handles != 0 {
        return Err(Code::NOT_SUPPORTED);
    }
    let made = Arc::new(Pool::new(driver().device(properties.location.id)?.ordinal()));
    driver().pools.insert(made.handle(), Arc::clone(&made));
    pool.set(made.handle())
}

fn cuMemPoolDestroy(pool: Handle) {
    let pool = Pool::find(pool)?;
    let device = &driver().devices()[pool.device()];
    if device.default_pool().handle() == pool.handle() {
        return Err(Code::INVALID_VALUE);
    }
    if device.pool().handle() == pool.handle() {
        device.set_pool(device.default_pool());
    }
    driver().pools.remove(pool.handle());
    // What is still allocated goes to the device as soon as it is freed.
    pool.state().threshold = 0;
    device.give_back(pool.trim(0));
    Ok(())
}

fn cuMemPoolTrimTo(pool: Handle, keep: usize) {
    let pool = Pool::find(pool)?;
    driver().devices()[pool.device()].give_back(pool.trim(keep as u64));
    Ok(())
}

fn cuMemPoolSetAttribute(pool: Handle, attribute: u32, value: In<c_void>) {
    let pool = Pool::find(pool)?;
    let mut state = pool.state();
    match attribute {
        1..=3 => state.reuse[attribute as usize - 1] = value.cast::<u32>().get()?,
        4 => state.threshold = value.cast::<u64>().get()?,
        // The highest figures can only be set back.
        6 if value.cast::<u64>().get()? == 0 => state.reserved_high = state.reserved,
        8 if value.cast::<u64>().get()? == 0 => state.used_high = state.used,
        _ => return Err(Code::INVALID_VALUE),
    }
    Ok(())
}

fn cuMemPoolGetAttribute(pool: Handle, attribute: u32, value: Out<c_void>) {
    let pool = Pool::find(pool)?;
    let state = pool.state();
    let value_of = |number| value.cast::<u64>().set(number);
    match attribute {
        1..=3 => value.cast::<u32>().set(state.reuse[attribute as usize - 1]),
        4 => value_of(state.threshold),
        5 => value_of(state.reserved),
        6 => value_of(state.reserved_high),
        7 => value_of(state.used),
        8 => value_of(state.used_high),
        _ => Err(Code::INVALID_VALUE),
    }
}

fn cuMemPoolSetAccess(pool: Handle, access: In<Access>, count: usize) {
    let pool = Pool::find(pool)?;
    for Access { location, flags } in access.get_all(count)? {
        let device = device_at(location)?;
        match flags {
            0 if device == pool.device() => return Err(Code::INVALID_DEVICE),
            0 | 1 | READ_WRITE => pool.state().access.insert(device, flags),
            _ => return Err(Code::INVALID_VALUE),
        };
    }
    Ok(())
}

fn cuMemPoolGetAccess(flags: Out<u32>, pool: Handle, location: In<Location>) {
    flags.check()?;
    let pool = Pool::find(pool)?;
    let device = device_at(location.get()?)?;
    let own = if device == pool.device() { READ_WRITE } else { 0 };
    let set = pool.state().access.get(&device).copied();
    flags.set(set.unwrap_or(own))
}

fn cuMemAllocFromPoolAsync(address: Out<u64>, bytes: usize, pool: Handle, stream: Handle) {
    address.check()?;
    let (pool, stream) = (Pool::find(pool)?, Stream::find(stream)?);
    stream.refuse_capture()?;
    let region = Region::on_device(stream.context(), bytes as u64, Kind::Device, Some(pool))?;
    address.set(region.start())
}
}

fn device_at(location: Location) -> Result<usize, Code> {
    if location.kind != DEVICE {
        return Err(Code::INVALID_VALUE);
    }
    Ok(driver().device(location.id)?.ordinal())
}
