//! Allocating and freeing memory, and asking what an address is.

use super::device::size;
use super::entries;
use crate::abi::{Address, In, Out};
use crate::codes::Code;
use crate::context::Context;
use crate::graph;
use crate::handle::Handle;
use crate::memory::{Kind, Place, Region};
use crate::stream::{Operation, Stream};
use crate::{context, driver};
use std::ffi::c_void;
use std::sync::Arc;

/// `CU_MEMHOSTALLOC_PORTABLE`, `_DEVICEMAP`, `_WRITECOMBINED`
const HOST_FLAGS: u32 = 7;
/// `CU_MEMHOSTREGISTER_PORTABLE`, `_DEVICEMAP`, `_IOMEMORY`, `_READ_ONLY`
const REGISTER_FLAGS: u32 = 15;
/// Rows of a pitched allocation begin at multiples of this.
const PITCH: u64 = 512;

entries! { $ memory_entries;

fn cuMemGetInfo_v2(free: Out<usize>, total: Out<usize>) {
    let (free_bytes, all) = context::current()?.device().memory();
    free.set_if_wanted(size(free_bytes)?);
    total.set_if_wanted(size(all)?);
    Ok(())
}

fn cuMemAlloc_v2(address: Out<u64>, bytes: usize) {
    graph::refuse_unsafe()?;
    address.check()?;
    let region = Region::on_device(&*context::current()?, bytes as u64, Kind::Device, None)?;
    address.set(region.start())
}

fn cuMemAllocPitch_v2(
    address: Out<u64>,
    pitch: Out<usize>,
    width: usize,
    height: usize,
    element: u32,
) {
    graph::refuse_unsafe()?;
    address.check()?;
    pitch.check()?;
    if !matches!(element, 4 | 8 | 16) || width == 0 || height == 0 {
        return Err(Code::INVALID_VALUE);
    }
    let too_large = Code::INVALID_VALUE;
    let row = (width as u64).checked_next_multiple_of(PITCH).ok_or(too_large)?;
    let bytes = row.checked_mul(height as u64).ok_or(too_large)?;
    let region = Region::on_device(&*context::current()?, bytes, Kind::Device, None)?;
    pitch.set(size(row)?)?;
    address.set(region.start())
}

fn cuMemAllocManaged(address: Out<u64>, bytes: usize, flags: u32) {
    graph::refuse_unsafe()?;
    address.check()?;
    // `CU_MEM_ATTACH_GLOBAL`, `_HOST`
    if !matches!(flags, 1 | 2) {
        return Err(Code::INVALID_VALUE);
    }
    let region = Region::on_host(&*context::current()?, bytes as u64, Kind::Managed)?;
    address.set(region.start())
}

fn cuMemFree_v2(address: Address) {
    graph::refuse_unsafe()?;
    let context = context::current()?;
    if address.is_null() {
        return Ok(());
    }
    let region = freeable(address)?;
    wait_for_users(&context, &region);
    if !region.mark_freeing() {
        return Err(Code::INVALID_VALUE);
    }
    region.remove();
    Ok(())
}

fn cuMemAllocAsync(address: Out<u64>, bytes: usize, stream: Handle) {
    address.check()?;
    let stream = Stream::find(stream)?;
    stream.refuse_capture()?;
    let pool = stream.context().device().pool();
    let region = Region::on_device(stream.context(), bytes as u64, Kind::Device, Some(pool))?;
    address.set(region.start())
}

fn cuMemFreeAsync(address: Address, stream: Handle) {
    let stream = Stream::find(stream)?;
    stream.refuse_capture()?;
    let region = freeable(address)?;
    if !region.mark_freeing() {
        return Err(Code::INVALID_VALUE);
    }
    let submitted = stream.submit(Operation::Free(Arc::clone(&region)));
    submitted.inspect_err(|_| region.unmark_freeing())
}

fn cuMemAllocHost_v2(address: Out<u64>, bytes: usize) {
    graph::refuse_unsafe()?;
    address.check()?;
    let region = Region::on_host(&*context::current()?, bytes as u64, Kind::Pinned(0))?;
    address.set(region.start())
}

fn cuMemHostAlloc(address: Out<u64>, bytes: usize, flags: u32) {
    graph::refuse_unsafe()?;
    address.check()?;
    if flags & !HOST_FLAGS != 0 {
        return Err(Code::INVALID_VALUE);
    }
    let region = Region::on_host(&*context::current()?, bytes as u64, Kind::Pinned(flags))?;
    address.set(region.start())
}

fn cuMemFreeHost(address: Address) {
    graph::refuse_unsafe()?;
    let context = context::current()?;
    let region = driver().space.host_at(address.number(), false);
    let region = region.ok_or(Code::INVALID_VALUE)?;
    wait_for_users(&context, &region);
    region.remove();
    Ok(())
}

fn cuMemHostRegister_v2(address: Address, bytes: usize, flags: u32) {
    graph::refuse_unsafe()?;
    if flags & !REGISTER_FLAGS != 0 {
        return Err(Code::INVALID_VALUE);
    }
    Region::registered(&*context::current()?, address, bytes as u64, flags)
}

fn cuMemHostUnregister(address: Address) {
    graph::refuse_unsafe()?;
    let context = context::current()?;
    let region = driver().space.host_at(address.number(), true);
    let region = region.ok_or(Code::HOST_MEMORY_NOT_REGISTERED)?;
    wait_for_users(&context, &region);
    region.remove();
    Ok(())
}

fn cuMemHostGetDevicePointer_v2(device: Out<u64>, host: Address, flags: u32) {
    device.check()?;
    if flags != 0 {
        return Err(Code::INVALID_VALUE);
    }
    context::current()?;
    let region = driver().space.find(host.number()).ok_or(Code::INVALID_VALUE)?;
    match region.kind() {
        Kind::Pinned(_) | Kind::Registered(..) => device.set(host.number()),
        _ => Err(Code::INVALID_VALUE),
    }
}

fn cuMemHostGetFlags(flags: Out<u32>, host: Address) {
    flags.check()?;
    context::current()?;
    let region = driver().space.find(host.number()).ok_or(Code::INVALID_VALUE)?;
    match region.kind() {
        Kind::Pinned(set) | Kind::Registered(_, set) => flags.set(set),
        _ => Err(Code::INVALID_VALUE),
    }
}

fn cuMemGetAddressRange_v2(base: Out<u64>, bytes: Out<usize>, address: Address) {
    context::current()?;
    let region = driver().space.find(address.number()).ok_or(Code::NOT_FOUND)?;
    base.set_if_wanted(region.start());
    bytes.set_if_wanted(size(region.len())?);
    Ok(())
}

fn cuMemAdvise(address: Address, bytes: usize, advice: u32, _device: i32) {
    context::current()?;
    if !matches!(advice, 1..=6) {
        return Err(Code::INVALID_VALUE);
    }
    managed(address, bytes)
}

fn cuMemPrefetchAsync(address: Address, bytes: usize, device: i32, stream: Handle) {
    const CPU: i32 = -1;
    let stream = Stream::find(stream)?;
    if device != CPU {
        driver().device(device)?;
    }
    managed(address, bytes)?;
    stream.submit(Operation::Nothing)
}

fn cuPointerGetAttribute(value: Out<c_void>, attribute: u32, address: Address) {
    if value.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    context::current()?;
    let region = driver().space.find(address.number()).ok_or(Code::INVALID_VALUE)?;
    pointer_attribute(value, attribute, address, Some(&region))
}

fn cuPointerGetAttributes(
    count: u32,
    attributes: In<u32>,
    values: In<Out<c_void>>,
    address: Address,
) {
    context::current()?;
    let region = driver().space.find(address.number());
    for index in 0..count as usize {
        let (attribute, value) = (attributes.get_at(index)?, values.get_at(index)?);
        pointer_attribute(value, attribute, address, region.as_deref())?;
    }
    Ok(())
}
}

