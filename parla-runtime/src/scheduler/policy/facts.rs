//! What a policy is told: the task, and each way to place it. Plain data.

use std::fmt;
use std::time::Duration;

use crate::device::DeviceId;
use crate::graph::Index;
use crate::resources::Bytes;
use crate::sync::Arc;
use crate::task::TaskName;

/// A ready task, as a policy sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TaskProfile {
    /// Its name: with its space, its indices and its label, policies can tell tasks apart.
    pub name: TaskName,
    /// What it has in common with other tasks that take as long: its label, else the path of the task
    /// function that it calls, else the name of its task space. Empty for a task with none of those,
    /// of which nothing is learned.
    pub function: Arc<str>,
    /// The size of the data that it declares to use.
    pub bytes: Bytes,
    /// Its priority.
    pub priority: i32,
    /// When what it follows is expected to be done, from now on; it can't begin earlier on any
    /// device.
    pub ready_in: Duration,
    /// How many tasks have been mapped by the policy before.
    pub turn: usize,
}

impl TaskProfile {
    /// A task of that function, without data: for tests of policies.
    #[must_use]
    pub fn new(function: &str) -> Self {
        let function: Arc<str> = function.into();
        Self {
            name: TaskName {
                space: "".into(),
                index: Index::Anonymous(0),
                label: Some(function.clone()),
            },
            function,
            bytes: Bytes::ZERO,
            priority: 0,
            ready_in: Duration::ZERO,
            turn: 0,
        }
    }
}

/// One way to place a task: distinct devices, mostly one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Candidate {
    /// The devices, in the order in which the placement lists them; at least one.
    pub devices: Vec<DeviceFacts>,
    /// Its place among the alternatives of the placement: zero for those that stand first there.
    pub preference: usize,
    /// How long such tasks have taken there, if the policy [learns](super::Policy::learns) and any
    /// have been measured.
    pub run_time: Option<RunTime>,
}

impl Candidate {
    /// These devices, for tests of policies.
    #[must_use]
    pub fn new(devices: impl IntoIterator<Item = DeviceFacts>) -> Self {
        Self {
            devices: devices.into_iter().collect(),
            preference: 0,
            run_time: None,
        }
    }

    /// Whether any of the devices is where the task comes from: it, or what it follows, was there
    /// last.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.devices.iter().any(|device| device.goes_on)
    }

    /// The bytes that would have to be moved, to all of its devices together.
    #[must_use]
    pub fn bytes_to_move(&self) -> Bytes {
        let each = self.devices.iter().map(|it| it.bytes_to_move.get());
        Bytes::new(each.fold(0, u64::saturating_add))
    }

    /// The time for that, one device after the other.
    #[must_use]
    pub fn transfer(&self) -> Duration {
        let each = self.devices.iter().map(|it| it.transfer);
        each.fold(Duration::ZERO, Duration::saturating_add)
    }
}

/// What is known of one device when a task is mapped.
///
/// Only tasks that take part in admission count: those with a placement or a request, except on a
/// host of one device, where tasks that ask for no share of it are queued at once and are not seen
/// here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeviceFacts {
    /// The device.
    pub device: DeviceId,
    /// Tasks that are mapped to it and have not ended.
    pub tasks: usize,
    /// How many of those are what the task follows, or came there before that: it must wait for them
    /// wherever it goes.
    pub followed: usize,
    /// The sum of the expected times of the tasks that are mapped to it, as they were expected when
    /// they were mapped. Zero unless the policy learns.
    pub expected: Duration,
    /// How many tasks it works on at the same time: the workers of the host, one elsewhere.
    pub lanes: usize,
    /// Bytes of the task's data that are there.
    pub bytes_here: Bytes,
    /// Bytes of the task's data that would have to be moved there.
    pub bytes_to_move: Bytes,
    /// Of those, bytes that the task changes: they are nowhere else then, and whoever uses them next
    /// where they are now has to have them brought back.
    pub bytes_to_take: Bytes,
    /// An estimate of the time that moving all of them would take, by the device's [`Link`](crate::Link).
    pub transfer: Duration,
    /// The memory that no task has taken.
    pub free_memory: Bytes,
    /// Whether the task, or one that it follows, was there last.
    pub goes_on: bool,
}

impl DeviceFacts {
    /// An idle device without memory, for tests of policies.
    #[must_use]
    pub fn new(device: DeviceId) -> Self {
        Self {
            device,
            tasks: 0,
            followed: 0,
            expected: Duration::ZERO,
            lanes: 1,
            bytes_here: Bytes::ZERO,
            bytes_to_move: Bytes::ZERO,
            bytes_to_take: Bytes::ZERO,
            transfer: Duration::ZERO,
            free_memory: Bytes::ZERO,
            goes_on: false,
        }
    }

    /// The time that bringing back what the task takes away would take, at the rate of
    /// [`transfer`](Self::transfer).
    #[must_use]
    pub fn way_back(&self) -> Duration {
        let share = self.bytes_to_take.get() as f64 / self.bytes_to_move.get().max(1) as f64;
        self.transfer.mul_f64(share.min(1.0))
    }

    /// Tasks per lane that are in the task's way.
    #[must_use]
    pub fn queue(&self) -> f64 {
        self.tasks.saturating_sub(self.followed) as f64 / self.lanes.max(1) as f64
    }
}

/// How long some tasks have taken.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RunTime {
    /// Their mean.
    pub mean: Duration,
    /// The standard deviation; zero for a single one.
    pub deviation: Duration,
    /// How many were measured; at least one.
    pub samples: u64,
}

impl RunTime {
    /// A mean of so many, for tests of policies.
    #[must_use]
    pub fn new(mean: Duration, samples: u64) -> Self {
        Self {
            mean,
            deviation: Duration::ZERO,
            samples,
        }
    }
}

impl fmt::Display for RunTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1?} ± {:.1?}", self.mean, self.deviation)?;
        write!(f, " in {} runs", self.samples)
    }
}

impl fmt::Display for DeviceFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} tasks", self.device, self.tasks)?;
        if !self.expected.is_zero() {
            write!(f, " for {:.1?}", self.expected)?;
        }
        if self.followed > 0 {
            write!(f, ", {} of them to wait for anyway", self.followed)?;
        }
        if self.bytes_here > Bytes::ZERO {
            write!(f, ", {} here", self.bytes_here)?;
        }
        if self.bytes_to_move > Bytes::ZERO {
            write!(f, ", {} to move", self.bytes_to_move)?;
            write!(f, " in {:.1?}", self.transfer)?;
        }
        write!(f, ", {} free", self.free_memory)
    }
}
