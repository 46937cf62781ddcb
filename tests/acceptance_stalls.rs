//! No silent hang: what can never run or end is an error that names the tasks.

mod common;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parla::prelude::*;
use parla::{Error, Handle, Runtime, Stalled, TaskError};

/// The stall that a run must end with.
fn stall<R: std::fmt::Debug>(result: parla::Result<R>) -> Stalled {
    match result.expect_err("it must stall") {
        Error::Stalled(stalled) => stalled,
        other => panic!("not a stall: {other}"),
    }
}

fn stall_of(error: &TaskError) -> &Stalled {
    error
        .stalled()
        .unwrap_or_else(|| panic!("not a stall: {error}"))
}

fn strings<T: ToString>(names: &[T]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_dependency_never_spawned_is_named_at_the_end() {
    let runtime = common::runtime(2);
    let stalled = stall(runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(0).spawn(|| ());
        t.task(1).deps([t.task(0), t.task(7)]).spawn(|| ());
        t.task(2).deps(t.task(1)).spawn(|| ());
    }));
    assert_eq!(strings(stalled.never_spawned()), ["T[7]"]);
    assert!(stalled.cycles().is_empty());
    let text = stalled.to_string();
    assert!(text.contains("never spawned: `T[7]`"), "{text}");
    assert!(text.contains("`T[1]` waits for `T[7]`"), "{text}");
    assert!(text.contains("`T[2]` waits for `T[1]`"), "{text}");
}

#[test]
fn a_cycle_is_named_at_the_end() {
    let runtime = common::runtime(2);
    let stalled = stall(runtime.run(|| {
        let t = TaskSpace::new("T");
        for i in 0..3 {
            t.task(i).deps(t.task((i + 1) % 3)).spawn(|| ());
        }
        t.task(3).deps(t.task(0)).spawn(|| ());
    }));
    assert!(stalled.never_spawned().is_empty());
    assert_eq!(stalled.cycles().len(), 1);
    assert_eq!(strings(&stalled.cycles()[0]), ["T[0]", "T[1]", "T[2]"]);
}

#[test]
fn a_task_that_depends_on_itself_is_a_cycle() {
    let runtime = common::runtime(1);
    let stalled = stall(runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(0).deps(t.task(0)).spawn(|| ());
    }));
    assert_eq!(stalled.cycles().len(), 1);
    assert_eq!(strings(&stalled.cycles()[0]), ["T[0]"]);
}

#[test]
fn several_mistakes_are_all_named() {
    let runtime = common::runtime(2);
    let stalled = stall(runtime.run(|| {
        let (t, u) = (TaskSpace::new("T"), TaskSpace::new("U"));
        t.task(0).deps(t.task(1)).spawn(|| ());
        t.task(1).deps(t.task(0)).spawn(|| ());
        u.task(0).deps([u.task(8), u.task(9)]).spawn(|| ());
    }));
    assert_eq!(strings(stalled.never_spawned()), ["U[8]", "U[9]"]);
    assert_eq!(stalled.cycles().len(), 1);
}

#[test]
fn a_space_dropped_early_still_counts() {
    let runtime = common::runtime(2);
    let stalled = stall(runtime.run(|| {
        {
            let t = TaskSpace::new("T");
            t.task(1).deps(t.task(0)).spawn(|| ());
        }
        // Makes the runtime tidy up its list of spaces.
        (0..500).for_each(|_| drop(TaskSpace::new("other")));
    }));
    assert_eq!(strings(stalled.never_spawned()), ["T[0]"]);
}

#[test]
fn a_reference_that_outlives_its_space_still_counts() {
    let runtime = common::runtime(2);
    let stalled = stall(runtime.run(|| {
        let never = TaskSpace::new("T").task(0);
        (0..500).for_each(|_| drop(TaskSpace::new("other")));
        Handle::current()
            .task()
            .label("dependent")
            .deps(never)
            .spawn(|| ());
    }));
    assert_eq!(strings(stalled.never_spawned()), ["T[0]"]);
    assert!(stalled.to_string().contains("dependent"), "{stalled}");
}

