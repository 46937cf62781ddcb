//! Workers that fall asleep, and work that comes from outside them: no wake-up is lost.

use std::sync::Arc;

use parla_runtime::{Handle, Runtime};
use shuttle::sync::Barrier;
use shuttle::sync::mpsc::channel;

use crate::explore::{doze, draw, explore, runtime};

/// Spawns one task after the other, each when the one before has run, with pauses in which workers
/// fall asleep. Nothing but the bodies tells that they ran: a lost wake-up is a deadlock.
fn one_by_one(handle: &Handle, enters: bool, tasks: usize) {
    let _ambient = enters.then(|| handle.enter());
    let (sender, receiver) = channel();
    for task in 0..tasks {
        let sender = sender.clone();
        drop(handle.task().spawn(move || sender.send(task)));
        assert_eq!(receiver.recv(), Ok(task));
        doze();
    }
}

fn from_outside(runtime: Runtime, threads: usize) {
    let mut rng = draw();
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let (handle, enters) = ((*runtime).clone(), rng.bool());
            shuttle::thread::spawn(move || one_by_one(&handle, enters, 3))
        })
        .collect();
    for thread in threads {
        thread.join().expect("it does not panic");
    }
}

#[test]
fn work_from_outside_wakes_the_only_worker() {
    explore(1000, || from_outside(runtime(1), 1));
}

#[test]
fn work_from_outside_wakes_one_of_three_workers() {
    explore(1000, || from_outside(runtime(3), 1));
}

#[test]
fn two_threads_outside_share_two_workers() {
    explore(1000, || from_outside(runtime(2), 2));
}

#[test]
fn a_body_wakes_a_worker_for_what_it_spawns_and_waits_for() {
    explore(1000, || {
        let runtime = runtime(2);
        let handle = (*runtime).clone();
        let outcome = runtime.run(move || {
            let (sender, receiver) = channel();
            // It blocks its worker in a way that Parla knows nothing of: only the other worker can
            // run what it spawns.
            let waits = handle.task().spawn(move || {
                drop(Handle::current().task().spawn(move || sender.send(7)));
                receiver.recv()
            });
            assert_eq!(waits.wait().copied().ok(), Some(Ok(7)));
        });
        outcome.expect("none fails");
    });
}

#[test]
fn two_bodies_that_wait_for_each_other_both_run() {
    explore(1000, || {
        let runtime = runtime(2);
        let t = runtime.task_space("T");
        let both = Arc::new(Barrier::new(2));
        let is_ambient = draw().bool();
        let ambient = is_ambient.then(|| runtime.enter());
        doze();
        // Who finds the first may have been searching: for the second, nobody else was woken then.
        // With others beside them, a worker takes both, and has one in hand that no queue shows.
        let others = |first: usize| {
            for task in 0..draw().usize(0..3) {
                t.task(first + task).spawn(|| ());
            }
        };
        others(10);
        for task in 0..2 {
            let both = both.clone();
            t.task(task).spawn(move || {
                both.wait();
            });
        }
        others(20);
        t.wait_all().wait().expect("none fails");
        drop(ambient);
    });
}

#[test]
fn a_batch_wakes_all_who_can_run_it() {
    explore(500, || {
        let runtime = runtime(2);
        let t = runtime.task_space("T");
        // Each body waits for the other to have begun, so both workers must.
        let both = Arc::new(Barrier::new(2));
        doze();
        let _tasks = t.spawn_all(0..2_usize, move |_| {
            both.wait();
        });
        t.wait_all().wait().expect("none fails");
    });
}

#[test]
fn a_seeded_worker_is_woken_when_the_program_waits() {
    explore(500, || {
        let runtime = Runtime::builder().workers(1).seed(7).build();
        let runtime = runtime.expect("shuttle refuses no threads");
        let outcome = runtime.run(|| {
            for task in 0..3 {
                let spawned = Handle::current().task().spawn(move || task);
                assert_eq!(spawned.wait().copied().ok(), Some(task));
            }
        });
        outcome.expect("none fails");
    });
}
