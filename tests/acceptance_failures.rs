//! Failures: how they spread, what they say, who must look at them, and what goes on regardless.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Census, Log, ON_PURPOSE, panic_on_purpose};
use parla::prelude::*;
use parla::{Error, Handle, TaskError, TaskErrorKind};

/// The error of a run that must fail.
fn failure<R: std::fmt::Debug>(result: parla::Result<R>) -> Error {
    result.expect_err("somebody must be told of the failure")
}

#[parla::test(workers = 2)]
async fn dependents_of_a_failed_task_end_with_the_chain_of_causes() {
    common::watch();
    let t = TaskSpace::new("T");
    let ran = Log::new();
    t.task(0)
        .label("reader")
        .try_spawn(|| Err::<(), _>("no such file"));
    for i in 1..4 {
        let ran = ran.clone();
        t.task(i).deps(t.task(i - 1)).spawn(move || ran.push(i));
    }
    let error = t.task(3).await.expect_err("it can't run");
    assert!(error.is_dependency_failed());
    assert_eq!(error.task().to_string(), "T[3]");
    assert_eq!(error.root_cause().task().to_string(), "T[0] (reader)");
    assert_eq!(
        error.to_string(),
        "task `T[3]` did not run because `T[2]` did not run because `T[1]` did not run because \
         task `T[0] (reader)` failed: no such file"
    );
    let TaskErrorKind::DependencyFailed(cause) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(cause.task().to_string(), "T[2]");
    assert_eq!(ran.take(), Vec::<i64>::new());
}

#[parla::test(workers = 2)]
async fn a_dependent_spawned_after_the_failure_does_not_run_either() {
    common::watch();
    let t = TaskSpace::new("T");
    let failed = t.task(0).try_spawn(|| Err::<(), _>("no"));
    failed.wait().expect_err("it fails");
    let late = t.task(1).deps(&failed).spawn(|| ());
    assert!(late.await.expect_err("it can't run").is_dependency_failed());
}

#[test]
fn what_does_not_depend_on_a_failure_goes_on() {
    let runtime = common::runtime(2);
    let ran = Arc::new(AtomicUsize::new(0));
    let error = failure(runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(0).try_spawn(|| Err::<(), _>("no"));
        for i in 1..100 {
            let ran = ran.clone();
            t.task(i)
                .deps(t.task(if i < 50 { i - 1 } else { -1 }))
                .spawn(move || {
                    ran.fetch_add(1, Ordering::Relaxed);
                });
        }
    }));
    assert_eq!(error.to_string(), "task `T[0]` failed: no");
    assert_eq!(ran.load(Ordering::Relaxed), 50);
}

#[test]
fn a_panic_is_caught_named_and_reported_and_workers_survive() {
    let runtime = common::runtime(2);
    for round in 0..20 {
        let error = failure(runtime.run(|| {
            let t = TaskSpace::new("T");
            t.task(round).spawn(|| panic_on_purpose());
        }));
        assert_eq!(
            error.to_string(),
            format!("task `T[{round}]` panicked: {ON_PURPOSE}")
        );
        let Error::Task { error, others: 0 } = error else {
            panic!("{error}")
        };
        assert!(error.is_panic());
    }
    let sum = runtime.run(|| {
        let tasks: Vec<_> = (0..20)
            .map(|i| Handle::current().task().spawn(move || i))
            .collect();
        tasks
            .iter()
            .map(|task| *task.wait().expect("it runs"))
            .sum::<i32>()
    });
    assert_eq!(sum.expect("the workers are well"), 190);
}

#[parla::test(workers = 2)]
async fn a_panic_in_an_async_body_is_caught_before_and_after_an_await() {
    common::watch();
    #[spawn]
    async fn early() {
        panic_on_purpose()
    }
    #[spawn]
    async fn late() {
        tokio::task::yield_now().await;
        panic_on_purpose()
    }
    #[spawn]
    fn odd_payload() {
        std::panic::resume_unwind(Box::new(7_u8));
    }
    assert!(early.await.expect_err("it panics").is_panic());
    assert!(late.await.expect_err("it panics").is_panic());
    assert!(odd_payload.await.expect_err("it panics").is_panic());
}