#[test]
fn an_anonymous_task_never_spawned_still_counts() {
    let runtime = common::runtime(2);
    for keep in [true, false] {
        let never = runtime.task();
        let kept = keep.then(|| runtime.task());
        let stalled = stall(runtime.run(|| {
            let never = kept.as_ref().unwrap_or(&never);
            Handle::current()
                .task()
                .label("dependent")
                .deps(never)
                .spawn(|| ());
            drop(runtime.task());
        }));
        assert_eq!(stalled.never_spawned().len(), 1, "{stalled}");
        drop(never);
    }
    stall(runtime.run(|| {
        let never = Handle::current().task();
        Handle::current().task().deps(never).spawn(|| ());
    }));
}

#[parla::test(workers = 2, check = false)]
async fn an_await_of_a_task_never_spawned_fails_and_the_program_goes_on() {
    common::watch();
    let t = TaskSpace::new("T");
    let error = t.task(3).await.expect_err("nobody spawns it");
    assert_eq!(strings(stall_of(&error).never_spawned()), ["T[3]"]);
    let found = t.task(3).spawn(|| 3);
    assert_eq!(found.await.expect("now it is spawned"), 3);
}

#[parla::test(workers = 2, check = false)]
fn a_blocking_wait_for_a_task_never_spawned_fails() {
    common::watch();
    let t = TaskSpace::new("T");
    let error = t.task(3).wait().expect_err("nobody spawns it");
    assert_eq!(strings(stall_of(&error).never_spawned()), ["T[3]"]);
    t.slice(0..2)
        .wait_all()
        .wait()
        .expect_err("nobody spawns them");
}

#[parla::test(workers = 1)]
async fn a_body_learns_of_the_stall_where_it_awaits() {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn]
    async fn curious() -> bool {
        TaskSpace::new("U")
            .task(0)
            .await
            .is_err_and(|error| error.stalled().is_some())
    }
    assert!(curious.await.expect("the body handles it"));
    drop(t);
}

#[test]
fn tasks_that_await_each_other_stall() {
    let runtime = common::runtime(2);
    let errors = runtime.block_on(async {
        let t = TaskSpace::new("T");
        let other = |i| t.task((i + 1) % 2);
        let tasks: Vec<_> = (0..2)
            .map(|i| t.task(i).try_spawn(other(i).into_future()))
            .collect();
        let mut errors = Vec::new();
        for task in &tasks {
            errors.push(task.await.expect_err("it can't end").to_string());
        }
        errors
    });
    let errors = errors.expect("they were looked at");
    assert!(
        errors.iter().all(|error| error.contains("cycle")),
        "{errors:?}"
    );
}

#[test]
fn a_task_that_awaits_itself_stalls() {
    let runtime = common::runtime(1);
    let error = runtime.block_on(async {
        let t = TaskSpace::new("T");
        let itself = t.task(0);
        t.task(0)
            .try_spawn(itself.into_future())
            .await
            .expect_err("it can't end")
    });
    let error = error.expect("it was looked at").to_string();
    assert!(error.contains("cycle: `T[0]` waits for `T[0]`"), "{error}");
}

#[test]
fn a_cycle_through_a_dependency_and_an_await_stalls() {
    let runtime = common::runtime(2);
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(1).deps(t.task(0)).spawn(|| ());
        let later = t.task(1);
        t.task(0).try_spawn(later.into_future());
    });
    let text = result.expect_err("it must not end well").to_string();
    assert!(text.contains("cycle"), "{text}");
}

#[test]
fn a_body_that_waits_for_nothing_stalls() {
    let runtime = common::runtime(1);
    let stalled = stall(runtime.run(|| {
        let t = TaskSpace::new("T");
        t.task(0).spawn(pending::<()>());
        t.task(1).deps(t.task(0)).spawn(|| ());
    }));
    let blocked = strings(
        &stalled
            .blocked()
            .iter()
            .map(|it| it.task.clone())
            .collect::<Vec<_>>(),
    );
    assert_eq!(blocked, ["T[0]", "T[1]"]);
}

#[test]
fn a_program_that_waits_for_nothing_stalls() {
    let runtime = common::runtime(1);
    stall(runtime.block_on(pending::<()>()));
    stall(runtime.block_on(async {
        TaskSpace::new("T").task(0).spawn(|| ());
        pending::<()>().await;
    }));
    runtime.run(|| ()).expect("the runtime is well");
}

