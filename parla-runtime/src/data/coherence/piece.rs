//! The states of one piece of an array and their transitions: the table of the module.

use smallvec::SmallVec;

use super::{BufferId, CopyId};

/// Elements of which the same is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The number of the last write to any of its elements.
    pub(crate) version: u64,
    /// Sorted, so that pieces in the same state are equal.
    pub(crate) holds: SmallVec<[Hold; 2]>,
}

/// A value of a piece in a buffer. A buffer may have two: one that is superseded, and a newer one
/// that is to arrive in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hold {
    pub(crate) buffer: BufferId,
    /// The copy that is still to bring it.
    pub(crate) arriving: Option<CopyId>,
    /// The copy after which it is not needed any more: the value was copied to be changed, and is
    /// again the newest if that copy fails.
    pub(crate) superseded: Option<CopyId>,
}

impl Hold {
    fn new(buffer: BufferId, arriving: Option<CopyId>) -> Self {
        Self {
            buffer,
            arriving,
            superseded: None,
        }
    }

    pub(super) fn is_current(&self) -> bool {
        self.superseded.is_none()
    }
}

impl Piece {
    /// What a new array is: version zero, at home.
    pub(super) fn at_home() -> Self {
        Self {
            version: 0,
            holds: [Hold::new(BufferId::HOME, None)].into_iter().collect(),
        }
    }

    /// Those of the newest value.
    pub(super) fn current(&self) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(|hold| hold.is_current())
    }

    /// The newest value, in that buffer.
    pub(super) fn current_in(&self, buffer: BufferId) -> Option<&Hold> {
        self.current().find(|hold| hold.buffer == buffer)
    }

    /// Whether the newest value is in that buffer, or on its way there, and nowhere else.
    pub(super) fn is_only_in(&self, buffer: BufferId) -> bool {
        let mut current = self.current();
        current.next().is_some_and(|hold| hold.buffer == buffer) && current.next().is_none()
    }

    /// Whether the newest value is in that buffer and has arrived nowhere else.
    pub(super) fn is_last_in(&self, buffer: BufferId) -> bool {
        let elsewhere = |hold: &Hold| hold.buffer != buffer && hold.arriving.is_none();
        self.current_in(buffer).is_some() && !self.current().any(elsewhere)
    }

    /// A copy to the buffer is planned.
    pub(super) fn copy(&mut self, buffer: BufferId, copy: CopyId) {
        self.holds.push(Hold::new(buffer, Some(copy)));
        self.holds.sort_unstable();
    }

    /// A task is to change what is, or is to be, in the buffer. `source` tells from where a copy
    /// comes.
    pub(super) fn update(
        &mut self,
        buffer: BufferId,
        version: u64,
        source: impl Fn(CopyId) -> Option<BufferId>,
    ) {
        self.version = version;
        // All along the way that the value takes to the buffer: any of the copies may fail.
        let mut arriving = self.current_in(buffer).and_then(|hold| hold.arriving);
        while let Some(copy) = arriving {
            let from = source(copy);
            let mut current = self.holds.iter_mut().filter(|hold| hold.is_current());
            // One that arrives by a later copy is not what this copy brings.
            let hold = current.find(|hold| Some(hold.buffer) == from && hold.arriving < Some(copy));
            arriving = hold.and_then(|hold| {
                hold.superseded = Some(copy);
                hold.arriving
            });
        }
        self.holds
            .retain(|hold| !hold.is_current() || hold.buffer == buffer);
        self.holds.sort_unstable();
    }

    /// A task is to overwrite it in the buffer.
    pub(super) fn write(&mut self, buffer: BufferId, version: u64) {
        self.version = version;
        self.holds.clear();
        self.holds.push(Hold::new(buffer, None));
    }

    /// A copy has arrived.
    pub(super) fn arrive(&mut self, copy: CopyId) {
        self.holds.retain(|hold| hold.superseded != Some(copy));
        for hold in &mut self.holds {
            hold.arriving.take_if(|arriving| *arriving == copy);
        }
        self.holds.sort_unstable();
    }

    /// A copy has failed.
    pub(super) fn fail(&mut self, copy: CopyId) {
        self.holds.retain(|hold| hold.arriving != Some(copy));
        for hold in &mut self.holds {
            hold.superseded.take_if(|superseded| *superseded == copy);
        }
        self.holds.sort_unstable();
    }

    /// A buffer is given up or lost.
    pub(super) fn leave(&mut self, buffer: BufferId) {
        self.holds.retain(|hold| hold.buffer != buffer);
    }
}
