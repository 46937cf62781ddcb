//! The end of a runtime, while tasks, scopes, waits and spawns are under way.

use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use parla_runtime::{Handle, TaskErrorKind, TaskSpace, scope};

use crate::explore::{dawdle, draw, explore, runtime};
use crate::witness::Witness;

#[test]
fn a_drop_waits_for_all_tasks_and_what_they_spawn() {
    explore(1500, || {
        let mut rng = draw();
        let (runtime, seen) = (runtime(rng.usize(1..=3)), Witness::new(6));
        let t = runtime.task_space("T");
        for task in 0..3 {
            let (of_outer, of_inner) = (seen.clone(), seen.clone());
            let spawning = t.task(task).deps(t.task(task as i64 - 1));
            spawning.spawn(move || {
                of_outer.run(task, &[]);
                let inner = Handle::current().task();
                inner.spawn(move || of_inner.run(3 + task, &[task]));
            });
        }
        if rng.bool() {
            drop(t);
        }
        drop(runtime);
        seen.check_all();
    });
}

#[test]
fn a_spawn_beside_the_drop_runs_or_is_refused() {
    explore(1500, || {
        let (runtime, ran) = (runtime(2), Arc::new(AtomicUsize::new(0)));
        let handle = (*runtime).clone();
        let counted = ran.clone();
        let spawner = shuttle::thread::spawn(move || {
            let mut expected = 0;
            for _ in 0..3 {
                let counted = counted.clone();
                let task = handle.task().spawn(move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                });
                match task.wait() {
                    Ok(()) => expected += 1,
                    Err(error) => {
                        let is_refusal = matches!(error.kind(), TaskErrorKind::ShutDown);
                        assert!(is_refusal, "{error}");
                    }
                }
            }
            expected
        });
        dawdle();
        drop(runtime);
        let expected = spawner.join().expect("it does not panic");
        assert_eq!(ran.load(Ordering::Relaxed), expected);
    });
}

#[test]
fn a_body_may_drop_the_last_handle_on_its_space_beside_the_drop() {
    explore(1500, || {
        let (runtime, ran) = (runtime(2), Arc::new(AtomicUsize::new(0)));
        let handle = (*runtime).clone();
        let counted = ran.clone();
        let spawner = shuttle::thread::spawn(move || {
            let t = handle.task_space("T");
            let in_body = t.clone();
            let last = t.task(1);
            let first = t.task(0).spawn(move || {
                dawdle();
                drop(in_body);
                counted.fetch_add(1, Ordering::Relaxed);
            });
            let last = last.deps(t.at(0)).spawn(|| ());
            drop(t);
            let outcomes = [first.wait().err(), last.wait().err()];
            outcomes.map(|error| {
                let is_refusal = |error: &TaskErrorKind| matches!(error, TaskErrorKind::ShutDown);
                let refused = error
                    .as_ref()
                    .map(|error| is_refusal(error.root_cause().kind()));
                assert_ne!(refused, Some(false), "{error:?}");
                refused.is_none()
            })
        });
        dawdle();
        drop(runtime);
        let [first, _last] = spawner.join().expect("it does not panic");
        assert_eq!(ran.load(Ordering::Relaxed), usize::from(first));
    });
}

#[test]
fn a_drop_waits_for_scopes_of_other_threads() {
    explore(1000, || {
        let runtime = runtime(2);
        let handle = (*runtime).clone();
        let is_ready = Arc::new(shuttle::sync::Barrier::new(2));
        let inside = is_ready.clone();
        let visitor = shuttle::thread::spawn(move || {
            let _ambient = handle.enter();
            let mut sum = 0;
            let outcome = scope(|s| {
                inside.wait();
                dawdle();
                s.task().spawn(|| {
                    dawdle();
                    sum += 5;
                });
            });
            outcome.expect("the runtime is still there");
            sum
        });
        is_ready.wait();
        drop(runtime);
        assert_eq!(visitor.join().expect("it does not panic"), 5);
    });
}

