//! Spaces that come and go, so that the memory of tasks that have ended is given to others while
//! somebody still looks at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parla_runtime::{Handle, TaskSpace, TaskState, scope};

use crate::explore::{dawdle, doze, draw, explore, runtime};

const TASKS: usize = 3;

/// Spawns the tasks of a space, of which each gives back `round`; every second one after the first.
fn spawn(t: &TaskSpace<'static>, round: usize, ran: &Arc<AtomicUsize>) {
    for task in 0..TASKS {
        let ran = ran.clone();
        let body = move || {
            ran.fetch_add(1, Ordering::Relaxed);
            round
        };
        let spawning = t.task(task);
        let handle = if task % 2 == 1 {
            spawning.deps(t.task(0)).spawn(body)
        } else {
            spawning.spawn(body)
        };
        if (task + round).is_multiple_of(2) {
            assert_eq!(handle.wait().copied().ok(), Some(round));
        }
    }
}

/// Looks tasks up that may be about to end, to be recycled, or not to be there yet.
fn look(t: &TaskSpace<'static>) {
    let mut rng = draw();
    for _ in 0..6 {
        let task = rng.usize(0..TASKS);
        let reference = t.task(task);
        let name = reference.name();
        assert_eq!(
            (name.space(), name.indices()),
            (t.name(), &[task as i64][..])
        );
        match rng.u32(0..3) {
            0 => drop(reference),
            1 => drop(reference.wait().map_err(|error| panic!("{error}"))),
            _ => {
                let before = reference.state();
                dawdle();
                let has_ended = reference.state() == TaskState::Ended;
                assert!(
                    has_ended || before != TaskState::Ended,
                    "`{name}` lives again"
                );
            }
        }
    }
}

fn spaces_come_and_go(workers: usize) {
    const ROUNDS: usize = 3;
    let runtime = runtime(workers);
    let ran = Arc::new(AtomicUsize::new(0));
    let ambient = runtime.enter();
    for round in 0..ROUNDS {
        let t = runtime.task_space(["A", "B", "C"][round]);
        let seen = t.clone();
        let handle = (*runtime).clone();
        let looker = shuttle::thread::spawn(move || {
            let _ambient = handle.enter();
            look(&seen);
        });
        spawn(&t, round, &ran);
        drop(t);
        looker.join().expect("it does not panic");
    }
    drop(ambient);
    runtime.run(|| ()).expect("none fails");
    assert_eq!(ran.load(Ordering::Relaxed), ROUNDS * TASKS);
}

#[test]
fn lookups_meet_ended_tasks_with_one_worker() {
    explore(1000, || spaces_come_and_go(1));
}

#[test]
fn lookups_meet_ended_tasks_with_two_workers() {
    explore(1000, || spaces_come_and_go(2));
}

#[test]
fn dependencies_on_tasks_that_end_meanwhile() {
    explore(1500, || {
        let runtime = runtime(2);
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let count = Arc::new(AtomicUsize::new(0));
            for task in 0..8_usize {
                let count = count.clone();
                // The one before may have ended, be ending, or have been recycled.
                let before = [1, 2].map(|back| t.task(task as i64 - back));
                t.task(task).deps(before).spawn(move || {
                    assert_eq!(count.fetch_add(1, Ordering::Relaxed), task);
                });
            }
        });
        outcome.expect("none fails");
    });
}

#[test]
fn a_handle_outlives_its_runtime() {
    explore(700, || {
        let runtime = runtime(1);
        let (value, t) = (Arc::new(5), runtime.task_space("T"));
        let inside = value.clone();
        let handle = t.task(0).spawn(move || inside);
        drop(t);
        let other = handle.clone();
        let thread = shuttle::thread::spawn(move || {
            other
                .wait()
                .map(|value| **value)
                .map_err(|error| format!("{error:?}"))
        });
        drop(runtime);
        assert_eq!(thread.join().expect("it does not panic"), Ok(5));
        assert_eq!(handle.wait().map(|value| **value).ok(), Some(5));
        drop(handle);
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

/// Each dependent of one task is gone, and its memory that of a task which waits for others, while
/// the list in which it stood may still be taken apart.
#[test]
fn memory_of_dependents_is_used_for_others_at_once() {
    explore(1500, || {
        const DEPENDENTS: usize = 4;
        let runtime = runtime(2);
        let ran = Arc::new(AtomicUsize::new(0));
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let count = |ran: &Arc<AtomicUsize>| {
                ran.fetch_add(1, Ordering::Relaxed);
            };
            for task in 1..=DEPENDENTS {
                let (seen, of_next, u) = (ran.clone(), ran.clone(), t.clone());
                t.task(task).deps(t.task(0)).spawn(move || count(&seen));
                let next = t.task(10 + task).deps(t.task(task));
                next.spawn(move || {
                    for late in 0..2 {
                        let seen = of_next.clone();
                        let waits = u.task(20 + 2 * task + late).deps([u.task(1), u.task(9)]);
                        waits.spawn(move || count(&seen));
                    }
                });
            }
            t.task(0).spawn(dawdle);
            doze();
            t.task(9).spawn(dawdle);
        });
        outcome.expect("none fails");
        assert_eq!(ran.load(Ordering::Relaxed), 3 * DEPENDENTS);
    });
}

/// An error that makes a space when it is dropped, and counts those.
#[derive(Debug)]
struct MakesSpace(Handle, Arc<AtomicUsize>);

impl std::fmt::Display for MakesSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("on purpose")
    }
}

impl std::error::Error for MakesSpace {}

impl Drop for MakesSpace {
    fn drop(&mut self) {
        drop(self.0.task_space("U"));
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// One thread looks whether a space is still needed while another lets go of what is in it, at the
/// end of the runtime.
#[test]
fn an_error_makes_a_space_when_its_own_is_let_go() {
    explore(300, || {
        // With so many kept, the next one has them looked through.
        const CROWD: usize = 64;
        let runtime = runtime(1);
        let handle = (*runtime).clone();
        (2..CROWD).for_each(|_| drop(handle.task_space("V")));
        let t = handle.task_space("T");
        let made = Arc::new(AtomicUsize::new(0));
        let error = MakesSpace(handle.clone(), made.clone());
        let ambient = runtime.enter();
        let failure = scope(|s| {
            let fails = s.task().try_spawn(move || Err::<(), _>(error));
            t.task(63).deps(&fails).spawn(|| ());
        });
        drop(ambient);
        failure.expect_err("a task has failed");
        let looks = shuttle::thread::spawn(move || {
            (0..2).for_each(|_| drop(handle.task_space("W")));
        });
        let lets_go = shuttle::thread::spawn(move || {
            (0..draw().u32(0..500)).for_each(|_| dawdle());
            drop(t);
        });
        drop(runtime);
        looks.join().expect("it does not panic");
        lets_go.join().expect("it does not panic");
        assert_eq!(made.load(Ordering::Relaxed), 1);
    });
}
