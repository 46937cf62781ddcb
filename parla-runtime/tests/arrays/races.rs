//! Explicit tasks that conflict and that nothing orders: one of the two fails, whatever the workers
//! do; those that something orders all run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ndarray::Ix1;
use parla_runtime::{PArray, Runtime, Task, TaskErrorKind, TaskRef, TaskSpace};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Input,
    Inout,
    Commute,
}
use Mode::{Commute, Inout, Input};

/// All the runtimes to try.
fn runtimes() -> impl Iterator<Item = Runtime> {
    let seeded = (0..8).map(|seed| Runtime::builder().workers(1).seed(seed));
    let free = (1..5).map(|workers| Runtime::builder().workers(workers));
    seeded.chain(free).map(|builder| builder.build().unwrap())
}

/// Spawns a task that uses elements of `x`; its body notes that it ran.
fn spawn(
    task: TaskRef<'static>,
    x: &PArray<u32, Ix1>,
    (mode, from, to): (Mode, i64, i64),
    ran: &Arc<AtomicUsize>,
) -> Task<()> {
    let (part, ran) = (x.slice(from..to), ran.clone());
    match mode {
        Input => {
            let (task, access) = task.input(&part);
            task.spawn(move || {
                access.with(|view| assert!(!view.is_empty()));
                ran.fetch_add(1, Ordering::Relaxed);
            })
        }
        mode => {
            let (task, mut access) = match mode {
                Commute => task.commute(&part),
                _ => task.inout(&part),
            };
            task.spawn(move || {
                access.with(|mut view| view += 1);
                ran.fetch_add(1, Ordering::Relaxed);
            })
        }
    }
}

/// What a task does with which elements, and the tasks that it depends on.
type Declared<'a> = ((Mode, i64, i64), &'a [i64]);

/// Explicit tasks that use one array, spawned in that order, each after those that it names. None
/// starts before all are spawned. Yields which tasks had a race with which, and how many ran.
fn run(runtime: &Runtime, tasks: &[Declared<'_>]) -> (Vec<(i64, i64)>, usize) {
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 16]).named("x");
    let (t, start) = (TaskSpace::new("T"), TaskSpace::new("start"));
    let ran = Arc::new(AtomicUsize::new(0));
    let spawned: Vec<_> = (0..)
        .zip(tasks)
        .map(|(number, (access, deps))| {
            let task = t.task(number).explicit().deps(start.task(0));
            let task = deps.iter().fold(task, |task, dep| task.deps(t.task(*dep)));
            spawn(task, &x, *access, &ran)
        })
        .collect();
    let _ = start.task(0).spawn(|| ());
    let mut races = Vec::new();
    for (number, task) in (0..).zip(&spawned) {
        let Err(error) = task.wait() else { continue };
        match error.kind() {
            TaskErrorKind::Race { with, .. } => {
                let with = (0..).zip(&spawned).find(|(_, task)| task.name() == *with);
                races.push((number, with.unwrap().0));
            }
            kind => assert!(
                matches!(kind, TaskErrorKind::DependencyFailed(_)),
                "{error}"
            ),
        }
    }
    (races, ran.load(Ordering::Relaxed))
}

