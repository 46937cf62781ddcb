//! An executor with real values: tasks and copies run late, in any order that plans allow, and
//! every read is compared with a sequential run of the program.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::data::residency::{Entry, Residency};

/// A value that no other write makes.
pub(super) type Value = u64;

/// What is expected where a task failed that was to write: nobody knows.
const ANYTHING: Value = Value::MAX;

/// Elements by their place in the whole array.
type Memory = BTreeMap<usize, Value>;

struct Task {
    order: u64,
    holder: Holder,
    region: Region,
    mode: Mode,
    fails: bool,
    waits: Vec<CopyId>,
    /// By element, what it must find, and what it leaves.
    before: BTreeMap<usize, Option<Value>>,
    after: BTreeMap<usize, Value>,
}

struct Transit {
    order: u64,
    step: CopyStep,
    /// What it has read, once it has started.
    read: Option<Memory>,
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Start(CopyId),
    Arrive(CopyId),
    Run(u64),
}

pub(super) struct World {
    shape: Vec<usize>,
    pub(super) machine: Coherence,
    /// By element, the value after the program so far; none if it is lost.
    expected: Vec<Option<Value>>,
    memories: BTreeMap<BufferId, (SpaceId, Memory)>,
    devices: Vec<Residency>,
    limit: u64,
    tasks: BTreeMap<u64, Task>,
    copies: BTreeMap<CopyId, Transit>,
    order: u64,
    /// Elements that were copied.
    pub(super) moved: usize,
}

/// The elements of a region.
fn elements(shape: &[usize], region: &Region) -> Vec<usize> {
    let mut places = vec![0];
    for (span, len) in std::iter::zip(region.spans(), shape) {
        let along = |place: usize| {
            (0..span.len()).map(move |index| place * len + span.start() + index * span.step())
        };
        places = places.into_iter().flat_map(along).collect();
    }
    places
}

fn conflict(a: &Task, b: &Task) -> bool {
    (a.mode.writes() || b.mode.writes()) && a.region.overlaps(&b.region)
}

/// Whether a task must not run at the same time as a copy.
fn collide(task: &Task, step: &CopyStep) -> bool {
    let uses_target = task.holder == step.to;
    let changes_source = task.holder == step.from && task.mode.writes();
    (uses_target || changes_source) && task.region.overlaps(&step.region)
}

impl World {
    /// An array, and devices that have room for so many elements.
    pub(super) fn new(shape: &[usize], devices: usize, limit: u64) -> Self {
        let count = shape.iter().product();
        let home: Memory = (0..count).map(|place| (place, place as Value)).collect();
        Self {
            shape: shape.to_vec(),
            machine: Coherence::new(shape),
            expected: home.values().copied().map(Some).collect(),
            memories: [(BufferId::HOME, (SpaceId::HOST, home))].into(),
            devices: (0..devices).map(|_| Residency::new(limit)).collect(),
            limit,
            tasks: BTreeMap::new(),
            copies: BTreeMap::new(),
            order: 1000,
            moved: 0,
        }
    }

    /// Spawns a task: prepares it, to run later. False if it can't be.
    pub(super) fn spawn(
        &mut self,
        space: SpaceId,
        region: &Region,
        mode: Mode,
        fails: bool,
    ) -> bool {
        if region.is_empty() || !self.make_room(space, region, mode) {
            return false;
        }
        let places = elements(&self.shape, region);
        let states = self.states();
        let plan = match self.machine.prepare(space, region, mode, Source::nearest) {
            Ok(plan) => plan,
            Err(ValueLost { region: lost }) => {
                assert!(region.covers(&lost) && !lost.is_empty());
                let lost = elements(&self.shape, &lost);
                assert!(lost.iter().all(|place| self.expected[*place].is_none()));
                self.unreserve(space, region);
                return false;
            }
        };
        self.check_minimal(&plan, &states, &places, mode);
        self.place(&plan, region);
        let waits = plan
            .copies
            .iter()
            .map(|step| step.id)
            .chain(plan.awaits)
            .collect();
        self.start_copies(plan.copies);
        self.order += 1;
        let before = places.iter().map(|place| (*place, self.expected[*place]));
        let before: BTreeMap<_, _> = before.collect();
        let mut after = BTreeMap::new();
        if mode.writes() {
            let order = self.order;
            after.extend(
                places
                    .iter()
                    .map(|&place| (place, order * 1000 + place as Value)),
            );
            for (place, value) in &after {
                self.expected[*place] = Some(*value);
            }
        }
        let task = Task {
            order: self.order,
            holder: plan.buffer,
            region: region.clone(),
            mode,
            fails,
            waits,
            before,
            after,
        };
        self.tasks.insert(self.order, task);
        self.release(plan.released);
        self.check();
        true
    }

