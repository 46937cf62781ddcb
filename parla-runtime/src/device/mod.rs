//! Devices: what a task can be placed on. Knows no back end; the host's processors are `cpu`.

mod cpu;
mod placement;

use std::fmt;

pub(crate) use cpu::CpuDevice;
pub(crate) use placement::{Choice, Requirement};
pub use placement::{Located, Placement};

use crate::resources::Bytes;

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DeviceKind {
    /// The processors of the host.
    Cpu,
    /// A graphics processor.
    Gpu,
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        })
    }
}

/// One device of a runtime, shown as `cpu(0)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId {
    kind: DeviceKind,
    number: usize,
}

impl DeviceId {
    /// The device of that kind and number; numbers count from zero within a kind.
    #[must_use]
    pub const fn new(kind: DeviceKind, number: usize) -> Self {
        Self { kind, number }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> DeviceKind {
        self.kind
    }

    /// Its number within the kind.
    #[must_use]
    pub const fn number(self) -> usize {
        self.number
    }
}

impl fmt::Debug for DeviceId {
    /// As `Display`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.kind, self.number)
    }
}

/// The seam between the scheduler and a kind of device.
///
/// The scheduler places tasks by what this says and admits them by its capacity; a back end with
/// its own memory and queues extends the seam, never the scheduler.
pub trait Device: fmt::Debug + Send + Sync {
    /// Its identity within the runtime.
    fn id(&self) -> DeviceId;

    /// A name for people.
    fn name(&self) -> &str;

    /// The memory that `memory` clauses are counted against.
    fn memory(&self) -> Bytes;
}

/// A set of device kinds: those a task has a body for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceKinds(u8);

impl DeviceKinds {
    /// Every kind: the body runs on the host and only drives the device.
    pub const ALL: Self = Self(u8::MAX);
    /// The host's processors.
    pub const CPU: Self = Self(1 << DeviceKind::Cpu as u8);
    /// Graphics processors.
    pub const GPU: Self = Self(1 << DeviceKind::Gpu as u8);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub const fn contains(self, kind: DeviceKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}
