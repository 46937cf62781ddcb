//! How well kernels fill a device.

use super::entries;
use crate::abi::{Out, SharedOfBlock};
use crate::codes::Code;
use crate::device::attributes;
use crate::handle::Handle;
use crate::module::{Function, occupancy};

entries! { $ occupancy_entries;

fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
    blocks: Out<i32>,
    function: Handle,
    threads: i32,
    shared: usize,
) {
    active_blocks(blocks, function, threads, shared)
}

fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    blocks: Out<i32>,
    function: Handle,
    threads: i32,
    shared: usize,
    _flags: u32,
) {
    active_blocks(blocks, function, threads, shared)
}

fn cuOccupancyMaxPotentialBlockSize(
    grid: Out<i32>,
    block: Out<i32>,
    function: Handle,
    shared_of_block: SharedOfBlock,
    shared: usize,
    limit: i32,
) {
    best_block(grid, block, function, shared_of_block, shared, limit)
}

fn cuOccupancyMaxPotentialBlockSizeWithFlags(
    grid: Out<i32>,
    block: Out<i32>,
    function: Handle,
    shared_of_block: SharedOfBlock,
    shared: usize,
    limit: i32,
    _flags: u32,
) {
    best_block(grid, block, function, shared_of_block, shared, limit)
}

fn cuOccupancyAvailableDynamicSMemPerBlock(
    bytes: Out<usize>,
    function: Handle,
    blocks: i32,
    threads: i32,
) {
    bytes.check()?;
    let function = Function::find(function)?;
    let (blocks, threads) = (positive(blocks)?, positive(threads)?);
    if blocks > occupancy::blocks(&function, threads, 0) {
        return Err(Code::INVALID_VALUE);
    }
    let fixed = function.kernel().static_shared_bytes;
    let of_each = attributes::SHARED_PER_MULTIPROCESSOR / blocks;
    let of_each = of_each.saturating_sub(attributes::SHARED_RESERVED);
    bytes.set(of_each.min(attributes::SHARED_PER_BLOCK_OPT_IN).saturating_sub(fixed) as usize)
}
}

fn positive(number: i32) -> Result<u32, Code> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or(Code::INVALID_VALUE)
}

fn active_blocks(
    blocks: Out<i32>,
    function: Handle,
    threads: i32,
    shared: usize,
) -> Result<(), Code> {
    blocks.check()?;
    let function = Function::find(function)?;
    let active = occupancy::blocks(&function, positive(threads)?, shared as u64);
    blocks.set(active.cast_signed())
}

fn best_block(
    grid: Out<i32>,
    block: Out<i32>,
    function: Handle,
    shared_of_block: SharedOfBlock,
    shared: usize,
    limit: i32,
) -> Result<(), Code> {
    grid.check()?;
    block.check()?;
    let limit = u32::try_from(limit).map_err(|_| Code::INVALID_VALUE)?;
    let function = Function::find(function)?;
    let shared = |threads: u32| shared_of_block.call(threads.cast_signed(), shared) as u64;
    let (threads, blocks) = occupancy::best_block(&function, limit, shared);
    grid.set(blocks.cast_signed())?;
    block.set(threads.cast_signed())
}
