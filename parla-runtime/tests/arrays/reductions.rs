//! Reductions: what many tasks contribute at the same time, in any order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use ndarray::{Array1, Array2, Ix1};
use parla_runtime::{
    DeviceKind, PArray, Placement, Reduction, Runtime, Task, TaskErrorKind, TaskSpace,
    current_devices,
};
use proptest::prelude::*;

use crate::memories::Memories;

fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).build().unwrap()
}

fn sum(x: &PArray<i64, Ix1>) -> Reduction<i64, Ix1> {
    x.reduction(0, |a, b| a + b)
}

/// A task that adds to all elements.
fn add(t: &TaskSpace<'_>, index: usize, to: &Reduction<i64, Ix1>, value: i64) -> Task<()> {
    let (task, mut sum) = t.task(index).reduce(to);
    task.spawn(move || sum.with(|mut view| view += value))
}

fn elements(x: &PArray<i64, Ix1>) -> Vec<i64> {
    x.read().wait().unwrap().view().to_vec()
}

/// What a task of a random program does: with a region, whose bounds are the first two.
#[derive(Debug, Clone, Copy)]
enum Step {
    Add(usize, i64),
    Largest(usize, i64),
    Double(usize, usize),
    Read(usize, usize),
}

const LEN: usize = 12;

/// Overlapping and strided.
const REGIONS: [(i64, i64, i64); 4] = [(0, 12, 1), (0, 6, 1), (4, 12, 2), (5, 12, 2)];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..REGIONS.len(), -9..9_i64).prop_map(|(region, by)| Step::Add(region, by)),
        3 => (0..REGIONS.len(), -99..99_i64).prop_map(|(region, by)| Step::Largest(region, by)),
        1 => (0..LEN, 0..LEN).prop_map(|(from, to)| Step::Double(from.min(to), from.max(to))),
        1 => (0..LEN, 0..LEN).prop_map(|(from, to)| Step::Read(from.min(to), from.max(to))),
    ]
}

/// Along the region, so that elements differ.
fn contribution(by: i64, at: usize) -> i64 {
    by * (at as i64 + 1)
}

fn in_order(steps: &[Step]) -> (Vec<i64>, Vec<i64>) {
    let (mut x, mut read): (Vec<i64>, _) = ((0..LEN as i64).collect(), Vec::new());
    let places = |region: usize| {
        let (start, end, step) = REGIONS[region];
        (start..end).step_by(step as usize).map(|at| at as usize)
    };
    for step in steps {
        match *step {
            Step::Add(region, by) => {
                let places = places(region).enumerate();
                places.for_each(|(at, place)| x[place] += contribution(by, at));
            }
            Step::Largest(region, by) => {
                let places = places(region).enumerate();
                places.for_each(|(at, place)| x[place] = x[place].max(contribution(by, at)));
            }
            Step::Double(from, to) => x[from..to].iter_mut().for_each(|it| *it *= 2),
            Step::Read(from, to) => read.push(x[from..to].iter().sum()),
        }
    }
    (x, read)
}

fn as_tasks(steps: &[Step]) -> (Vec<i64>, Vec<i64>) {
    let x = PArray::from((0..LEN as i64).collect::<Vec<_>>());
    let regions = REGIONS
        .map(|(start, end, step)| x.slice(parla_runtime::Dim::range(Some(start), Some(end), step)));
    let sums = regions.each_ref().map(sum);
    let maxima = regions
        .each_ref()
        .map(|region| region.reduction(i64::MIN, i64::max));
    let t = TaskSpace::new("T");
    let mut read = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Add(region, by) => {
                let (task, mut sum) = t.task(number).reduce(&sums[region]);
                task.spawn(move || {
                    let add = |(at, it): (usize, &mut i64)| *it += contribution(by, at);
                    sum.with(|mut view| view.iter_mut().enumerate().for_each(add));
                });
            }
            Step::Largest(region, by) => {
                let (task, mut maximum) = t.task(number).reduce(&maxima[region]);
                task.spawn(move || {
                    let raise = |(at, it): (usize, &mut i64)| *it = (*it).max(contribution(by, at));
                    maximum.with(|mut view| view.iter_mut().enumerate().for_each(raise));
                });
            }
            Step::Double(from, to) => {
                let (task, mut x) = t.task(number).inout(&x.slice(from..to));
                task.spawn(move || x.with(|mut view| view *= 2));
            }
            Step::Read(from, to) => {
                let (task, x) = t.task(number).input(&x.slice(from..to));
                read.push(task.spawn(move || x.with(|view| view.sum())));
            }
        }
    }
    let read = read.into_iter().map(|task| *task.wait().unwrap());
    let read = read.collect();
    (elements(&x), read)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_programs_give_the_sequential_result(
        steps in prop::collection::vec(step(), 1..40),
        workers in 1..5_usize,
    ) {
        let runtime = runtime(workers);
        let _ambient = runtime.enter();
        prop_assert_eq!(as_tasks(&steps), in_order(&steps));
    }
}

