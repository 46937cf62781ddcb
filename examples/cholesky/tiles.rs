//! A symmetric matrix as square tiles, of which only those on and below the diagonal are kept.

use std::ops::Range;

use nalgebra::DMatrix;

use crate::kernels::{Tile, read};

/// The lower half of a symmetric matrix in tiles; the last row of tiles may be shorter.
#[derive(Debug)]
pub(crate) struct TiledMatrix {
    order: usize,
    block: usize,
    /// Row by row.
    tiles: Vec<Tile>,
}

impl TiledMatrix {
    /// Cuts a square matrix into tiles of order `block`, or a single one if it is smaller.
    pub(crate) fn lower_part_of(a: &DMatrix<f64>, block: usize) -> Self {
        let order = a.nrows();
        let mut this = Self {
            order,
            block: block.min(order),
            tiles: Vec::new(),
        };
        for i in 0..this.len() {
            for j in 0..=i {
                let (rows, columns) = (this.span(i), this.span(j));
                let tile = a.view((rows.start, columns.start), (rows.len(), columns.len()));
                this.tiles.push(Tile::new(tile.into_owned()));
            }
        }
        this
    }

    /// The number of rows of tiles.
    pub(crate) fn len(&self) -> usize {
        self.order.div_ceil(self.block)
    }

    /// The order of a tile.
    pub(crate) fn block(&self) -> usize {
        self.block
    }

    /// The tile in row `i` and column `j`, which must not be above the diagonal.
    pub(crate) fn tile(&self, i: usize, j: usize) -> &Tile {
        assert!(j <= i, "only the lower half is kept");
        &self.tiles[i * (i + 1) / 2 + j]
    }

    /// The rows of the matrix that the tiles of row `i` hold.
    fn span(&self, i: usize) -> Range<usize> {
        i * self.block..((i + 1) * self.block).min(self.order)
    }

    /// `‖A − L·Lᵀ‖ / ‖A‖` in the Frobenius norm, where this is `L` and `A` is symmetric.
    pub(crate) fn backward_error(&self, a: &DMatrix<f64>) -> f64 {
        let mut squares = 0.0;
        for i in 0..self.len() {
            for j in 0..=i {
                let (rows, columns) = (self.span(i), self.span(j));
                let tile = a.view((rows.start, columns.start), (rows.len(), columns.len()));
                let mut difference = tile.into_owned();
                for k in 0..=j {
                    let transposed = read(self.tile(j, k)).transpose();
                    difference.gemm(-1.0, &*read(self.tile(i, k)), &transposed, 1.0);
                }
                // A tile below the diagonal stands for its mirror image as well.
                let times = if i == j { 1.0 } else { 2.0 };
                squares += times * difference.norm_squared();
            }
        }
        squares.sqrt() / a.norm()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_lower_half_once() {
        for (order, block) in [(1, 1), (1, 5), (6, 3), (7, 3), (8, 3), (5, 1)] {
            let a = DMatrix::from_fn(order, order, |i, j| (10 * i + j) as f64);
            let tiled = TiledMatrix::lower_part_of(&a, block);
            for (i, j) in (0..order).flat_map(|i| (0..=i).map(move |j| (i, j))) {
                let b = tiled.block();
                let tile = read(tiled.tile(i / b, j / b));
                assert_eq!(
                    tile[(i % b, j % b)],
                    a[(i, j)],
                    "{i}, {j} of {order} by {block}"
                );
            }
        }
    }

    #[test]
    fn backward_error_is_zero_for_exact_factors_only() {
        let l = DMatrix::from_fn(5, 5, |i, j| if j <= i { (i + j + 1) as f64 } else { 0.0 });
        let mut a = &l * l.transpose();
        let tiled = TiledMatrix::lower_part_of(&l, 2);
        assert_eq!(tiled.backward_error(&a), 0.0);
        a[(4, 0)] += 1.0;
        a[(0, 4)] += 1.0;
        let expected = 2f64.sqrt() / a.norm();
        assert!((tiled.backward_error(&a) - expected).abs() < 1e-15);
    }
}
