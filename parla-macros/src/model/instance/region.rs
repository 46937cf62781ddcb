//! Regions of arrays whose shape nobody knows.

use std::fmt;

/// Along each axis some elements; axes that are left out belong to it as a whole.
#[derive(Debug)]
pub(crate) struct Region {
    /// `None` is an axis of which nothing is known.
    axes: Vec<Option<Elements>>,
}

/// Elements of an axis: from `first` on, each `step`th.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elements {
    first: i64,
    /// The first that is left out; without it, all there are.
    end: Option<i64>,
    step: i64,
    /// Whether it is written as an index, which the array must have.
    is_index: bool,
}

impl Elements {
    /// All of an axis.
    const ALL: Self = Self {
        first: 0,
        end: None,
        step: 1,
        is_index: false,
    };

    /// One; `None` if no array has it.
    pub(super) fn at(index: i64) -> Option<Self> {
        Some(Self {
            first: index,
            end: Some(index.checked_add(1)?),
            step: 1,
            is_index: true,
        })
        .filter(|_| index >= 0)
    }

    /// A range, clipped below; `None` if it makes no sense.
    pub(super) fn range(start: i64, end: Option<i64>, step: i64) -> Option<Self> {
        let is_sound = step > 0 && start > i64::MIN;
        let below = (-start.max(-i64::MAX)).max(0) as u64;
        let skipped = below.checked_next_multiple_of(step.max(1) as u64)?;
        is_sound.then_some(Self {
            first: start.checked_add_unsigned(skipped)?,
            end,
            step,
            is_index: false,
        })
    }

    fn is_empty(self) -> bool {
        self.end.is_some_and(|end| end <= self.first)
    }

    /// The first element that both have.
    fn first_common(self, other: Self) -> Option<i64> {
        /// How many are tried where steps differ.
        const MOST: i64 = 4096;
        let (low, high) = match self.first <= other.first {
            true => (self, other),
            false => (other, self),
        };
        let ends = [low.end, high.end].into_iter().flatten();
        let end = ends.min().unwrap_or(i64::MAX);
        let candidates = (0..low.step.min(MOST)).map_while(|k| {
            let at = high.first.checked_add(high.step.checked_mul(k)?)?;
            (at < end).then_some(at)
        });
        let is_in_low = |at: &i64| (at - low.first) % low.step == 0;
        candidates.into_iter().find(is_in_low)
    }
}

impl Region {
    pub(super) fn new(axes: Vec<Option<Elements>>) -> Self {
        Self { axes }
    }

    /// Whether it is known to have no elements.
    pub(super) fn is_empty(&self) -> bool {
        self.axes.iter().flatten().any(|it| it.is_empty())
    }

    /// How many axes are written out.
    pub(crate) fn axes(&self) -> usize {
        self.axes.len()
    }

    fn axis(&self, axis: usize) -> Option<Elements> {
        self.axes.get(axis).copied().unwrap_or(Some(Elements::ALL))
    }

    /// The first element along an axis, as far as it is known; an unknown one may be any.
    pub(crate) fn first(&self, axis: usize) -> i64 {
        self.axis(axis).map_or(0, |it| it.first)
    }

    /// An element along an axis that a program which works has: an index that it names, or, if the
    /// region is written to, where a range with two ends begins. Others may be clipped to nothing.
    pub(crate) fn sure(&self, axis: usize, is_written: bool) -> i64 {
        let sure = |it: &Elements| it.is_index || is_written && it.end.is_some();
        self.axis(axis).filter(sure).map_or(0, |it| it.first)
    }

    /// The smallest element that both have, if it is known that they have one in common.
    pub(crate) fn first_common(&self, other: &Self) -> Option<Vec<i64>> {
        let axes = 0..self.axes().max(other.axes());
        axes.map(|axis| self.axis(axis)?.first_common(other.axis(axis)?))
            .collect()
    }
}

impl fmt::Display for Region {
    /// `[2, 4..8]`, or nothing for all of an array.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.axes.is_empty() {
            return Ok(());
        }
        let axes: Vec<_> = self.axes.iter().map(shown).collect();
        write!(f, "[{}]", axes.join(", "))
    }
}

fn shown(axis: &Option<Elements>) -> String {
    let Some(it) = axis else {
        return "…".to_owned();
    };
    if it.is_index {
        return it.first.to_string();
    }
    let start = match (it.first, it.end) {
        (0, None) => String::new(),
        (first, _) => first.to_string(),
    };
    let end = it.end.map_or_else(String::new, |end| end.to_string());
    match it.step {
        1 => format!("{start}..{end}"),
        step => format!("{start}..{end}; {step}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: i64, end: impl Into<Option<i64>>, step: i64) -> Elements {
        Elements::range(start, end.into(), step).unwrap()
    }

    fn members(of: Elements) -> Vec<i64> {
        let end = of.end.unwrap_or(100).min(100);
        (of.first..end).step_by(of.step as usize).collect()
    }

    #[test]
    fn the_first_common_element_is_that_of_the_lists() {
        let mut some = vec![
            Elements::ALL,
            Elements::at(0).unwrap(),
            Elements::at(5).unwrap(),
        ];
        for start in -3..4 {
            for end in [None, Some(-1), Some(2), Some(7), Some(9)] {
                some.extend([1, 2, 3, 5].map(|step| range(start, end, step)));
            }
        }
        for &one in &some {
            for &other in &some {
                let theirs = members(other);
                let common = members(one).into_iter().find(|it| theirs.contains(it));
                assert_eq!(one.first_common(other), common, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_start_below_keeps_its_phase() {
        assert_eq!(members(range(-3, 6, 2)), [1, 3, 5]);
        assert_eq!(members(range(-4, 6, 2)), [0, 2, 4]);
    }

    #[test]
    fn what_makes_no_sense_is_unknown() {
        assert_eq!(Elements::at(-1), None);
        assert_eq!(Elements::at(i64::MAX), None);
        for step in [0, -1, i64::MIN] {
            assert_eq!(Elements::range(0, None, step), None);
        }
        assert_eq!(Elements::range(i64::MIN, None, 1), None);
    }

    #[test]
    fn axes_that_are_left_out_are_whole() {
        let rows = Region::new(vec![Some(range(2, 4, 1))]);
        let column = Region::new(vec![Some(Elements::ALL), Elements::at(7)]);
        assert_eq!(rows.first_common(&column), Some(vec![2, 7]));
        let unknown = Region::new(vec![None]);
        assert_eq!(unknown.first_common(&column), None);
        assert_eq!(column.to_string(), "[.., 7]");
    }
}
