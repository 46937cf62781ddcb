//! How many blocks of a kernel a multiprocessor has room for at once.

use super::{Function, function};
use crate::device::attributes;

/// Blocks of so many threads and bytes of dynamic shared memory that one multiprocessor has room for.
pub(crate) fn blocks(function: &Function, threads: u32, shared: u64) -> u32 {
    if threads == 0 || threads > function.max_threads() {
        return 0;
    }
    let kernel = function.kernel();
    let warps = threads.div_ceil(attributes::WARP);
    let by_threads = attributes::THREADS_PER_MULTIPROCESSOR / attributes::WARP / warps;
    let registers = function::registers(kernel.registers) * attributes::WARP * warps;
    let by_registers = attributes::REGISTERS / registers;
    let shared = shared + u64::from(kernel.static_shared_bytes + attributes::SHARED_RESERVED);
    let by_shared = u64::from(attributes::SHARED_PER_MULTIPROCESSOR) / shared;
    let by_shared = u32::try_from(by_shared).unwrap_or(u32::MAX);
    by_threads
        .min(by_registers)
        .min(by_shared)
        .min(attributes::BLOCKS_PER_MULTIPROCESSOR)
}

/// The size of a block, a multiple of a warp and at most the limit, with which most threads run at
/// once, and the blocks that fill the device. The function says how much shared memory a block needs.
pub(crate) fn best_block(
    function: &Function,
    limit: u32,
    shared: impl Fn(u32) -> u64,
) -> (u32, u32) {
    let most = function.max_threads();
    let most = if limit == 0 { most } else { most.min(limit) };
    let sizes = (1..=most / attributes::WARP).map(|warps| warps * attributes::WARP);
    // Of a limit below a warp, all threads.
    let sizes = sizes.chain((most < attributes::WARP).then_some(most));
    let with_blocks = sizes.map(|size| (size, blocks(function, size, shared(size))));
    let best = with_blocks.max_by_key(|(size, blocks)| (size * blocks, *size));
    let (size, blocks) = best.unwrap_or((0, 0));
    (size, blocks * attributes::MULTIPROCESSORS)
}