    /// Lets something happen: copies start and arrive, tasks run. False if there is nothing to do.
    pub(super) fn step(&mut self, pick: usize) -> bool {
        let events = self.events();
        let Some(event) = events.get(pick % events.len().max(1)) else {
            assert!(self.tasks.is_empty() && self.copies.is_empty(), "stuck");
            return false;
        };
        match *event {
            Event::Start(id) => self.start(id),
            Event::Arrive(id) => self.arrive(id),
            Event::Run(order) => self.run(order),
        }
        self.check();
        true
    }

    pub(super) fn run_all(&mut self) {
        while self.step(0) {}
    }

    /// A copy fails, with what depends on it.
    pub(super) fn fail_copy(&mut self, pick: usize) {
        let Some(id) = self
            .copies
            .keys()
            .nth(pick % self.copies.len().max(1))
            .copied()
        else {
            return;
        };
        let failed = self.machine.failed(id);
        assert!(failed.copies.contains(&id));
        self.end_failed(&failed.copies, |_| false);
        self.release(failed.released);
        self.check();
    }

    /// Gives up a buffer, as under memory pressure.
    pub(super) fn evict(&mut self, space: SpaceId, pick: usize) {
        let buffers = self.machine.buffers(space).map(|(id, _)| id);
        let mut buffers: Vec<_> = buffers.filter(|id| !self.is_pinned(*id)).collect();
        buffers.sort_unstable();
        if let Some(buffer) = buffers.get(pick % buffers.len().max(1)) {
            self.evict_buffer(*buffer);
        }
    }

    /// A device is lost, and another takes its place.
    pub(super) fn lose(&mut self, space: SpaceId) {
        let states = self.states();
        let lost = self.machine.lose(space);
        assert_eq!(self.machine.buffers(space).count(), 0);
        self.memories.retain(|_, (of, _)| *of != space);
        self.devices[space.0 - 1] = Residency::new(self.limit);
        let places: Vec<_> = (lost.regions.iter())
            .flat_map(|region| elements(&self.shape, region))
            .collect();
        for place in &places {
            let survives = |hold: &&Hold| {
                hold.is_current()
                    && hold.arriving.is_none()
                    && self.memories.contains_key(&hold.buffer)
            };
            let survivor = states[*place].1.iter().find(survives);
            assert_eq!(survivor, None, "element {place} is not lost");
        }
        self.end_failed(&lost.copies, |task| task.holder.space == space);
        for place in places {
            self.expected[place] = None;
        }
        self.release(lost.released);
        self.check();
    }

    /// Brings all home and compares it with the sequential run.
    pub(super) fn finish(mut self) {
        self.run_all();
        for device in 1..=self.devices.len() {
            let space = SpaceId(device);
            while self.machine.buffers(space).next().is_some() {
                self.evict(space, 0);
            }
            assert_eq!(self.devices[device - 1].free(), self.limit);
        }
        self.run_all();
        let (_, home) = &self.memories[&BufferId::HOME];
        for (place, expected) in self.expected.iter().enumerate() {
            assert!(
                expected.is_none_or(|value| value == ANYTHING || value == home[&place]),
                "element {place}"
            );
        }
        assert_eq!(self.memories.len(), 1);
    }

    fn start_copies(&mut self, steps: Vec<CopyStep>) {
        for step in steps {
            self.order += 1;
            self.moved += step.region.count();
            let transit = Transit {
                order: self.order,
                read: None,
                step,
            };
            self.copies.insert(transit.step.id, transit);
        }
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (id, copy) in &self.copies {
            let tasks = self.tasks.range(..copy.order);
            let blocked = copy
                .step
                .after
                .iter()
                .any(|id| self.copies.contains_key(id))
                || tasks.into_iter().any(|(_, task)| collide(task, &copy.step));
            match (&copy.read, blocked) {
                (Some(_), _) => events.push(Event::Arrive(*id)),
                (None, false) => events.push(Event::Start(*id)),
                (None, true) => {}
            }
        }
        for (order, task) in &self.tasks {
            let waits = task.waits.iter().any(|id| self.copies.contains_key(id));
            let mut earlier = self.tasks.range(..order);
            if !waits && !earlier.any(|(_, other)| conflict(other, task)) {
                events.push(Event::Run(*order));
            }
        }
        events
    }