#[parla::test(workers = 1)]
async fn a_wait_raced_by_a_timer_is_no_stall_while_the_timer_lives() {
    common::watch();
    let t = TaskSpace::new("T");
    let short = Duration::from_millis(50);
    tokio::time::timeout(short, t.task(0))
        .await
        .expect_err("the timer wins over the main's wait");
    #[spawn(t[1])]
    async fn racing() -> bool {
        tokio::time::timeout(short, pending::<()>()).await.is_err()
    }
    assert!(racing.await.expect("it ends by its timer"));
    let error = t.task(0).await.expect_err("now there is no timer");
    stall_of(&error);
}

#[parla::test(workers = 1)]
async fn a_timer_elsewhere_that_spawns_the_task_is_no_stall() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    let other = t.clone();
    #[spawn(t[1])]
    async fn late() {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.task(0).spawn(|| ());
    }
    t.task(0).await?;
    Ok(())
}

#[parla::test(workers = 2, check = false)]
fn a_stall_in_a_scope_is_its_error_and_the_program_goes_on() {
    common::watch();
    let stalled = stall(parla::scope(|s| {
        let t = s.task_space("S");
        t.task(1).deps(t.task(0)).spawn(|| ());
        s.task().deps(s.task()).spawn(|| ());
    }));
    assert!(
        strings(stalled.never_spawned()).contains(&"S[0]".to_owned()),
        "{stalled}"
    );
    let stalled = stall(parla::scope(|s| drop(s.task().spawn(pending::<()>()))));
    assert_eq!(stalled.blocked().len(), 1);
}

#[test]
fn a_scope_whose_task_waits_for_the_body_around_it_stalls() {
    let runtime = common::runtime(1);
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        let itself = t.task(0);
        let outer = t
            .task(0)
            .spawn(move || parla::scope(|s| drop(s.task().deps(&itself).spawn(|| ()))));
        outer.wait().map(Result::is_err)
    });
    assert!(result.expect("the body handles it").expect("the body ends"));
}

#[test]
fn a_stall_in_one_runtime_does_not_touch_another() {
    let (busy, stalling) = (common::runtime(1), common::runtime(1));
    let gate = common::Gate::default();
    let pass = gate.clone();
    let t = busy.task_space("T");
    let dependent = t.task(1).deps(t.task(0)).spawn(|| 1);
    stall(stalling.run(|| drop(Handle::current().task().spawn(pending::<()>()))));
    t.task(0).spawn(move || pass.pass());
    gate.open();
    assert_eq!(dependent.wait().copied().ok(), Some(1));
}

#[test]
fn a_dependency_that_an_inner_scope_never_spawned_is_found() {
    let runtime = common::runtime(2);
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        parla::scope(|s| {
            let x = s.task_space("X");
            t.task(0).deps(x.task(0)).spawn(|| ());
        })
    });
    assert!(matches!(result, Ok(Err(Error::Stalled(_)))), "{result:?}");
}

fn stalling_scope() -> parla::Result<()> {
    parla::scope(|s| {
        let t = s.task_space("T");
        t.task(0).deps(t.task(1)).spawn(|| ());
    })
}

#[test]
fn a_scope_that_stalls_in_an_async_program_or_body_is_found() {
    let runtime = common::runtime(2);
    let verdict = runtime.block_on(async { stalling_scope() });
    assert!(matches!(verdict, Ok(Err(Error::Stalled(_)))), "{verdict:?}");
    let verdict = runtime.block_on(async {
        let body = Handle::current()
            .task()
            .spawn(async { stalling_scope().is_err() });
        body.await
    });
    assert!(matches!(verdict, Ok(Ok(true))), "{verdict:?}");
}

#[test]
fn a_scope_in_an_async_program_waits_for_what_tokio_will_wake() {
    let runtime = common::runtime(2);
    let verdict = runtime.block_on(async {
        parla::scope(|s| {
            let nap = Duration::from_millis(20);
            s.task().spawn(async move { tokio::time::sleep(nap).await });
        })
    });
    assert!(matches!(verdict, Ok(Ok(()))), "{verdict:?}");
}