#[parla::test(workers = 1)]
async fn a_parent_can_catch_the_failure_of_its_child() -> parla::Result<()> {
    common::watch();
    #[spawn]
    async fn parent() -> &'static str {
        #[spawn]
        fn child() -> Result<i32, &'static str> {
            Err("no")
        }
        #[spawn]
        fn panicking() {
            panic_on_purpose()
        }
        match (child.await, panicking.await) {
            (Err(failed), Err(panicked)) if panicked.is_panic() && !failed.is_panic() => "caught",
            _ => "missed",
        }
    }
    assert_eq!(parent.await?, "caught");
    Ok(())
}

#[parla::test(workers = 1)]
async fn an_error_passed_on_keeps_its_cause() {
    common::watch();
    #[spawn]
    async fn parent() -> Result<i32, TaskError> {
        #[spawn(name = "child")]
        fn child() -> Result<i32, &'static str> {
            Err("no")
        }
        child.await
    }
    let error = parent.await.expect_err("the parent passes it on");
    let TaskErrorKind::Failed(source) = error.kind() else {
        panic!("{error}")
    };
    let source = source
        .downcast_ref::<TaskError>()
        .expect("the error of the child");
    assert_eq!(source.to_string(), "task `child` failed: no");
}

#[test]
fn a_failure_nobody_looked_at_is_the_error_of_the_run() {
    let runtime = common::runtime(1);
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(0).try_spawn(|| Err::<(), _>("first"));
        t.task(1).deps(t.task(0)).spawn(|| ());
        let first = t.task(0);
        let cleanup = t.task(2).try_spawn(|| Err::<(), _>("second"));
        let _ = (first.name(), cleanup.state());
    });
    let Error::Task { error, others } = failure(result) else {
        panic!("a task failed")
    };
    assert!(
        ["T[0]", "T[2]"].contains(&&*error.task().to_string()),
        "{error}"
    );
    assert_eq!(others, 1, "dependents of failed tasks are not counted");
}

#[test]
fn a_failure_somebody_looked_at_is_not_reported_again() {
    let runtime = common::runtime(2);
    let looks: [fn(Task<()>); 4] = [
        |task| drop(task.wait().expect_err("it fails")),
        |task| {
            let _ = TaskSpace::new("U").task(0).deps(&task).spawn(|| ()).wait();
        },
        |task| {
            while task.result().is_none() {
                std::thread::yield_now();
            }
        },
        |task| {
            let watcher = Handle::current()
                .task()
                .spawn(async move { task.await.is_err() });
            assert_eq!(watcher.wait().copied().ok(), Some(true));
        },
    ];
    for look in looks {
        let task = || TaskSpace::new("T").task(0).try_spawn(|| Err::<(), _>("no"));
        runtime
            .run(|| look(task()))
            .expect("the failure was looked at");
        failure(runtime.run(|| drop(task())));
    }
}

#[test]
fn a_runtime_can_be_used_after_a_failure() {
    let runtime = common::runtime(2);
    failure(runtime.run(|| drop(Handle::current().task().try_spawn(|| Err::<(), _>("no")))));
    runtime
        .run(|| drop(Handle::current().task().spawn(|| ())))
        .expect("nothing is left over");
}

