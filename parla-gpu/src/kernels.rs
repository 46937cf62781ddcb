//! Kernels that come along: vectors, matrices, stencils, reductions, the steps of a blocked Cholesky
//! factorisation.
//!
//! Each takes the GPU and the shape of the launch, then what its source declares. It is queued on the
//! stream of the task and returns at once.
//!
//! A kernel knows no length of a slice: it reads and writes as much as its sizes say, so the slices
//! must be as long as that. Matrices are in row-major order.
//!
//! ```
//! use parla_gpu::{DeviceBuffer, Gpu, Result, grid_for, kernels::blas};
//!
//! fn add(gpu: &Gpu, x: &DeviceBuffer<f32>, y: &mut DeviceBuffer<f32>) -> Result<()> {
//!     let n = x.len().min(y.len());
//!     blas::saxpy(gpu, grid_for(n), n as u32, 1.0, x, y)
//! }
//! ```

use crate::LaunchConfig;

parla_macros::kernels! {
    crate = crate;

    /// Vectors: level 1 of BLAS.
    pub mod blas = "kernels/blas.cu";

    /// Products of matrices in tiles: level 3 of BLAS.
    pub mod gemm = "kernels/gemm.cu";

    /// Steps of stencils.
    pub mod stencil = "kernels/stencil.cu";

    /// Reductions to one value, the same bits each time.
    pub mod reduce = "kernels/reduce.cu";

    /// Transposition of matrices.
    pub mod transpose = "kernels/transpose.cu";

    /// Steps of a blocked Cholesky factorisation, beside the products of [`gemm`].
    pub mod cholesky = "kernels/cholesky.cu";
}

/// A block of 16 by 16 threads for each tile of 64 by 64 elements: the shape of the kernels of
/// [`gemm`] for a result of `rows` by `columns` elements.
///
/// ```
/// use parla_gpu::kernels::grid_for_tiles;
///
/// let config = grid_for_tiles(100, 640);
/// assert_eq!((config.grid, config.block), ((10, 2, 1), (16, 16, 1)));
/// ```
#[must_use]
pub const fn grid_for_tiles(rows: u32, columns: u32) -> LaunchConfig {
    LaunchConfig::new((columns.div_ceil(64), rows.div_ceil(64), 1), (16, 16, 1))
}
