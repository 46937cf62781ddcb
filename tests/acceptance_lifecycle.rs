//! Runtimes: started, used by many threads, two at a time, shut down; nothing runs after.

mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Wake, Waker};

use common::{Census, Gate, Log};
use parla::prelude::*;
use parla::{Handle, Runtime, TaskErrorKind};

#[test]
fn dropping_a_runtime_waits_for_all_its_tasks() {
    let census = Census::default();
    for _ in 0..20 {
        let runtime = common::runtime(2);
        let t = runtime.task_space("T");
        for i in 0..100 {
            let counted = census.enter();
            t.task(i).deps(t.task(i - 1)).spawn(async move {
                tokio::task::yield_now().await;
                drop(counted);
            });
        }
        drop(runtime);
        assert_eq!(census.alive(), 0);
    }
}

#[test]
fn dropping_a_runtime_with_stalled_tasks_ends_them() {
    let census = Census::default();
    let runtime = common::runtime(2);
    let t = runtime.task_space("T");
    let counted = census.enter();
    let blocked = t.task(1).deps(t.task(0)).spawn(move || drop(counted));
    drop(runtime);
    assert_eq!(census.alive(), 0);
    assert!(
        blocked
            .wait()
            .expect_err("it can't run")
            .stalled()
            .is_some()
    );
}

#[test]
fn a_spawn_after_the_shutdown_fails_and_is_not_waited_for() {
    let runtime = common::runtime(1);
    let (handle, t) = ((*runtime).clone(), runtime.task_space("T"));
    let before = t.task(0).spawn(|| 1);
    drop(runtime);
    assert_eq!(before.wait().copied().ok(), Some(1));
    for late in [t.task(1), handle.task(), t.task(2).deps(&before).vcus(1.0)] {
        let error = late.spawn(|| ()).wait().expect_err("nobody can run it");
        assert!(matches!(error.kind(), TaskErrorKind::ShutDown), "{error}");
    }
    t.task(1).wait().expect_err("nobody can run it");
}

#[test]
fn a_spawn_during_the_shutdown_runs_or_fails() {
    let mut ran = 0;
    for round in 0..50 {
        let runtime = common::runtime(2);
        let handle = (*runtime).clone();
        let spawner = std::thread::spawn(move || {
            let mut ran = 0;
            loop {
                let task = handle.task().spawn(|| ());
                match task.wait() {
                    Ok(()) => ran += 1,
                    Err(error) => break (ran, matches!(error.kind(), TaskErrorKind::ShutDown)),
                }
            }
        });
        (0..round * 2).for_each(|_| std::thread::yield_now());
        drop(runtime);
        let (count, shut_down) = spawner.join().expect("no panic");
        assert!(shut_down, "round {round}");
        ran += count;
    }
    assert!(ran > 0, "some came in time");
}

#[test]
fn many_threads_spawn_into_one_runtime() {
    let runtime = common::runtime(2);
    let sum = Arc::new(AtomicUsize::new(0));
    let t = runtime.task_space("T");
    std::thread::scope(|threads| {
        for thread in 0..4_usize {
            let (t, sum) = (&t, &sum);
            threads.spawn(move || {
                for i in (thread..2000).step_by(4) {
                    let sum = sum.clone();
                    // Its neighbours are spawned by other threads, before or after.
                    t.task(i).deps(t.task(i as i64 - 1)).spawn(move || {
                        assert_eq!(sum.fetch_add(1, Ordering::Relaxed), i);
                    });
                }
            });
        }
    });
    t.task(1999).wait().expect("all run in order");
    assert_eq!(sum.load(Ordering::Relaxed), 2000);
}

#[test]
fn two_runtimes_live_side_by_side() {
    let (one, two) = (common::runtime(1), common::runtime(2));
    let together = Arc::new(Barrier::new(3));
    let workers = |runtime: &Runtime| {
        let together = together.clone();
        let task = runtime.task();
        task.spawn(move || {
            together.wait();
            Handle::current().workers()
        })
    };
    // Three bodies at the same time, on one worker and on two.
    let tasks = [workers(&one), workers(&two), workers(&two)];
    let counts = tasks.map(|task| *task.wait().expect("it ends"));
    assert_eq!(counts, [1, 2, 2], "each body's ambient runtime is its own");
    one.run(|| {
        assert_eq!(Handle::current().workers(), 1);
        two.run(|| assert_eq!(Handle::current().workers(), 2))
            .expect("all ends well");
        assert_eq!(Handle::current().workers(), 1);
    })
    .expect("all ends well");
}

