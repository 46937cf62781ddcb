//! Workers that sleep while there is nothing to do.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::model;
use super::sleep::Sleep;

/// A queue that only counts, and the workers' way to it.
struct Work {
    queue: AtomicUsize,
    done: AtomicUsize,
    sleep: Sleep,
}

impl Work {
    fn new(seats: usize) -> Arc<Self> {
        let (queue, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self {
            queue,
            done,
            sleep: Sleep::new(seats),
        })
    }

    fn add(&self) {
        self.queue.fetch_add(1, Ordering::Relaxed);
        self.sleep.work_added();
    }

    fn take(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        self.queue
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    fn has_work(&self) -> bool {
        self.queue.load(Ordering::Relaxed) > 0
    }

    /// The worker loop, reduced to its idle protocol; ends when `all` units are done.
    fn work(&self, seat: usize, all: usize) {
        let mut searching = true;
        loop {
            while self.take() {
                if std::mem::take(&mut searching) {
                    self.sleep.found(|| self.has_work());
                }
                if self.done.fetch_add(1, Ordering::Relaxed) + 1 == all {
                    self.sleep.shut_down();
                }
            }
            if self.sleep.is_shut_down() {
                return;
            }
            let nothing = || None::<()>;
            let _ = self
                .sleep
                .sleep(seat, searching, || self.has_work(), nothing);
            searching = true;
        }
    }
}

/// Runs the model with that many workers; a lost wake-up leaves one asleep for ever, which loom
/// reports as a deadlock.
fn workers_do_what_is_added(workers: usize, units: usize) {
    let work = Work::new(workers);
    let workers: Vec<_> = (0..workers)
        .map(|seat| {
            let work = work.clone();
            thread::spawn(move || work.work(seat, units))
        })
        .collect();
    (0..units).for_each(|_| work.add());
    workers
        .into_iter()
        .for_each(|worker| worker.join().unwrap());
    assert_eq!(work.done.load(Ordering::Relaxed), units);
}

#[test]
fn work_added_while_a_worker_falls_asleep_is_done() {
    model(|| workers_do_what_is_added(1, 2));
}

#[test]
fn two_sleepers_do_what_comes_from_outside() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(|| workers_do_what_is_added(2, 1));
}

#[test]
fn the_last_to_rest_sees_that_all_is_quiet() {
    model(|| {
        let sleep = Arc::new(Sleep::new(1));
        sleep.driver_runs();
        let worker = {
            let sleep = sleep.clone();
            let look = move |sleep: &Sleep| {
                sleep.shut_down();
                None::<()>
            };
            thread::spawn(move || sleep.sleep(0, true, || false, || look(&sleep)))
        };
        sleep.driver_rests();
        if sleep.is_quiet() {
            sleep.shut_down();
        }
        // If neither saw it, the worker sleeps for ever, which loom reports.
        worker.join().unwrap();
    });
}

#[test]
fn who_rises_with_what_it_found_is_counted_once() {
    model(|| {
        let sleep = Arc::new(Sleep::new(1));
        let worker = {
            let sleep = sleep.clone();
            thread::spawn(move || {
                let _ = sleep.sleep(0, true, || false, || Some(()));
                sleep.found(|| false);
            })
        };
        // May come before it sleeps, and be for nothing, or be what wakes it before it has looked.
        sleep.wake_one();
        worker.join().unwrap();
        assert!(!sleep.is_quiet());
        assert!(sleep.try_search(), "nobody is counted as searching");
    });
}
