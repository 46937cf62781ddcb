//! The order of execution: priorities, and runs that a seed makes reproducible.

mod common;

use std::collections::HashSet;

use common::{Gate, Log};
use parla::prelude::*;
use parla::{EventKind, Handle, Runtime};

#[test]
fn higher_priorities_run_first_among_what_is_ready() {
    let runtime = common::runtime(1);
    let (gate, log) = (Gate::default(), Log::new());
    runtime
        .run(|| {
            let pass = gate.clone();
            let busy = Handle::current().task().spawn(move || pass.pass());
            while busy.state() != parla::TaskState::Running {
                std::thread::yield_now();
            }
            for priority in [0, -3, 5, i32::MIN, 0, 5, i32::MAX, -3] {
                #[spawn(priority = priority, clone = [log])]
                fn noted() {
                    log.push(priority);
                }
            }
            gate.open();
        })
        .expect("all ends well");
    assert_eq!(log.take(), [i32::MAX, 5, 5, 0, 0, -3, -3, i32::MIN]);
}

#[test]
fn a_dependent_of_higher_priority_runs_before_the_others() {
    let runtime = common::runtime(1);
    let log = Log::new();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for priority in [0, 0, 9, -1] {
                let log = log.clone();
                let dependent = Handle::current().task().deps(t.task(0)).priority(priority);
                dependent.spawn(move || log.push(priority));
            }
            t.task(0).spawn(|| ());
        })
        .expect("all ends well");
    assert_eq!(log.take(), [9, 0, 0, -1]);
}

#[test]
fn an_urgent_task_does_not_wait_for_the_end_of_a_chain() {
    let runtime = common::runtime(1);
    let log = Log::new();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in 0..40 {
                let log = log.clone();
                t.task(i).deps(t.task(i - 1)).spawn(move || {
                    if i == 3 {
                        let log = log.clone();
                        Handle::current()
                            .task()
                            .priority(1)
                            .spawn(move || log.push(-1));
                    }
                    log.push(i);
                });
            }
        })
        .expect("all ends well");
    assert_eq!(log.take()[..6], [0, 1, 2, 3, -1, 4]);
}

/// The order in which the tasks of a diamond-rich graph run on one worker with that seed.
fn seeded_order(seed: u64, program: fn(&Log<i64>)) -> Vec<i64> {
    let runtime = common::build(Runtime::builder().workers(1).seed(seed));
    let log = Log::new();
    runtime.run(|| program(&log)).expect("all ends well");
    log.take()
}

fn layers(log: &Log<i64>) {
    let t = TaskSpace::new("T");
    for i in 0..40_i64 {
        let log = log.clone();
        t.task(i)
            .deps([t.task(i - 7), t.task(i - 11)])
            .spawn(move || log.push(i));
    }
}

fn async_layers(log: &Log<i64>) {
    let t = TaskSpace::new("T");
    for i in 0..40_i64 {
        let (log, t) = (log.clone(), t.clone());
        t.clone().task(i).deps(t.task(i - 7)).try_spawn(async move {
            tokio::task::yield_now().await;
            t.task(i - 11).await?;
            let child = Handle::current().task().spawn(|| ());
            child.await?;
            log.push(i);
            Ok::<_, parla::TaskError>(())
        });
    }
}

fn scoped_layers(log: &Log<i64>) {
    let t = TaskSpace::new("T");
    for i in 0..40_i64 {
        let log = log.clone();
        t.task(i)
            .deps([t.task(i - 7), t.task(i - 11)])
            .try_spawn(move || {
                parla::scope(|s| {
                    s.task().spawn(|| ());
                    s.task().spawn(|| ());
                })?;
                log.push(i);
                Ok::<_, parla::Error>(())
            });
    }
}

fn assert_topological(order: &[i64]) {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..40).collect::<Vec<_>>());
    let place = |i: i64| order.iter().position(|&other| other == i);
    for i in 0..40 {
        assert!(
            [i - 7, i - 11]
                .iter()
                .all(|&before| before < 0 || place(before) < place(i))
        );
    }
}

