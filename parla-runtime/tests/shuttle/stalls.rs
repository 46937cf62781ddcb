//! Waits that can never end are errors, and only those.

use std::future::{IntoFuture, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use parla_runtime::{Error, Result, Runtime, Stalled, TaskSpace, blocking, scope};

use crate::explore::{dawdle, doze, draw, explore, runtime};

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
        let begun = Arc::new(shuttle::sync::Barrier::new(2));
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

/// When it is dropped, opens a scope; whose tasks can never run, if there is nobody to count them.
struct Scoped(Option<Arc<AtomicUsize>>, Arc<AtomicUsize>);

impl Drop for Scoped {
    fn drop(&mut self) {
        let outcome = scope(|s| match self.0.take() {
            Some(ran) => {
                for _ in 0..2 {
                    let ran = ran.clone();
                    s.task().spawn(move || {
                        dawdle();
                        ran.fetch_add(1, Ordering::Relaxed);
                    });
                }
            }
            None => {
                let t = s.task_space("inner");
                t.task(1).deps(t.task(0)).spawn(|| ());
            }
        });
        self.1
            .fetch_add(1 + usize::from(outcome.is_err()), Ordering::Relaxed);
    }
}

/// Has tasks stall, in one of several ways, that hold what opens a scope when it is dropped.
fn stalls_with_scopes(runtime: Runtime, ends_well: bool) {
    let (ran, ended) = (Arc::default(), Arc::default());
    let scoped = || Scoped(ends_well.then(|| Arc::clone(&ran)), Arc::clone(&ended));
    let t = runtime.task_space("T");
    let way = draw().u32(0..4);
    match way {
        0 => {
            let (scoped, other) = (scoped(), scoped());
            t.task(1).deps(t.task(0)).spawn(move || drop(scoped));
            t.task(2).deps(t.task(1)).spawn(move || drop(other));
        }
        1 => {
            let (scoped, other) = (scoped(), scoped());
            t.task(1).spawn(async move {
                let _scoped = scoped;
                pending::<()>().await;
            });
            t.task(2).spawn(async move {
                let _other = other;
                pending::<()>().await;
            });
        }
        2 => {
            let (scoped, other) = (scoped(), scoped());
            t.task(1).spawn(move || {
                stall(scope(|s| {
                    let t = s.task_space("of a body");
                    t.task(1).deps(t.task(0)).spawn(move || drop(scoped));
                }));
                drop(other);
            });
        }
        _ => {
            let (scoped, other) = (scoped(), scoped());
            let stalls = t.task(1).deps(t.task(2)).spawn(move || drop(scoped));
            t.task(2).deps(t.task(1)).spawn(move || drop(other));
            // A thread of which the runtime does not know.
            let waits = shuttle::thread::spawn(move || stalls.wait().is_err());
            assert!(waits.join().expect("it does not panic"));
        }
    }
    if draw().bool() {
        let outcome = runtime.run(|| ());
        assert_eq!(outcome.is_err(), way != 2);
    }
    drop(runtime);
    assert_eq!(ended.load(Ordering::Relaxed), if ends_well { 2 } else { 4 });
    assert_eq!(ran.load(Ordering::Relaxed), if ends_well { 4 } else { 0 });
}

#[test]
fn what_a_stall_drops_may_open_scopes() {
    explore(2000, || {
        stalls_with_scopes(runtime(draw().usize(1..=2)), true)
    });
}

#[test]
fn what_a_stall_drops_may_stall() {
    explore(2000, || {
        stalls_with_scopes(runtime(draw().usize(1..=2)), false)
    });
}

#[test]
fn what_a_stall_drops_may_open_scopes_in_a_seeded_run() {
    explore(1000, || {
        let seeded = Runtime::builder().workers(1).seed(7).build();
        let seeded = seeded.expect("shuttle refuses no threads");
        stalls_with_scopes(seeded, draw().bool());
    });
}

/// Blocks and opens a scope when it wakes, and then says so.
struct Opening(shuttle::sync::mpsc::Sender<bool>);

impl Wake for Opening {
    fn wake(self: Arc<Self>) {
        blocking(dawdle);
        let outcome = scope(|s| {
            s.task().spawn(dawdle);
            s.task().spawn(dawdle);
        });
        self.0.send(outcome.is_ok()).expect("it is waited for");
    }
}

#[test]
fn a_waker_of_somebody_else_may_open_a_scope_at_a_stall() {
    explore(1000, || {
        let runtime = runtime(draw().usize(1..=2));
        let (sender, receiver) = shuttle::sync::mpsc::channel();
        let mut end = runtime.task_space("T").task(0).into_future();
        let waker = Waker::from(Arc::new(Opening(sender)));
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut end).poll(&mut context).is_pending());
        assert!(receiver.recv().expect("it is woken"), "none fails");
        let ended = Pin::new(&mut end).poll(&mut context);
        assert!(ended.is_ready(), "the wait can't end");
        // Who sleeps and who searches is still counted right.
        for _ in 0..3 {
            doze();
            let task = runtime.task().spawn(dawdle);
            task.wait().expect("it ends well");
        }
        stall(runtime.run(|| drop(runtime.task().spawn(pending::<()>()))));
    });
}
