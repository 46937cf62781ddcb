//! Waits that can never end are errors, and only those.

use std::future::pending;

use parla_runtime::{Error, Result, Stalled, TaskSpace, scope};

use crate::explore::{dawdle, draw, explore, runtime};

fn stall<R: std::fmt::Debug>(result: Result<R>) -> Stalled {
    match result.expect_err("it must stall") {
        Error::Stalled(stalled) => stalled,
        other => panic!("not a stall: {other}"),
    }
}

#[test]
fn a_dependency_that_is_never_spawned() {
    explore(1000, || {
        let stalled = stall(runtime(2).run(|| {
            let t = TaskSpace::new("T");
            t.task(0).spawn(dawdle);
            t.task(1).deps([t.task(0), t.task(7)]).spawn(|| ());
            t.task(2).deps(t.task(1)).spawn(|| ());
        }));
        assert_eq!(stalled.never_spawned()[0].to_string(), "T[7]");
    });
}

#[test]
fn a_cycle() {
    explore(1000, || {
        let stalled = stall(runtime(1).run(|| {
            let t = TaskSpace::new("T");
            for task in 0..3 {
                t.task(task).deps(t.task((task + 1) % 3)).spawn(|| ());
            }
            t.task(3).spawn(dawdle);
        }));
        assert_eq!(stalled.cycles().len(), 1);
    });
}

#[test]
fn awaits_of_each_other() {
    explore(1000, || {
        let outcome = runtime(2).block_on(async {
            let t = TaskSpace::new("T");
            let [first, second] = [t.task(0), t.task(1)];
            let a = t.task(0).spawn(async move { second.await });
            let b = t.task(1).spawn(async move { first.await });
            [
                a.await.is_ok_and(|inner| inner.is_ok()),
                b.await.is_ok_and(|inner| inner.is_ok()),
            ]
        });
        let outcome = outcome.expect("the program saw the errors");
        assert!(!(outcome[0] && outcome[1]), "one of them stalled");
    });
}

#[test]
fn a_body_that_nothing_can_wake() {
    explore(700, || {
        stall(runtime(2).run(|| {
            let t = TaskSpace::new("T");
            t.task(0).spawn(pending::<()>());
            t.task(1).deps(t.task(0)).spawn(|| ());
        }));
    });
}

#[test]
fn a_scope_in_a_body() {
    explore(700, || {
        let outcome = runtime(2).run(|| {
            let t = TaskSpace::new("T");
            let task = t.task(0).spawn(|| {
                let stalled = stall(scope(|s| {
                    let t = s.task_space("inner");
                    t.task(1).deps(t.task(0)).spawn(|| ());
                }));
                stalled.never_spawned().len()
            });
            assert_eq!(task.wait().copied().ok(), Some(1));
        });
        outcome.expect("the stall was seen");
    });
}

/// The scope blocks the poll, so the waker of the poll is of no use.
#[test]
fn a_scope_in_an_async_body() {
    explore(700, || {
        let outcome = runtime(2).run(|| {
            let t = TaskSpace::new("T");
            let task = t.task(0).spawn(async {
                let stalled = stall(scope(|s| {
                    let t = s.task_space("inner");
                    t.task(1).deps(t.task(0)).spawn(|| ());
                }));
                stalled.never_spawned().len()
            });
            assert_eq!(task.wait().copied().ok(), Some(1));
        });
        outcome.expect("the stall was seen");
    });
}

#[test]
fn a_wait_of_the_program_may_be_mended() {
    explore(1000, || {
        let outcome = runtime(1).run(|| {
            let t = TaskSpace::new("T");
            let waits = t.task(1).deps(t.task(0)).spawn(|| 1);
            assert!(waits.wait().expect_err("it stalls").stalled().is_some());
            t.task(0).spawn(|| ());
            assert_eq!(waits.wait().copied().ok(), Some(1));
        });
        outcome.expect("nothing is left");
    });
}

/// Whoever may still spawn keeps a wait from being a stall.
#[test]
fn nothing_stalls_while_somebody_may_spawn() {
    explore(1500, || {
        let runtime = runtime(draw().usize(1..=2));
        let t = runtime.task_space("T");
        let (handle, other) = ((*runtime).clone(), t.clone());
        let ambient = runtime.enter();
        let begun = std::sync::Arc::new(shuttle::sync::Barrier::new(2));
        let here = begun.clone();
        let late = shuttle::thread::spawn(move || {
            let _ambient = handle.enter();
            begun.wait();
            dawdle();
            // A wait of its own in between: it rests then, but is woken before it can stall.
            other.task(0).spawn(dawdle).wait().expect("it ends well");
            other.task(1).spawn(|| ());
        });
        here.wait();
        let last = t.task(2).deps([t.task(0), t.task(1)]).spawn(|| 2);
        assert_eq!(last.wait().copied().ok(), Some(2));
        late.join().expect("it does not panic");
        drop(ambient);
    });
}
