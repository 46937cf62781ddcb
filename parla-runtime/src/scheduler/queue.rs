//! Where ready tasks wait for a worker. The only user of `crossbeam-deque`.
//!
//! Ordinary tasks go to the deque of the worker that made them ready (newest first for it, oldest
//! first for thieves) or, from outside, to the injector (oldest first). Tasks with a priority
//! share one heap: positive ones come before all ordinary tasks, negative ones after.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crossbeam_deque::{Injector, Steal, Stealer, Worker};

use crate::sync::{Arc, AtomicUsize, Mutex, Ordering};
use crate::task::Node;

/// The deque that belongs to a worker's seat.
pub(crate) type Deque = Worker<Arc<Node>>;

/// All queues of a scheduler, seen from any thread.
#[derive(Debug)]
pub(crate) struct Queues {
    injector: Injector<Arc<Node>>,
    stealers: Vec<Stealer<Arc<Node>>>,
    ranked: Mutex<Ranked>,
    /// Ranked tasks above and below the ordinary ones, for a look without the lock.
    urgent: AtomicUsize,
    background: AtomicUsize,
    /// With a seed and one worker, all tasks go here and the order is drawn from the seed.
    seeded: Option<Mutex<Seeded>>,
}

#[derive(Debug, Default)]
struct Ranked {
    heap: BinaryHeap<(i32, Reverse<u64>, ByRank)>,
    next: u64,
}

/// Lets a node ride in a heap that is ordered by the fields before it.
#[derive(Debug)]
struct ByRank(Arc<Node>);

impl PartialEq for ByRank {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for ByRank {}
impl PartialOrd for ByRank {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for ByRank {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

#[derive(Debug)]
struct Seeded {
    ready: Vec<Arc<Node>>,
    rng: fastrand::Rng,
}

fn priority(node: &Node) -> i32 {
    node.options.get().map_or(0, |options| options.priority)
}

impl Queues {
    /// The queues and the deques of all seats. `seed` is given for a reproducible run with one
    /// worker.
    pub(crate) fn new(seats: usize, seed: Option<u64>) -> (Self, Vec<Deque>) {
        let deques: Vec<Deque> = (0..seats).map(|_| Worker::new_lifo()).collect();
        let queues = Self {
            injector: Injector::new(),
            stealers: deques.iter().map(Worker::stealer).collect(),
            ranked: Mutex::default(),
            urgent: AtomicUsize::new(0),
            background: AtomicUsize::new(0),
            seeded: seed.map(|seed| {
                Mutex::new(Seeded {
                    ready: Vec::new(),
                    rng: fastrand::Rng::with_seed(seed),
                })
            }),
        };
        (queues, deques)
    }

    /// Whether the order is drawn from a seed; the deques are unused then.
    pub(crate) fn is_seeded(&self) -> bool {
        self.seeded.is_some()
    }

    /// Queues a ready task; `own` is the deque of the calling worker, if the task may go before
    /// those that are queued already.
    pub(crate) fn push(&self, node: Arc<Node>, own: Option<&Deque>) {
        let priority = priority(&node);
        if let Some(seeded) = &self.seeded {
            seeded.lock().ready.push(node);
        } else if priority != 0 {
            let mut ranked = self.ranked.lock();
            let number = ranked.next;
            ranked.next += 1;
            ranked.heap.push((priority, Reverse(number), ByRank(node)));
            // Relaxed: hints; `work_added` orders them before the wake-up.
            self.counter(priority).fetch_add(1, Ordering::Relaxed);
        } else {
            match own {
                Some(deque) => deque.push(node),
                None => self.injector.push(node),
            }
        }
    }

    fn counter(&self, priority: i32) -> &AtomicUsize {
        if priority > 0 {
            &self.urgent
        } else {
            &self.background
        }
    }

    /// The next task of a seeded run: of those with the highest priority, one drawn at random.
    pub(crate) fn pop_seeded(&self) -> Option<Arc<Node>> {
        let mut seeded = self.seeded.as_ref()?.lock();
        let highest = seeded.ready.iter().map(|node| priority(node)).max()?;
        let among: Vec<usize> = (0..seeded.ready.len())
            .filter(|&at| priority(&seeded.ready[at]) == highest)
            .collect();
        let drawn = among[seeded.rng.usize(..among.len())];
        Some(seeded.ready.remove(drawn))
    }

    /// Whether there may be a task with a positive priority.
    pub(crate) fn has_urgent(&self) -> bool {
        self.urgent.load(Ordering::Relaxed) > 0
    }

    /// A task with a positive priority.
    pub(crate) fn pop_urgent(&self) -> Option<Arc<Node>> {
        self.pop_ranked(&self.urgent, |priority| priority > 0)
    }

    /// A task with a negative priority.
    pub(crate) fn pop_background(&self) -> Option<Arc<Node>> {
        self.pop_ranked(&self.background, |priority| priority < 0)
    }

    fn pop_ranked(&self, counter: &AtomicUsize, wanted: impl Fn(i32) -> bool) -> Option<Arc<Node>> {
        if counter.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut ranked = self.ranked.lock();
        if !wanted(ranked.heap.peek()?.0) {
            return None;
        }
        counter.fetch_sub(1, Ordering::Relaxed);
        ranked.heap.pop().map(|(_, _, ByRank(node))| node)
    }

    /// A task from outside; moves some more into the caller's deque.
    pub(crate) fn pop_injected(&self, own: &Deque) -> Option<Arc<Node>> {
        retry(|| self.injector.steal_batch_and_pop(own))
    }

    /// The oldest task of a seat's own deque.
    pub(crate) fn pop_oldest(&self, seat: usize) -> Option<Arc<Node>> {
        retry(|| self.stealers[seat].steal())
    }

    /// A task of another seat; `first` is where the round of victims begins.
    pub(crate) fn steal(&self, seat: usize, first: usize, own: &Deque) -> Option<Arc<Node>> {
        let seats = self.stealers.len();
        (0..seats)
            .map(|k| (first + k) % seats)
            .filter(|&victim| victim != seat)
            .find_map(|victim| retry(|| self.stealers[victim].steal_batch_and_pop(own)))
    }

    /// Whether any queue holds a task that any worker could take.
    pub(crate) fn has_work(&self) -> bool {
        if let Some(seeded) = &self.seeded {
            return !seeded.lock().ready.is_empty();
        }
        self.urgent.load(Ordering::Relaxed) > 0
            || self.background.load(Ordering::Relaxed) > 0
            || !self.injector.is_empty()
            || self.stealers.iter().any(|stealer| !stealer.is_empty())
    }
}

fn retry(mut steal: impl FnMut() -> Steal<Arc<Node>>) -> Option<Arc<Node>> {
    loop {
        match steal() {
            Steal::Success(node) => return Some(node),
            Steal::Empty => return None,
            Steal::Retry => std::hint::spin_loop(),
        }
    }
}
