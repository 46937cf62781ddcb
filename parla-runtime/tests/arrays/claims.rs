//! Data in the hands of the program: shared values, guards, failures, several runtimes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use ndarray::Ix1;
use parla_runtime::{PArray, Runtime, Shared, Task, TaskErrorKind, TaskRef, TaskSpace, TaskState};

use crate::basics::message_of;

pub(crate) fn runtime() -> Runtime {
    Runtime::builder().workers(2).build().unwrap()
}

pub(crate) fn zeros() -> PArray<i32, Ix1> {
    PArray::zeros(4).named("x")
}

pub(crate) fn increment(task: TaskRef<'static>, x: &PArray<i32, Ix1>) -> Task<()> {
    let (task, mut x) = task.inout(x);
    task.spawn(move || x.with(|mut view| view += 1))
}

pub(crate) fn elements(x: &PArray<i32, Ix1>) -> Vec<i32> {
    x.read().wait().unwrap().view().to_vec()
}

#[test]
fn shared_values_are_used_in_order() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let text = Shared::new(String::new()).named("text");
    let t = TaskSpace::new("T");
    let mut lens = Vec::new();
    for i in 0..20 {
        let (task, mut of_task) = t.task((0, i)).inout(&text);
        task.spawn(move || of_task.with(|text| text.push('x')));
        let (task, of_task) = t.task((1, i)).input(&text);
        lens.push(task.spawn(move || of_task.with(String::len)));
    }
    for (i, len) in lens.iter().enumerate() {
        assert_eq!(*len.wait().unwrap(), i + 1);
    }
    assert_eq!(format!("{text:?}"), "text");
    assert_eq!(text.into_inner().wait().unwrap(), "x".repeat(20));
}

/// Values that go when the last of the handles and tasks goes.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn shared_values_are_dropped_with_the_last_handle_and_only_taken_by_it() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let drops = Arc::new(AtomicUsize::new(0));
    let value = Shared::new(Counted(drops.clone()));
    let other = value.clone();
    let message = message_of(|| drop(value.into_inner().wait()));
    assert!(
        message.contains("taken out by its last handle"),
        "{message}"
    );
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    let (open, opened) = mpsc::channel::<()>();
    let (task, access) = TaskSpace::new("T").task(0).input(&other);
    let task = task.spawn(move || {
        opened.recv().unwrap();
        access.with(|it| it.0.load(Ordering::SeqCst))
    });
    drop(other);
    open.send(()).unwrap();
    assert_eq!(*task.wait().unwrap(), 0);
    drop(task);
    drop(_ambient);
    drop(runtime);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn guards_hold_up_later_tasks_but_readers_do_not() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let guard = x.slice(1..).read().wait().unwrap();
    let (task, view) = t.task(0).input(&x);
    let reader = task.spawn(move || view.with(|view| view.sum()));
    assert_eq!(*reader.wait().unwrap(), 0, "readers go together");
    let elsewhere = increment(t.task(1), &x.slice(..1));
    elsewhere.wait().unwrap();
    let writer = increment(t.task(2), &x);
    // If the writer were not held up, it would run before this one, which it comes before.
    let (task, view) = t.task(3).input(&x.slice(2..));
    let after = task.spawn(move || view.with(|view| view.to_vec()));
    assert_eq!(guard.view().to_vec(), [0; 3]);
    assert_ne!(writer.state(), TaskState::Ended);
    drop(guard);
    assert_eq!(*after.wait().unwrap(), [1, 1]);

    let mut guard = x.write().wait().unwrap();
    let (task, view) = t.task(4).input(&x);
    let reader = task.spawn(move || view.with(|view| view.sum()));
    guard.view_mut().fill(10);
    assert_ne!(reader.state(), TaskState::Ended);
    assert_eq!(guard.view().sum(), 40);
    drop(guard);
    assert_eq!(*reader.wait().unwrap(), 40);
}

/// A claim takes its place when it is made.
#[test]
fn claims_are_ordered_by_when_they_are_made() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    increment(t.task(0), &x);
    let early = x.read();
    let later = increment(t.task(1), &x);
    assert_eq!(early.wait().unwrap().view().to_vec(), [1; 4]);
    later.wait().unwrap();
    // One that nobody waits for holds nothing up when it is gone.
    drop(x.write());
    increment(t.task(2), &x).wait().unwrap();
    assert_eq!(elements(&x), [3; 4]);
}

