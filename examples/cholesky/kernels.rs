//! The four steps on tiles. Each is an ordinary function that `#[task]` lets the graph spawn.

use std::fmt;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use nalgebra::{Cholesky, DMatrix};
use parla::prelude::*;

/// A part of the matrix, shared by the tasks.
///
/// The dependencies of the graph order all accesses to a tile, so that nobody ever waits for a
/// lock: it is there to let the compiler, which does not know the graph, accept the sharing, and
/// finding it taken means that a dependency has been forgotten.
pub(crate) type Tile = RwLock<DMatrix<f64>>;

pub(crate) fn read(tile: &Tile) -> RwLockReadGuard<'_, DMatrix<f64>> {
    tile.try_read()
        .expect("no task writes a tile that another reads")
}

fn write(tile: &Tile) -> RwLockWriteGuard<'_, DMatrix<f64>> {
    tile.try_write()
        .expect("no task writes a tile that another uses")
}

/// A diagonal tile, less what the columns before it contribute, has no Cholesky factor; so neither
/// has the matrix.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotPositiveDefinite {
    /// Row and column of the tile.
    tile: usize,
}

impl fmt::Display for NotPositiveDefinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "A[{0}, {0}] is not positive definite, nor is the matrix",
            self.tile
        )
    }
}

impl std::error::Error for NotPositiveDefinite {}

/// `A := L` with `A = L·Lᵀ`, for the diagonal tile in row and column `j`.
#[task]
pub(crate) fn potrf(a: &Tile, j: usize) -> Result<(), NotPositiveDefinite> {
    let mut a = write(a);
    let factor = Cholesky::new(a.clone_owned()).ok_or(NotPositiveDefinite { tile: j })?;
    *a = factor.l();
    Ok(())
}

/// `A := A·L⁻ᵀ`, with `L` lower triangular.
#[task]
pub(crate) fn trsm(a: &Tile, l: &Tile) {
    let mut a = write(a);
    let mut transposed = a.transpose();
    let solved = read(l).solve_lower_triangular_mut(&mut transposed);
    debug_assert!(solved, "a Cholesky factor has no zero on its diagonal");
    transposed.transpose_to(&mut a);
}

/// `C := C − A·Aᵀ`, for a diagonal tile `C`.
#[task]
pub(crate) fn syrk(c: &Tile, a: &Tile) {
    let a = read(a);
    write(c).gemm(-1.0, &*a, &a.transpose(), 1.0);
}

/// `C := C − A·Bᵀ`.
#[task]
pub(crate) fn gemm(c: &Tile, a: &Tile, b: &Tile) {
    write(c).gemm(-1.0, &*read(a), &read(b).transpose(), 1.0);
}
