//! From ready to running: admission of resources, queues, idle workers, waits, stalls.
//!
//! ```text
//! spawn ──► dependencies ──► admission ──► queue ──► worker ──► end ──► successors
//!  lifecycle    graph         reserve       queue     worker     ending
//! ```
//!
//! Between dependencies and admission, the [`mapper`] asks the runtime's [`Policy`] in which order
//! the devices are to be tried, for tasks that have a choice.
//!
//! A task that asks for no resources skips admission. [`Scheduler`] wires the parts; each part is
//! plain data or a protocol with a page in `docs/internals/`.

mod descriptor;
mod ending;
mod explain;
mod fetch;
mod learning;
mod lifecycle;
mod map;
mod mapper;
mod policy;
mod queue;
mod reserve;
mod runahead;
mod seats;
mod sleep;
mod stall;
mod victims;
mod wait;
mod wait_graph;
mod work;

pub(crate) use descriptor::{Descriptor, Request};
pub(crate) use ending::Next;
pub use explain::Explanation;
pub(crate) use learning::{Course, Learning};
pub(crate) use mapper::Mapper;
pub(crate) use policy::default_path;
pub use policy::{
    Candidate, DeviceFacts, EarliestFinish, Locality, Mapping, Policy, RoundRobin, RunTime,
    TaskProfile, Weighed,
};
pub(crate) use queue::{Deque, Forks, Queues, prefetch_all};
pub(crate) use seats::{Seat, SeatSlot};
pub(crate) use wait::{
    OutsideWork, Parker, PausedPoll, Target, WaitCell, Waiter, Waits, WakeHandle,
};
pub(crate) use work::{Job, JobHeader, Work};

use crate::data::{Races, Store};
use crate::device::{DeviceId, Devices};
use crate::error::TaskErrorKind;
use crate::resources::{Alternative, Grant, Pool, Wish};
use crate::sync::{Arc, AtomicBool, AtomicUsize, Mutex, OnceLock, Ordering, thread, tokio};
use crate::task::{Family, Node, Pool as NodePool, Runnable, ScopeState};
use crate::trace::{EventKind, GraphLog, Trace};
use crate::worker::{Pinning, context};
use reserve::Admission;
use seats::Seats;
use sleep::Sleep;

/// Who waits for admission.
#[derive(Debug)]
pub(crate) enum Ticket {
    /// A ready task.
    Task(Runnable),
    /// A thread whose sync body goes on after a scope.
    Thread(Arc<GrantSlot>),
}

/// Where a blocked thread finds its grant.
#[derive(Debug, Default)]
pub(crate) struct GrantSlot {
    grant: Mutex<Option<Grant>>,
    /// Who waits for it.
    parker: Mutex<Option<Arc<Parker>>>,
}

impl GrantSlot {
    fn fill(&self, grant: Grant) {
        *self.grant.lock() = Some(grant);
        let parker = self.parker.lock().take();
        if let Some(parker) = parker {
            parker.unpark();
        }
    }

    fn is_filled(&self) -> bool {
        self.grant.lock().is_some()
    }

    fn take(&self) -> Option<Grant> {
        self.grant.lock().take()
    }

    fn wait_blocking(&self, parker: &Arc<Parker>) {
        *self.parker.lock() = Some(parker.clone());
        while !self.is_filled() {
            parker.park(|| {});
        }
    }
}