fn assert_reproducible(program: fn(&Log<i64>)) {
    let mut orders = HashSet::new();
    for seed in 0..12 {
        let order = seeded_order(seed, program);
        assert_topological(&order);
        for _ in 0..5 {
            assert_eq!(seeded_order(seed, program), order, "seed {seed}");
        }
        orders.insert(order);
    }
    assert!(orders.len() > 6, "12 seeds draw {} orders", orders.len());
}

#[test]
fn a_seed_and_one_worker_make_the_order_reproducible() {
    assert_reproducible(layers);
}

#[test]
fn a_seed_makes_the_order_of_async_bodies_reproducible() {
    assert_reproducible(async_layers);
}

#[test]
fn a_seed_makes_the_order_of_bodies_with_scopes_reproducible() {
    assert_reproducible(scoped_layers);
}

#[test]
fn a_seeded_program_that_waits_in_between_is_reproducible_too() {
    fn program(seed: u64) -> Vec<i64> {
        let runtime = common::build(Runtime::builder().workers(1).seed(seed));
        let log = Log::new();
        let waits = runtime.block_on(async {
            let t = TaskSpace::new("T");
            for i in 0..40_i64 {
                let log = log.clone();
                t.task(i).deps(t.task(i - 5)).spawn(move || log.push(i));
                if i % 10 == 9 {
                    t.task(i / 2).await?;
                }
            }
            Ok::<_, parla::TaskError>(())
        });
        waits.expect("no stall").expect("no failure");
        log.take()
    }
    for seed in 0..5 {
        let order = program(seed);
        assert!((0..10).all(|_| program(seed) == order), "seed {seed}");
    }
}

#[parla::test(workers = 1, seed = 7)]
async fn the_test_attribute_takes_a_seed() {
    common::watch();
    let log = Log::new();
    layers(&log);
    let t = TaskSpace::new("last");
    t.task(0).priority(-1).spawn(|| ()).await.expect("it runs");
    assert_eq!(log.take(), seeded_order_of_seven());
}

/// What seed 7 draws, computed on another thread, since a thread drives one program at a time.
fn seeded_order_of_seven() -> Vec<i64> {
    fn program(log: &Log<i64>) {
        layers(log);
        let _last = TaskSpace::new("last").task(0).priority(-1).spawn(|| ());
    }
    std::thread::spawn(|| seeded_order(7, program))
        .join()
        .expect("no panic")
}

#[test]
fn the_event_log_tells_of_every_task_once_and_in_order() {
    let runtime = common::build(Runtime::builder().workers(2).trace(true));
    runtime.run(|| layers(&Log::new())).expect("all ends well");
    let events = runtime.take_events();
    let of = |kind: EventKind| {
        let those = events
            .iter()
            .enumerate()
            .filter(move |(_, event)| event.kind == kind);
        let mut places: Vec<_> = those
            .map(|(place, event)| (event.task.indices()[0], place))
            .collect();
        places.sort_unstable();
        places
    };
    let spawned = of(EventKind::Spawned);
    let started = of(EventKind::Started);
    let ended = of(EventKind::Ended { failed: false });
    assert_eq!([spawned.len(), started.len(), ended.len()], [40; 3]);
    for i in 0..40 {
        assert!(
            spawned[i].1 < started[i].1 && started[i].1 < ended[i].1,
            "T[{i}]"
        );
        for before in [i.checked_sub(7), i.checked_sub(11)].into_iter().flatten() {
            assert!(ended[before].1 < started[i].1, "T[{before}] before T[{i}]");
        }
    }
    assert!(
        events
            .iter()
            .all(|event| event.kind == EventKind::Spawned || event.worker.is_some())
    );
    assert!(events.is_sorted_by_key(|event| event.at));
    assert!(runtime.take_events().is_empty(), "taken means gone");
}
