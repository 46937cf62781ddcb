//! How fast data come to a device. Plain data.

use std::time::Duration;

/// The way on which data come to a device, as mapping policies reckon with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Bytes in a second.
    pub bandwidth: f64,
    /// What every transfer takes, however small it is.
    pub latency: Duration,
}

/// No transfer counts for longer, so that sums of them are never out of range.
const LONGEST: Duration = Duration::from_secs(1 << 20);

impl Link {
    /// How long that many bytes are on their way: no time for none.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let link = parla_runtime::Link::default();
    /// assert_eq!(link.time_of(0), Duration::ZERO);
    /// assert_eq!(link.time_of(12_000_000), Duration::from_micros(1010));
    /// ```
    #[must_use]
    pub fn time_of(&self, bytes: u64) -> Duration {
        if bytes == 0 {
            return Duration::ZERO;
        }
        let moving = Duration::try_from_secs_f64(bytes as f64 / self.bandwidth);
        let moving = moving.unwrap_or(LONGEST);
        moving.saturating_add(self.latency).min(LONGEST)
    }
}

impl Default for Link {
    /// 12 GB a second and 10 microseconds: what sixteen lanes of PCI Express 3 achieve.
    fn default() -> Self {
        Self {
            bandwidth: 12e9,
            latency: Duration::from_micros(10),
        }
    }
}
