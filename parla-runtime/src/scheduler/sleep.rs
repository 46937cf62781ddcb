//! How idle workers fall asleep and are woken, and how the scheduler learns that nothing runs.
//!
//! Vocabulary, protocol and the reason why no wake-up is lost: `docs/internals/sleep.md`.
//! Knows no tasks and no queues: `has_work` is all it asks.

use crate::sync::{AtomicUsize, Condvar, Mutex, Ordering, fence};

/// The idle state of all seats (worker places) and drivers of one scheduler.
#[derive(Debug)]
pub(crate) struct Sleep {
    /// Seats that look for work outside their own queue.
    searching: AtomicUsize,
    /// `inner.sleepers.len()`, for a look without the lock.
    sleeping: AtomicUsize,
    inner: Mutex<Inner>,
    wake: Vec<Condvar>,
}

#[derive(Debug)]
struct Inner {
    /// Seats that are asleep, the latest last; it is woken first, its caches are the warmest.
    sleepers: Vec<usize>,
    /// Per seat: woken, and not yet risen.
    woken: Vec<bool>,
    /// Drivers (threads that run the program itself) that are not blocked in a wait.
    drivers: usize,
    /// Grows with everything that ends a quiet state.
    epoch: u64,
    shut_down: bool,
}

impl Sleep {
    pub(crate) fn new(seats: usize) -> Self {
        Self {
            // Workers start awake and searching.
            searching: AtomicUsize::new(seats),
            sleeping: AtomicUsize::new(0),
            inner: Mutex::new(Inner {
                sleepers: Vec::with_capacity(seats),
                woken: vec![false; seats],
                drivers: 0,
                epoch: 0,
                shut_down: false,
            }),
            wake: (0..seats).map(|_| Condvar::new()).collect(),
        }
    }

    /// How many seats there are.
    pub(crate) fn seats(&self) -> usize {
        self.wake.len()
    }

    /// After work was made visible: wakes one sleeper, unless somebody searches and will find it.
    #[inline]
    pub(crate) fn work_added(&self) {
        // SeqCst fence: pairs with the one in `sleep`. Either the sleeper's `has_work` sees the
        // work, or we see that it no longer searches.
        fence(Ordering::SeqCst);
        // Relaxed loads: ordered by the fence.
        if self.searching.load(Ordering::Relaxed) == 0 && self.sleeping.load(Ordering::Relaxed) > 0
        {
            self.wake_one();
        }
    }

    /// As [`work_added`](Self::work_added), for work that who added it does itself if nobody else
    /// does: without the fence. A sleeper is missed only if it fell asleep at this very moment.
    pub(crate) fn work_offered(&self) {
        // Relaxed: see above. The sleepers first, since a busy runtime has none.
        if self.sleeping.load(Ordering::Relaxed) > 0 && self.searching.load(Ordering::Relaxed) == 0
        {
            self.wake_one();
        }
    }

    /// Wakes one sleeper, if there is one, to look around.
    pub(crate) fn wake_one(&self) {
        let mut inner = self.inner.lock();
        let Some(seat) = inner.sleepers.pop() else {
            return;
        };
        inner.woken[seat] = true;
        inner.epoch += 1;
        // On behalf of the sleeper: it rises searching.
        self.searching.fetch_add(1, Ordering::SeqCst);
        self.sleeping.fetch_sub(1, Ordering::SeqCst);
        drop(inner);
        self.wake[seat].notify_one();
    }

    /// A worker that ran out of its own work asks to search; no more than half of them may, at
    /// least one.
    #[must_use = "a refused worker must sleep"]
    pub(crate) fn try_search(&self) -> bool {
        let searching = self.searching.load(Ordering::Relaxed);
        if 2 * searching >= self.wake.len().max(2) {
            return false;
        }
        self.searching.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// A searching worker found something. If it was the last to search, another must take over
    /// where there is more, since nobody was woken for what came meanwhile.
    pub(crate) fn found(&self, has_more: impl FnOnce() -> bool) {
        if self.searching.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Pairs with the fence in `work_added`, as in `sleep`.
            fence(Ordering::SeqCst);
            if self.sleeping.load(Ordering::Relaxed) > 0 && has_more() {
                self.wake_one();
            }
        }
    }

    /// Puts a worker to sleep until it is woken; `searching` tells whether it was counted so.
    /// Returns searching. `look` runs if this seat is the last to fall asleep and no driver runs;
    /// with what it finds the worker rises, since that is not to be dealt with at rest.
    pub(crate) fn sleep<T>(
        &self,
        seat: usize,
        searching: bool,
        has_work: impl Fn() -> bool,
        look: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let mut inner = self.inner.lock();
        inner.woken[seat] = false;
        inner.sleepers.push(seat);
        self.sleeping.fetch_add(1, Ordering::SeqCst);
        if searching {
            self.searching.fetch_sub(1, Ordering::SeqCst);
        }
        drop(inner);
        // Pairs with the fence in `work_added`: work that woke nobody is visible to `has_work`.
        fence(Ordering::SeqCst);
        let has_work = has_work();
        let found = (!has_work && self.is_quiet()).then(look).flatten();
        if has_work || found.is_some() {
            self.rise(seat);
        }
        let mut inner = self.inner.lock();
        while !inner.woken[seat] && !inner.shut_down {
            inner = self.wake[seat].wait(inner);
        }
        let is_woken = inner.woken[seat];
        drop(inner);
        if !is_woken {
            // The shutdown woke it, and counted nobody as searching: there may be ready tasks left
            // that have ended, and who finds them counts itself off.
            self.rise(seat);
        }
        found
    }

    /// Takes a seat off the sleepers, unless somebody has woken it already.
    fn rise(&self, seat: usize) {
        let mut inner = self.inner.lock();
        if let Some(at) = inner.sleepers.iter().rposition(|&sleeper| sleeper == seat) {
            inner.sleepers.remove(at);
            inner.woken[seat] = true;
            inner.epoch += 1;
            self.searching.fetch_add(1, Ordering::SeqCst);
            self.sleeping.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// A driver starts, or goes on after a wait. Called by who wakes it, before it runs. Returns a
    /// number that grows from call to call.
    pub(crate) fn driver_runs(&self) -> u64 {
        let mut inner = self.inner.lock();
        inner.drivers += 1;
        inner.epoch += 1;
        inner.epoch
    }

    /// A driver blocks in a wait or ends. The caller then looks whether all is quiet.
    pub(crate) fn driver_rests(&self) {
        self.inner.lock().drivers -= 1;
    }

    /// How many drivers run.
    pub(crate) fn running_drivers(&self) -> usize {
        self.inner.lock().drivers
    }

    /// Whether all seats sleep and no driver runs.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet_epoch().is_some()
    }

    /// A number that stays the same as long as the present quiet lasts; `None` if it isn't quiet.
    pub(crate) fn quiet_epoch(&self) -> Option<u64> {
        let inner = self.inner.lock();
        (inner.drivers == 0 && inner.sleepers.len() == self.wake.len() && !inner.shut_down)
            .then_some(inner.epoch)
    }

    /// Wakes everybody for good.
    pub(crate) fn shut_down(&self) {
        self.inner.lock().shut_down = true;
        self.wake.iter().for_each(Condvar::notify_all);
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.inner.lock().shut_down
    }
}