    fn start(&mut self, id: CopyId) {
        let step = self.copies[&id].step.clone();
        for other in self.copies.values().filter(|other| other.read.is_some()) {
            let shared = other.step.to == step.to
                || other.step.to == step.from
                || other.step.from == step.to;
            assert!(
                !shared || !other.step.region.overlaps(&step.region),
                "copies collide"
            );
        }
        let (_, source) = &self.memories[&step.from.buffer];
        let places = elements(&self.shape, &step.region).into_iter();
        // What was never written may be copied, though not be used.
        let read = places.map(|place| (place, source.get(&place).copied().unwrap_or(0)));
        let read = read.collect();
        self.copies.get_mut(&id).unwrap().read = Some(read);
    }

    fn arrive(&mut self, id: CopyId) {
        let copy = self.copies.remove(&id).unwrap();
        let (_, target) = self.memories.get_mut(&copy.step.to.buffer).unwrap();
        target.extend(copy.read.unwrap());
        let released = self.machine.arrived(id);
        self.release(released);
    }

    fn run(&mut self, order: u64) {
        let task = &self.tasks[&order];
        for copy in self.copies.values() {
            let overtaken = copy.order < order || copy.read.is_some();
            assert!(
                !overtaken || !collide(task, &copy.step),
                "a task collides with a copy"
            );
        }
        let (_, memory) = self.memories.get_mut(&task.holder.buffer).unwrap();
        if task.mode.reads() {
            for (place, value) in &task.before {
                let is_known = *value != Some(ANYTHING);
                assert!(
                    !is_known || memory.get(place) == value.as_ref(),
                    "element {place}"
                );
            }
        }
        if task.fails {
            memory.extend(task.after.keys().map(|place| (*place, 0)));
            let is_there = |place: &usize| self.expected[*place].is_some();
            let written: Vec<usize> = task.after.keys().copied().filter(is_there).collect();
            self.end_failed(&[], |task| task.order == order);
            return self.expect_anything(written);
        }
        memory.extend(&task.after);
        self.end_task(order);
    }

    fn end_task(&mut self, order: u64) -> Task {
        let task = self.tasks.remove(&order).unwrap();
        let buffer = task.holder.buffer;
        if let Some(device) = self.device(task.holder.space) {
            device.unpin(Entry { array: 0, buffer });
        }
        self.free_unused();
        task
    }

    /// Ends copies, the tasks that wait for them, some others, and all that come after those.
    fn end_failed(&mut self, copies: &[CopyId], also: impl Fn(&Task) -> bool) {
        for id in copies {
            self.copies.remove(id).expect("a copy that is under way");
        }
        let mut failed: BTreeSet<u64> = BTreeSet::new();
        for (order, task) in &self.tasks {
            let waits = task.waits.iter().any(|id| copies.contains(id));
            let follows = failed
                .iter()
                .any(|order| conflict(&self.tasks[order], task));
            if waits || follows || also(task) {
                failed.insert(*order);
            }
        }
        let mut unwritten = Vec::new();
        for order in failed.into_iter().rev() {
            let task = self.end_task(order);
            for (place, value) in &task.after {
                // A later write may have been lost already.
                if self.expected[*place] == Some(*value) {
                    self.expected[*place] = task.before[place];
                    // What an update has not begun to change is what it was.
                    unwritten.extend((task.mode == Mode::Write).then_some(*place));
                }
            }
        }
        self.expect_anything(unwritten);
    }

    fn expect_anything(&mut self, places: Vec<usize>) {
        for place in places {
            self.expected[place] = Some(ANYTHING);
        }
    }

    fn device(&mut self, space: SpaceId) -> Option<&mut Residency> {
        self.devices.get_mut(space.0.checked_sub(1)?)
    }

    fn make_room(&mut self, space: SpaceId, region: &Region, mode: Mode) -> bool {
        loop {
            if self.machine.buffer_for(space, region, mode).is_some() {
                return true;
            }
            let clean = |entry: Entry| self.machine.can_drop(entry.buffer).is_ok();
            let device = &mut self.devices[space.0 - 1];
            match device.reserve(region.count() as u64, clean) {
                Ok(victims) if victims.is_empty() => return true,
                Ok(victims) => {
                    for victim in victims {
                        self.evict_buffer(victim.entry.buffer);
                    }
                }
                Err(shortage) if shortage.held_by.is_empty() => {
                    assert!(region.count() as u64 > self.limit, "{shortage:?}");
                    return false;
                }
                Err(_) => self.run_all(),
            }
        }
    }

    fn unreserve(&mut self, space: SpaceId, region: &Region) {
        if self
            .machine
            .buffer_for(space, region, Mode::Write)
            .is_none()
        {
            self.device(space).unwrap().release(region.count() as u64);
        }
    }

