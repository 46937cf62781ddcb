//! Regions of arrays: for each axis a span of indices. Exact for steps too. Pure.
//!
//! ```text
//! span     some indices along one axis
//! tiles    how an array is split into parts
//! index    the regions in use: which of them overlap a given one
//! ```

mod index;
mod span;
mod tiles;

use std::fmt;
use std::iter::zip;

use smallvec::{SmallVec, smallvec};

pub(crate) use index::{Key, RegionIndex};
pub(crate) use span::Span;
pub(crate) use tiles::{Cut, Tiles};

/// The elements of an array whose index along each axis is in the span of that axis. An empty one
/// has an empty span in some axis; the others keep their lengths, as those of an array without elements
/// do.
///
/// Where two regions come together, they are of the same array, and so have as many axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Region(SmallVec<[Span; 2]>);

impl Region {
    /// One span for each axis. Without an axis it is a single element.
    pub(crate) fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        Self(spans.into_iter().collect())
    }

    /// All elements of an array of that shape.
    pub(crate) fn whole(shape: &[usize]) -> Self {
        Self::new(shape.iter().map(|&len| Span::new(0, len, 1)))
    }

    /// By axis.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.0
    }

    /// The number of elements along each axis.
    pub(crate) fn shape(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|span| span.len())
    }

    /// The number of elements.
    pub(crate) fn count(&self) -> usize {
        self.shape().fold(1, usize::saturating_mul)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().any(|span| span.len() == 0)
    }

    /// Whether all elements of the other are in this one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        other.is_empty() || self.along(other).all(|(a, b)| a.covers(b))
    }

    /// Whether some element is in both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.along(other).all(|(a, b)| a.overlaps(b))
    }

    /// The elements in both.
    pub(crate) fn intersect(&self, other: &Self) -> Self {
        Self::new(self.along(other).map(|(a, b)| a.intersect(b)))
    }

    /// The elements that the other lacks, as regions that have none in common. Of boxes (all steps
    /// one) there are at most two for each axis. They are cut off along the first axis first, so that
    /// most of them is in one piece in memory.
    pub(crate) fn subtract(&self, other: &Self) -> SmallVec<[Self; 2]> {
        let common = self.intersect(other);
        if common.is_empty() {
            return match self.is_empty() {
                true => SmallVec::new(),
                false => smallvec![self.clone()],
            };
        }
        let mut left = SmallVec::new();
        let mut rest = self.clone();
        for (axis, within) in common.0.iter().enumerate() {
            for span in rest.0[axis].subtract(*within) {
                let mut part = rest.clone();
                part.0[axis] = span;
                left.push(part);
            }
            rest.0[axis] = *within;
        }
        left
    }

    /// The region of all elements of the two, if there is one.
    pub(crate) fn merge(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            return Some(self.clone());
        }
        if other.covers(self) {
            return Some(other.clone());
        }
        // Neither covers the other: if they differ along two axes, something is missing.
        let mut differing = (0..self.0.len()).filter(|&axis| self.0[axis] != other.0[axis]);
        let (axis, None) = (differing.next()?, differing.next()) else {
            return None;
        };
        let mut merged = self.clone();
        merged.0[axis] = self.0[axis].merge(other.0[axis])?;
        Some(merged)
    }

    /// The region whose indices are counted within this one, as a region of the array.
    pub(crate) fn select(&self, of: &Self) -> Self {
        Self::new(self.along(of).map(|(outer, inner)| outer.select(inner)))
    }

    /// This region, which lies within `outer`, by the indices that count within that.
    pub(crate) fn relative_to(&self, outer: &Self) -> Self {
        Self::new(
            self.along(outer)
                .map(|(span, outer)| span.relative_to(outer)),
        )
    }

    /// The spans of both, by axis.
    fn along(&self, other: &Self) -> impl Iterator<Item = (Span, Span)> {
        debug_assert_eq!(self.0.len(), other.0.len(), "regions of the same array");
        zip(self.0.iter().copied(), other.0.iter().copied())
    }
}

/// As the macros write it: `[0..4, 2..9; 2]`.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (axis, span) in self.0.iter().enumerate() {
            let comma = if axis == 0 { "" } else { ", " };
            write!(f, "{comma}{span}")?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests;
