//! Copies of arrays. Each device has one stream for each direction, so that copies run beside
//! kernels and beside each other; the uses of the blocks keep the order.

use std::collections::VecDeque;
use std::sync::Arc;

use parla_runtime::{HostSource, HostTarget};

use super::pattern::Pattern;
use super::place::Place;
use crate::device::Device;
use crate::error::{GpuError, GpuErrorKind, Result};
use crate::memory::{Access, PIECE, Staging, submit};
use crate::stream::{Direction, Point, Stream};

/// Pieces that are queued before the first of them is read.
const AHEAD: usize = 4;

/// Copies from the host. Returns when all of it has been read.
pub(super) fn upload(device: &Device, from: &dyn HostSource, to: &Place<'_>) -> Result<()> {
    let pattern = Pattern::from_host(to.layout);
    let Some(pattern) = check(device, pattern, |bytes| (from.bytes(), bytes))? else {
        return Ok(());
    };
    let stream = device.copying(Direction::In)?;
    for piece in pattern.pieces(PIECE) {
        let mut staging = lend(device, &piece)?;
        let memory = staging.memory();
        from.read(piece.from, &mut memory.as_mut_slice()[..piece.bytes()]);
        write(&stream, to, &mut staging, &piece)?;
    }
    Ok(())
}

/// Copies to the host. Blocks until it is there.
pub(super) fn download(device: &Device, from: &Place<'_>, to: &mut dyn HostTarget) -> Result<()> {
    let pattern = Pattern::to_host(from.layout);
    let Some(pattern) = check(device, pattern, |bytes| (bytes, to.bytes()))? else {
        return Ok(());
    };
    let stream = device.copying(Direction::Out)?;
    let mut receive = |(piece, mut staging, point): (Pattern, Staging<'_>, Point)| {
        point
            .wait_blocking()
            .map_err(|failure| device.fail(failure))?;
        to.write(piece.to, &staging.memory().as_slice()[..piece.bytes()]);
        Ok(())
    };
    let mut queued = VecDeque::new();
    for piece in pattern.pieces(PIECE) {
        if queued.len() == AHEAD {
            queued.pop_front().map_or(Ok(()), &mut receive)?;
        }
        let mut staging = lend(device, &piece)?;
        let point = read(&stream, from, &mut staging, &piece)?;
        queued.push_back((piece, staging, point));
    }
    queued.into_iter().try_for_each(receive)
}

/// Copies to this device, from itself or another one. Doesn't wait.
pub(super) fn across(device: &Device, from: &Place<'_>, to: &Place<'_>) -> Result<()> {
    let pattern = Pattern::between(from.layout, to.layout);
    let Some(pattern) = pattern.map_err(|why| invalid(device, why))? else {
        return Ok(());
    };
    let both = [(from.view, Access::Read), (to.view, Access::Write)];
    let fail = |failure| device.fail(failure);
    let is_local = from.is_on(device);
    if !is_local {
        let other = from.view.device().card();
        if !device.card().reaches(other).map_err(fail)? {
            return relay(device, from, to, &pattern);
        }
    }
    let stream = device.copying(Direction::Across)?;
    let context = |place: &Place<'_>| place.view.device().card().context().clone();
    let (from_context, to_context) = (context(from), context(to));
    let (from, to) = (from.view.address(), to.view.address());
    let queued = submit(&stream, &both, |stream| {
        pattern.rows().try_for_each(|rows| match is_local {
            true => stream.copy_rows(to, from, &rows),
            false => stream.copy_rows_peer((to, &to_context), (from, &from_context), &rows),
        })
    });
    queued.map(drop).map_err(fail)
}

/// Copies from a device that this one can't reach.
fn relay(device: &Device, from: &Place<'_>, to: &Place<'_>, pattern: &Pattern) -> Result<()> {
    let other = from.view.device();
    let reads = other.copying(Direction::Out)?;
    let writes = device.copying(Direction::In)?;
    for piece in pattern.pieces(PIECE) {
        let mut staging = lend(device, &piece)?;
        let read = read(&reads, from, &mut staging, &piece)?;
        let after = writes.wait_for(&read);
        after.map_err(|failure| device.fail(failure))?;
        write(&writes, to, &mut staging, &piece)?;
    }
    Ok(())
}

fn lend<'a>(device: &'a Device, piece: &Pattern) -> Result<Staging<'a>> {
    let staging = device.staging().lend(piece.bytes());
    staging.map_err(|failure| device.fail(failure))
}

/// Queues the copies of a piece to its place.
fn write(
    stream: &Arc<Stream>,
    to: &Place<'_>,
    staging: &mut Staging<'_>,
    piece: &Pattern,
) -> Result<()> {
    let (address, memory) = (to.view.address(), staging.memory());
    let mut rows = piece.clone().unpack().rows();
    let queued = submit(stream, &[(to.view, Access::Write)], |stream| {
        rows.try_for_each(|rows| stream.copy_rows_to_device(address, memory, &rows))
    });
    // Also where it failed: some of it may have been queued.
    staging.in_use_until(stream.end());
    queued
        .map(drop)
        .map_err(|failure| to.view.device().fail(failure))
}

/// Queues the copies of a piece from its place; the point behind them.
fn read(
    stream: &Arc<Stream>,
    from: &Place<'_>,
    staging: &mut Staging<'_>,
    piece: &Pattern,
) -> Result<Point> {
    let (address, memory) = (from.view.address(), staging.memory());
    let mut rows = piece.clone().pack().rows();
    let queued = submit(stream, &[(from.view, Access::Read)], |stream| {
        rows.try_for_each(|rows| stream.copy_rows_to_host(memory, address, &rows))
    });
    staging.in_use_until(stream.end());
    let queued = queued.map_err(|failure| from.view.device().fail(failure));
    queued.map(|(point, ())| point)
}

/// A pattern between a device and the host, whose bytes the other side must have too.
fn check(
    device: &Device,
    pattern: Result<Option<Pattern>, String>,
    sizes: impl FnOnce(usize) -> (usize, usize),
) -> Result<Option<Pattern>> {
    let pattern = pattern.map_err(|why| invalid(device, why))?;
    let (from, to) = sizes(pattern.as_ref().map_or(0, Pattern::bytes));
    if from == to {
        return Ok(pattern);
    }
    let why = format!("can't copy {from} bytes to a place for {to}");
    Err(invalid(device, why))
}

fn invalid(device: &Device, why: String) -> GpuError {
    GpuError::new(GpuErrorKind::InvalidLayout { why }).on(device.id())
}
