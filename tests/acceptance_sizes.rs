//! Bodies, results and dependencies of every size and number.

mod common;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::Gate;
use parla::{Input, Runtime, Task};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Nothing;

#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
struct AlignedNothing;

#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
struct Aligned(u64);

/// Has a task return the value; reads it in every way there is, through several handles.
fn comes_out_right<R>(value: R)
where
    R: Clone + PartialEq + Debug + Send + Sync + 'static,
{
    let runtime = common::runtime(2);
    let read = |task: Task<R>| {
        let others = [task.clone(), task.clone()];
        let seen = task.wait().expect("it ends well");
        assert_eq!(seen, &value);
        let address = std::ptr::from_ref(seen).addr();
        assert!(address.is_multiple_of(align_of::<R>()), "misaligned");
        let (task_of_copy, given): (_, Input<R>) = runtime.task().input(&others[0]);
        let copied = task_of_copy.spawn(move || given.get().clone());
        let [first, second] = others;
        let results = runtime.block_on(async move {
            drop(task);
            (
                copied.await,
                (&first).await.cloned(),
                first.await,
                second.await,
            )
        });
        let (a, b, c, d) = results.expect("no failure is unseen");
        for result in [a, b, c, d] {
            assert_eq!(result.expect("it ends well"), value);
        }
    };
    let (one, two) = (value.clone(), value.clone());
    read(runtime.task().spawn(move || one));
    read(runtime.task().spawn(async move { two }));
    // The only handle.
    let (one, two) = (value.clone(), value.clone());
    let only = runtime.block_on(async {
        let sync = runtime.task().spawn(move || one).await;
        (sync, runtime.task().spawn(async move { two }).await)
    });
    let (sync, asynchronous) = only.expect("no failure is unseen");
    assert_eq!(sync.expect("it ends well"), value);
    assert_eq!(asynchronous.expect("it ends well"), value);
}

#[test]
fn results_of_every_size_come_out_right_through_every_handle() {
    comes_out_right(());
    comes_out_right(Nothing);
    comes_out_right(AlignedNothing);
    comes_out_right(7u8);
    comes_out_right(u64::MAX);
    comes_out_right([3u8; 23]);
    comes_out_right([4u8; 24]);
    comes_out_right([5u8; 25]);
    comes_out_right([6u64; 3]);
    comes_out_right([7u64; 500]);
    comes_out_right(u128::MAX - 1);
    comes_out_right(Aligned(8));
    comes_out_right("nine".to_owned());
    comes_out_right(Some(Box::new(10)));
    comes_out_right(vec!["eleven".to_owned(); 11]);
    comes_out_right(Ok::<&str, std::fmt::Error>("twelve"));
}

#[test]
fn results_may_borrow_from_the_scope() {
    let runtime = common::runtime(2);
    let _ambient = runtime.enter();
    let text = "a few words to be borrowed".to_owned();
    let words = parla::scope(|s| {
        let t = s.task_space("T");
        let words: Vec<Task<&str>> = (text.split(' ').enumerate())
            .map(|(i, word)| t.task(i).spawn(move || word))
            .collect();
        let lists: Vec<Task<Vec<&str>>> = (0..2)
            .map(|_| s.task().spawn(|| text.split(' ').collect()))
            .collect();
        common::all_end_well(&words);
        for list in &lists {
            let list = list.wait().expect("it ends well");
            let again = words.iter().map(|word| *word.wait().expect("it ends well"));
            assert!(again.eq(list.iter().copied()));
        }
        words.len()
    });
    assert_eq!(words.expect("no failure is unseen"), 6);
}

fn a_body_of<const N: usize>(runtime: &Runtime) {
    let bytes: [u8; N] = std::array::from_fn(|i| u8::try_from(i % 251).expect("it fits"));
    let sum = move || bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
    let expected = sum();
    let tasks = [
        runtime.task().spawn(sum),
        runtime.task().spawn(async move {
            tokio::task::yield_now().await;
            sum()
        }),
    ];
    for task in &tasks {
        assert_eq!(task.wait().expect("it ends well"), &expected);
    }
}

#[test]
fn bodies_of_every_size_run() {
    let runtime = common::runtime(2);
    a_body_of::<0>(&runtime);
    a_body_of::<1>(&runtime);
    a_body_of::<8>(&runtime);
    a_body_of::<16>(&runtime);
    a_body_of::<23>(&runtime);
    a_body_of::<24>(&runtime);
    a_body_of::<25>(&runtime);
    a_body_of::<96>(&runtime);
    a_body_of::<5000>(&runtime);
    let (aligned, nothing) = (Aligned(5), AlignedNothing);
    let task = runtime.task().spawn(move || {
        let at = (&raw const aligned).addr() | (&raw const nothing).addr();
        (at % 64, aligned.0)
    });
    assert_eq!(task.wait().expect("it ends well"), &(0, 5));
}

#[test]
fn a_task_may_have_any_number_of_dependencies() {
    let runtime = common::runtime(2);
    let t = runtime.task_space("T");
    for round in 0..20 {
        for count in 0..=20i64 {
            let at = 1000 * round + 30 * count;
            let done = Arc::new(AtomicUsize::new(0));
            let finish = |i: i64| {
                let done = done.clone();
                let late = move || done.fetch_add(1, Ordering::Relaxed);
                t.task(at + i).spawn(late);
            };
            // Some come before the task that depends on them, some after.
            (0..count / 2).for_each(finish);
            let (seen, dependencies) = (done.clone(), t.slice(at..at + count));
            let last = t
                .task(at + 25)
                .deps(dependencies)
                .spawn(move || seen.load(Ordering::Relaxed));
            (count / 2..count).for_each(finish);
            let seen = i64::try_from(*last.wait().expect("it ends well"));
            assert_eq!(seen, Ok(count));
        }
    }
}

#[test]
fn one_task_may_have_any_number_of_dependents() {
    let runtime = common::runtime(2);
    for count in (0..=20).chain([1000]) {
        let t = runtime.task_space("T");
        let (gate, done) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
        let pass = gate.clone();
        t.task(0).spawn(move || pass.pass());
        let depend = |i: i64| {
            let done = done.clone();
            let body = move || done.fetch_add(1, Ordering::SeqCst);
            t.task(i).deps(t.task(0)).spawn(body)
        };
        let mut tasks: Vec<_> = (1..=count).map(depend).collect();
        assert_eq!(done.load(Ordering::SeqCst), 0, "before the gate opens");
        gate.open();
        // These race with its end.
        tasks.extend((count + 1..=2 * count).map(depend));
        common::all_end_well(&tasks);
        assert_eq!(done.load(Ordering::SeqCst), tasks.len());
    }
}

#[test]
fn a_dependency_that_is_named_twice_is_waited_for_once() {
    let runtime = common::runtime(2);
    for times in 1..=9 {
        let t = runtime.task_space("T");
        let runs = Arc::new(AtomicUsize::new(0));
        let spawn = |i: i64| {
            let named = std::iter::repeat_with(|| t.task(0)).take(times);
            let runs = runs.clone();
            let body = move || runs.fetch_add(1, Ordering::SeqCst);
            t.task(i).deps(named).spawn(body)
        };
        let before = spawn(1);
        t.task(0).spawn(|| ());
        let tasks = [before, spawn(2)];
        common::all_end_well(&tasks);
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
