//! What a task does on devices with queues of their own, beyond its body. Plain data, kept under a
//! lock in [`Options`](super::Options); the protocol is in `docs/internals/runahead.md`.

use smallvec::SmallVec;

use super::NodeRef;
use super::rights::Running;
use crate::device::{Fence, Lease};
use crate::error::TaskErrorKind;
use crate::scheduler::OutsideWork;
use crate::sync::Arc;

/// By the numbers of their devices; mostly one.
pub(crate) type Leases = SmallVec<[(usize, Arc<dyn Lease>); 1]>;
/// Mostly one.
pub(crate) type Fences = SmallVec<[Arc<dyn Fence>; 1]>;

/// Devices by number, and the how many-th grant of each of them.
pub(crate) type Places = SmallVec<[(usize, usize); 1]>;

/// The work of one task on devices.
#[derive(Debug, Default)]
pub(crate) struct DeviceWork {
    /// By the numbers of their devices.
    leases: Leases,
    /// How many of them are those of earlier legs of an async body, which may go on elsewhere.
    resting: usize,
    /// Those of dependencies that this task follows.
    after: Fences,
    /// The devices that it was given last, and the how many-th of each it was.
    places: Places,
    /// Those of what it follows, as long as it has not started.
    followed: Places,
    /// Whether the body has ended well: its result is there.
    is_queued: bool,
    /// Behind what it has queued.
    fences: Fences,
    /// Tasks that were released when this one's work was queued. They end after it.
    followers: SmallVec<[NodeRef; 1]>,
    /// What must be done before the task can end: its leases, and the tasks it follows.
    unsettled: usize,
    /// The first thing that went wrong.
    failure: Option<Box<TaskErrorKind>>,
    /// The right to end the task, from the end of its body on.
    running: Option<Running>,
    /// As long as a device works for it, the task may still end.
    outside: Option<OutsideWork>,
}

/// A task all of whose work is done.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) running: Running,
    pub(crate) failure: Option<TaskErrorKind>,
    pub(crate) followers: SmallVec<[NodeRef; 1]>,
    /// To be dropped before the end of the task, which others may be waiting for.
    pub(crate) leases: Leases,
    pub(crate) fences: Fences,
    /// To be dropped after it.
    pub(crate) outside: Option<OutsideWork>,
}

impl DeviceWork {
    /// All that it has been given, by the numbers of the devices.
    pub(crate) fn leases(&self) -> &[(usize, Arc<dyn Lease>)] {
        &self.leases
    }

    /// Those of the devices it runs on now.
    pub(crate) fn current_leases(&self) -> &[(usize, Arc<dyn Lease>)] {
        &self.leases[self.resting..]
    }

    pub(crate) fn add_lease(&mut self, device: usize, lease: Arc<dyn Lease>) {
        self.leases.push((device, lease));
    }

    /// The async body waits, and gives up its devices. What it has queued there goes on.
    pub(crate) fn rest(&mut self) {
        self.resting = self.leases.len();
    }

    /// It is about to start on those devices.
    pub(crate) fn set_places(&mut self, places: Places) {
        self.places = places;
    }

    /// The places of what it follows.
    pub(crate) fn followed(&self) -> Places {
        self.followed.clone()
    }

    /// What the task must wait for on its devices before it queues anything.
    pub(crate) fn take_after(&mut self) -> Fences {
        self.followed.clear();
        std::mem::take(&mut self.after)
    }

    /// Whether its body has ended well.
    pub(crate) fn is_queued(&self) -> bool {
        self.is_queued
    }

    /// Whether others may follow it: its work is queued, and not known to be done.
    pub(crate) fn is_ahead(&self) -> bool {
        self.is_queued && self.running.is_some()
    }

    /// The body has ended; unless it failed, with these fences behind all that it queued. A failure
    /// that is not the task's first is given back, to be dropped under no lock: that is code of
    /// users.
    pub(crate) fn queue(&mut self, fences: Result<Fences, TaskErrorKind>) -> Option<TaskErrorKind> {
        match fences {
            Ok(fences) => {
                (self.is_queued, self.fences) = (self.failure.is_none(), fences);
                None
            }
            Err(kind) => self.note(Some(kind)),
        }
    }

    /// Another task is released by what has been queued, and ends after this one.
    pub(crate) fn add_follower(&mut self, follower: NodeRef, its: &mut Self) {
        its.after.extend(self.fences.iter().cloned());
        its.followed.extend_from_slice(&self.places);
        its.unsettled += 1;
        self.followers.push(follower);
    }

    /// From now on the task ends when its leases are done, besides what it follows. The caller
    /// settles one more than those.
    pub(crate) fn await_leases(&mut self, running: Running, outside: OutsideWork) {
        self.unsettled += self.leases.len() + 1;
        self.running = Some(running);
        self.outside = Some(outside);
    }

    /// Something that the end of the task waits for is done. A failure that is not the task's first
    /// is given back, as by [`queue`](Self::queue).
    pub(crate) fn settle(
        &mut self,
        failure: Option<TaskErrorKind>,
    ) -> (Option<Settled>, Option<TaskErrorKind>) {
        let late = self.note(failure);
        self.unsettled -= 1;
        if self.unsettled > 0 {
            return (None, late);
        }
        // A task that only follows others, and has not run or has ended, has nothing to settle.
        let settled = self.running.take().map(|running| Settled {
            running,
            fences: std::mem::take(&mut self.fences),
            failure: self.failure.take().map(|kind| *kind),
            followers: std::mem::take(&mut self.followers),
            leases: self.let_go().0,
            outside: self.outside.take(),
        });
        (settled, late)
    }

    /// Gives up what it has of devices, for the caller to drop.
    pub(crate) fn let_go(&mut self) -> (Leases, Fences) {
        self.resting = 0;
        let after = std::mem::take(&mut self.after);
        (std::mem::take(&mut self.leases), after)
    }

    fn note(&mut self, failure: Option<TaskErrorKind>) -> Option<TaskErrorKind> {
        if self.failure.is_some() {
            return failure;
        }
        self.failure = failure.map(Box::new);
        None
    }
}