    fn place(&mut self, plan: &Prepared, region: &Region) {
        let Holder { space, buffer } = plan.buffer;
        let entry = Entry { array: 0, buffer };
        if let Some(packed) = &plan.allocate {
            assert_eq!(packed, region);
            self.memories.insert(buffer, (space, Memory::new()));
            self.device(space)
                .unwrap()
                .insert(entry, region.count() as u64);
        } else if let Some(device) = self.device(space) {
            device.pin(entry);
        }
    }

    fn evict_buffer(&mut self, buffer: BufferId) {
        let copies = self.machine.write_back(buffer);
        self.start_copies(copies);
        loop {
            match self.machine.drop_buffer(buffer) {
                Ok(()) => break,
                Err(DropRefused::InUse(_)) => assert!(self.step(0)),
                Err(refused) => panic!("{refused:?} after it was written back"),
            }
        }
        self.release(vec![buffer]);
    }

    fn is_pinned(&self, buffer: BufferId) -> bool {
        self.tasks.values().any(|task| task.holder.buffer == buffer)
    }

    fn release(&mut self, buffers: Vec<BufferId>) {
        for buffer in buffers {
            let used =
                |copy: &Transit| copy.step.from.buffer == buffer || copy.step.to.buffer == buffer;
            assert!(
                !self.copies.values().any(used),
                "released while a copy uses it"
            );
            for device in &mut self.devices {
                device.remove(Entry { array: 0, buffer });
            }
        }
        self.free_unused();
    }

    /// Frees the memory of buffers that the machine has released and that no task uses any more.
    fn free_unused(&mut self) {
        let known: BTreeSet<BufferId> = (0..=self.devices.len())
            .flat_map(|space| self.machine.buffers(SpaceId(space)).map(|(id, _)| id))
            .collect();
        let pinned: BTreeSet<_> = self.tasks.values().map(|task| task.holder.buffer).collect();
        self.memories
            .retain(|id, _| known.contains(id) || pinned.contains(id));
    }

    /// By element, the version and the holds.
    fn states(&self) -> Vec<(u64, Vec<Hold>)> {
        let mut states = vec![None; self.expected.len()];
        for (region, piece) in self.machine.pieces() {
            for place in elements(&self.shape, region) {
                let state = (piece.version, piece.holds.to_vec());
                assert_eq!(states[place].replace(state), None, "pieces are disjoint");
            }
        }
        states
            .into_iter()
            .map(|state| state.expect("pieces are everywhere"))
            .collect()
    }

    /// Exactly what the buffer lacks is copied, each element once, from where it is.
    fn check_minimal(
        &self,
        plan: &Prepared,
        states: &[(u64, Vec<Hold>)],
        places: &[usize],
        mode: Mode,
    ) {
        let current = |place: usize, holder: Holder| {
            let holds = states[place].1.iter();
            holds
                .filter(|hold| hold.is_current())
                .find(|hold| hold.buffer == holder.buffer)
        };
        let lacks = |place: &&usize| mode.reads() && current(**place, plan.buffer).is_none();
        let lacking: Vec<usize> = places.iter().filter(lacks).copied().collect();
        let mut copied = Vec::new();
        for step in &plan.copies {
            assert_eq!(step.to, plan.buffer);
            for place in elements(&self.shape, &step.region) {
                let hold = current(place, step.from).expect("the source has the value");
                assert!(hold.arriving.is_none_or(|copy| step.after.contains(&copy)));
                copied.push(place);
            }
        }
        copied.sort_unstable();
        let mut expected = lacking;
        expected.sort_unstable();
        assert_eq!(copied, expected);
    }

    /// What holds at all times.
    fn check(&self) {
        for (place, (version, holds)) in self.states().into_iter().enumerate() {
            assert!(version <= self.machine.version);
            for hold in &holds {
                assert!(
                    self.memories.contains_key(&hold.buffer),
                    "{hold:?} has memory"
                );
                assert!(
                    hold.arriving
                        .is_none_or(|copy| self.copies.contains_key(&copy))
                );
                assert!(
                    hold.superseded
                        .is_none_or(|copy| self.copies.contains_key(&copy))
                );
            }
            let has_value = holds.iter().any(Hold::is_current);
            assert_eq!(has_value, self.expected[place].is_some(), "element {place}");
        }
        for (index, device) in self.devices.iter().enumerate() {
            let here = self
                .memories
                .iter()
                .filter(|(_, (space, _))| space.0 == index + 1);
            let bytes = |id: &BufferId| {
                device
                    .bytes_of(Entry {
                        array: 0,
                        buffer: *id,
                    })
                    .unwrap()
            };
            let used: u64 = here.map(|(id, _)| bytes(id)).sum();
            assert_eq!(
                used,
                self.limit - device.free(),
                "all memory is accounted for"
            );
        }
    }
}