#[test]
fn a_runtime_dropped_by_its_own_body() {
    explore(700, || {
        let runtime = runtime(2);
        let (handle, seen) = ((*runtime).clone(), Witness::new(2));
        let (of_body, of_other) = (seen.clone(), seen.clone());
        let body = handle.task().spawn(move || {
            drop(runtime);
            of_body.run(0, &[]);
        });
        let other = handle.task().spawn(move || of_other.run(1, &[]));
        body.wait().expect("it is waited for");
        // It was spawned in time, or refused.
        assert_eq!(other.wait().is_ok(), seen.has_ended(1));
    });
}

#[test]
fn waits_for_what_nobody_spawns_end_with_the_runtime() {
    explore(1000, || {
        let runtime = runtime(1);
        let t = runtime.task_space("T");
        let waits = shuttle::thread::spawn(move || t.task(0).wait());
        dawdle();
        drop(runtime);
        let error = waits
            .join()
            .expect("it does not panic")
            .expect_err("nobody spawned it");
        // Which of them depends on how far the end has come when it looks.
        use TaskErrorKind::{ShutDown, Stalled};
        let is_told = matches!(error.kind(), ShutDown | Stalled(_));
        assert!(is_told, "{error}");
    });
}

#[test]
fn two_runtimes_wait_for_each_other() {
    explore(500, || {
        let (first, second) = (runtime(1), runtime(2));
        let handle = (*second).clone();
        let outcome = first.run(|| {
            let t = TaskSpace::new("T");
            let crossing = t.task(0).spawn(move || {
                let _ambient = handle.enter();
                let mut there = 0;
                let outcome = scope(|s| drop(s.task().spawn(|| there = 4)));
                outcome.expect("none fails");
                there
            });
            let other = t.task(1).spawn(|| 1);
            (crossing.wait().copied().ok(), other.wait().copied().ok())
        });
        assert_eq!(outcome.ok(), Some((Some(4), Some(1))));
        drop(second);
        drop(first);
    });
}

/// Blocks whom it wakes: by one of several means.
struct Blocking(u32, Arc<AtomicUsize>);

impl Wake for Blocking {
    fn wake(self: Arc<Self>) {
        match self.0 {
            0 => parla_runtime::blocking(dawdle),
            1 => scope(|s| {
                s.task().spawn(dawdle);
                s.task().spawn(dawdle);
            })
            .unwrap_or_else(|error| panic!("{error}")),
            _ => scope(|s| {
                s.task().spawn(async {
                    parla_runtime::blocking(dawdle);
                });
                parla_runtime::blocking(dawdle);
            })
            .unwrap_or_else(|error| panic!("{error}")),
        }
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// The worker has told the end of the last task, and nothing else keeps the runtime.
#[test]
fn a_waker_of_somebody_else_may_block_beside_the_drop() {
    explore(1500, || {
        let mut rng = draw();
        let (runtime, woken) = (runtime(rng.usize(1..=2)), Arc::default());
        let task = runtime.task().spawn(dawdle);
        let mut end = task.into_future();
        let waker = Waker::from(Arc::new(Blocking(rng.u32(0..3), Arc::clone(&woken))));
        let polled = Pin::new(&mut end).poll(&mut Context::from_waker(&waker));
        drop(runtime);
        assert!(woken.load(Ordering::Relaxed) > 0 || polled.is_ready());
    });
}

/// Blocks whom it wakes, who may be anybody: at this moment the runtime may have been shut down.
struct Late;

impl Wake for Late {
    fn wake(self: Arc<Self>) {
        parla_runtime::blocking(dawdle);
        if Handle::try_current().is_some() {
            let refused_or_run = scope(|s| drop(s.task().spawn(dawdle)));
            drop(refused_or_run);
            parla_runtime::blocking(dawdle);
        }
    }
}

/// Nobody waits for what it wakes, and a worker may be about to tell it of the stall.
#[test]
fn a_waker_of_somebody_else_may_block_at_a_stall_beside_the_drop() {
    explore(1500, || {
        let runtime = runtime(draw().usize(1..=2));
        let mut end = runtime.task_space("T").task(0).into_future();
        let waker = Waker::from(Arc::new(Late));
        let polled = Pin::new(&mut end).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        if draw().bool() {
            dawdle();
        }
        drop(runtime);
        let polled = Pin::new(&mut end).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_ready(), "nothing can be waited for any more");
    });
}