#[test]
fn async_code_claims_data() {
    let runtime = Runtime::builder().workers(1).build().unwrap();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    (0..5).for_each(|i| drop(increment(t.task(i), &x)));
    let of_body = x.clone();
    let body = runtime.task().spawn(async move {
        let before = of_body.read().await.unwrap().view().sum();
        of_body.write().await.unwrap().view_mut().fill(7);
        before
    });
    assert_eq!(*body.wait().unwrap(), 20);
    assert_eq!(elements(&x), [7; 4]);
    let of_body = x.clone();
    let body = runtime.task().spawn(move || {
        let error = of_body.write().wait().unwrap_err();
        matches!(error.kind(), TaskErrorKind::WaitInTask)
    });
    drop(increment(t.task(9), &x));
    let _ = body.wait();
    assert_eq!(elements(&x), [8; 4]);
}

#[test]
fn a_failure_is_handed_on_until_the_program_has_seen_it() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let (task, mut view) = t.task(0).inout(&x.slice(1..3));
    let bad = task.spawn(move || -> () {
        view.with(|mut view| view.fill(5));
        panic!("as the test wants it")
    });
    let later = increment(t.task(1), &x.slice(2..));
    let untouched = increment(t.task(2), &x.slice(..1));
    bad.wait().unwrap_err();
    let error = later.wait().unwrap_err();
    assert!(
        matches!(error.kind(), TaskErrorKind::DependencyFailed(_)),
        "{error}"
    );
    untouched.wait().unwrap();
    for _ in 0..2 {
        let error = x.read().wait().expect_err("reading forgets nothing");
        assert!(error.to_string().contains("T["), "{error}");
    }
    let after = increment(t.task(3), &x.slice(1));
    after.wait().unwrap_err();
    x.write().wait().expect_err("it has failed");
    assert_eq!(x.write().wait().unwrap().view().to_vec(), [1, 5, 5, 0]);
    increment(t.task(4), &x).wait().unwrap();
    assert_eq!(elements(&x), [2, 6, 6, 1]);
}

#[test]
fn data_is_for_the_body_that_declared_it() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let (task, view) = t.task(0).label("owner").input(&x);
    let message = message_of(|| view.with(|view| view.sum()));
    assert!(
        message.starts_with("`x[0..4]` was used outside of the body of `")
            && message.contains("T[0]"),
        "{message}"
    );
    drop(task);
    // Nor for another task, which may run before.
    let (task, mut stolen) = t.task(1).inout(&x);
    let thief = t.task(2).spawn(move || stolen.with(|mut view| view += 1));
    task.spawn(|| ()).wait().unwrap();
    let error = thief.wait().unwrap_err();
    assert!(
        error.to_string().contains("was used outside of the body"),
        "{error}"
    );
    let value = Shared::new(0);
    let (_task, mut access) = t.task(3).inout(&value);
    let message = message_of(|| access.with(|it| *it += 1));
    assert!(
        message.contains("was used outside of the body"),
        "{message}"
    );
}

#[test]
fn an_array_outlives_runtimes() {
    let x = zeros();
    for round in 0..3 {
        let runtime = runtime();
        let _ambient = runtime.enter();
        let t = TaskSpace::new("T");
        (0..10).for_each(|i| drop(increment(t.task(i), &x)));
        assert_eq!(elements(&x), [10 * (round + 1); 4]);
    }
    x.write().wait().unwrap().view_mut().fill(1);
    assert_eq!(x.into_array().wait().unwrap().to_vec(), [1; 4]);
}

