//! Where some data are, for those who decide where a task goes.

use std::fmt;

use super::DeviceId;

/// Knows on which devices some data are.
pub(crate) trait Whereabouts: fmt::Debug + Send + Sync {
    /// Their size in bytes.
    fn bytes(&self) -> u64;

    /// What there is of them on a device. Called under no lock of the scheduler.
    fn bytes_on(&self, device: DeviceId) -> Presence;
}

/// What there is of some data on one device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    /// Bytes that are there and valid.
    pub(crate) here: u64,
    /// Bytes that would have to be moved there before a task can use them there.
    pub(crate) missing: u64,
    /// Of those, bytes that the task changes: they are nowhere else then.
    pub(crate) taken: u64,
}
