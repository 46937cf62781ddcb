//! Async bodies and programs: woken by tasks and by wakers that other threads hold.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use parla_runtime::{Task, TaskSpace};
use shuttle::sync::Mutex;

use crate::explore::{dawdle, draw, explore, runtime};

/// Something that is no task and that futures wait for.
#[derive(Clone, Default)]
struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    fn open(&self) {
        let wakers = {
            let mut gate = self.0.lock().expect("nobody panics here");
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        for waker in wakers {
            dawdle();
            waker.wake();
        }
    }

    async fn passed(&self) {
        poll_fn(|cx| {
            let mut gate = self.0.lock().expect("nobody panics here");
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn bodies_await_tasks_that_come_later() {
    explore(700, || {
        let mut rng = draw();
        let runtime = runtime(rng.usize(1..=2));
        let sum = runtime.block_on(async {
            let t = TaskSpace::new("T");
            let mut tasks: Vec<Task<usize>> = Vec::new();
            // The first awaits one that has not been spawned, each other one the one before it.
            for task in 0..5_usize {
                let (before, last) = (tasks.last().cloned(), t.task(5));
                tasks.push(t.task(task).spawn(async move {
                    match before {
                        Some(before) => 1 + *(&before).await.expect("none fails"),
                        None => last.await.map_or(0, |()| 1),
                    }
                }));
            }
            t.task(5).spawn(dawdle);
            let last = tasks.pop().expect("there are five");
            last.await
        });
        assert!(matches!(sum, Ok(Ok(5))), "{sum:?}");
    });
}

#[test]
fn a_waker_wakes_a_body_from_anywhere() {
    explore(1000, || {
        let gates = [Gate::default(), Gate::default(), Gate::default()];
        let runtime = runtime(2);
        let opened = gates.clone();
        // Opens one gate from outside, one from a body, one from the body that waits for another.
        let outside = shuttle::thread::spawn(move || opened[0].open());
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let [first, second, third] = gates.clone();
            t.task(1).spawn(async move {
                second.passed().await;
                third.open();
            });
            let [first_too, second, third] = gates.clone();
            let waits = t.task(0).spawn(async move {
                first_too.passed().await;
                third.passed().await;
                7
            });
            t.task(2).spawn(move || second.open());
            drop(first);
            assert_eq!(waits.wait().copied().ok(), Some(7));
        });
        outcome.expect("none fails");
        outside.join().expect("it does not panic");
    });
}

#[test]
fn the_program_itself_is_woken_from_outside() {
    explore(1000, || {
        let gate = Gate::default();
        let (opened, runtime) = (gate.clone(), runtime(1));
        let outside = shuttle::thread::spawn(move || opened.open());
        let outcome = runtime.block_on(async {
            let task = parla_runtime::Handle::current().task().spawn(|| 3);
            gate.passed().await;
            task.await
        });
        assert!(matches!(outcome, Ok(Ok(3))), "{outcome:?}");
        outside.join().expect("it does not panic");
    });
}

#[test]
fn results_reach_dependents_and_the_last_handle() {
    explore(700, || {
        let outcome = runtime(2).block_on(async {
            let t = TaskSpace::new("T");
            let text = t.task(0).spawn(|| String::from("to be moved"));
            let (task, seen) = t.task(1).input(&text);
            let length = task.spawn(move || seen.get().len());
            let other = text.clone();
            let cloned = t
                .task(2)
                .spawn(async move { other.await.map(|text| text.len()) });
            let text = text.await.expect("it ends well");
            assert_eq!(length.await.ok(), Some(text.len()));
            let cloned = cloned.await.map(Result::ok);
            assert_eq!(cloned.ok().flatten(), Some(text.len()));
        });
        outcome.expect("none fails");
    });
}
