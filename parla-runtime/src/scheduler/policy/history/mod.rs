//! Learned run times, by task function, size of its data and device. Plain data.

mod file;

use std::time::Duration;

pub(crate) use file::{default_path, load, save};
use rustc_hash::FxHashMap;

use super::RunTime;
use crate::sync::Arc;

/// Of what tasks the run times are taken together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) function: Arc<str>,
    /// How many binary digits the size of the data has in bytes: zero for none.
    pub(crate) digits: u32,
    /// The kinds and names of the devices.
    pub(crate) devices: Arc<str>,
}

impl Key {
    pub(crate) fn new(function: Arc<str>, bytes: u64, devices: Arc<str>) -> Self {
        Self {
            function,
            digits: u64::BITS - bytes.leading_zeros(),
            devices,
        }
    }
}

/// All that has been measured.
#[derive(Debug, Default)]
pub(crate) struct History {
    known: FxHashMap<Key, Entry>,
    /// Whether anything has been added.
    is_new: bool,
}

#[derive(Debug, Default)]
struct Entry {
    moments: Moments,
    /// Whether a run in this process has paid for what is made only once.
    is_warm: bool,
}

/// A number of values by their count, mean and squared deviations, which can be added to one by one
/// (Welford's algorithm). In seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Moments {
    count: u64,
    mean: f64,
    /// The sum of the squares of their distances from the mean.
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let distance = value - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        match self.count {
            0 | 1 => 0.0,
            count => self.squares / (count - 1) as f64,
        }
    }

    fn run_time(&self) -> Option<RunTime> {
        let duration = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        (self.count > 0).then(|| RunTime {
            mean: duration(self.mean),
            deviation: duration(self.variance().sqrt()),
            samples: self.count,
        })
    }
}

impl History {
    /// What is known of such tasks.
    pub(crate) fn run_time(&self, key: &Key) -> Option<RunTime> {
        self.known.get(key)?.moments.run_time()
    }

    /// One has taken that long. The first of each kind in a process is not counted.
    pub(crate) fn add(&mut self, key: Key, took: Duration) {
        let entry = self.known.entry(key).or_default();
        if std::mem::replace(&mut entry.is_warm, true) {
            entry.moments.add(took.as_secs_f64());
            self.is_new = true;
        }
    }

    /// Whether there is more to be kept than there was at first.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }
}
#[cfg(test)]
mod tests;
