//! Copying and filling memory.

use super::entries;
use crate::abi::{Address, Copy2D, Copy3D, In, Side2D, Side3D};
use crate::codes::Code;
use crate::context;
use crate::graph;
use crate::handle::Handle;
use crate::memory::{Copy, Layout, Place, Set, Side};
use crate::stream::{Operation, Stream};
use std::sync::Arc;

entries! { $ copy_entries;

fn cuMemcpy(to: Address, from: Address, bytes: usize) {
    now(linear(Place::anywhere, to, Place::anywhere, from, bytes))
}

fn cuMemcpyAsync(to: Address, from: Address, bytes: usize, stream: Handle) {
    later(linear(Place::anywhere, to, Place::anywhere, from, bytes), stream)
}

fn cuMemcpyHtoD_v2(to: Address, from: Address, bytes: usize) {
    now(linear(Place::on_device, to, Place::on_host, from, bytes))
}

fn cuMemcpyHtoDAsync_v2(to: Address, from: Address, bytes: usize, stream: Handle) {
    later(linear(Place::on_device, to, Place::on_host, from, bytes), stream)
}

fn cuMemcpyDtoH_v2(to: Address, from: Address, bytes: usize) {
    now(linear(Place::on_host, to, Place::on_device, from, bytes))
}

fn cuMemcpyDtoHAsync_v2(to: Address, from: Address, bytes: usize, stream: Handle) {
    later(linear(Place::on_host, to, Place::on_device, from, bytes), stream)
}

fn cuMemcpyDtoD_v2(to: Address, from: Address, bytes: usize) {
    now(linear(Place::on_device, to, Place::on_device, from, bytes))
}

fn cuMemcpyDtoDAsync_v2(to: Address, from: Address, bytes: usize, stream: Handle) {
    later(linear(Place::on_device, to, Place::on_device, from, bytes), stream)
}

fn cuMemcpyPeer(
    to: Address,
    to_context: Handle,
    from: Address,
    from_context: Handle,
    bytes: usize,
) {
    now(peer(to, to_context, from, from_context, bytes))
}

fn cuMemcpyPeerAsync(
    to: Address,
    to_context: Handle,
    from: Address,
    from_context: Handle,
    bytes: usize,
    stream: Handle,
) {
    later(peer(to, to_context, from, from_context, bytes), stream)
}

fn cuMemcpy2D_v2(copy: In<Copy2D>) {
    now(copy.get().and_then(two_dimensions))
}

fn cuMemcpy2DUnaligned_v2(copy: In<Copy2D>) {
    now(copy.get().and_then(two_dimensions))
}

fn cuMemcpy2DAsync_v2(copy: In<Copy2D>, stream: Handle) {
    later(copy.get().and_then(two_dimensions), stream)
}

fn cuMemcpy3D_v2(copy: In<Copy3D>) {
    now(copy.get().and_then(three_dimensions))
}

fn cuMemcpy3DAsync_v2(copy: In<Copy3D>, stream: Handle) {
    later(copy.get().and_then(three_dimensions), stream)
}

fn cuMemcpy3DPeer(copy: In<Copy3D>) {
    now(copy.get().and_then(three_dimensions_of_peers))
}

fn cuMemcpy3DPeerAsync(copy: In<Copy3D>, stream: Handle) {
    later(copy.get().and_then(three_dimensions_of_peers), stream)
}

fn cuMemsetD8_v2(to: Address, value: u8, count: usize) {
    set(to, 0, value.into(), 1, count, 1, 0)
}

fn cuMemsetD16_v2(to: Address, value: u16, count: usize) {
    set(to, 0, value.into(), 2, count, 1, 0)
}

fn cuMemsetD32_v2(to: Address, value: u32, count: usize) {
    set(to, 0, value, 4, count, 1, 0)
}

fn cuMemsetD8Async(to: Address, value: u8, count: usize, stream: Handle) {
    set(to, 0, value.into(), 1, count, 1, stream)
}

fn cuMemsetD16Async(to: Address, value: u16, count: usize, stream: Handle) {
    set(to, 0, value.into(), 2, count, 1, stream)
}

fn cuMemsetD32Async(to: Address, value: u32, count: usize, stream: Handle) {
    set(to, 0, value, 4, count, 1, stream)
}

fn cuMemsetD2D8_v2(to: Address, pitch: usize, value: u8, width: usize, height: usize) {
    set(to, pitch, value.into(), 1, width, height, 0)
}

fn cuMemsetD2D16_v2(to: Address, pitch: usize, value: u16, width: usize, height: usize) {
    set(to, pitch, value.into(), 2, width, height, 0)
}

fn cuMemsetD2D32_v2(to: Address, pitch: usize, value: u32, width: usize, height: usize) {
    set(to, pitch, value, 4, width, height, 0)
}

fn cuMemsetD2D8Async(
    to: Address,
    pitch: usize,
    value: u8,
    width: usize,
    height: usize,
    stream: Handle,
) {
    set(to, pitch, value.into(), 1, width, height, stream)
}

fn cuMemsetD2D16Async(
    to: Address,
    pitch: usize,
    value: u16,
    width: usize,
    height: usize,
    stream: Handle,
) {
    set(to, pitch, value.into(), 2, width, height, stream)
}

fn cuMemsetD2D32Async(
    to: Address,
    pitch: usize,
    value: u32,
    width: usize,
    height: usize,
    stream: Handle,
) {
    set(to, pitch, value, 4, width, height, stream)
}
}