#[test]
fn a_runtime_runs_one_program_after_the_other() {
    let runtime = common::runtime(2);
    for round in 0..100 {
        let value = runtime.run(|| {
            let t = TaskSpace::new("T");
            t.task(0).spawn(move || round).wait().copied()
        });
        assert_eq!(value.expect("no stall").expect("no failure"), round);
    }
    for round in 0..50 {
        let runtime = common::runtime(1 + round % 3);
        runtime
            .run(|| drop(Handle::current().task().spawn(|| ())))
            .expect("all ends well");
    }
}

#[test]
fn two_threads_run_programs_on_one_runtime() {
    let runtime = common::runtime(2);
    let together = Barrier::new(2);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                for _ in 0..50 {
                    let value = runtime.run(|| {
                        together.wait();
                        Handle::current().task().spawn(|| 1).wait().copied()
                    });
                    assert_eq!(value.expect("no stall").expect("no failure"), 1);
                }
            });
        }
    });
}

#[test]
fn without_a_runtime_spawning_says_what_to_do() {
    assert!(Handle::try_current().is_none());
    let panic = catch_unwind(|| drop(TaskSpace::new("T"))).expect_err("there is no runtime");
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .expect("a message");
    assert!(message.contains("#[parla::main]"), "{message}");
}

#[test]
fn an_entered_runtime_is_ambient_until_its_guard_goes() {
    let (outer, inner) = (common::runtime(1), common::runtime(2));
    {
        let _outer = outer.enter();
        {
            let _inner = inner.enter();
            assert_eq!(Handle::current().workers(), 2);
        }
        assert_eq!(Handle::current().workers(), 1);
        let task = TaskSpace::new("T").task(0).spawn(|| 5);
        assert_eq!(task.wait().copied().ok(), Some(5));
    }
    assert!(Handle::try_current().is_none());
}