/// Everything that the threads of one runtime share.
#[derive(Debug)]
pub(crate) struct Scheduler {
    pub(crate) devices: Devices,
    pub(crate) queues: Queues,
    pub(crate) sleep: Sleep,
    pub(crate) waits: Waits,
    pub(crate) seats: Seats,
    /// The memory of its tasks.
    pub(crate) pool: NodePool,
    /// Where workers are pinned, if they are.
    pub(crate) pinning: Option<Pinning>,
    pub(crate) tokio: tokio::runtime::Handle,
    /// The memories of its devices.
    pub(crate) store: Arc<Store>,
    /// What orders the tasks that use the same data, where accesses don't.
    pub(crate) races: Races,
    admission: Mutex<Admission<Ticket>>,
    mapper: Mapper,
    /// What a placement on any device of a kind comes to, by the kind, if it asks for nothing else.
    any_of_kind: [OnceLock<Arc<[Alternative]>>; 2],
    trace: Option<Trace>,
    root: Arc<ScopeState>,
    /// Counts the scopes that threads of the program have open, and the workers that don't rest, as
    /// if they were tasks.
    pub(crate) visits: Arc<ScopeState>,
    /// For anonymous tasks of the root scope. Refers back to the scheduler, so it is dropped at
    /// shutdown.
    anonymous: Mutex<Option<Arc<Family>>>,
    /// Whether any device has queues of its own.
    pub(crate) has_queues: bool,
    /// Whether any device has memory of its own.
    pub(crate) has_memory: bool,
    /// Whether the host is one device.
    is_host_undivided: bool,
    /// Whether any device was lost.
    has_lost: AtomicBool,
    /// Set when the runtime is dropped: nothing can be spawned any more.
    closing: AtomicBool,
    /// See [`is_forgotten`](Self::is_forgotten).
    forgotten: AtomicBool,
    interrupted: AtomicBool,
    interrupted_tasks: AtomicUsize,
}

impl Scheduler {
    /// A scheduler with that many seats for workers, which have the first deques of `queues`.
    pub(crate) fn new(
        devices: Devices,
        queues: Queues,
        seats: usize,
        pinning: Option<Pinning>,
        trace: Option<Trace>,
        mapper: Mapper,
        tokio: tokio::runtime::Handle,
    ) -> Arc<Self> {
        let pool = Pool::new(devices.iter().map(|device| device.memory()));
        Arc::new(Self {
            has_queues: devices.iter().any(|device| device.has_queues()),
            store: Store::new(&devices),
            has_memory: devices.iter().any(|device| device.data().is_some()),
            is_host_undivided: devices.is_host_undivided(),
            devices,
            queues,
            sleep: Sleep::new(seats),
            waits: Waits::default(),
            seats: Seats::default(),
            pool: NodePool::new(),
            pinning,
            tokio,
            races: Races::new(),
            admission: Mutex::new(Admission::new(pool)),
            mapper,
            any_of_kind: [OnceLock::new(), OnceLock::new()],
            has_lost: AtomicBool::new(false),
            trace,
            root: Arc::new(ScopeState::new()),
            visits: Arc::new(ScopeState::new()),
            anonymous: Mutex::new(None),
            closing: AtomicBool::new(false),
            forgotten: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            interrupted_tasks: AtomicUsize::new(0),
        })
    }

    /// The scope of all tasks that are not in a scope of their own.
    pub(crate) fn root(&self) -> &Arc<ScopeState> {
        &self.root
    }

    /// The family of anonymous tasks of the root scope.
    pub(crate) fn anonymous(self: &Arc<Self>) -> Arc<Family> {
        let new = || Family::anonymous(self, &self.root);
        let mut family = self.anonymous.lock();
        if self.is_forgotten() {
            return new();
        }
        family.get_or_insert_with(new).clone()
    }

    /// Drops what refers back to this scheduler; only when all its threads are gone.
    pub(crate) fn forget_all(self: &Arc<Self>) {
        self.fail_unspawned(&self.root);
        self.store.close();
        // SeqCst: before the walk through the tables, see `Family::remove_space`.
        self.forgotten.store(true, Ordering::SeqCst);
        self.root.close();
        self.seats.drop_guests();
        let family = self.anonymous.lock().take();
        drop(family);
    }

    #[inline]
    pub(crate) fn record(&self, kind: EventKind, node: &Node) {
        if let Some(trace) = &self.trace {
            trace.record(kind, || node.name(), context::seat_index(self));
            if let (EventKind::Spawned, Some(graph)) = (kind, &trace.graph) {
                graph.add(node);
            }
        }
    }

    /// The graph of the tasks, if it is kept.
    #[inline]
    pub(crate) fn graph_log(&self) -> Option<&GraphLog> {
        self.trace.as_ref()?.graph.as_ref()
    }

    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// Queues a task that has all it needs, behind all others.
    pub(crate) fn enqueue_last(&self, runnable: Runnable) {
        self.queues.push(Work::Task(runnable), None);
        self.queued();
    }