/// A task of the outer scope that waits, asynchronously or in a join, for an inner one that stalls.
fn stalls_deep_inside(join: bool) -> bool {
    let runtime = common::runtime(1);
    let verdict = runtime.block_on(async move {
        let body = Handle::current().task().spawn(async move {
            if join {
                let (one, other) = parla::join(stalling_scope, stalling_scope);
                return one.is_err() && other.is_err();
            }
            let inner = std::sync::atomic::AtomicBool::new(false);
            let found = &inner;
            let outer = parla::scope(|s| {
                s.task().spawn(async move {
                    found.store(stalling_scope().is_err(), Ordering::Relaxed);
                });
            });
            outer.is_ok() && inner.into_inner()
        });
        body.await
    });
    matches!(verdict, Ok(Ok(true)))
}

#[test]
fn a_stall_is_found_on_top_of_other_polls_that_block() {
    assert!(stalls_deep_inside(false), "in a scope in a scope");
    assert!(stalls_deep_inside(true), "in the halves of a join");
}

/// What happened in the scopes that were opened when values were dropped.
#[derive(Default)]
struct Scopes {
    ran: AtomicUsize,
    ended_well: AtomicUsize,
    stalled: AtomicUsize,
}

/// Opens a scope when it is dropped; one whose tasks wait for what is never spawned if `stalls`.
struct Scoped {
    scopes: Arc<Scopes>,
    stalls: bool,
}

impl Drop for Scoped {
    fn drop(&mut self) {
        let outcome = parla::scope(|s| {
            let t = s.task_space("S");
            for i in 0..3 {
                let scopes = self.scopes.clone();
                let task = t.task(i).deps(self.stalls.then(|| t.task(7)));
                task.spawn(move || {
                    std::thread::yield_now();
                    scopes.ran.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        let count = match outcome {
            Ok(()) => &self.scopes.ended_well,
            Err(Error::Stalled(_)) => &self.scopes.stalled,
            Err(_) => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whoever comes to rest last: the program, a worker, a body in a scope or a thread outside.
#[test]
fn what_a_stall_drops_may_open_scopes_and_these_may_stall() {
    let runtimes = || [1, 2, 4].map(|workers| Runtime::builder().workers(workers));
    let seeded = || Runtime::builder().workers(1).seed(7);
    for round in 0..40 {
        for builder in runtimes().into_iter().chain([seeded()]) {
            let runtime = common::build(builder);
            let scopes = Arc::new(Scopes::default());
            let (stalls, others) = (round % 2 == 1, round / 2 % 2);
            let scoped = || Scoped {
                scopes: scopes.clone(),
                stalls,
            };
            stall(runtime.run(|| {
                let t = TaskSpace::new("T");
                let (dependent, of_dependent, lost) = (scoped(), scoped(), scoped());
                t.task(1).deps(t.task(0)).spawn(move || drop(dependent));
                t.task(2).deps(t.task(1)).spawn(move || drop(of_dependent));
                t.task(3).spawn(async move {
                    let _lost = lost;
                    pending::<()>().await;
                });
                for i in 4..4 + others {
                    t.task(i).spawn(std::thread::yield_now);
                }
            }));
            let in_body = scoped();
            let body = runtime.task().spawn(|| {
                stall(parla::scope(|s| {
                    let t = s.task_space("U");
                    t.task(1).deps(t.task(0)).spawn(move || drop(in_body));
                }));
            });
            body.wait().expect("it has seen the stall");
            let t = runtime.task_space("V");
            let of_cycle = scoped();
            let waited = t.task(1).deps(t.task(1)).spawn(move || drop(of_cycle));
            let waits = std::thread::spawn(move || waited.wait().is_err());
            assert!(waits.join().expect("no panic"));
            drop(runtime);
            let [ran, ended_well, stalled] = [&scopes.ran, &scopes.ended_well, &scopes.stalled]
                .map(|n| n.load(Ordering::Relaxed));
            let expected = if stalls { [0, 0, 5] } else { [15, 5, 0] };
            assert_eq!([ran, ended_well, stalled], expected);
        }
    }
}