#[test]
fn a_second_task_of_the_same_name_fails_and_the_first_is_unharmed() {
    let runtime = common::runtime(2);
    let ran = Arc::new(AtomicUsize::new(0));
    let error = failure(runtime.run(|| {
        let t = TaskSpace::new("T");
        let first = {
            let ran = ran.clone();
            t.task(0).spawn(move || ran.fetch_add(1, Ordering::SeqCst))
        };
        let second = {
            let ran = ran.clone();
            t.task(0).spawn(move || ran.fetch_add(10, Ordering::SeqCst))
        };
        assert_eq!(first.wait().copied().ok(), Some(0));
        assert!(second.is_finished(), "it fails at the spawn");
        t.task(1)
            .deps(t.task(0))
            .spawn(|| ())
            .wait()
            .expect("T[0] is the first one");
    }));
    assert!(
        error
            .to_string()
            .starts_with("task `T[0]` was spawned before"),
        "{error}"
    );
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

#[test]
fn many_spawns_of_one_name_from_many_threads_run_one_body() {
    let runtime = common::runtime(2);
    let t = runtime.task_space("T");
    let census = Census::default();
    let ran = AtomicUsize::new(0);
    let ran: &'static AtomicUsize = Box::leak(Box::new(ran));
    let spawned: Vec<Task<()>> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                threads.spawn(|| {
                    let counted = census.enter();
                    t.task(0).spawn(move || {
                        let _counted = counted;
                        ran.fetch_add(1, Ordering::SeqCst);
                    })
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a spawn never panics"))
            .collect()
    });
    let refused = spawned.iter().filter(|task| task.wait().is_err()).count();
    assert_eq!((refused, ran.load(Ordering::SeqCst)), (7, 1));
    assert_eq!(census.alive(), 0, "bodies that never run are dropped");
}

#[parla::test(workers = 2)]
fn a_bad_share_is_the_failure_of_the_task() {
    common::watch();
    for share in [1.5, -0.1, f64::NAN] {
        let error = Handle::current()
            .task()
            .vcus(share)
            .spawn(|| ())
            .wait()
            .map(drop);
        let error = error.expect_err("not a share");
        assert!(
            matches!(error.kind(), TaskErrorKind::BadClause(_)),
            "{error}"
        );
    }
}

#[test]
fn a_dependency_on_a_task_of_another_runtime_is_refused() {
    let (here, there) = (common::runtime(1), common::runtime(1));
    let foreign = there.task_space("F").task(3).spawn(|| ());
    let error = failure(here.run(|| drop(TaskSpace::new("T").task(0).deps(&foreign).spawn(|| ()))));
    let Error::Task { error, .. } = &error else {
        panic!("{error}")
    };
    let TaskErrorKind::ForeignDependency(name) = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(name.to_string(), "F[3]");
}

#[test]
fn a_panic_of_the_program_comes_out_after_all_tasks_have_ended() {
    let runtime = common::runtime(2);
    let log = Log::new();
    let programs: [&dyn Fn(); 3] = [
        &|| drop(runtime.run(|| spawn_chain_and_panic(&log))),
        &|| drop(runtime.block_on(async { spawn_chain_and_panic(&log) })),
        &|| drop(runtime.run(|| parla::scope(|_| spawn_chain_and_panic(&log)))),
    ];
    for program in programs {
        let panic = catch_unwind(AssertUnwindSafe(program)).expect_err("the panic comes out");
        assert_eq!(
            panic.downcast_ref::<String>().map(String::as_str),
            Some(ON_PURPOSE)
        );
        assert_eq!(log.take(), (0..100).collect::<Vec<_>>());
    }
}

fn spawn_chain_and_panic(log: &Log<i32>) {
    let t = TaskSpace::new("T");
    for i in 0..100 {
        let log = log.clone();
        t.task(i).deps(t.task(i - 1)).spawn(move || log.push(i));
    }
    panic_on_purpose()
}

#[test]
fn a_long_chain_of_failures_is_no_deep_recursion() {
    let runtime = common::runtime(2);
    let error = runtime.run(|| {
        let t = TaskSpace::new("T");
        let gate = common::Gate::default();
        let pass = gate.clone();
        t.task(0).try_spawn(move || {
            pass.pass();
            Err::<(), _>("no")
        });
        for i in 1..100_000 {
            t.task(i).deps(t.task(i - 1)).spawn(|| ());
        }
        gate.open();
        t.task(99_999).wait().expect_err("it can't run")
    });
    let error = error.expect("the failure was looked at");
    assert_eq!(error.root_cause().to_string(), "task `T[0]` failed: no");
    assert!(
        error.to_string().len() < 2_000,
        "the text names the first and the last of them"
    );
}
