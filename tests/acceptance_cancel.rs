//! Cancelling a task at every point of its life.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use common::{Census, Gate};
use parla::prelude::*;
use parla::{Handle, TaskState, is_cancelled};
use tokio::sync::{Notify, oneshot};

#[parla::test(workers = 2)]
fn before_the_spawn_keeps_the_body_from_running() {
    common::watch();
    let t = TaskSpace::new("T");
    t.task(0).cancel();
    let dependent = t
        .task(1)
        .deps(t.task(0))
        .spawn(|| panic!("it must not run"));
    let late = t.task(0).spawn(|| panic!("it must not run"));
    assert!(late.wait().expect_err("it was cancelled").is_cancelled());
    let error = dependent.wait().expect_err("its dependency was cancelled");
    assert!(
        error.is_dependency_failed() && error.root_cause().is_cancelled(),
        "{error}"
    );
}

#[parla::test(workers = 2)]
fn while_it_waits_for_a_dependency() {
    common::watch();
    let t = TaskSpace::new("T");
    let census = Census::default();
    let counted = census.enter();
    let waiting = t.task(1).deps(t.task(0)).spawn(move || drop(counted));
    assert_eq!(waiting.state(), TaskState::Waiting);
    waiting.cancel();
    assert_eq!((waiting.state(), census.alive()), (TaskState::Ended, 0));
    t.task(0)
        .spawn(|| ())
        .wait()
        .expect("the dependency is not touched");
    assert!(waiting.wait().expect_err("it was cancelled").is_cancelled());
}

#[parla::test(workers = 2)]
fn many_at_once() {
    common::watch();
    let t = TaskSpace::new("T");
    let gate = Gate::default();
    t.task(0).spawn(|| ()).wait().expect("it ends well");
    let pass = gate.clone();
    let running = t.task(1).spawn(move || pass.pass());
    while running.state() != TaskState::Running {
        std::thread::yield_now();
    }
    let waiting: Vec<_> = (2..50)
        .map(|i| {
            t.task(i)
                .deps(t.task(i - 1))
                .spawn(|| panic!("it must not run"))
        })
        .collect();
    t.slice(2..).cancel();
    gate.open();
    for task in &waiting {
        assert!(
            task.wait()
                .expect_err("it was cancelled")
                .root_cause()
                .is_cancelled()
        );
    }
    running.wait().expect("it was not among them");
    t.tasks().cancel();
    t.task(0).wait().expect("it has ended before");
}

#[test]
fn while_it_is_ready_and_no_worker_is_free() {
    let runtime = common::runtime(1);
    let gate = Gate::default();
    let pass = gate.clone();
    let busy = runtime.task().spawn(move || pass.pass());
    while busy.state() != TaskState::Running {
        std::thread::yield_now();
    }
    let ready = runtime.task().spawn(|| panic!("it must not run"));
    assert_eq!(ready.state(), TaskState::Ready);
    ready.cancel();
    assert!(ready.is_finished(), "at once, although the worker is busy");
    gate.open();
    assert!(ready.wait().expect_err("it was cancelled").is_cancelled());
    busy.wait().expect("it ends");
}

#[test]
fn while_a_sync_body_runs_tells_it_and_lets_it_finish() {
    let runtime = common::runtime(1);
    for heed in [true, false] {
        let (start, ends) = (Gate::default(), Gate::default());
        let (inside, end) = (start.clone(), ends.clone());
        let task = runtime.task().try_spawn(move || {
            assert!(!is_cancelled());
            inside.open();
            while !is_cancelled() {
                std::thread::yield_now();
            }
            end.open();
            if heed {
                Err("stopped early")
            } else {
                Ok("finished")
            }
        });
        start.pass();
        task.cancel();
        ends.pass();
        assert_eq!(task.wait().copied().ok(), (!heed).then_some("finished"));
    }
    assert!(!is_cancelled(), "outside bodies nothing is cancelled");
}

#[parla::test(workers = 1)]
async fn while_an_async_body_waits_drops_it_there() {
    common::watch();
    let census = Census::default();
    let counted = census.enter();
    let never = Arc::new(Notify::new());
    #[spawn(clone = [never])]
    async fn waiting() {
        let _counted = counted;
        never.notified().await;
    }
    #[spawn(deps = [waiting])]
    fn dependent() {}
    while waiting.state() != TaskState::Suspended {
        tokio::task::yield_now().await;
    }
    waiting.cancel();
    assert_eq!(census.alive(), 0);
    assert!(waiting.await.expect_err("it was cancelled").is_cancelled());
    assert!(
        dependent
            .await
            .expect_err("it can't run")
            .is_dependency_failed()
    );
}

