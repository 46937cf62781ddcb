//! Some indices along one axis, evenly spaced. Pure.

use std::fmt;

use smallvec::{SmallVec, smallvec};

/// Every `step`-th index from `start` on, `len` of them. In one form only: an empty span is that of
/// length zero from zero on, and the step of fewer than two indices is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Span {
    start: usize,
    len: usize,
    step: usize,
}

impl Span {
    /// No index.
    pub(crate) const EMPTY: Self = Self {
        start: 0,
        len: 0,
        step: 1,
    };

    /// `len` indices from `start` on, `step` apart; a step of zero counts as one. Indices that no
    /// `usize` can be are left out.
    pub(crate) fn new(start: usize, len: usize, step: usize) -> Self {
        if len == 0 {
            return Self::EMPTY;
        }
        let beyond = usize::MAX - start;
        let len = match step {
            0 | 1 => (len - 1).min(beyond) + 1,
            _ => (len - 1).min(beyond / step) + 1,
        };
        Self {
            start,
            len,
            step: if len == 1 { 1 } else { step.max(1) },
        }
    }

    /// The indices from `first` to `last`, both included, `step` apart.
    fn between(first: usize, last: usize, step: usize) -> Self {
        debug_assert!(first <= last, "{first} comes before {last}");
        // That 0..=usize::MAX has one too many for a length matters to no array.
        Self::new(first, ((last - first) / step).saturating_add(1), step)
    }

    pub(crate) fn start(self) -> usize {
        self.start
    }

    pub(crate) fn len(self) -> usize {
        self.len
    }

    pub(crate) fn step(self) -> usize {
        self.step
    }

    /// The last index of one that is not empty.
    pub(crate) fn last(self) -> usize {
        self.start + self.len.saturating_sub(1) * self.step
    }

    pub(crate) fn contains(self, index: usize) -> bool {
        self.len > 0
            && (self.start..=self.last()).contains(&index)
            && (index - self.start).is_multiple_of(self.step)
    }

    /// Whether all of the other's indices are among these.
    pub(crate) fn covers(self, other: Self) -> bool {
        if other.len == 0 {
            return true;
        }
        self.contains(other.start)
            && self.contains(other.last())
            && (other.len == 1 || other.step.is_multiple_of(self.step))
    }

    /// The indices of a span that are counted along this one, as they are counted where this one
    /// is: what `x[a][b]` is of `x`. Those beyond the end are left out.
    pub(crate) fn select(self, of: Self) -> Self {
        if of.start >= self.len {
            return Self::EMPTY;
        }
        let len = of.len.min((self.len - 1 - of.start) / of.step + 1);
        let step = of.step.saturating_mul(self.step);
        Self::new(self.start + of.start * self.step, len, step)
    }

    /// The reverse of [`select`](Self::select), for one that this covers.
    pub(crate) fn relative_to(self, outer: Self) -> Self {
        debug_assert!(outer.covers(self), "{self:?} lies within {outer:?}");
        match self.len {
            0 => Self::EMPTY,
            _ => Self::new(
                (self.start - outer.start) / outer.step,
                self.len,
                self.step / outer.step,
            ),
        }
    }