/// Finds the place of so many bytes.
type Find = fn(Address, u64) -> Result<Place, Code>;

fn linear(
    to_where: Find,
    to: Address,
    from_where: Find,
    from: Address,
    bytes: usize,
) -> Result<Copy, Code> {
    let bytes = bytes as u64;
    if bytes == 0 {
        let nothing = || Place::Staged(Arc::from([]));
        return Ok(Copy::linear(nothing(), nothing(), 0));
    }
    Ok(Copy::linear(
        from_where(from, bytes)?,
        to_where(to, bytes)?,
        bytes,
    ))
}

fn peer(
    to: Address,
    to_context: Handle,
    from: Address,
    from_context: Handle,
    bytes: usize,
) -> Result<Copy, Code> {
    let copy = linear(Place::on_device, to, Place::on_device, from, bytes)?;
    is_of(&copy.to.place, to_context)?;
    is_of(&copy.from.place, from_context)?;
    Ok(copy)
}

/// Checks that memory of a device is of the device of that context.
fn is_of(place: &Place, context: Handle) -> Result<(), Code> {
    let device = context::find(context)?.device().ordinal();
    match place.device() {
        Some(other) if other != device => Err(Code::INVALID_VALUE),
        _ => Ok(()),
    }
}

fn two_dimensions(copy: Copy2D) -> Result<Copy, Code> {
    let extent = [copy.width as u64, copy.height as u64, 1];
    let side = |side: Side2D| {
        let layout = Layout {
            x: side.x as u64,
            y: side.y as u64,
            z: 0,
            pitch: side.pitch as u64,
            height: 0,
        };
        of_kind(side.kind, side.host, side.device, layout, extent)
    };
    copy_of(side(copy.from)?, side(copy.to)?, extent)
}

pub(super) fn three_dimensions(copy: Copy3D) -> Result<Copy, Code> {
    let extent = [copy.width as u64, copy.height as u64, copy.depth as u64];
    let side = |side: Side3D| {
        let layout = Layout {
            x: side.x as u64,
            y: side.y as u64,
            z: side.z as u64,
            pitch: side.pitch as u64,
            height: side.height as u64,
        };
        of_kind(side.kind, side.host, side.device, layout, extent)
    };
    copy_of(side(copy.from)?, side(copy.to)?, extent)
}

fn three_dimensions_of_peers(copy: Copy3D) -> Result<Copy, Code> {
    let checked = three_dimensions(copy)?;
    is_of(&checked.from.place, copy.from.context)?;
    is_of(&checked.to.place, copy.to.context)?;
    Ok(checked)
}

/// A side by the number of its type of memory. Arrays are not simulated.
fn of_kind(
    kind: u32,
    host: Address,
    device: Address,
    layout: Layout,
    extent: [u64; 3],
) -> Result<Side, Code> {
    match kind {
        1 => Side::new(host, layout, extent, Place::on_host),
        2 => Side::new(device, layout, extent, Place::on_device),
        3 => Err(Code::NOT_SUPPORTED),
        4 => Side::new(device, layout, extent, Place::anywhere),
        _ => Err(Code::INVALID_VALUE),
    }
}

fn copy_of(from: Side, to: Side, extent: [u64; 3]) -> Result<Copy, Code> {
    let [width, height, depth] = extent;
    let rows = width.checked_mul(height);
    rows.and_then(|bytes| bytes.checked_mul(depth))
        .ok_or(Code::INVALID_VALUE)?;
    Ok(Copy::new(from, to, extent))
}

/// Copies on the default stream. The host only goes on at once if it is no side of the copy.
fn now(copy: Result<Copy, Code>) -> Result<(), Code> {
    let stream = Stream::of_context(&context::current()?);
    graph::refuse_unsafe()?;
    let copy = copy?;
    if copy.bytes() == 0 {
        return Ok(());
    }
    let is_on_devices = copy.from.place.device().is_some() && copy.to.place.device().is_some();
    stream.submit(Operation::Copy(copy))?;
    if is_on_devices {
        Ok(())
    } else {
        stream.synchronize()
    }
}

/// Copies in stream order. As on CUDA, pageable memory is taken over before the call returns, and
/// is waited for where it is written to.
fn later(copy: Result<Copy, Code>, stream: Handle) -> Result<(), Code> {
    let stream = Stream::find(stream)?;
    let copy = copy?;
    if copy.bytes() == 0 {
        return Ok(());
    }
    // A graph reads and writes when it runs.
    let runs = stream.capture().is_none();
    let must_wait = runs && copy.to.place.is_pageable();
    let copy = if runs && copy.from.place.is_pageable() {
        copy.stage()
    } else {
        copy
    };
    stream.submit(Operation::Copy(copy))?;
    if must_wait {
        stream.synchronize()
    } else {
        Ok(())
    }
}

/// Fills in stream order.
fn set(
    to: Address,
    pitch: usize,
    value: u32,
    element: u64,
    width: usize,
    height: usize,
    stream: Handle,
) -> Result<(), Code> {
    let stream = Stream::find(stream)?;
    if width == 0 || height == 0 {
        return Ok(());
    }
    let set = Set::new(
        to,
        pitch as u64,
        value,
        element,
        width as u64,
        height as u64,
    )?;
    stream.submit(Operation::Set(set))
}