/// One of these two fails, and nothing else.
fn assert_race(tasks: &[Declared<'_>], a: i64, b: i64) {
    for runtime in runtimes() {
        let (races, ran) = run(&runtime, tasks);
        assert!(races == [(a, b)] || races == [(b, a)], "{races:?}");
        assert!(ran < tasks.len());
    }
}

fn assert_no_race(tasks: &[Declared<'_>]) {
    for runtime in runtimes() {
        let (races, ran) = run(&runtime, tasks);
        assert_eq!(races, []);
        assert_eq!(ran, tasks.len());
    }
}

#[test]
fn two_that_nothing_orders_are_an_error() {
    assert_race(&[((Inout, 0, 8), &[]), ((Inout, 0, 8), &[])], 0, 1);
    assert_race(&[((Inout, 0, 8), &[]), ((Input, 0, 8), &[])], 0, 1);
    assert_race(&[((Input, 0, 8), &[]), ((Inout, 0, 8), &[])], 0, 1);
    assert_race(&[((Inout, 0, 5), &[]), ((Inout, 4, 9), &[])], 0, 1);
    assert_race(&[((Inout, 4, 9), &[]), ((Inout, 0, 5), &[])], 0, 1);
    assert_race(&[((Commute, 0, 8), &[]), ((Input, 7, 9), &[])], 0, 1);
}

#[test]
fn two_of_three_that_nothing_orders_are_an_error() {
    let fork = [
        ((Inout, 0, 4), &[][..]),
        ((Inout, 0, 4), &[0]),
        ((Inout, 0, 4), &[0]),
    ];
    assert_race(&fork, 1, 2);
    // The one in the middle is of no help: it is before the first.
    let late = [
        ((Inout, 0, 4), &[1][..]),
        ((Inout, 0, 4), &[]),
        ((Inout, 0, 4), &[1]),
    ];
    assert_race(&late, 0, 2);
}

#[test]
fn what_dependencies_order_is_no_error() {
    let chain: Vec<((Mode, i64, i64), Vec<i64>)> = (0..20)
        .map(|it| ((Inout, 0, 8), if it == 0 { vec![] } else { vec![it - 1] }))
        .collect();
    let chain: Vec<_> = chain.iter().map(|(a, deps)| (*a, &deps[..])).collect();
    assert_no_race(&chain);
    let diamond = [
        ((Inout, 0, 8), &[][..]),
        ((Input, 0, 8), &[0]),
        ((Input, 0, 8), &[0]),
        ((Inout, 0, 8), &[1, 2]),
    ];
    assert_no_race(&diamond);
    // Through one that uses nothing of it.
    let through = [
        ((Inout, 0, 4), &[][..]),
        ((Inout, 8, 9), &[0]),
        ((Inout, 0, 4), &[1]),
    ];
    assert_no_race(&through);
}

#[test]
fn those_that_are_spawned_later_may_come_first() {
    let backwards = [
        ((Inout, 0, 8), &[1][..]),
        ((Inout, 0, 8), &[2]),
        ((Inout, 0, 8), &[3]),
        ((Inout, 0, 8), &[]),
    ];
    assert_no_race(&backwards);
    let through = [
        ((Inout, 0, 4), &[2][..]),
        ((Inout, 0, 4), &[]),
        ((Inout, 8, 9), &[1]),
    ];
    assert_no_race(&through);
}

#[test]
fn what_does_not_conflict_needs_no_order() {
    let blocks = [((Inout, 0, 4), &[][..]), ((Inout, 4, 8), &[])];
    assert_no_race(&blocks);
    let readers = [((Input, 0, 8), &[][..]), ((Input, 0, 8), &[])];
    assert_no_race(&readers);
    let commuting = [((Commute, 0, 8), &[][..]); 6];
    assert_no_race(&commuting);
}

#[test]
fn commuting_explicit_tasks_run_one_at_a_time() {
    let runtime = Runtime::builder().workers(4).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 1]);
    let (t, is_taken) = (TaskSpace::new("T"), Arc::new(AtomicBool::new(false)));
    for number in 0..200 {
        let (task, mut access) = t.task(number).explicit().commute(&x);
        let is_taken = is_taken.clone();
        task.spawn(move || {
            assert!(!is_taken.swap(true, Ordering::SeqCst));
            access.with(|mut view| view += 1);
            is_taken.store(false, Ordering::SeqCst);
        });
    }
    t.wait_all().wait().unwrap();
    assert_eq!(x.read().wait().unwrap().view()[0], 200);
}

#[test]
fn the_error_says_who_uses_what() {
    let runtime = Runtime::builder().workers(1).seed(1).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 16]).named("x");
    let t = TaskSpace::new("T");
    let start = TaskSpace::new("start");
    let ran = Arc::default();
    let after = |number: i64| t.task(number).explicit().deps(start.task(0));
    let tasks = [
        spawn(after(0), &x, (Inout, 0, 5), &ran),
        spawn(after(1), &x, (Input, 4, 9), &ran),
    ];
    let dependent = t.task(2).deps(&tasks[0]).deps(&tasks[1]).spawn(|| ());
    let _ = start.task(0).spawn(|| ());
    let error = dependent.wait().unwrap_err();
    let mut texts = [
        "task `T[0]` did not run: it changes `x[0..5]`, `T[1]` reads `x[4..9]`, and nothing orders them",
        "task `T[1]` did not run: it reads `x[4..9]`, `T[0]` changes `x[0..5]`, and nothing orders them",
    ]
    .into_iter();
    let text = error.root_cause().to_string();
    assert!(texts.any(|it| text.starts_with(it)), "{text}");
    assert!(text.contains("with `deps`"), "{text}");
    assert!(text.contains("P0009"), "{text}");
}

#[test]
fn what_the_program_waits_for_in_between_is_ordered() {
    for runtime in runtimes() {
        let _ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 4]);
        let (t, ran) = (TaskSpace::new("T"), Arc::default());
        for number in 0..20_i64 {
            let task = spawn(t.task(number).explicit(), &x, (Inout, 0, 4), &ran);
            match number % 3 {
                0 => assert!(task.wait().is_ok()),
                1 => t.wait_all().wait().unwrap(),
                _ => drop(x.read().wait().unwrap()),
            }
        }
        assert_eq!(x.read().wait().unwrap().view()[0], 20);
    }
}

