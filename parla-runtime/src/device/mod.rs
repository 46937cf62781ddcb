//! Devices: what a task can be placed on. Knows no back end; the host's processors are `cpu`.

mod cpu;
mod error;
mod lease;
mod link;
mod list;
mod memory;
mod placement;
mod whereabouts;

use std::fmt;

pub(crate) use cpu::CpuDevice;
pub use error::DeviceError;
pub use lease::{Fence, Lease, LeaseRequest, WhenDone};
pub use link::Link;
pub(crate) use list::Devices;
pub use memory::{Axis, Block, BlockSlice, DeviceMemory, HostSource, HostTarget, Layout, Pressure};
pub(crate) use placement::{Choice, Requirement};
pub use placement::{Located, Placement};
pub(crate) use whereabouts::{Presence, Whereabouts};

use crate::resources::Bytes;
use crate::sync::Arc;

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
/// The scheduler places tasks by what this says and admits them by its capacity. A device with
/// queues of its own gives each task a [`Lease`] on some of them; the body then only queues work,
/// and the task *runs ahead*: it ends when the work is done, but dependents that run on such devices
/// too start as soon as its body has returned. See `docs/internals/runahead.md`.
pub trait Device: fmt::Debug + Send + Sync {
    /// Its identity within the runtime.
    fn id(&self) -> DeviceId;

    /// A name for people.
    fn name(&self) -> &str;

    /// The memory that `memory` clauses are counted against.
    fn memory(&self) -> Bytes;

    /// Its memory, if it is apart from that of the host: the runtime keeps copies of arrays there.
    fn data(&self) -> Option<Arc<dyn DeviceMemory>> {
        None
    }

    /// How fast data come to it, for those who decide where tasks go. An estimate is enough.
    fn link(&self) -> Link {
        Link::default()
    }

    /// Whether it has queues of its own: whether [`lease`](Self::lease) gives anything.
    fn has_queues(&self) -> bool {
        false
    }

    /// Queues for a task that was placed here, before its body starts. `None` on devices on which
    /// bodies themselves run.
    ///
    /// # Errors
    ///
    /// If the device can't serve the task.
    fn lease(&self, request: &LeaseRequest<'_>) -> Result<Option<Arc<dyn Lease>>, DeviceError> {
        let _ = request;
        Ok(None)
    }
}

/// Finds the devices of a back end when a runtime is built.
pub trait DeviceProvider: fmt::Debug + Send + Sync {
    /// The devices, each with an identity of its own, none of them a CPU.
    fn find(&self) -> FoundDevices;
}

/// What a [`DeviceProvider`] has found.
#[derive(Debug, Default)]
pub struct FoundDevices {
    /// The devices.
    pub devices: Vec<Box<dyn Device>>,
    /// If there are none or fewer than asked for: why, where they were looked for, and what to do. It
    /// stands in the error of tasks that are placed on a device that is not there.
    pub note: Option<String>,
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
