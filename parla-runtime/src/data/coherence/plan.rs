//! What the machine is asked and what it answers, as plain data.

use crate::data::Region;

/// A memory: that of the host or that of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SpaceId(pub(crate) usize);

impl SpaceId {
    pub(crate) const HOST: Self = Self(0);
}

/// A buffer of one array, in whichever space. Never used again for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BufferId(pub(crate) usize);

impl BufferId {
    /// The whole array on the host, which is always there.
    pub(crate) const HOME: Self = Self(0);
}

/// A copy of elements of one array from one buffer to another. Never used again for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CopyId(pub(crate) u64);

/// A buffer and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Holder {
    pub(crate) space: SpaceId,
    pub(crate) buffer: BufferId,
}

/// What a task does with a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    /// Overwrites every element, whatever was there.
    Write,
    /// Reads and overwrites.
    Update,
}

impl Mode {
    pub(crate) fn reads(self) -> bool {
        self != Self::Write
    }

    pub(crate) fn writes(self) -> bool {
        self != Self::Read
    }
}

/// Which buffers will do for a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Any in which it is.
    Covering,
    /// One that packs it and no more.
    Exact,
}

/// What has to be done before a task may use a region in a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the machine counts on the copies being made"]
pub(crate) struct Plan {
    /// What has to be copied into the buffer. The task has to wait for all of it.
    pub(crate) copies: Vec<CopyStep>,
    /// Copies of earlier plans that the task has to wait for, too.
    pub(crate) awaits: Vec<CopyId>,
    /// Buffers that the machine knows no more: nothing is in there, and no copy uses them.
    pub(crate) released: Vec<BufferId>,
}

/// A copy to be made. To be reported as arrived or failed, once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the machine counts on the copy being made"]
pub(crate) struct CopyStep {
    pub(crate) id: CopyId,
    pub(crate) from: Holder,
    pub(crate) to: Holder,
    pub(crate) region: Region,
    /// Copies of earlier plans that have to be over before this one starts: those that bring what
    /// it copies, and those that use the place where it goes.
    pub(crate) after: Vec<CopyId>,
}

/// From where a piece could be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) from: SpaceId,
    pub(crate) to: SpaceId,
    /// Whether it is still on its way to `from`.
    pub(crate) arriving: bool,
}

impl Source {
    /// The usual order of sources, the best being the least: what has arrived before what is on
    /// its way; the same space, then the host, then other devices.
    pub(crate) fn nearest(self) -> u32 {
        let distance = match self.from {
            from if from == self.to => 0,
            SpaceId::HOST => 1,
            _ => 2,
        };
        u32::from(self.arriving) * 3 + distance
    }
}

/// What else is over with a copy that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "other copies may have failed with it"]
pub(crate) struct Failed {
    /// That copy, and those that were to copy on what it should have brought. They must not be
    /// made, and need not be reported.
    pub(crate) copies: Vec<CopyId>,
    /// As in [`Plan`].
    pub(crate) released: Vec<BufferId>,
}

/// What a device took along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "copies may have failed with the device"]
pub(crate) struct Lost {
    /// What has no value any more.
    pub(crate) regions: Vec<Region>,
    /// Copies that failed with it, as in [`Failed`].
    pub(crate) copies: Vec<CopyId>,
    /// Buffers elsewhere, as in [`Plan`].
    pub(crate) released: Vec<BufferId>,
}

/// A region of which no buffer has the value, since a device was lost. A task that overwrites it makes
/// it whole again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueLost {
    pub(crate) region: Region,
}

/// Why a buffer can't be dropped now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DropRefused {
    /// The home is always there.
    Home,
    /// These copies, from or into the buffer, are under way.
    InUse(Vec<CopyId>),
    /// Nowhere else is the value of this region: it has to be written back first.
    LastCopy(Region),
}