    /// Whether some index is in both.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        if self.len == 0 || other.len == 0 {
            return false;
        }
        if self.start > other.last() || other.start > self.last() {
            return false;
        }
        match (self.step, other.step) {
            (1, 1) => true,
            (a, b) if a == b => self.start.abs_diff(other.start).is_multiple_of(a),
            _ => self.intersect(other).len > 0,
        }
    }

    /// The indices in both.
    pub(crate) fn intersect(self, other: Self) -> Self {
        let from = self.start.max(other.start);
        let last = self.last().min(other.last());
        if self.len == 0 || other.len == 0 || from > last {
            return Self::EMPTY;
        }
        if self.step == 1 && other.step == 1 {
            return Self::between(from, last, 1);
        }
        match self.meet(other, from) {
            Some((first, step)) if first <= last => Self::between(first, last, step),
            _ => Self::EMPTY,
        }
    }

    /// The first index from `from` on that both would have if they had no end, and the step from
    /// one such index to the next. `from` is in the bounds of both.
    fn meet(self, other: Self, from: usize) -> Option<(usize, usize)> {
        let (fine, coarse) = match self.step <= other.step {
            true => (self, other),
            false => (other, self),
        };
        let distance = coarse.start.abs_diff(fine.start);
        if coarse.step.is_multiple_of(fine.step) {
            let first = coarse.start + (from - coarse.start).div_ceil(coarse.step) * coarse.step;
            return distance
                .is_multiple_of(fine.step)
                .then_some((first, coarse.step));
        }
        // Two congruences. Modulo `fine.step / divisor`, how many steps of `coarse` lead to an index
        // of `fine` is the distance times an inverse.
        let (divisor, inverse) = divisor_and_inverse(coarse.step, fine.step);
        if !distance.is_multiple_of(divisor) {
            return None;
        }
        let modulus = (fine.step / divisor) as u128;
        let mut steps = (distance / divisor) as u128 % modulus * inverse as u128 % modulus;
        if coarse.start > fine.start && steps > 0 {
            steps = modulus - steps;
        }
        let first = coarse.start as u128 + steps * coarse.step as u128;
        let step = modulus * coarse.step as u128;
        let missing = (from as u128).saturating_sub(first).div_ceil(step);
        let first = first.checked_add(missing.checked_mul(step)?)?;
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        Some((usize::try_from(first).ok()?, step))
    }

    /// The indices that the other lacks, as few spans as are easily had. They have none in common.
    pub(crate) fn subtract(self, other: Self) -> SmallVec<[Self; 2]> {
        let common = self.intersect(other);
        if common.len == 0 {
            return match self.len {
                0 => SmallVec::new(),
                _ => smallvec![self],
            };
        }
        let (first, last, step) = {
            let within = common.relative_to(self);
            (within.start, within.last(), within.step)
        };
        let gaps = common.len - 1;
        let is_class = first < step && self.len - last <= step;
        let mut left: SmallVec<[Self; 2]> = if is_class && step - 1 <= gaps {
            // All with the same remainder are gone; those with another stay.
            let class = |start| Self::new(start, (self.len - 1 - start) / step + 1, step);
            (0..step)
                .filter(|&start| start != first)
                .map(class)
                .collect()
        } else {
            // What is before, what is behind, and either what is between one common index and the
            // next, or by remainder.
            let around = [
                Self::new(0, first, 1),
                Self::new(last + 1, self.len - 1 - last, 1),
            ];
            let gap = |k| Self::new(first + k * step + 1, step - 1, 1);
            let class = |offset| Self::new(first + offset, gaps, step);
            match gaps < step - 1 {
                true => around.into_iter().chain((0..gaps).map(gap)).collect(),
                false => around.into_iter().chain((1..step).map(class)).collect(),
            }
        };
        left.retain(|span| span.len > 0);
        for span in &mut left {
            *span = self.select(*span);
        }
        left
    }

    /// The span of all indices of the two, if there is one.
    pub(crate) fn merge(self, other: Self) -> Option<Self> {
        if self.covers(other) {
            return Some(self);
        }
        if other.covers(self) {
            return Some(other);
        }
        let count = self.len + other.len - self.intersect(other).len;
        let first = self.start.min(other.start);
        let distance = self.last().max(other.last()) - first;
        if !distance.is_multiple_of(count - 1) {
            return None;
        }
        let merged = Self::new(first, count, distance / (count - 1));
        (merged.covers(self) && merged.covers(other)).then_some(merged)
    }
}

/// As the macros write it: the end is excluded, and a step follows it if it is not one.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.len {
            0 => self.start,
            _ => self.last().saturating_add(1),
        };
        write!(f, "{}..{end}", self.start)?;
        match self.step {
            1 => Ok(()),
            step => write!(f, "; {step}"),
        }
    }
}

/// The greatest common divisor, and the inverse of `a / divisor` modulo `b / divisor`: the extended
/// algorithm of Euclid. `b` is not zero.
fn divisor_and_inverse(a: usize, b: usize) -> (usize, usize) {
    // Always: `value` is congruent to `factor * a` modulo `b`. No factor is greater than `b`.
    let (mut value, mut factor) = (a as i128, 1_i128);
    let (mut next_value, mut next_factor) = (b as i128, 0_i128);
    while next_value != 0 {
        let quotient = value / next_value;
        (value, next_value) = (next_value, value - quotient * next_value);
        (factor, next_factor) = (next_factor, factor - quotient * next_factor);
    }
    let inverse = factor.rem_euclid(b as i128 / value);
    (value as usize, inverse as usize)
}
