//! Where a task may run: alternatives, each a set of distinct devices. Plain data.

use smallvec::{SmallVec, smallvec};

use super::{DeviceId, DeviceKind, DeviceKinds, Devices, Whereabouts};
use crate::resources::{AmountError, Bytes, Demand, Vcus};
use crate::sync::Arc;
use crate::task::{NodeRef, Options};

/// Something that is on a device, for `near(x)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is on no device that Parla knows of",
    label = "neither a task nor anything else that says where it is",
    note = "`with` and `near` take a task, or a value whose type implements `parla::Located`"
)]
pub trait Located {
    /// The placement on the device that holds it.
    fn location(&self) -> Placement;
}

/// Which devices may serve one member of a set.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    Any,
    Kind(DeviceKind),
    /// Signed, so that `gpu(-1)` is an error with a name and not a wrapped number.
    Exactly(DeviceKind, i64),
    /// The device of a task, as soon as it has one.
    With(NodeRef),
    /// The device that holds most of some data.
    Near(Arc<dyn Whereabouts>),
}

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, Self::Any) => true,
            (Self::Kind(a), Self::Kind(b)) => a == b,
            (Self::Exactly(a, i), Self::Exactly(b, j)) => (a, i) == (b, j),
            (Self::With(a), Self::With(b)) => a.is(b),
            (Self::Near(a), Self::Near(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Choice {
    /// What the choice comes to by now: the device of a task that has got one, any for one that
    /// has not.
    pub(crate) fn resolved(&self) -> Self {
        match self {
            Self::With(task) => match task.options().and_then(Options::device) {
                Some(id) => Self::exactly(id),
                None => Self::Any,
            },
            other => other.clone(),
        }
    }

    /// As [`resolved`](Self::resolved), also by the whereabouts of data: of the devices of those
    /// kinds, the one that holds most, or any if none holds anything.
    fn located(&self, kinds: DeviceKinds, devices: &Devices) -> Self {
        let Self::Near(data) = self else {
            return self.resolved();
        };
        let ids = devices.iter().map(|device| device.id());
        let able = ids.filter(|id| kinds.contains(id.kind()));
        let held = able.map(|id| (data.bytes_on(id).here, id));
        let most = held.reduce(|most, it| if it.0 > most.0 { it } else { most });
        match most {
            Some((here, id)) if here > 0 => Self::exactly(id),
            _ => Self::Any,
        }
    }

    fn exactly(id: DeviceId) -> Self {
        Self::Exactly(id.kind(), i64::try_from(id.number()).unwrap_or(i64::MAX))
    }
}

/// One member of a device set and what is asked of it; `None` defers to the task's own clauses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Requirement {
    pub(crate) choice: Choice,
    pub(crate) vcus: Option<Vcus>,
    pub(crate) memory: Option<Bytes>,
}

impl Requirement {
    /// What is asked of the device, with the task's own clauses where this one is silent.
    pub(crate) fn demand(&self, default: Demand) -> Demand {
        Demand {
            vcus: self.vcus.unwrap_or(default.vcus),
            memory: self.memory.unwrap_or(default.memory),
        }
    }
}

/// What is asked of the members of a set of distinct devices; mostly one.
pub(crate) type DeviceSet = SmallVec<[Requirement; 1]>;

/// Where a task may run: a list of alternatives, each a set of distinct devices.
///
/// When the task is ready, the runtime's [`Policy`](crate::Policy) weighs all devices and sets of
/// devices that any alternative allows. The task gets the best that has room, and waits if none has.
/// Of those that are equally good, the one that stands first among the alternatives is the best. A
/// task without a placement may run on any device it has a body for.
///
/// ```
/// use parla_runtime::Placement;
/// let one = Placement::cpu();
/// let either = Placement::alternatives([Placement::gpu(), Placement::cpu()]);
/// let pair = Placement::set([Placement::gpu(), Placement::gpu()]);
/// assert_eq!(pair, Placement::gpu().times(2));
/// # let _ = (one, either);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub(crate) alternatives: SmallVec<[DeviceSet; 1]>,
    pub(crate) error: Option<AmountError>,
}

impl Placement {
    fn one(choice: Choice) -> Self {
        let requirement = Requirement {
            choice,
            vcus: None,
            memory: None,
        };
        Self {
            alternatives: smallvec![smallvec![requirement]],
            error: None,
        }
    }

    /// Any device.
    #[must_use]
    pub fn any() -> Self {
        Self::one(Choice::Any)
    }

    /// Any CPU device.
    #[must_use]
    pub fn cpu() -> Self {
        Self::one(Choice::Kind(DeviceKind::Cpu))
    }

    /// Any GPU.
    #[must_use]
    pub fn gpu() -> Self {
        Self::one(Choice::Kind(DeviceKind::Gpu))
    }

