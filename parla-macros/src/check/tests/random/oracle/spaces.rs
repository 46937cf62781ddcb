//! Task spaces as the guide has them: which indices name a task, and what a slice selects.

use std::collections::BTreeMap;

use crate::check::tests::random::program::{Dim, Expr};

#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) shape: Option<Vec<i64>>,
    tasks: BTreeMap<Vec<i64>, usize>,
}

/// The indices of one dimension.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    At(i64),
    /// `end` is left out of the range.
    Range {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
}

/// What `dim` means where expressions have the values that `value` gives.
pub(crate) fn choose(dim: &Dim, value: &dyn Fn(&Expr) -> Option<i64>) -> Option<Choice> {
    match dim {
        Dim::At(index) => value(index).map(Choice::At),
        Dim::Range {
            start,
            end,
            is_inclusive,
            step,
        } => {
            let bound = |it: &Option<Expr>| match it {
                None => Some(None),
                Some(it) => value(it).map(Some),
            };
            let (start, end) = (bound(start)?, bound(end)?);
            Some(Choice::Range {
                start,
                end: end.map(|it| it + i64::from(*is_inclusive)),
                step: step.unwrap_or(1),
            })
        }
    }
}

impl Choice {
    pub(crate) fn is_index(&self) -> bool {
        matches!(self, Self::At(_))
    }

    /// Whether it has no far end of its own.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::At(_) => false,
            Self::Range { end, step, .. } if *step > 0 => end.is_none(),
            Self::Range { start, .. } => start.is_none(),
        }
    }

    /// Its indices from 0 to before `extent`.
    pub(crate) fn indices(&self, extent: i64) -> Vec<i64> {
        let inside = |index: &i64| (0..extent).contains(index);
        match *self {
            Self::At(index) => Some(index).into_iter().filter(inside).collect(),
            Self::Range { start, end, step } => {
                let start = start.unwrap_or(if step > 0 { 0 } else { extent - 1 });
                let goes_on = |index: &i64| match end {
                    Some(end) if step > 0 => *index < end,
                    Some(end) => *index > end,
                    None if step > 0 => *index < extent,
                    None => *index >= 0,
                };
                let all = std::iter::successors(Some(start), |it| Some(it + step));
                all.take_while(goes_on).filter(inside).collect()
            }
        }
    }

    /// An extent that has all of its indices.
    pub(crate) fn room(&self) -> i64 {
        match *self {
            Self::At(index) => index + 1,
            Self::Range { start, end, .. } => start.max(end).unwrap_or(0) + 1,
        }
    }
}

impl Space {
    pub(crate) fn new(shape: Option<Vec<i64>>) -> Self {
        Self {
            shape,
            tasks: BTreeMap::new(),
        }
    }

    /// Whether that number of indices is a mistake.
    pub(crate) fn refuses(&self, count: usize) -> bool {
        self.shape.as_ref().is_some_and(|it| it.len() != count)
    }

    /// Whether `at` names a task.
    pub(crate) fn contains(&self, at: &[i64]) -> bool {
        let is_natural = at.iter().all(|index| *index >= 0);
        let fits = self.shape.as_ref().is_none_or(|extents| {
            extents.len() == at.len() && at.iter().zip(extents).all(|(it, extent)| it < extent)
        });
        is_natural && fits
    }

    pub(crate) fn task(&self, at: &[i64]) -> Option<usize> {
        self.tasks.get(at).copied()
    }

    pub(crate) fn add(&mut self, at: Vec<i64>, task: usize) {
        self.tasks.insert(at, task);
    }

    /// All places that anything has named, with their tasks.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Vec<i64>, usize)> {
        self.tasks.iter().map(|(at, task)| (at, *task))
    }

    /// The places of a slice: with an open range in a space without a shape those of `existing`.
    pub(crate) fn select(&self, choices: &[Choice], existing: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let is_among_existing = self.shape.is_none() && choices.iter().any(Choice::is_open);
        if is_among_existing {
            let same: Vec<_> = existing
                .iter()
                .filter(|at| at.len() == choices.len())
                .collect();
            let chosen = |d: usize, choice: &Choice| {
                let highest = same.iter().map(|at| at[d]).max();
                choice.indices(highest.map_or(0, |it| it + 1))
            };
            let chosen: Vec<_> = choices
                .iter()
                .enumerate()
                .map(|(d, choice)| chosen(d, choice))
                .collect();
            let is_chosen =
                |at: &&&Vec<i64>| at.iter().zip(&chosen).all(|(it, of)| of.contains(it));
            return same
                .iter()
                .filter(is_chosen)
                .map(|at| at.to_vec())
                .collect();
        }
        let mut places = vec![Vec::new()];
        for (d, choice) in choices.iter().enumerate() {
            let extent = self.shape.as_ref().map_or(choice.room(), |it| it[d]);
            let indices = choice.indices(extent);
            let longer = |place: &Vec<i64>| {
                let place = place.clone();
                indices.iter().map(move |index| {
                    let mut longer = place.clone();
                    longer.push(*index);
                    longer
                })
            };
            places = places.iter().flat_map(longer).collect();
        }
        places
    }
}
