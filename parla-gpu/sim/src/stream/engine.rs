//! Runs operations: hands those that wait for nothing to threads, and lets others wait for them.
//!
//! A thread never waits for an operation on behalf of a stream, so a few threads serve any number
//! of streams, and no order of calls can block them all. Threads come when there is work and go
//! when there has been none for a while. While anything has not ended there is one at least, and
//! what would need the first and can't have it is refused. `tests/shuttle.rs` checks the protocol.

use super::order::{Lane, Order, Ticket};
use super::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, PoisonError, thread};
use crate::codes::Code;
use crate::event::Mark;
use crate::handle::Handle;
use crate::trace::next_instant;
use std::collections::BTreeMap;
use std::fmt;
use std::hint;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// As many operations as run at once, which is what a large GPU can do.
const MOST_WORKERS: usize = 128;
/// How often a thread looks for new work before it rests: to wake it costs more than a short kernel
/// takes.
const LOOKS: usize = 64;
/// In so many looks it leaves its processor to others once.
const YIELD_EVERY: usize = 8;
/// How long a thread without work stays.
const PATIENCE: Duration = Duration::from_millis(200);

/// What takes time. It must not panic.
pub(crate) type Run = Box<dyn FnOnce(Ticket) + Send>;

/// What an operation does once it may.
pub(crate) enum Work {
    /// Nothing but being a point in time, for an event or to join others.
    Mark(Option<Arc<Mark>>),
    /// Something that takes time, on a thread.
    Run(Run),
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mark(_) => "Mark",
            Self::Run(_) => "Run",
        })
    }
}

/// An operation of a graph.
#[derive(Debug)]
pub(crate) struct GraphNode {
    pub(crate) lane: Lane,
    pub(crate) work: Work,
    /// Nodes before it that it waits for, by their index.
    pub(crate) dependencies: Vec<usize>,
    /// Other operations that it waits for.
    pub(crate) after: Vec<Ticket>,
}

/// Work whose turn it is.
struct Ready(Run);

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

/// All operations of all devices.
#[derive(Debug, Default)]
pub(crate) struct Engine(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// An operation has ended.
    ended: Condvar,
    /// There is work for a thread.
    work: Condvar,
    /// How much work was ready for a thread when that last changed: a hint for those who look.
    ready: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    order: Order<Work>,
    /// Work that waits for nothing but a thread, by priority and age.
    ready: BTreeMap<(i32, Ticket), Ready>,
    /// Threads in all.
    workers: usize,
    /// Threads that were started and have not looked for work yet.
    starting: usize,
    /// Threads that look for work without waiting for a call.
    looking: usize,
    /// Threads that wait and were not called.
    idle: usize,
    /// Threads that wait and were called, whichever they are.
    called: usize,
}

impl Engine {
    /// Adds an operation to the lane, which also waits for those in `after`. Fails, and adds
    /// nothing, if there is no thread to run it and none can be had.
    pub(crate) fn submit(&self, lane: Lane, after: &[Ticket], work: Work) -> Result<Ticket, Code> {
        let mut state = self.0.lock();
        self.0.ensure_worker(&mut state, [&work])?;
        let mut before = state.order.before(&lane);
        before.extend_from_slice(after);
        let ticket = next_instant();
        let is_ready = state.order.add(ticket, lane, &before, work);
        state.order.set_last(ticket);
        if is_ready {
            self.0.release(&mut state, vec![ticket]);
            self.0.call_workers(&mut state, 0);
        }
        Ok(ticket)
    }

    /// Adds operations that only wait for each other as said, in place of one on the lane. Their
    /// numbers, and last the number of their end, which what comes on the lane later waits for.
    /// Fails as [`Self::submit`] does.
    pub(crate) fn submit_graph(
        &self,
        lane: Lane,
        after: &[Ticket],
        nodes: Vec<GraphNode>,
    ) -> Result<Vec<Ticket>, Code> {
        let mut state = self.0.lock();
        let works = nodes.iter().map(|node| &node.work);
        self.0.ensure_worker(&mut state, works)?;
        let mut start = state.order.before(&lane);
        start.extend_from_slice(after);
        let mut tickets: Vec<Ticket> = Vec::with_capacity(nodes.len() + 1);
        let mut ready = Vec::new();
        for node in nodes {
            let ticket = next_instant();
            let mut before = node.after;
            before.extend_from_slice(&start);
            before.extend(node.dependencies.iter().map(|index| tickets[*index]));
            if state.order.add(ticket, node.lane, &before, node.work) {
                ready.push(ticket);
            }
            tickets.push(ticket);
        }
        let end = next_instant();
        let before = [tickets.as_slice(), start.as_slice()].concat();
        if state.order.add(end, lane, &before, Work::Mark(None)) {
            ready.push(end);
        }
        tickets.push(end);
        state.order.set_last(end);
        self.0.release(&mut state, ready);
        self.0.call_workers(&mut state, 0);
        Ok(tickets)
    }

