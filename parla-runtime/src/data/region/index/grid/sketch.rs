//! What a box has of a cell, in few bytes: most boxes in a cell are told apart without a look at
//! their regions. Pure.

use super::Stretch;

/// The part of a cell that a box has along the first three axes. Exact in cells up to 2^16 long,
/// else a little more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sketch {
    low: [u16; 3],
    high: [u16; 3],
}

impl Sketch {
    /// In the cell there.
    pub(super) fn of(stretches: &[Stretch], at: &[usize]) -> Self {
        let mut sketch = Self {
            low: [0; 3],
            high: [u16::MAX; 3],
        };
        for (axis, (stretch, &at)) in std::iter::zip(stretches, at).take(3).enumerate() {
            // So far that the size fits.
            let by = (usize::BITS - (stretch.size - 1).leading_zeros()).saturating_sub(u16::BITS);
            if at == stretch.first {
                sketch.low[axis] = (stretch.low >> by) as u16;
            }
            if at == stretch.last {
                sketch.high[axis] = (stretch.high >> by) as u16;
            }
        }
        sketch
    }

    /// False if they don't, in the same cell.
    pub(super) fn may_overlap(self, other: Self) -> bool {
        (0..3).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }
}