    /// Queues a task that has all it needs.
    #[inline]
    fn enqueue(&self, runnable: Runnable) {
        self.enqueue_work(Work::Task(runnable));
    }

    /// Queues anything that a worker can do at once.
    #[inline]
    pub(crate) fn enqueue_work(&self, work: Work) {
        context::with_deque(self, |deque| self.queues.push(work, deque));
        self.queued();
    }

    /// Queues a task as [`enqueue`](Self::enqueue) does, but wakes nobody for it:
    /// [`queued`](Self::queued) must follow.
    #[inline]
    fn enqueue_quietly(&self, runnable: Runnable) {
        let work = Work::Task(runnable);
        context::with_deque(self, |deque| self.queues.push(work, deque));
    }

    /// Wakes a worker for what was queued, if need be.
    #[inline]
    pub(crate) fn queued(&self) {
        // In a seeded run the worker waits for the drivers to rest anyway.
        if !self.queues.is_seeded() || self.sleep.running_drivers() == 0 {
            self.sleep.work_added();
        }
        if context::with_seat_of(self, Seat::is_ahead) == Some(true) {
            thread::yield_now();
        }
    }

    /// Whether a worker could do anything.
    pub(crate) fn has_work(&self) -> bool {
        let held_back = self.queues.is_seeded() && self.sleep.running_drivers() > 0;
        self.may_hand_over() || (self.queues.has_work() && !held_back)
    }

    /// Whether a thread asks for a seat and may have one. In a seeded run all threads that were
    /// woken must have asked, so that the order in which they get it depends on nothing else than
    /// the order in which they were woken.
    pub(crate) fn may_hand_over(&self) -> bool {
        let asking = self.seats.requests();
        asking > 0 && (!self.queues.is_seeded() || asking == self.sleep.running_drivers())
    }

    /// A driver blocks in a wait or ends.
    pub(crate) fn driver_rests(&self) {
        self.sleep.driver_rests();
        if self.queues.is_seeded() && self.has_work() {
            self.sleep.wake_one();
        }
        self.suspect_stall();
    }

    /// Asks for admission.
    fn request(self: &Arc<Self>, ticket: Ticket, wish: Wish, priority: i32) {
        let granted = self.try_request(ticket, wish, priority);
        self.admit(granted);
    }

    /// Asks for admission; what is granted at once is the caller's to hand out.
    fn try_request(
        self: &Arc<Self>,
        ticket: Ticket,
        wish: Wish,
        priority: i32,
    ) -> Option<(Ticket, Grant)> {
        let mut admission = self.admission.lock();
        if let Some((device, error)) = admission.why_hopeless(&wish.alternatives) {
            let failure = self.failure_of(device, error);
            drop(admission);
            self.refuse_admission(ticket, failure);
            return None;
        }
        admission.request(ticket, wish, priority)
    }

    /// Devices were lost, and nothing is left that could serve this.
    fn refuse_admission(self: &Arc<Self>, ticket: Ticket, failure: TaskErrorKind) {
        match ticket {
            Ticket::Task(runnable) => {
                self.fail_unstarted(&runnable.reference(), failure);
                let started = runnable.start();
                debug_assert!(started.is_none(), "it has ended");
            }
            // It goes on with nothing, and learns of the loss from what it does next.
            Ticket::Thread(slot) => slot.fill(Grant::default()),
        }
    }

    /// Hands grants to those who waited for them.
    fn admit(self: &Arc<Self>, granted: impl IntoIterator<Item = (Ticket, Grant)>) {
        // A list in place of recursion bears any number of cancelled tasks.
        let mut unused = Vec::new();
        self.hand_out(granted, &mut unused);
        while let Some(grant) = unused.pop() {
            let served = self.admission.lock().give_back(grant);
            self.hand_out(served, &mut unused);
        }
    }

    /// As [`admit`](Self::admit); yields the grants of tasks that have ended meanwhile.
    fn hand_out(
        self: &Arc<Self>,
        granted: impl IntoIterator<Item = (Ticket, Grant)>,
        unused: &mut Vec<Grant>,
    ) {
        for (ticket, grant) in granted {
            match ticket {
                Ticket::Task(runnable) => {
                    unused.extend(self.give_to(&runnable, grant));
                    if let Some(runnable) = self.fetch(runnable) {
                        self.enqueue_last(runnable);
                    }
                }
                Ticket::Thread(slot) => slot.fill(grant),
            }
        }
    }

