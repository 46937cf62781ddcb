//! Where ready tasks wait for a worker. The only user of `crossbeam-deque`.
//!
//! Ordinary tasks go to the deque of the worker that made them ready (newest first for it, oldest
//! first for thieves). What the program's own threads make ready goes to deques of theirs, from
//! which workers steal (oldest first, many at a time); what comes from elsewhere, to the injector.
//! Tasks with a priority share one heap: positive ones come before all ordinary tasks, negative
//! ones after. The halves of joins go to a deque apart, in which the newest is always the one that
//! its owner looks for, and from which thieves take one at a time, to begin with it at once.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

use super::victims::Victims;
use super::work::{Job, Work};
use crate::resources::places::Place;
use crate::sync::deque::{Injector, Steal, Stealer, Worker};
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// The deque that belongs to a seat.
pub(crate) type Deque = Worker<Work>;

/// The deque of a seat for halves of joins.
pub(crate) type Forks = Worker<Job>;

/// All queues of a scheduler, seen from any thread.
#[derive(Debug)]
pub(crate) struct Queues {
    injector: Injector<Work>,
    /// Of the workers' seats, then of the guests'.
    stealers: Vec<Stealer<Work>>,
    /// Of the workers' seats.
    forks: Vec<Stealer<Job>>,
    workers: usize,
    victims: Victims,
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
struct ByRank(Work);

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
    ready: Vec<Work>,
    rng: fastrand::Rng,
}

#[inline]
fn priority(work: &Work) -> i32 {
    match work {
        Work::Task(task) => task.options().map_or(0, |options| options.priority),
        Work::Job(_) => 0,
    }
}