#[parla::test(workers = 1)]
async fn while_an_async_body_runs_ends_it_at_its_next_wait() {
    common::watch();
    let reached = Arc::new(AtomicUsize::new(0));
    let (handle, itself) = oneshot::channel::<Task<()>>();
    #[spawn(clone = [reached])]
    async fn body() {
        let itself = itself.await.expect("it is sent");
        itself.cancel();
        assert!(is_cancelled());
        reached.fetch_add(1, Ordering::SeqCst);
        drop(itself);
        tokio::task::yield_now().await;
        reached.fetch_add(10, Ordering::SeqCst);
    }
    handle.send(body.clone()).map_err(drop).expect("it listens");
    assert!(body.await.expect_err("it was cancelled").is_cancelled());
    assert_eq!(reached.load(Ordering::SeqCst), 1);
}

#[parla::test(workers = 1)]
async fn while_it_awaits_another_task_leaves_that_alone() {
    common::watch();
    let open = Arc::new(Notify::new());
    #[spawn(clone = [open])]
    async fn child() -> u32 {
        open.notified().await;
        7
    }
    let awaited = child.clone();
    #[spawn]
    async fn parent() -> Result<u32, parla::TaskError> {
        awaited.await
    }
    while parent.state() != TaskState::Suspended {
        tokio::task::yield_now().await;
    }
    parent.cancel();
    open.notify_one();
    assert!(parent.await.expect_err("it was cancelled").is_cancelled());
    assert_eq!(child.await.expect("it was not"), 7);
}

#[parla::test(workers = 2)]
fn after_its_end_changes_nothing() {
    common::watch();
    let task = Handle::current().task().spawn(|| 7);
    task.wait().expect("it runs");
    task.cancel();
    task.cancel();
    assert_eq!(task.wait().copied().ok(), Some(7));
}

#[test]
fn is_no_failure_of_the_run() {
    let runtime = common::runtime(2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let never = t.task(0).spawn(std::future::pending::<()>());
            t.task(1).deps(t.task(0)).spawn(|| ());
            never.cancel();
        })
        .expect("who cancels knows");
}

#[test]
fn in_a_scope_frees_what_was_borrowed() {
    let runtime = common::runtime(1);
    runtime
        .run(|| {
            let text = String::from("borrowed");
            let length = parla::scope(|s| {
                let t = s.task_space("T");
                let waiting = t.task(1).deps(t.task(0)).spawn(|| text.len());
                let suspended = s.task().spawn(async {
                    std::future::pending::<()>().await;
                    text.len()
                });
                waiting.cancel();
                suspended.cancel();
                waiting.wait().is_err() && suspended.wait().is_err()
            });
            assert!(length.expect("who cancels knows"));
        })
        .expect("all ends well");
}

#[test]
fn races_with_every_stage_and_the_outcome_tells_what_happened() {
    let runtime = common::runtime(2);
    let mut outcomes = [0; 2];
    for round in 0..2000_usize {
        let ran = Arc::new(AtomicUsize::new(0));
        let census = Census::default();
        let (counted, count) = (census.enter(), ran.clone());
        let task = if round % 2 == 0 {
            runtime.task().spawn(move || {
                let _counted = counted;
                count.fetch_add(1, Ordering::SeqCst);
            })
        } else {
            runtime.task().spawn(async move {
                let _counted = counted;
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst);
            })
        };
        (0..round % 50).for_each(|_| std::hint::spin_loop());
        task.cancel();
        let outcome = task.wait();
        let expected = usize::from(outcome.is_ok());
        assert_eq!(
            ran.load(Ordering::SeqCst),
            expected,
            "round {round}: {outcome:?}"
        );
        assert_eq!(census.alive(), 0, "round {round}");
        outcomes[expected] += 1;
    }
    assert_eq!(outcomes.iter().sum::<usize>(), 2000);
}

#[test]
fn by_a_body_that_goes_on_lets_the_scope_of_the_task_end() {
    let runtime = common::runtime(2);
    let (send, receive) = mpsc::channel::<Task<()>>();
    let gate = Gate::default();
    let opened = gate.clone();
    let canceller = runtime.task().spawn(move || {
        receive.recv().expect("it is sent").cancel();
        // Not `parla::blocking`: the runtime takes it for work.
        opened.pass();
    });
    let _ambient = runtime.enter();
    let unspawned = runtime.task_space("T").task(0);
    let verdict = parla::scope(|s| {
        let waits = s.task().deps(&unspawned).spawn(|| ());
        send.send(waits).expect("it is received");
    });
    verdict.expect("a cancelled task is no failure");
    gate.open();
    canceller.wait().expect("it ends");
}