    /// The CPU device of that number.
    #[must_use]
    pub fn cpu_at(number: i64) -> Self {
        Self::one(Choice::Exactly(DeviceKind::Cpu, number))
    }

    /// The GPU of that number.
    #[must_use]
    pub fn gpu_at(number: i64) -> Self {
        Self::one(Choice::Exactly(DeviceKind::Gpu, number))
    }

    /// The device that holds `x`.
    #[must_use]
    pub fn near(x: &(impl Located + ?Sized)) -> Self {
        x.location()
    }

    /// The device of that task, if it has one by the time the dependencies of the placed task have
    /// ended: make it a dependency. Else any device.
    #[must_use]
    pub fn with(task: &(impl Located + ?Sized)) -> Self {
        task.location()
    }

    /// The device that holds most of those data when the placed task is ready; any if none does.
    pub(crate) fn near_data(data: Arc<dyn Whereabouts>) -> Self {
        Self::one(Choice::Near(data))
    }

    pub(crate) fn with_task(task: NodeRef) -> Self {
        Self::one(Choice::With(task))
    }

    /// The kind, if it is any device of one kind and nothing else is said.
    pub(crate) fn only_kind(&self) -> Option<DeviceKind> {
        let [set] = &self.alternatives[..] else {
            return None;
        };
        match &set[..] {
            [
                Requirement {
                    choice: Choice::Kind(kind),
                    vcus: None,
                    memory: None,
                },
            ] if self.error.is_none() => Some(*kind),
            _ => None,
        }
    }

    fn choices(&self) -> impl Iterator<Item = &Choice> {
        let members = self.alternatives.iter().flatten();
        members.map(|member| &member.choice)
    }

    /// Whether the placement depends on where a task runs.
    pub(crate) fn follows_a_task(&self) -> bool {
        self.choices().any(|it| matches!(it, Choice::With(_)))
    }

    /// Whether what it comes to is known only when the placed task is ready.
    pub(crate) fn is_known_late(&self) -> bool {
        let is_late = |it: &Choice| matches!(it, Choice::With(_) | Choice::Near(_));
        self.choices().any(is_late)
    }

    /// What it comes to by now for a body for those kinds.
    pub(crate) fn located(&self, kinds: DeviceKinds, devices: &Devices) -> Self {
        let mut located = self.clone();
        located.each(|member| member.choice = member.choice.located(kinds, devices));
        located
    }

    /// Any one of the given placements; of those that are equally good for the runtime's
    /// [`Policy`](crate::Policy), the earliest.
    #[must_use]
    pub fn alternatives(placements: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self {
            alternatives: SmallVec::new(),
            error: None,
        };
        for placement in placements {
            all.alternatives.extend(placement.alternatives);
            all.error = all.error.or(placement.error);
        }
        all
    }

    /// A set of distinct devices, one for each member. A member that has alternatives itself
    /// multiplies the alternatives of the set.
    #[must_use]
    pub fn set(members: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self {
            alternatives: smallvec![DeviceSet::new()],
            error: None,
        };
        for member in members {
            all.alternatives = (all.alternatives.iter())
                .flat_map(|set| {
                    member
                        .alternatives
                        .iter()
                        .map(move |more| [&set[..], &more[..]].concat().into())
                })
                .collect();
            all.error = all.error.or(member.error);
        }
        all
    }

    /// A set of `count` distinct devices of this placement.
    #[must_use]
    pub fn times(self, count: usize) -> Self {
        Self::set(vec![self; count])
    }

    /// The share asked of each device, in place of the task's `vcus`. A bad share makes the spawn
    /// fail, with that error.
    #[must_use]
    pub fn with_vcus(mut self, share: f64) -> Self {
        match Vcus::new(share) {
            Ok(vcus) => self.each(|requirement| requirement.vcus = Some(vcus)),
            Err(error) => self.error = Some(error),
        }
        self
    }

    /// The memory asked of each device, in place of the task's `memory`.
    #[must_use]
    pub fn with_memory(mut self, memory: impl Into<Bytes>) -> Self {
        let memory = memory.into();
        self.each(|requirement| requirement.memory = Some(memory));
        self
    }

    fn each(&mut self, change: impl Fn(&mut Requirement)) {
        self.alternatives.iter_mut().flatten().for_each(change);
    }
}

impl Default for Placement {
    /// [`Placement::any`].
    fn default() -> Self {
        Self::any()
    }
}

impl From<DeviceId> for Placement {
    fn from(id: DeviceId) -> Self {
        Self::one(Choice::exactly(id))
    }
}

impl From<DeviceKind> for Placement {
    fn from(kind: DeviceKind) -> Self {
        Self::one(Choice::Kind(kind))
    }
}

impl From<Vec<Placement>> for Placement {
    /// The same as [`Placement::alternatives`].
    fn from(placements: Vec<Placement>) -> Self {
        Self::alternatives(placements)
    }
}