impl Queues {
    /// The queues and the deques of all seats, those of the guests last. Workers are at these
    /// places. `seed` is given for a reproducible run with one worker.
    pub(crate) fn new(
        places: &[Place],
        guests: usize,
        seed: Option<u64>,
    ) -> (Self, Vec<(Deque, Forks)>) {
        let workers = places.len();
        let own = (0..workers).map(|_| Worker::new_lifo());
        // A guest never pops, and a batch is cheaper to steal from a queue of this kind.
        let deques: Vec<Deque> = own.chain((0..guests).map(|_| Worker::new_fifo())).collect();
        let forks: Vec<Forks> = deques.iter().map(|_| Worker::new_lifo()).collect();
        let queues = Self {
            injector: Injector::new(),
            stealers: deques.iter().map(Worker::stealer).collect(),
            forks: forks[..workers].iter().map(Worker::stealer).collect(),
            workers,
            victims: Victims::new(places),
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
        (queues, deques.into_iter().zip(forks).collect())
    }

    /// Whether the order is drawn from a seed; the deques are unused then.
    #[inline]
    pub(crate) fn is_seeded(&self) -> bool {
        self.seeded.is_some()
    }

    /// Queues work; `own` is the deque of the calling thread, if the work may go before what is
    /// queued already.
    #[inline]
    pub(crate) fn push(&self, work: Work, own: Option<&Deque>) {
        let priority = priority(&work);
        if let Some(seeded) = &self.seeded {
            seeded.lock().ready.push(work);
        } else if priority != 0 {
            let mut ranked = self.ranked.lock();
            let number = ranked.next;
            ranked.next += 1;
            ranked.heap.push((priority, Reverse(number), ByRank(work)));
            // Relaxed: hints; `work_added` orders them before the wake-up.
            self.counter(priority).fetch_add(1, Ordering::Relaxed);
        } else {
            match own {
                Some(deque) => deque.push(work),
                None => self.injector.push(work),
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
    pub(crate) fn pop_seeded(&self) -> Option<Work> {
        let mut seeded = self.seeded.as_ref()?.lock();
        let highest = seeded.ready.iter().map(priority).max()?;
        let among: Vec<usize> = (0..seeded.ready.len())
            .filter(|&at| priority(&seeded.ready[at]) == highest)
            .collect();
        let drawn = among[seeded.rng.usize(..among.len())];
        Some(seeded.ready.remove(drawn))
    }

    /// Whether there may be a task with a positive priority.
    #[inline]
    pub(crate) fn has_urgent(&self) -> bool {
        self.urgent.load(Ordering::Relaxed) > 0
    }

    /// A task with a positive priority.
    #[inline]
    pub(crate) fn pop_urgent(&self) -> Option<Work> {
        self.pop_ranked(&self.urgent, |priority| priority > 0)
    }

    /// A task with a negative priority.
    pub(crate) fn pop_background(&self) -> Option<Work> {
        self.pop_ranked(&self.background, |priority| priority < 0)
    }

    fn pop_ranked(&self, counter: &AtomicUsize, wanted: impl Fn(i32) -> bool) -> Option<Work> {
        if counter.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut ranked = self.ranked.lock();
        if !wanted(ranked.heap.peek()?.0) {
            return None;
        }
        counter.fetch_sub(1, Ordering::Relaxed);
        ranked.heap.pop().map(|(_, _, ByRank(work))| work)
    }

    /// Work from outside; moves some more into the caller's deque. `first` is where to look first,
    /// of the guests' deques and the injector: each gets its turn, whatever the others hold.
    pub(crate) fn pop_injected(&self, first: usize, own: &Deque) -> Option<Work> {
        let guests = &self.stealers[self.workers..];
        let sources = guests.len() + 1;
        // An empty queue is recognised without the fences of an attempt to steal.
        (0..sources).find_map(|k| match guests.get((first % sources + k) % sources) {
            Some(guest) => (!guest.is_empty()).then(|| retry(|| guest.steal_batch_and_pop(own)))?,
            None => (!self.injector.is_empty())
                .then(|| retry(|| self.injector.steal_batch_and_pop(own)))?,
        })
    }

    /// The oldest work in a seat's own deque.
    pub(crate) fn pop_oldest(&self, seat: usize) -> Option<Work> {
        retry(|| self.stealers[seat].steal())
    }

    /// Work of another worker, the nearest first; `random` is where the rounds of victims begin.
    pub(crate) fn steal(&self, seat: usize, random: usize, own: &Deque) -> Option<Work> {
        let mut victims = self
            .victims
            .of(seat, random)
            .filter(|&victim| victim != seat);
        victims.find_map(|victim| {
            let victim = &self.stealers[victim];
            (!victim.is_empty()).then(|| retry(|| victim.steal_batch_and_pop(own)))?
        })
    }

    /// The oldest half of a join that another worker has left; the caller must see to it that it is
    /// run at once.
    pub(crate) fn steal_fork(&self, seat: usize, random: usize) -> Option<Job> {
        let mut victims = self
            .victims
            .of(seat, random)
            .filter(|&victim| victim != seat);
        victims.find_map(|victim| {
            let victim = &self.forks[victim];
            (!victim.is_empty()).then(|| retry(|| victim.steal()))?
        })
    }

    /// Whether any queue holds something else than halves of joins.
    pub(crate) fn has_tasks(&self) -> bool {
        self.urgent.load(Ordering::Relaxed) > 0
            || self.background.load(Ordering::Relaxed) > 0
            || !self.injector.is_empty()
            || self.stealers.iter().any(|stealer| !stealer.is_empty())
    }

    /// Whether there is work from outside.
    pub(crate) fn has_injected(&self) -> bool {
        let mut guests = self.stealers[self.workers..].iter();
        !self.injector.is_empty() || guests.any(|guest| !guest.is_empty())
    }

    /// Whether any queue holds something that any worker could take.
    pub(crate) fn has_work(&self) -> bool {
        if let Some(seeded) = &self.seeded {
            return !seeded.lock().ready.is_empty();
        }
        self.has_tasks() || self.forks.iter().any(|forks| !forks.is_empty())
    }
}

/// Has the tasks in a deque of the caller's brought here, all at the same time: they were written on
/// another core, and one after the other would be waited for. Meanwhile no queue shows them.
pub(crate) fn prefetch_all(own: &Deque) {
    let mut all = SmallVec::<[Work; 32]>::new();
    while let Some(work) = own.pop() {
        if let Work::Task(runnable) = &work {
            runnable.prefetch();
        }
        all.push(work);
    }
    while let Some(work) = all.pop() {
        own.push(work);
    }
}

fn retry<T>(mut steal: impl FnMut() -> Steal<T>) -> Option<T> {
    loop {
        match steal() {
            Steal::Success(stolen) => return Some(stolen),
            Steal::Empty => return None,
            Steal::Retry => std::hint::spin_loop(),
        }
    }
}
