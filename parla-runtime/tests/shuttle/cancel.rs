//! Cancels and interrupts that meet tasks in any stage of their lives.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parla_runtime::{Error, Task, TaskSpace};

use crate::explore::{dawdle, draw, explore, runtime};
use crate::witness::Witness;

#[test]
fn a_cancelled_task_runs_whole_or_not_at_all() {
    explore(1500, || {
        const TASKS: usize = 6;
        let mut rng = draw();
        let runtime = runtime(rng.usize(1..=2));
        let (witness, captured) = (Witness::new(TASKS), Arc::new(()));
        let ambient = runtime.enter();
        let t = runtime.task_space("T");
        let victims: Vec<usize> = (0..3).map(|_| rng.usize(0..TASKS)).collect();
        let handle = (*runtime).clone();
        let (seen, targets) = (t.clone(), victims.clone());
        let canceller = shuttle::thread::spawn(move || {
            let _ambient = handle.enter();
            for victim in targets {
                seen.task(victim).cancel();
                dawdle();
            }
        });
        let tasks: Vec<Task<()>> = (0..TASKS)
            .map(|task| {
                let before: Vec<usize> = task.checked_sub(1 + task % 2).into_iter().collect();
                let (witness, held) = (witness.clone(), captured.clone());
                let spawning = t.task(task);
                let spawning = spawning.deps(before.iter().map(|&before| t.task(before)));
                spawning.spawn(move || {
                    let _held = held;
                    witness.run(task, &before);
                })
            })
            .collect();
        for (task, handle) in tasks.iter().enumerate() {
            match handle.wait() {
                Ok(()) => assert!(witness.has_ended(task)),
                Err(error) => {
                    // Cancelled before it was spawned, the task is another than that of the handle.
                    let root = error.root_cause();
                    let cause = root.task().indices()[0] as usize;
                    assert!(victims.contains(&cause), "{error}");
                    assert!(!witness.has_begun(task), "{error}");
                }
            }
        }
        canceller.join().expect("it does not panic");
        drop((tasks, t, ambient));
        // What is left is no failure, but what nobody looked at.
        let _ = runtime.run(|| ());
        drop(runtime);
        assert_eq!(Arc::strong_count(&captured), 1, "a body is dropped once");
    });
}

#[test]
fn a_body_that_awaits_is_dropped_where_it_waits() {
    explore(1000, || {
        let runtime = runtime(2);
        let (captured, ended) = (Arc::new(()), Arc::new(AtomicUsize::new(0)));
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let (held, too_far) = (captured.clone(), ended.clone());
            let waits = t.task(0).spawn(async move {
                let _held = held;
                pending::<()>().await;
                too_far.fetch_add(1, Ordering::Relaxed);
            });
            let other = t.task(1).deps(&waits).spawn(|| ());
            dawdle();
            waits.cancel();
            assert!(waits.wait().expect_err("it was cancelled").is_cancelled());
            let error = other.wait().expect_err("it depends on it");
            assert!(error.is_dependency_failed());
        });
        outcome.expect("the failures were seen");
        drop(runtime);
        assert_eq!(Arc::strong_count(&captured), 1);
        assert_eq!(ended.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn two_cancels_and_a_failing_dependency_end_a_task_once() {
    explore(1000, || {
        let runtime = runtime(2);
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let fails = t.task(0).try_spawn(|| Err::<(), _>("it fails"));
            let late = t.task(1).deps(t.task(0)).spawn(|| ());
            let last = t.task(2).deps([t.task(0), t.task(1)]).spawn(|| ());
            let other = late.clone();
            let thread = shuttle::thread::spawn(move || other.cancel());
            late.cancel();
            thread.join().expect("it does not panic");
            for task in [&fails, &late, &last] {
                assert!(task.wait().is_err());
            }
        });
        outcome.expect("the failures were seen");
    });
}

#[test]
fn an_interrupt_lets_bodies_finish_and_cancels_the_rest() {
    explore(1000, || {
        const TASKS: usize = 6;
        let mut rng = draw();
        let (runtime, witness) = (runtime(rng.usize(1..=2)), Witness::new(TASKS));
        let handle = (*runtime).clone();
        let seen = witness.clone();
        let ctrl_c = shuttle::thread::spawn(move || {
            dawdle();
            handle.interrupt();
        });
        let outcome = runtime.run(move || {
            let t = TaskSpace::new("T");
            for task in 0..TASKS {
                let seen = seen.clone();
                if task % 3 == 2 {
                    t.task(task).spawn(async move {
                        seen.begin(task, &[]);
                        pending::<()>().await;
                    });
                } else {
                    t.task(task).spawn(move || seen.run(task, &[]));
                }
            }
        });
        ctrl_c.join().expect("it does not panic");
        match outcome {
            // A stall if it came too late: nothing else ends the bodies that wait.
            Err(Error::Interrupted { .. } | Error::Stalled(_)) => {}
            other => panic!("{other:?}"),
        }
        for task in (0..TASKS).filter(|task| task % 3 != 2) {
            assert_eq!(witness.has_begun(task), witness.has_ended(task));
        }
    });
}