    /// What an operation that is new on the lane would wait for.
    pub(crate) fn pending(&self, lane: &Lane) -> Vec<Ticket> {
        self.0.lock().order.before(lane)
    }

    /// What has not ended of a context.
    pub(crate) fn of_context(&self, context: Handle) -> Vec<Ticket> {
        self.0.lock().order.of_context(context)
    }

    pub(crate) fn has_ended(&self, ticket: Ticket) -> bool {
        self.0.lock().order.has_ended(ticket)
    }

    /// Blocks this thread until all of those have ended.
    pub(crate) fn wait(&self, tickets: &[Ticket]) {
        let mut state = self.0.lock();
        while tickets.iter().any(|ticket| !state.order.has_ended(*ticket)) {
            let woken = self.0.ended.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts operations that wait for nothing, and those that this sets free.
    fn release(self: &Arc<Self>, state: &mut State, mut ready: Vec<Ticket>) {
        while let Some(ticket) = ready.pop() {
            match state.order.start(ticket) {
                Work::Mark(mark) => {
                    if let Some(mark) = mark {
                        mark.set(Instant::now());
                    }
                    ready.extend(state.order.end(ticket));
                    self.ended.notify_all();
                }
                Work::Run(run) => {
                    let priority = state.order.lane(ticket).priority;
                    state.ready.insert((priority, ticket), Ready(run));
                }
            }
        }
    }

    /// Calls threads for what is ready, but for so many that will look by themselves.
    fn call_workers(self: &Arc<Self>, state: &mut State, looking: usize) {
        // Relaxed: only a hint; who looks takes the lock before it rests.
        self.ready.store(state.ready.len(), Relaxed);
        while state.ready.len() > state.starting + state.called + state.looking + looking {
            if state.idle > 0 {
                state.idle -= 1;
                state.called += 1;
                self.work.notify_one();
            } else if state.workers < MOST_WORKERS {
                if self.spawn_worker(state).is_err() {
                    // Without a new thread, those that there are come to it later.
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// Sees to it that there is a thread, if any of the work needs one.
    fn ensure_worker<'a>(
        self: &Arc<Self>,
        state: &mut State,
        works: impl IntoIterator<Item = &'a Work>,
    ) -> Result<(), Code> {
        let mut works = works.into_iter();
        if state.workers == 0 && works.any(|work| matches!(work, Work::Run(_))) {
            self.spawn_worker(state)?;
        }
        Ok(())
    }

    fn spawn_worker(self: &Arc<Self>, state: &mut State) -> Result<(), Code> {
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("simulated GPU".to_owned());
        let spawned = thread.spawn(move || shared.work());
        spawned.map_err(|_| Code::OPERATING_SYSTEM)?;
        state.workers += 1;
        state.starting += 1;
        Ok(())
    }

    /// What a thread does.
    fn work(self: Arc<Self>) {
        let mut state = self.lock();
        state.starting -= 1;
        let mut has_looked = false;
        loop {
            if let Some(((_, ticket), Ready(run))) = state.ready.pop_first() {
                drop(state);
                run(ticket);
                state = self.lock();
                let ready = state.order.end(ticket);
                self.ended.notify_all();
                self.release(&mut state, ready);
                // This thread itself takes the next.
                self.call_workers(&mut state, 1);
                has_looked = false;
                continue;
            }
            if !has_looked {
                state.looking += 1;
                drop(state);
                self.look();
                state = self.lock();
                state.looking -= 1;
                has_looked = true;
                continue;
            }
            state.idle += 1;
            // Whoever wakes takes a call, whichever thread it was meant for.
            let waited = self
                .work
                .wait_timeout_while(state, PATIENCE, |state| state.called == 0);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.called == 0 {
                state.idle -= 1;
                state.workers -= 1;
                return;
            }
            state.called -= 1;
        }
    }

    /// Waits for work, for a short while.
    fn look(&self) {
        for look in 1..=LOOKS {
            if self.ready.load(Relaxed) > 0 {
                return;
            }
            if look.is_multiple_of(YIELD_EVERY) {
                thread::yield_now();
            } else {
                (0..16).for_each(|_| hint::spin_loop());
            }
        }
    }
}