#[test]
fn members_of_a_group_run_at_the_same_time() {
    let runtime = runtime(3);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 4]);
    let sum = sum(&x);
    let (t, barrier) = (TaskSpace::new("T"), Arc::new(Barrier::new(3)));
    for i in 0..3 {
        let (task, mut sum) = t.task(i).reduce(&sum);
        let barrier = barrier.clone();
        task.spawn(move || {
            sum.with(|mut view| {
                barrier.wait();
                view += 1;
            });
        });
    }
    assert_eq!(elements(&x), [3; 4]);
}

/// One private copy serves tasks that run one after the other, and is combined once.
#[test]
fn copies_are_used_again() {
    let runtime = runtime(1);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_i64; 4]);
    let combined = Arc::new(AtomicUsize::new(0));
    let count = combined.clone();
    let sum = x.reduction(0, move |a, b| {
        count.fetch_add(1, Ordering::Relaxed);
        a + b
    });
    let t = TaskSpace::new("T");
    for i in 1..=100_i64 {
        let (task, mut sum) = t.task(i).deps(t.task(0)).reduce(&sum);
        task.spawn(move || sum.with(|mut view| view += i));
    }
    t.task(0).spawn(|| ());
    assert_eq!(elements(&x), [5050; 4]);
    assert_eq!(combined.load(Ordering::Relaxed), 4);
}

#[test]
fn a_group_a_read_and_a_group_again() {
    let runtime = runtime(4);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![1; 8]);
    let sum = sum(&x);
    let t = TaskSpace::new("T");
    (0..20).for_each(|i| drop(add(&t, i, &sum, 1)));
    let (task, view) = t.task(20).input(&x.slice(3));
    let between = task.spawn(move || view.with(|view| view[0]));
    (21..41).for_each(|i| drop(add(&t, i, &sum, 2)));
    assert_eq!(*between.wait().unwrap(), 21);
    assert_eq!(elements(&x), [61; 8]);
}

#[test]
fn two_operators_on_the_same_elements_are_ordered() {
    let runtime = runtime(4);
    let _ambient = runtime.enter();
    for _ in 0..50 {
        let x = PArray::from(vec![1; 2]);
        let (sum, product) = (sum(&x), x.reduction(1, |a, b| a * b));
        let t = TaskSpace::new("T");
        (0..4).for_each(|i| drop(add(&t, i, &sum, 1)));
        for i in 4..6 {
            let (task, mut product) = t.task(i).reduce(&product);
            task.spawn(move || product.with(|mut view| view *= 10));
        }
        (6..8).for_each(|i| drop(add(&t, i, &sum, 1)));
        assert_eq!(elements(&x), [502; 2]);
    }
}

#[test]
fn a_panic_fails_what_comes_after_and_leaves_later_groups_alone() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 4]);
    let sum = sum(&x);
    let t = TaskSpace::new("T");
    add(&t, 0, &sum, 1);
    let (task, mut view) = t.task(1).reduce(&sum);
    let bad = task.spawn(move || {
        view.with(|mut view| {
            view += 1000;
            panic!("as the test wants it");
        })
    });
    add(&t, 2, &sum, 1);
    let (task, view) = t.task(3).input(&x);
    let later = task.spawn(move || view.with(|view| view.sum()));
    assert!(matches!(
        bad.wait().unwrap_err().kind(),
        TaskErrorKind::Panicked(_)
    ));
    let later = later.wait().unwrap_err();
    assert!(
        matches!(later.kind(), TaskErrorKind::DependencyFailed(_)),
        "{later}"
    );
    x.write().wait().expect_err("a task failed that changed it");
    let mut again = x.write().wait().unwrap();
    assert!(again.view().iter().all(|it| *it < 1000), "{again:?}");
    again.view_mut().fill(0);
    drop(again);
    add(&t, 4, &sum, 7);
    assert_eq!(elements(&x), [7; 4]);
}

#[test]
fn bodies_that_never_run_hold_nothing_up() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 4]);
    let sum = sum(&x);
    let t = TaskSpace::new("T");
    let (failed, mut view) = t.task(0).deps(t.task(9)).reduce(&sum);
    let failed = failed.spawn(move || view.with(|mut view| view += 1));
    add(&t, 1, &sum, 1).wait().unwrap();
    t.task(9).cancel();
    failed.wait().unwrap_err();
    x.write().wait().expect_err("a task failed that changed it");
    x.write().wait().unwrap().view_mut().fill(0);
    // One that is declared, and never spawned.
    let unspawned = t.task(10).reduce(&sum);
    add(&t, 2, &sum, 5);
    drop(unspawned);
    assert_eq!(elements(&x), [5; 4]);
}