/// Waits, as CUDA does, for work that may still use memory that is about to go.
fn wait_for_users(context: &Context, region: &Region) {
    let engine = &driver().engine;
    for context in [context.handle(), region.context()] {
        engine.wait(&engine.of_context(context));
    }
}

/// The allocation that begins there, if the program may free it.
fn freeable(address: Address) -> Result<Arc<Region>, Code> {
    let region = driver().space.at(address.number());
    region
        .filter(|region| matches!(region.kind(), Kind::Device | Kind::Managed))
        .ok_or(Code::INVALID_VALUE)
}

/// Whether all of those bytes are managed memory.
fn managed(address: Address, bytes: usize) -> Result<(), Code> {
    if Place::anywhere(address, bytes as u64)?.is_managed() {
        Ok(())
    } else {
        Err(Code::INVALID_VALUE)
    }
}

/// Answers one question about an address. If no device knows it, the answer is zero.
fn pointer_attribute(
    value: Out<c_void>,
    attribute: u32,
    address: Address,
    region: Option<&Region>,
) -> Result<(), Code> {
    const ON_HOST: u32 = 1;
    const ON_DEVICE: u32 = 2;
    let of = |number: fn(&Region) -> u64| region.map_or(0, number);
    match attribute {
        // context
        1 => value.cast::<u64>().set(of(Region::context)),
        // type of memory
        2 => value
            .cast::<u32>()
            .set(region.map_or(0, |region| match region.kind() {
                Kind::Device | Kind::Global | Kind::Managed => ON_DEVICE,
                Kind::Pinned(_) | Kind::Registered(..) => ON_HOST,
            })),
        // the address for devices
        3 => value
            .cast::<u64>()
            .set(region.map_or(0, |_| address.number())),
        // the address for the host
        4 => match region {
            Some(region) if region.is_on_device() => Err(Code::INVALID_VALUE),
            Some(_) => value.cast::<u64>().set(address.number()),
            None => value.cast::<u64>().set(0),
        },
        // managed
        8 => value.cast::<u32>().set(u32::from(
            region.is_some_and(|region| matches!(region.kind(), Kind::Managed)),
        )),
        // ordinal of the device; -2 where there is none
        9 => value
            .cast::<i32>()
            .set(region.map_or(-2, |region| region.device().number())),
        // the number of the buffer, where it begins, and how long it is
        7 | 11 => value.cast::<u64>().set(of(Region::start)),
        12 => value.cast::<u64>().set(of(Region::len)),
        // mapped
        13 => value.cast::<u32>().set(u32::from(region.is_some())),
        // the pool
        17 => value.cast::<u64>().set(
            region
                .and_then(Region::pool)
                .map_or(0, |pool| pool.handle()),
        ),
        6 | 10 | 14 | 15 | 16 => Err(Code::NOT_SUPPORTED),
        _ => Err(Code::INVALID_VALUE),
    }
}
