//! How many threads a kernel is launched with, in which shape.

use std::fmt;

/// The shape of a launch: a grid of blocks of threads, and the shared memory of a block.
///
/// Anything goes here; what the device or the kernel can't do is an error of the launch. A grid in
/// which a dimension is zero has nothing to do: such a launch ends well and queues nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaunchConfig {
    /// Blocks in x, y and z.
    pub grid: (u32, u32, u32),
    /// Threads of a block in x, y and z.
    pub block: (u32, u32, u32),
    /// Dynamic shared memory of a block in bytes, beside what the kernel declares itself.
    pub shared_bytes: u32,
}

/// Threads of a block where the caller doesn't say: a multiple of the warp that leaves a
/// multiprocessor room for several blocks.
const THREADS: u32 = 256;
/// The side of a square block of that size.
const SIDE: u32 = 16;

impl LaunchConfig {
    /// A grid of `grid` blocks of `block` threads, without dynamic shared memory.
    ///
    /// ```
    /// use parla_gpu::LaunchConfig;
    ///
    /// let config = LaunchConfig::new((8, 8, 1), (16, 16, 1)).shared_bytes(4096);
    /// assert_eq!(config.threads(), 8 * 8 * 16 * 16);
    /// ```
    #[must_use]
    pub const fn new(grid: (u32, u32, u32), block: (u32, u32, u32)) -> Self {
        Self {
            grid,
            block,
            shared_bytes: 0,
        }
    }

    /// With so much dynamic shared memory a block.
    #[must_use]
    pub const fn shared_bytes(self, bytes: u32) -> Self {
        Self {
            shared_bytes: bytes,
            ..self
        }
    }

    /// Threads in the whole grid.
    #[must_use]
    pub const fn threads(&self) -> u128 {
        volume(self.grid) * volume(self.block)
    }

    pub(crate) const fn block_threads(&self) -> u128 {
        volume(self.block)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        volume(self.grid) == 0
    }
}

const fn volume((x, y, z): (u32, u32, u32)) -> u128 {
    x as u128 * y as u128 * z as u128
}

impl fmt::Display for LaunchConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            grid,
            block,
            shared_bytes,
        } = self;
        write!(
            f,
            "grid {}x{}x{} of blocks {}x{}x{} with {shared_bytes} bytes of shared memory",
            grid.0, grid.1, grid.2, block.0, block.1, block.2
        )
    }
}

/// At least `n` threads in one dimension, in blocks of 256. More than `2^31 - 1` blocks are more
/// than any device takes.
///
/// ```
/// use parla_gpu::grid_for;
///
/// assert_eq!(grid_for(1000).grid, (4, 1, 1));
/// assert_eq!(grid_for(1000).block, (256, 1, 1));
/// ```
#[must_use]
pub const fn grid_for(n: usize) -> LaunchConfig {
    LaunchConfig::new((blocks(n, THREADS), 1, 1), (THREADS, 1, 1))
}

/// At least `columns` by `rows` threads in x and y, in blocks of 16 by 16.
///
/// ```
/// use parla_gpu::grid_for_2d;
///
/// assert_eq!(grid_for_2d(100, 16).grid, (7, 1, 1));
/// ```
#[must_use]
pub const fn grid_for_2d(columns: usize, rows: usize) -> LaunchConfig {
    LaunchConfig::new(
        (blocks(columns, SIDE), blocks(rows, SIDE), 1),
        (SIDE, SIDE, 1),
    )
}

/// As many blocks as `n` threads need; what doesn't fit is held at the largest number, which the
/// launch refuses.
const fn blocks(n: usize, threads: u32) -> u32 {
    let blocks = n.div_ceil(threads as usize);
    if blocks > u32::MAX as usize {
        u32::MAX
    } else {
        blocks as u32
    }
}