#[test]
fn a_runtime_may_be_dropped_in_a_body() {
    let outer = common::runtime(1);
    let census = Census::default();
    let counted = census.enter();
    let task = outer.task().spawn(move || {
        let inner = common::runtime(1);
        inner.task().spawn(move || drop(counted));
    });
    task.wait().expect("it ends");
    while census.alive() > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn the_last_owner_of_a_runtime_may_be_one_of_its_own_bodies() {
    let runtime = Arc::new(common::runtime(1));
    let (gate, ended) = (Gate::default(), Gate::default());
    let (owner, pass, end) = (runtime.clone(), gate.clone(), ended.clone());
    runtime.task().spawn(move || {
        pass.pass();
        drop(owner);
        end.open();
    });
    drop(runtime);
    gate.open();
    ended.pass();
}

#[test]
fn a_runtime_may_be_dropped_in_a_scope_of_its_own() {
    let runtime = common::runtime(1);
    let handle = (*runtime).clone();
    let ambient = handle.enter();
    let mut ran = false;
    let verdict = parla::scope(|s| {
        drop(runtime);
        // It shuts down once this scope has ended, so there are workers still.
        s.task().spawn(|| ran = true);
    });
    verdict.expect("all ends well");
    drop(ambient);
    assert!(ran);
    // The shutdown goes on in the background and ends.
    while handle.task().spawn(|| ()).wait().is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn dropping_a_runtime_in_a_scope_of_another_waits() {
    let outer = common::runtime(1);
    let _ambient = outer.enter();
    let census = Census::default();
    let verdict = parla::scope(|_| {
        let inner = common::runtime(1);
        let t = inner.task_space("T");
        for i in 0..1000 {
            let counted = census.enter();
            t.task(i).deps(t.task(i - 1)).spawn(async move {
                tokio::task::yield_now().await;
                drop(counted);
            });
        }
        drop(inner);
        census.alive()
    });
    assert_eq!(verdict.expect("all ends well"), 0);
}

#[test]
fn dropping_a_runtime_waits_for_the_scopes_of_other_threads() {
    let runtime = common::runtime(2);
    let handle = (*runtime).clone();
    let (inside, dropping) = (Gate::default(), Gate::default());
    let (is_inside, may_go_on) = (inside.clone(), dropping.clone());
    let other = std::thread::spawn(move || {
        let _ambient = handle.enter();
        let mut ran = 0;
        let verdict = parla::scope(|s| {
            is_inside.open();
            may_go_on.pass();
            for _ in 0..100 {
                s.task().spawn(|| ()).wait().expect("the workers are there");
                ran += 1;
            }
        });
        (ran, verdict.is_ok())
    });
    inside.pass();
    dropping.open();
    drop(runtime);
    let end = other.join().expect("no panic");
    assert_eq!(end, (100, true));
}

#[test]
fn a_program_may_run_inside_a_scope() {
    let runtime = common::runtime(1);
    let _ambient = runtime.enter();
    let verdict = parla::scope(|_| runtime.run(|| Handle::current().task().spawn(|| 7)));
    let task = verdict.expect("the scope ends").expect("the program ends");
    assert_eq!(task.wait().copied().ok(), Some(7));
}

#[test]
fn running_a_program_inside_a_body_is_refused() {
    let runtime = Arc::new(common::runtime(1));
    let inner = runtime.clone();
    let refused = runtime.task().spawn(move || {
        catch_unwind(AssertUnwindSafe(|| inner.run(|| ()))).is_err_and(|panic| {
            panic
                .downcast_ref::<&str>()
                .is_some_and(|message| message.contains("parla::scope"))
        })
    });
    assert_eq!(refused.wait().copied().ok(), Some(true));
}

#[test]
fn explain_tells_what_waits_for_what() {
    let runtime = common::runtime(1);
    assert_eq!(runtime.explain().to_string(), "nothing is unfinished");
    let gate = Gate::default();
    let started = Gate::default();
    let (pass, start) = (gate.clone(), started.clone());
    let t = runtime.task_space("T");
    t.task(0).vcus(1.0).spawn(move || {
        start.open();
        pass.pass();
    });
    started.pass();
    t.task(1).deps([t.task(0), t.task(9)]).spawn(|| ());
    t.task(2).vcus(0.5).spawn(|| ());
    t.task(3).spawn(|| ());
    let explained = runtime.explain();
    let names = |names: &[parla::TaskName]| {
        names
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(names(&explained.running), "T[0]");
    assert_eq!(names(&explained.ready), "T[2] T[3]");
    assert_eq!(names(&explained.waiting_for_resources), "T[2]");
    assert_eq!(names(&explained.not_spawned), "T[9]");
    assert!(
        explained
            .to_string()
            .contains("`T[1]` waits for `T[0]`, `T[9]`"),
        "{explained}"
    );
    t.task(9).spawn(|| ());
    gate.open();
}

#[test]
fn bodies_and_results_do_not_outlive_the_runtime() {
    let census = Census::default();
    let log = Log::new();
    {
        let runtime = common::runtime(2);
        let t = runtime.task_space("T");
        for i in 0..50 {
            let (captured, result, log) = (census.enter(), census.enter(), log.clone());
            t.task(i).deps(t.task(i - 3)).try_spawn(move || {
                let _captured = captured;
                log.push(i);
                if i == 20 { Err("no") } else { Ok(result) }
            });
        }
    }
    assert_eq!(census.alive(), 0);
    assert_eq!(log.take().len(), 50 - 9, "T[23], T[26] … T[47] did not run");
}

#[test]
fn what_comes_after_the_shutdown_goes_with_its_handles() {
    let names: [Arc<str>; 3] = ["T".into(), "U".into(), "V".into()];
    let [first, second, third] = names.each_ref();
    let runtime = common::runtime(1);
    let (t, u) = (
        runtime.task_space(first.clone()),
        runtime.task_space(second.clone()),
    );
    let handle: Handle = (*runtime).clone();
    drop(runtime);
    let v = handle.task_space(third.clone());
    let orphan = u.task(0);
    drop(u);
    let refused = [t.task(0), v.task(0), orphan, handle.task()].map(|task| task.spawn(|| ()));
    for task in &refused {
        let error = task.wait().expect_err("the runtime is gone");
        assert!(matches!(error.kind(), TaskErrorKind::ShutDown), "{error}");
    }
    drop((refused, t, v, handle));
    assert_eq!(names.each_ref().map(Arc::strong_count), [1, 1, 1]);
}

/// Whom it wakes does not return before the gate is open, the first time.
struct Slow(AtomicBool, Arc<Barrier>, Gate);

impl Wake for Slow {
    fn wake(self: Arc<Self>) {
        if !self.0.swap(true, Ordering::SeqCst) {
            self.1.wait();
            self.2.pass();
        }
    }
}

#[test]
fn a_runtime_may_end_while_a_task_that_failed_is_being_spawned() {
    let name: Arc<str> = "T".into();
    let runtime = common::runtime(1);
    let (t, handle) = (runtime.task_space(name.clone()), (*runtime).clone());
    let (is_failed, gate) = (Arc::new(Barrier::new(2)), Gate::default());
    let slow = Slow(AtomicBool::new(false), is_failed.clone(), gate.clone());
    let spawner = std::thread::spawn(move || {
        let failed = t.task(0).try_spawn(|| Err::<(), _>("on purpose"));
        failed.wait().expect_err("it fails");
        let mut end = t.task(1).into_future();
        let waker = Waker::from(Arc::new(slow));
        let polled = Pin::new(&mut end).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        // It has ended by the first, and tells so, before the others know of it.
        let others = [t.task(2), handle.task()];
        let task = t.task(1).deps(failed).deps(others).spawn(|| ());
        drop(t);
        assert!(
            task.wait()
                .expect_err("it can't run")
                .is_dependency_failed()
        );
    });
    is_failed.wait();
    drop(runtime);
    gate.open();
    spawner.join().expect("it does not panic");
    assert_eq!(Arc::strong_count(&name), 1);
}

/// Opens its gate when the thread ends that has it as a local.
struct AtExit(Gate);

impl Drop for AtExit {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Gives its seat away when it wakes, and comes back for it: if it can, when nobody has one any more.
struct Lending {
    handle: Handle,
    is_shut_down: Gate,
    is_gone: Gate,
    came_back: Arc<AtomicBool>,
}

impl Wake for Lending {
    fn wake(self: Arc<Self>) {
        thread_local! {
            static LAST: RefCell<Option<AtExit>> = const { RefCell::new(None) };
        }
        parla::blocking(|| {
            let at_exit = AtExit(self.is_gone.clone());
            let replacing = self.handle.task().spawn(move || {
                LAST.set(Some(at_exit));
            });
            while !replacing.is_finished() {
                std::thread::yield_now();
            }
            // Whatever the runtime waits for, it is not a task.
            for _ in 0..50_000 {
                if self.is_shut_down.is_open() {
                    self.is_gone.pass();
                    break;
                }
                std::thread::yield_now();
            }
        });
        self.came_back.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_waker_of_somebody_else_may_block_while_the_runtime_ends() {
    let runtime = common::runtime(1);
    let (go, is_shut_down) = (Gate::default(), Gate::default());
    let came_back = Arc::new(AtomicBool::new(false));
    let started = go.clone();
    let task = runtime.task().spawn(move || started.pass());
    let mut end = task.into_future();
    let waker = Waker::from(Arc::new(Lending {
        handle: (*runtime).clone(),
        is_shut_down: is_shut_down.clone(),
        is_gone: Gate::default(),
        came_back: came_back.clone(),
    }));
    let polled = Pin::new(&mut end).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    // Told of the shutdown: nothing is taken to be stalled as long as the gate is closed.
    let never = runtime.task_space("T").task(0);
    let told = std::thread::spawn(move || {
        never.wait().expect_err("nobody spawns it");
        is_shut_down.open();
    });
    go.open();
    drop(runtime);
    assert!(came_back.load(Ordering::SeqCst));
    told.join().expect("no panic");
}