#[test]
fn two_runtimes_at_the_same_time_share_what_they_only_read_or_keep_apart() {
    let (one, two) = (runtime(), runtime());
    let x = zeros();
    let halves = [x.slice(..2), x.slice(2..)];
    for i in 0..10 {
        increment(one.task_space("One").task(i), &halves[0]);
        increment(two.task_space("Two").task(i), &halves[1]);
    }
    drop(halves);
    let first = {
        let _ambient = one.enter();
        elements(&x.slice(..2))
    };
    assert_eq!(first, [10, 10]);
    // What is still in use by one runtime is none of the other's business.
    let (open, opened) = mpsc::channel::<()>();
    let (task, mut view) = one.task_space("Three").task(0).inout(&x.slice(..2));
    let held = task.spawn(move || {
        opened.recv().unwrap();
        view.with(|mut view| view += 1);
    });
    let foreign = increment(two.task_space("Four").task(0), &x.slice(1..3));
    let error = foreign.wait().unwrap_err();
    assert!(
        matches!(error.kind(), TaskErrorKind::ForeignDependency(_)),
        "{error}"
    );
    open.send(()).unwrap();
    held.wait().unwrap();
    let _ambient = two.enter();
    x.write().wait().expect_err("a task has failed");
    let seen = x.write().wait().unwrap().view().to_vec();
    assert_eq!(seen, [11, 11, 10, 10]);
}

#[test]
fn an_array_may_be_dropped_while_tasks_use_it() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let t = TaskSpace::new("T");
    let (open, opened) = mpsc::channel::<()>();
    let x = zeros();
    let (task, mut view) = t.task(0).inout(&x);
    let first = task.spawn(move || {
        opened.recv().unwrap();
        view.with(|mut view| view += 1);
    });
    let (task, view) = t.task(1).input(&x.slice(1..));
    let second = task.spawn(move || view.with(|view| view.sum()));
    drop(x);
    open.send(()).unwrap();
    first.wait().unwrap();
    assert_eq!(*second.wait().unwrap(), 3);
}

#[test]
fn without_a_runtime_guards_keep_tasks_away() {
    let x = zeros();
    let guard = x.read().wait().unwrap();
    let runtime = runtime();
    let t = runtime.task_space("T");
    let error = increment(t.task(0), &x);
    let error = error.wait().unwrap_err().to_string();
    assert!(
        error.contains("`x[0..4]` is in use outside of any runtime"),
        "{error}"
    );
    let (task, view) = t.task(1).input(&zeros());
    task.spawn(move || view.with(|view| view.sum()))
        .wait()
        .unwrap();
    drop(guard);
    drop(x.write().wait());
    increment(t.task(2), &x).wait().unwrap();
}

/// Also if the last access of the program took its place in a runtime that has gone since.
#[test]
fn a_guard_may_outlive_its_runtime() {
    let x = zeros();
    let runtime_gone = |x: &PArray<i32, Ix1>| {
        let runtime = runtime();
        let _ambient = runtime.enter();
        increment(runtime.task(), x).wait().unwrap();
        x.write().wait().unwrap()
    };
    let guard = runtime_gone(&x);
    assert_eq!(guard.view().to_vec(), [1; 4]);
    drop(guard);
    assert_eq!(elements(&x), [1; 4]);
    drop(runtime_gone(&x));
    assert_eq!(x.into_array().wait().unwrap().to_vec(), [2; 4]);
}

/// A runtime that ends while the program keeps what its tasks wait for fails them, and no more.
#[test]
fn nobody_gets_what_the_program_has() {
    let x = zeros();
    let runtime_gone = runtime();
    let mut guard = {
        let _ambient = runtime_gone.enter();
        x.write().wait().unwrap()
    };
    let stalled = increment(runtime_gone.task_space("T").task(0), &x);
    drop(runtime_gone);
    stalled.wait().unwrap_err();
    let runtime = runtime();
    let _ambient = runtime.enter();
    for _ in 0..3 {
        x.write().wait().expect_err("the guard is there");
        increment(runtime.task(), &x).wait().unwrap_err();
    }
    guard.view_mut().fill(5);
    drop(guard);
    x.write().wait().expect_err("tasks have failed");
    assert_eq!(x.write().wait().unwrap().view().to_vec(), [5; 4]);
}