    /// Gives a ready task what it asked for; gets it back if the task has ended meanwhile.
    fn give_to(&self, runnable: &Runnable, grant: Grant) -> Option<Grant> {
        let options = runnable.options().expect("only tasks with options ask");
        options.admit(grant, |device| self.devices[device].id());
        // Cancelled while it waited: whoever finds the grant gives it back.
        let is_ended = runnable.state.is_ended();
        is_ended.then(|| options.held.lock().take()).flatten()
    }

    /// Gives back what a task holds.
    pub(crate) fn release_grant(self: &Arc<Self>, node: &Node) {
        if let Some(options) = node.options() {
            let grant = options.held.lock().take();
            self.give_back(grant);
        }
    }

    fn give_back(self: &Arc<Self>, grant: Option<Grant>) {
        if let Some(grant) = grant {
            let served = self.admission.lock().give_back(grant);
            self.admit(served);
        }
    }

    /// Gives back what a task holds because a part of its body is about to block.
    pub(crate) fn release_grant_to_wait(self: &Arc<Self>, node: &Node) {
        if let Some(options) = node.options() {
            let grant = options.held.lock().begin_wait();
            self.give_back(grant);
        }
    }

    /// Takes again what a task held before that; blocks until it is there. If other parts of the
    /// body wait too, only the last does so.
    pub(crate) fn reacquire_grant_blocking(self: &Arc<Self>, node: &Node) {
        let Some(options) = node.options() else {
            return;
        };
        let must_ask = options.held.lock().end_wait();
        if !must_ask || options.alternatives.is_empty() {
            return;
        }
        let alternatives = options.alternatives_again();
        let wish = self.wish(node, options, alternatives.clone());
        // Without the advice of a policy that panics: the body has to go on somewhere.
        let wish = wish.unwrap_or_else(|_| alternatives.into());
        let slot = Arc::new(GrantSlot::default());
        let ticket = Ticket::Thread(slot.clone());
        self.request(ticket, wish, options.priority);
        if !slot.is_filled() {
            context::without_seat(self, |parker| slot.wait_blocking(parker));
        }
        if let Some(grant) = slot.take() {
            let surplus = options.readmit(grant, |device| self.devices[device].id());
            self.give_back(surplus);
        }
    }

    /// The devices a task was given.
    pub(crate) fn devices_of(&self, node: &Node) -> Vec<DeviceId> {
        let grant = node
            .options()
            .and_then(|options| options.held.lock().grant().cloned());
        match grant {
            Some(Grant { devices, .. }) => devices
                .iter()
                .map(|&(device, _)| self.devices[device].id())
                .collect(),
            // Without a grant the task runs on the host, which is the first device.
            None => self
                .devices
                .first()
                .map(|device| device.id())
                .into_iter()
                .collect(),
        }
    }

    /// Refuses all further spawns. A task that was not refused is counted by its scope, and so can
    /// be waited for after this.
    pub(crate) fn close(&self) {
        // SeqCst: pairs with `is_closing` after `ScopeState::task_spawned`. Of a spawn and a close
        // at the same time, one sees the other.
        self.closing.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Whether all tasks have ended, none can be spawned, and nobody will look for settled families.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// After Ctrl-C: nothing starts any more, suspended bodies end where they wait.
    pub(crate) fn interrupt(self: &Arc<Self>) {
        // SeqCst: a task that misses it was started before.
        self.interrupted.store(true, Ordering::SeqCst);
        for node in self.waits.suspended() {
            self.cancel(&node, TaskErrorKind::Interrupted);
        }
        for cell in self.waits.cells() {
            cell.wake();
        }
    }

    #[inline]
    pub(crate) fn is_interrupted(&self) -> bool {
        // Relaxed: a flag that carries no data.
        self.interrupted.load(Ordering::Relaxed)
    }

    /// How many tasks Ctrl-C cancelled.
    pub(crate) fn interrupted_tasks(&self) -> usize {
        self.interrupted_tasks.load(Ordering::Relaxed)
    }
}
