//! Bodies that wait in the middle: joins, loops, scopes and sections that block; workers that help
//! meanwhile, lend their seats and get seats back.

use std::sync::atomic::{AtomicU32, Ordering};

use parla_runtime::{TaskSpace, blocking, for_each, for_each_mut, join, scope};
use shuttle::sync::mpsc::channel;

use crate::explore::{dawdle, explore, panic_quietly, runtime};

/// As many leaves as Fibonacci's number, by joins.
fn leaves(depth: u32) -> u32 {
    if depth < 2 {
        dawdle();
        return 1;
    }
    let (left, right) = join(|| leaves(depth - 1), || leaves(depth - 2));
    left + right
}

#[test]
fn joins_in_bodies_beside_each_other() {
    explore(700, || {
        let outcome = runtime(2).run(|| {
            let t = TaskSpace::new("T");
            let a = t.task(0).spawn(|| leaves(4));
            let b = t.task(1).spawn(|| leaves(3));
            assert_eq!(a.wait().copied().ok(), Some(5));
            assert_eq!(b.wait().copied().ok(), Some(3));
        });
        outcome.expect("none fails");
    });
}

#[test]
fn joins_of_the_program_itself() {
    explore(700, || {
        let runtime = runtime(3);
        assert_eq!(runtime.run(|| leaves(4)).ok(), Some(5));
    });
}

#[test]
fn a_panic_of_one_half_comes_after_the_other() {
    explore(700, || {
        let (begun, done) = (AtomicU32::new(0), AtomicU32::new(0));
        let runtime = runtime(2);
        let ambient = runtime.enter();
        let outcome = scope(|s| {
            let task = s.task().spawn(|| {
                let half = || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    dawdle();
                    done.fetch_add(1, Ordering::Relaxed);
                };
                join(|| panic_quietly("one half"), half);
            });
            assert!(task.wait().expect_err("it panics").is_panic());
            let [begun, done] = [&begun, &done].map(|count| count.load(Ordering::Relaxed));
            assert!(begun <= 1 && done == begun, "{done} of {begun} halves");
        });
        outcome.expect("the failure was seen");
        drop(ambient);
    });
}

#[test]
fn loops_visit_each_item_once() {
    explore(500, || {
        let mut items = [0_u32; 9];
        let visits: [AtomicU32; 6] = Default::default();
        let runtime = runtime(2);
        let ambient = runtime.enter();
        let outcome = scope(|s| {
            let items = &mut items;
            s.task().spawn(move || {
                for_each_mut(items, |at, item| *item += at as u32);
            });
            s.task().spawn(|| {
                for_each(0..6, |at: usize| {
                    dawdle();
                    visits[at].fetch_add(1, Ordering::Relaxed);
                });
            });
        });
        outcome.expect("none fails");
        assert_eq!(items, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(visits.iter().all(|n| n.load(Ordering::Relaxed) == 1));
        drop(ambient);
    });
}

/// Sums by scopes within scopes, so that each body waits for tasks of its own.
fn sum(values: &[u32]) -> u32 {
    if let [value] = values {
        dawdle();
        return *value;
    }
    let (left, right) = values.split_at(values.len() / 2);
    let (mut low, mut high) = (0, 0);
    let outcome = scope(|s| {
        let t = s.task_space("half");
        let first = t.task(0).spawn(|| low = sum(left));
        t.task(1).deps(&first).spawn(|| high = sum(right));
    });
    outcome.expect("none fails");
    low + high
}

fn scopes_in_bodies(workers: usize) {
    let outcome = runtime(workers).run(|| {
        let t = TaskSpace::new("T");
        let a = t.task(0).spawn(|| sum(&[1, 2, 3, 4]));
        let b = t.task(1).spawn(|| sum(&[5, 6, 7]));
        assert_eq!(a.wait().copied().ok(), Some(10));
        assert_eq!(b.wait().copied().ok(), Some(18));
    });
    outcome.expect("none fails");
}

#[test]
fn scopes_in_bodies_with_one_worker() {
    explore(400, || scopes_in_bodies(1));
}

#[test]
fn scopes_in_bodies_with_two_workers() {
    explore(400, || scopes_in_bodies(2));
}

/// The seat of a body that waits in a scope is lent with the halves that the body has offered.
fn scopes_in_joins(workers: usize) {
    let outcome = runtime(workers).run(|| {
        let t = TaskSpace::new("T");
        let a = t
            .task(0)
            .spawn(|| join(|| sum(&[1, 2, 3]), || sum(&[4, 5])));
        let b = t.task(1).spawn(|| join(|| sum(&[6, 7]), || leaves(3)));
        assert_eq!(a.wait().copied().ok(), Some((6, 9)));
        assert_eq!(b.wait().copied().ok(), Some((13, 3)));
    });
    outcome.expect("none fails");
}

#[test]
fn scopes_in_joins_with_one_worker() {
    explore(400, || scopes_in_joins(1));
}

#[test]
fn scopes_in_joins_with_two_workers() {
    explore(400, || scopes_in_joins(2));
}

/// Both bodies wait, each with a half that it has offered, for a task that comes last: their halves
/// must not get in each other's way, whoever has the seat.
fn waits_beneath_offers(workers: usize) {
    let outcome = runtime(workers).run(|| {
        let t = TaskSpace::new("T");
        let body = |late: TaskSpace<'static>| {
            let waits = move || {
                let outcome = scope(|s| {
                    s.task().deps(late.task(9)).spawn(dawdle);
                });
                outcome.expect("none fails");
            };
            move || join(waits, || leaves(2)).1
        };
        let a = t.task(0).spawn(body(t.clone()));
        let b = t.task(1).spawn(body(t.clone()));
        t.task(9).spawn(dawdle);
        assert_eq!(a.wait().copied().ok(), Some(2));
        assert_eq!(b.wait().copied().ok(), Some(2));
    });
    outcome.expect("none fails");
}

#[test]
fn waits_beneath_offers_with_one_worker() {
    explore(700, || waits_beneath_offers(1));
}

#[test]
fn waits_beneath_offers_with_two_workers() {
    explore(700, || waits_beneath_offers(2));
}

#[test]
fn the_only_worker_runs_what_a_section_waits_for() {
    explore(1000, || {
        let outcome = runtime(1).run(|| {
            let t = TaskSpace::new("T");
            let ((there, sent), (back, answered)) = (channel(), channel());
            let waits = t.task(0).spawn(move || {
                let first: Result<u32, _> = blocking(|| sent.recv());
                back.send(first.map_or(0, |first| 2 * first))
                    .expect("it is received");
                blocking(|| sent.recv())
            });
            t.task(1).spawn(move || {
                there.send(21).expect("it is received");
                let answer = blocking(|| answered.recv());
                there.send(answer.unwrap_or(0) + 1).expect("it is received");
            });
            assert_eq!(waits.wait().cloned().ok(), Some(Ok(43)));
        });
        outcome.expect("none fails");
    });
}

#[test]
fn more_sections_than_workers() {
    explore(500, || {
        let running = AtomicU32::new(0);
        let runtime = runtime(2);
        let ambient = runtime.enter();
        let outcome = scope(|s| {
            for _ in 0..4 {
                s.task().spawn(|| {
                    for _ in 0..2 {
                        let others = running.fetch_add(1, Ordering::Relaxed);
                        assert!(others < 2, "more bodies run than there are workers");
                        dawdle();
                        running.fetch_sub(1, Ordering::Relaxed);
                        blocking(dawdle);
                    }
                });
            }
        });
        outcome.expect("none fails");
        drop(ambient);
    });
}