#[test]
fn a_claim_that_is_dropped_keeps_the_order() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let (open, opened) = mpsc::channel::<()>();
    let (task, mut view) = t.task(0).inout(&x);
    task.spawn(move || {
        opened.recv().unwrap();
        view.with(|mut view| view.fill(3));
    });
    drop(x.write());
    let (task, view) = t.task(1).input(&x);
    let later = task.spawn(move || view.with(|view| view.to_vec()));
    // Something that runs when all that can has run.
    for _ in 0..100 {
        runtime.task().spawn(|| ()).wait().unwrap();
    }
    assert_ne!(later.state(), TaskState::Ended);
    open.send(()).unwrap();
    assert_eq!(*later.wait().unwrap(), [3; 4]);
}

/// The region of the failed access itself.
#[test]
fn reading_does_not_forget_a_failure() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let (task, _view) = t.task(0).inout(&x);
    let bad = task.try_spawn(|| Err::<(), _>("as the test wants it"));
    bad.wait().unwrap_err();
    for i in 1..3 {
        x.read().wait().expect_err("a task has failed");
        increment(t.task(i), &x).wait().unwrap_err();
    }
    drop(x.read());
    increment(t.task(3), &x).wait().unwrap_err();
    x.write().wait().expect_err("a task has failed");
    increment(t.task(4), &x).wait().unwrap();
    assert_eq!(elements(&x), [1; 4]);
}

/// What never ran because something failed ends before other things that it comes after.
#[test]
fn a_failure_is_not_told_while_others_use_the_data() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let t = TaskSpace::new("T");
    let (open, opened) = mpsc::channel::<()>();
    let (began, begin) = mpsc::channel::<()>();
    let (task, view) = t.task(0).input(&x);
    let reader = task.spawn(move || {
        began.send(()).unwrap();
        opened.recv().unwrap();
        view.with(|view| view.sum())
    });
    let (task, _view) = t.task(1).input(&x);
    let bad = task.try_spawn(|| Err::<(), _>("as the test wants it"));
    let skipped = increment(t.task(2), &x);
    skipped.wait().unwrap_err();
    bad.wait().unwrap_err();
    begin.recv().unwrap();
    let of_thread = x.clone();
    let (told, tell) = mpsc::channel();
    let program = std::thread::spawn(move || {
        of_thread.write().wait().expect_err("a task has failed");
        of_thread.write().wait().unwrap().view_mut().fill(9);
        told.send(()).unwrap();
    });
    for _ in 0..100 {
        runtime.task().spawn(|| ()).wait().unwrap();
    }
    assert!(tell.try_recv().is_err(), "the reader is at work");
    open.send(()).unwrap();
    program.join().unwrap();
    assert_eq!(*reader.wait().unwrap(), 0);
    assert_eq!(elements(&x), [9; 4]);
}

#[test]
fn without_a_runtime_guards_keep_each_other_away() {
    let x = zeros();
    let refused = |error: parla_runtime::TaskError| {
        let text = error.to_string();
        assert!(text.contains("in use outside of any runtime"), "{text}");
    };
    let writes = x.slice(..2).write().wait().unwrap();
    refused(x.write().wait().unwrap_err());
    refused(x.read().wait().unwrap_err());
    let within = runtime();
    let ambient = within.enter();
    refused(x.read().wait().unwrap_err());
    refused(
        within
            .block_on(async { x.write().await })
            .unwrap()
            .unwrap_err(),
    );
    drop((writes, ambient));
    let readers = [x.read().wait().unwrap(), x.slice(1).read().wait().unwrap()];
    refused(x.write().wait().unwrap_err());
    let ambient = within.enter();
    x.read().wait().unwrap();
    refused(x.write().wait().unwrap_err());
    drop((readers, ambient));
    x.write().wait().unwrap().view_mut().fill(2);
    increment(within.task(), &x).wait().unwrap();
    assert_eq!(x.into_array().wait().unwrap().to_vec(), [3; 4]);
}

#[test]
fn who_waits_for_what_the_program_holds_is_told_so() {
    let runtime = runtime();
    let _ambient = runtime.enter();
    let x = zeros();
    let guard = x.slice(..2).write().wait().unwrap();
    for error in [
        increment(runtime.task(), &x).wait().unwrap_err(),
        x.read().wait().unwrap_err(),
    ] {
        let error = error.to_string();
        let held = "never spawned: `end of the program's use of x[0..2]`";
        assert!(error.contains(held), "{error}");
    }
    drop(guard);
    assert_eq!(elements(&x), [1; 4]);
}