#[test]
fn an_operator_that_panics_fails_the_task_and_the_data() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_i64; 4]);
    let bad = x.reduction(0, |_, _| panic!("as the test wants it"));
    let t = TaskSpace::new("T");
    let (task, mut view) = t.task(0).reduce(&bad);
    let task = task.spawn(move || view.with(|mut view| view += 1));
    task.wait().unwrap_err();
    x.write().wait().expect_err("a task failed that changed it");
    x.write().wait().unwrap();
    add(&t, 1, &sum(&x), 5);
    assert_eq!(elements(&x), [5; 4]);
}

/// What is taken out of the body counts for nothing, wherever it is dropped.
#[test]
fn what_outlives_its_body_does_not_touch_the_array() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 4]);
    let t = TaskSpace::new("T");
    let (task, mut view) = t.task(0).reduce(&sum(&x));
    let kept = Arc::new(std::sync::Mutex::new(None));
    let keep = kept.clone();
    let task = task.spawn(move || {
        view.with(|mut view| view += 1);
        *keep.lock().unwrap() = Some(view);
    });
    task.wait().unwrap();
    assert_eq!(elements(&x), [0; 4]);
    let access = kept.lock().unwrap().take();
    drop(access);
    assert_eq!(elements(&x), [0; 4]);
}

#[test]
fn regions_and_layouts_are_respected() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::new(Array2::<i64>::zeros((4, 6)).reversed_axes());
    let part = x.slice((parla_runtime::Step(1.., 2), 1..3));
    let sum = part.reduction(0, |a, b| a + b);
    let t = TaskSpace::new("T");
    for i in 0..10 {
        let (task, mut sum) = t.task(i).reduce(&sum);
        task.spawn(move || {
            sum.with(|mut view| {
                assert_eq!(view.dim(), (3, 2));
                view[(2, 1)] += 1;
            });
        });
    }
    let mut expected = Array2::zeros((6, 4));
    expected[(5, 2)] = 10;
    assert_eq!(x.into_array().wait().unwrap(), expected);
}

#[test]
fn they_run_on_the_host_with_the_newest_elements() {
    let memories = Memories::new(2, 1000);
    let runtime = Runtime::builder()
        .workers(2)
        .devices(memories.clone())
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_i64; 4]).named("x");
    let t = TaskSpace::new("T");
    let (task, mut access) = t.task(0).inout(&x);
    task.placement(Placement::gpu_at(1)).spawn(move || {
        let bytes: Vec<u8> = [3_i64; 4].iter().flat_map(|it| it.to_ne_bytes()).collect();
        crate::memories::write(access.on_device().unwrap(), &bytes);
    });
    let sum = sum(&x);
    for i in 1..10 {
        let (task, mut sum) = t.task(i).reduce(&sum);
        task.placement(Placement::any()).spawn(move || {
            assert!(
                current_devices()
                    .iter()
                    .all(|it| it.kind() == DeviceKind::Cpu)
            );
            sum.with(|mut view| view += 1);
        });
    }
    assert_eq!(elements(&x), [12; 4]);
    let (task, mut view) = t.task(10).reduce(&sum);
    let task = task.placement(Placement::gpu());
    let task = task.spawn(move || view.with(|mut it| it += 1));
    let error = task.wait().unwrap_err().to_string();
    assert!(
        error.contains("`x[0..4]` is reduced on the host only: place the task on `cpu`"),
        "{error}"
    );
}

#[test]
fn async_bodies_contribute_across_waits() {
    let runtime = runtime(2);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0; 4]);
    let sum = sum(&x);
    let t = TaskSpace::new("T");
    for i in 0..4_usize {
        let (task, mut sum) = t.task((0, i)).reduce(&sum);
        let other = t.task((1, i)).spawn(|| 1);
        task.spawn(async move {
            let one = other.await.unwrap();
            sum.with(|mut view| view += one);
        });
    }
    assert_eq!(elements(&x), [4; 4]);
}

#[test]
fn what_a_task_reduces_it_can_not_read() {
    let runtime = runtime(1);
    let _ambient = runtime.enter();
    let x = PArray::new(Array1::<i64>::zeros(4)).named("x");
    let (task, _sum) = TaskSpace::new("T").task(0).reduce(&sum(&x));
    let (task, _view) = task.input(&x);
    let error = task.spawn(|| ()).wait().unwrap_err();
    assert!(
        matches!(error.kind(), TaskErrorKind::BadClause(_)),
        "{error}"
    );
}