#[test]
fn what_a_body_waits_for_comes_before_what_comes_after_it() {
    for runtime in runtimes() {
        let _ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 4]);
        let (t, ran) = (TaskSpace::new("T"), Arc::default());
        let start = TaskSpace::new("start");
        let last = t.task(2).explicit().deps(t.task(1)).deps(t.task(4));
        let last = spawn(last, &x, (Inout, 0, 4), &ran);
        let first = spawn(
            t.task(0).explicit().deps(start.task(0)),
            &x,
            (Inout, 0, 4),
            &ran,
        );
        let _ = t.task(1).spawn(async move { first.await.unwrap() });
        let (inner, y) = (ran.clone(), x.clone());
        let _ = t.task(4).deps(t.task(1)).spawn(move || {
            parla_runtime::scope(|s| {
                let (task, mut access) = s.task_space("S").task(0).explicit().inout(&y);
                task.spawn(move || {
                    access.with(|mut view| view += 1);
                    inner.fetch_add(1, Ordering::Relaxed);
                });
            })
            .unwrap();
        });
        let _ = start.task(0).spawn(|| ());
        last.wait().unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), 3);
    }
}

#[test]
fn guards_of_the_program_hold_explicit_tasks_up() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 4]);
    let (t, ran) = (TaskSpace::new("T"), Arc::default());
    for number in 0..20_i64 {
        let mut guard = x.write().wait().unwrap();
        let task = spawn(t.task(number).explicit(), &x, (Inout, 0, 2), &ran);
        assert_ne!(task.state(), parla_runtime::TaskState::Ended);
        guard.view_mut().fill(7);
        assert_eq!(guard.view().to_vec(), [7; 4]);
        drop(guard);
        task.wait().unwrap();
        assert_eq!(x.read().wait().unwrap().view().to_vec(), [8, 8, 7, 7]);
    }
}

#[test]
fn tasks_that_accesses_order_come_after_explicit_ones() {
    for runtime in runtimes() {
        let _ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 4]);
        let (t, ran) = (TaskSpace::new("T"), Arc::default());
        let start = TaskSpace::new("start");
        let after = |number: i64| t.task(number).deps(start.task(0));
        spawn(after(0).explicit(), &x, (Inout, 0, 2), &ran);
        spawn(after(1).explicit(), &x, (Inout, 2, 4), &ran);
        let ordered = spawn(after(2), &x, (Inout, 0, 4), &ran);
        spawn(after(3).explicit().deps(&ordered), &x, (Inout, 0, 4), &ran);
        let last = spawn(after(4).explicit(), &x, (Inout, 1, 2), &ran);
        let _ = start.task(0).spawn(|| ());
        let _ = last.wait();
        let failed = (0..5).filter(|it| t.task(*it).wait().is_err());
        // The last is in no order with all the others but one.
        assert!(failed.count() > 0);
        assert!(ran.load(Ordering::Relaxed) < 5);
    }
}

#[test]
fn an_explicit_task_is_checked_against_ordered_ones_before_it() {
    for runtime in runtimes() {
        let _ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 4]);
        let (t, ran) = (TaskSpace::new("T"), Arc::default());
        let start = TaskSpace::new("start");
        let after = |number: i64| t.task(number).deps(start.task(0));
        // Nothing was explicit before.
        let ordered = spawn(after(0), &x, (Inout, 0, 4), &ran);
        let explicit = spawn(after(1).explicit(), &x, (Inout, 0, 4), &ran);
        let _ = start.task(0).spawn(|| ());
        assert!(ordered.wait().is_err() || explicit.wait().is_err());
        assert_eq!(ran.load(Ordering::Relaxed), 1);
        // Now it is known that some are.
        let again = |number: i64| t.task(number).deps(start.task(1));
        let ordered = spawn(again(2), &x, (Inout, 0, 4), &ran);
        let explicit = spawn(again(3).explicit(), &x, (Inout, 0, 4), &ran);
        let _ = start.task(1).spawn(|| ());
        assert!(ordered.wait().is_err() || explicit.wait().is_err());
    }
}

#[test]
fn a_long_chain_runs_in_bounded_time_and_memory() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 4]);
    let (t, ran) = (TaskSpace::new("T"), Arc::default());
    let count = 100_000;
    for number in 0..count {
        let task = t.task(number).explicit().deps(t.task(number - 1));
        spawn(task, &x, (Inout, 0, 4), &ran);
    }
    t.wait_all().wait().unwrap();
    assert_eq!(i64::from(x.read().wait().unwrap().view()[0]), count);
}
