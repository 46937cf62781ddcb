//! The data of one task while it lives: what it declares, and what it holds.

use smallvec::SmallVec;

use super::clause::{AccessClause, Slot};
use super::coherence::BufferId;
use super::order::Mode;
use super::store::Entered;
use super::{Part, Region, coherence};
use crate::device::{BlockSlice, DeviceId, DeviceKind, Presence, Whereabouts};
use crate::sync::{Arc, Mutex};

/// What a task uses. Kept with its options.
#[derive(Debug)]
pub(crate) struct TaskData {
    pub(super) uses: SmallVec<[Use; 2]>,
    pub(super) held: Mutex<HeldData>,
}

/// One access.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) part: Arc<Part>,
    pub(super) mode: Mode,
}

/// What the task holds, from its fetch until it ends.
#[derive(Debug, Default)]
pub(super) struct HeldData {
    /// The device whose memory is used; none for the host's.
    device: Option<usize>,
    /// The buffers there.
    entered: Entered,
    /// Where the body looks for its data; in the order of the uses.
    slots: SmallVec<[Option<Arc<Slot>>; 2]>,
    /// Memory of the device that the body may take beside.
    workspace: u64,
    /// Bytes that were copied for it, until somebody asks.
    moved: u64,
    /// Where the data are going to be fetched to, from the mapping of the task on.
    heading: Option<DeviceId>,
    has_entered: bool,
    /// Whether all of it has arrived.
    is_fetched: bool,
    /// Whether it is its turn on all that it declares to `commute` with others.
    has_turns: bool,
}

impl HeldData {
    pub(super) fn is_fetched(&self) -> bool {
        self.is_fetched
    }

    pub(super) fn note_fetched(&mut self) {
        self.is_fetched = true;
    }

    pub(super) fn note_moved(&mut self, bytes: u64) {
        self.moved = bytes;
    }

    pub(super) fn workspace(&self) -> u64 {
        self.workspace
    }

    pub(super) fn has_turns(&self) -> bool {
        self.has_turns
    }

    /// What it was before.
    pub(super) fn set_turns(&mut self, has_turns: bool) -> bool {
        std::mem::replace(&mut self.has_turns, has_turns)
    }

    /// Where it is going to run.
    pub(super) fn set_place(&mut self, device: Option<usize>, workspace: u64) {
        (self.device, self.workspace) = (device, device.map_or(0, |_| workspace));
    }

    pub(super) fn enter(&mut self, entered: Entered) {
        (self.entered, self.has_entered) = (entered, true);
    }

    /// The buffer for a use, if there are any.
    pub(super) fn buffer(&self, number: usize) -> Option<BufferId> {
        let entered = self.entered.iter().find(|(of, _)| *of == number);
        entered.map(|(_, buffer)| *buffer)
    }

    /// Shows the body where the data of a use is.
    pub(super) fn show(&mut self, number: usize, slice: BlockSlice) {
        if let Some(slot) = self.slots.get(number).and_then(Option::as_ref) {
            let shown = slot.set(slice);
            debug_assert!(shown.is_ok(), "a task is fetched for once");
        }
    }

    /// Gives up the buffers.
    pub(super) fn leave(&mut self) -> Entered {
        self.has_entered = false;
        std::mem::take(&mut self.entered)
    }

    /// What it holds of a device, if it does: the device, the memory beside the buffers, and those.
    pub(super) fn take(&mut self) -> Option<(usize, u64, Entered)> {
        // They keep the memory behind the buffers.
        self.slots.clear();
        let device = self.device.filter(|_| self.has_entered)?;
        Some((device, self.workspace, self.leave()))
    }
}

impl TaskData {
    /// Of the accesses that a spawn declares.
    pub(crate) fn new(clauses: impl IntoIterator<Item = AccessClause>) -> Arc<Self> {
        let mut held = HeldData::default();
        let use_ = |clause| {
            let AccessClause {
                part,
                mode,
                slot,
                member: _,
            } = clause;
            held.slots.push(slot);
            Use { part, mode }
        };
        Arc::new(Self {
            uses: clauses.into_iter().map(use_).collect(),
            held: Mutex::new(held),
        })
    }

    /// The regions that it must have to itself for a while, in no order.
    pub(super) fn commuting(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(|it| it.mode == Mode::Commute)
    }

    /// The bytes that were copied for it. Later, none.
    pub(crate) fn take_moved(&self) -> u64 {
        std::mem::take(&mut self.held.lock().moved)
    }

    /// Tells those that are mapped next where its data are going to be.
    pub(super) fn head_for(&self, device: DeviceId) {
        let before = self.held.lock().heading.replace(device);
        debug_assert!(before.is_none(), "it is mapped once");
        for it in self.read() {
            it.part.datum.heading().start(&it.part.region, device);
        }
    }

    /// They are there, as far as anybody can tell, or won't be.
    pub(super) fn arrive(&self) {
        let heading = self.held.lock().heading.take();
        if let Some(device) = heading {
            for it in self.read() {
                it.part.datum.heading().end(&it.part.region, device);
            }
        }
    }

    /// What has to be where it runs.
    fn read(&self) -> impl Iterator<Item = &Use> {
        let is_read = |it: &&Use| it.effect() != coherence::Mode::Write;
        self.uses.iter().filter(is_read)
    }

    /// The size of all its elements, by the footprint of each region.
    pub(crate) fn footprint(&self, of: impl Fn(u64) -> u64) -> u64 {
        let sizes = self.uses.iter().map(|it| of(it.bytes()));
        sizes.fold(0, u64::saturating_add)
    }
}

impl Drop for TaskData {
    fn drop(&mut self) {
        // It was never fetched.
        self.arrive();
    }
}

impl Use {
    pub(super) fn bytes(&self) -> u64 {
        (self.part.region.count() as u64).saturating_mul(self.part.datum.home().element() as u64)
    }

    /// What it is to the coherence machine.
    pub(super) fn effect(&self) -> coherence::Mode {
        match self.mode {
            Mode::Read => coherence::Mode::Read,
            Mode::Write => coherence::Mode::Write,
            Mode::Update | Mode::Commute | Mode::Reduce(_) => coherence::Mode::Update,
        }
    }
}

impl Whereabouts for TaskData {
    fn bytes(&self) -> u64 {
        self.uses
            .iter()
            .map(Use::bytes)
            .fold(0, u64::saturating_add)
    }

    fn bytes_on(&self, device: DeviceId) -> Presence {
        let mut presence = Presence::default();
        for use_ in &self.uses {
            let here = use_.bytes_on(device);
            presence.here += here;
            // What is overwritten need not come.
            let missing = use_.bytes().saturating_sub(here);
            if use_.effect() != coherence::Mode::Write {
                presence.missing += missing;
            }
            if use_.effect() == coherence::Mode::Update {
                presence.taken += missing;
            }
        }
        presence
    }
}

impl Use {
    fn bytes_on(&self, device: DeviceId) -> u64 {
        let rest = self.part.datum.heading().rest(&self.part.region, device);
        let absent: usize = {
            let copies = self.part.datum.copies();
            let absent = |part: &Region| match copies.as_ref() {
                Some(copies) => part.count() - copies.present(device, part),
                None if device.kind() == DeviceKind::Cpu => 0,
                None => part.count(),
            };
            rest.iter().map(absent).sum()
        };
        let present = self.part.region.count() - absent;
        (present as u64).saturating_mul(self.part.datum.home().element() as u64)
    }
}
