//! What is moved, and what is not: bytes counted on the devices of the test.

use std::sync::mpsc::{self, Receiver, Sender};

use ndarray::{Ix1, Ix2};
use parla_runtime::{PArray, Placement, Runtime, TaskErrorKind, TaskSpace, WriteAccess};

use crate::memories::{self, Memories};

/// Adds to all elements, wherever they are.
fn add<D: ndarray::Dimension + 'static>(access: &mut WriteAccess<i32, D>, more: i32) {
    if let Some(slice) = access.on_device() {
        let add =
            |bytes: &[u8]| (i32::from_ne_bytes(bytes.try_into().unwrap()) + more).to_ne_bytes();
        let bytes: Vec<u8> = memories::read(slice).chunks(4).flat_map(add).collect();
        return memories::write(slice, &bytes);
    }
    access.with(|mut view| view += more);
}

fn on(memories: &Memories) -> Runtime {
    let builder = Runtime::builder().workers(2).devices(memories.clone());
    builder.build().unwrap()
}

#[test]
fn what_is_read_twice_on_a_device_is_moved_once_and_what_is_overwritten_not_at_all() {
    let memories = Memories::new(1, 10_000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let (x, y) = (PArray::from(vec![1; 100]), PArray::from(vec![0; 100]));
    let t = TaskSpace::new("T");
    for i in 0..4_i64 {
        let (task, x) = t.task(i).placement(Placement::gpu_at(0)).input(&x);
        let (task, mut y) = task.output(&y.slice(25 * i..25 * (i + 1)));
        task.spawn(move || {
            let x = memories::read(x.on_device().unwrap());
            let y = y.on_device().unwrap();
            memories::write(y, &x[..y.layout.bytes()]);
        });
    }
    t.wait_all().wait().unwrap();
    assert_eq!(memories.moved(), 400, "x, to the device");
    assert_eq!(y.read().wait().unwrap().view().to_vec(), vec![1; 100]);
    assert_eq!(memories.moved(), 800, "y, home");
    assert_eq!(x.read().wait().unwrap().view().sum(), 100);
    assert_eq!(memories.moved(), 800, "x has always been at home");
}

/// Rows in blocks, each on its device; each step reads one row of either neighbour.
#[test]
fn of_neighbours_only_the_halos_are_moved() {
    let memories = Memories::new(4, 100_000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let (rows, columns, steps) = (40_i64, 10_i64, 6_i64);
    let x: PArray<i32, Ix2> = PArray::from_elem((40, 10), 1);
    let t = TaskSpace::new("T");
    for step in 0..steps {
        for block in 0..4_i64 {
            let (low, high) = (block * rows / 4, (block + 1) * rows / 4);
            let task = t.task((step, block)).placement(Placement::gpu_at(block));
            let (task, mut own) = task.inout(&x.slice(low..high));
            let (task, above) = task.input(&x.slice(low - 1..low));
            let (task, below) = task.input(&x.slice(high..high + 1));
            task.spawn(move || {
                add(&mut own, 1);
                assert!(above.on_device().is_some() && below.on_device().is_some());
            });
        }
    }
    t.wait_all().wait().unwrap();
    let (all, halos) = (rows * columns, 2 * 3 * columns);
    // In the first step the halos come from home, with what else is there.
    let most = 4 * (all + steps * halos);
    assert!(
        memories.moved() <= most as u64,
        "{} of {most}",
        memories.moved()
    );
    assert_eq!(
        i64::from(x.read().wait().unwrap().view().sum()),
        all * (1 + steps)
    );
}

/// In Parla (issue 149) the sum was wrong unless a task was put between by hand.
#[test]
fn all_of_an_array_between_tasks_on_its_slices() {
    let memories = Memories::new(2, 10_000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let x: PArray<i32, Ix1> = PArray::from(vec![1; 10]);
    let t = TaskSpace::new("T");
    let mut sums = Vec::new();
    for round in 0..5_i64 {
        for half in 0..2_i64 {
            let device = (half + round) % 2;
            let part = x.slice(5 * half..5 * (half + 1));
            let (task, mut part) = t.task((round, half)).inout(&part);
            let task = task.placement(Placement::gpu_at(device));
            task.spawn(move || add(&mut part, 1));
        }
        let place = match round % 2 {
            0 => Placement::cpu(),
            _ => Placement::gpu_at(0),
        };
        let (task, mut all) = t.task((round, 2)).placement(place).inout(&x);
        task.spawn(move || add(&mut all, 10));
        let (task, all) = t.task((round, 3)).placement(Placement::cpu()).input(&x);
        sums.push(task.spawn(move || all.with(|all| all.sum())));
    }
    let sums: Vec<i32> = sums.iter().map(|sum| *sum.wait().unwrap()).collect();
    let expected: Vec<i32> = (1..=5).map(|round| 10 * (1 + 11 * round)).collect();
    assert_eq!(sums, expected);
}

/// A program that uses more than its device holds.
#[test]
fn what_does_not_fit_goes_and_comes_back() {
    let memories = Memories::new(1, 4 * 100 + 50);
    let runtime = on(&memories);
    let arrays: Vec<_> = (0..10).map(|_| PArray::from(vec![0_i32; 50])).collect();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for step in 0..50_i64 {
                let (task, mut x) = t.task(step).inout(&arrays[step as usize % 10]);
                let task = task.placement(Placement::gpu_at(0));
                task.spawn(move || add(&mut x, 1));
            }
        })
        .unwrap();
    for x in arrays {
        assert_eq!(x.into_array().wait().unwrap().to_vec(), vec![5; 50]);
    }
    let (_, most) = memories.counts.held.lock().unwrap()[0];
    assert!(most <= 450, "{most}");
}

#[test]
fn what_can_never_fit_is_an_error_at_the_spawn() {
    let memories = Memories::new(1, 300);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_i32; 100]);
    let t = TaskSpace::new("T");
    let (task, mut all) = t.task(0).inout(&x);
    let task = task
        .placement(Placement::gpu())
        .spawn(move || add(&mut all, 1));
    let error = task.wait().unwrap_err().to_string();
    assert!(error.contains("400 B of memory for its data"), "{error}");
    assert!(error.contains("300 B"), "{error}");
}

#[test]
fn two_runtimes_have_the_same_array_on_devices_one_after_the_other() {
    let [one, two] = [(); 2].map(|()| on(&Memories::new(1, 1000)));
    let x = PArray::from(vec![0; 8]).named("x");
    let spawn =
        |runtime: &Runtime, region: &PArray<i32, Ix1>, gate: Option<(Sender<()>, Receiver<()>)>| {
            let (task, mut part) = runtime.task().inout(region);
            task.placement(Placement::gpu_at(0)).spawn(move || {
                if let Some((begun, open)) = gate {
                    begun.send(()).unwrap();
                    open.recv().unwrap();
                }
                add(&mut part, 1);
            })
        };
    for round in 0..50 {
        spawn(&one, &x.slice(..4), None).wait().unwrap();
        spawn(&two, &x.slice(4..), None).wait().unwrap();
        if round % 10 == 0 {
            let ((begin, begun), (open, opened)) = (mpsc::channel(), mpsc::channel());
            let held = spawn(&one, &x.slice(..4), Some((begin, opened)));
            begun.recv().unwrap();
            let foreign = spawn(&two, &x.slice(4..), None).wait().unwrap_err();
            let name = held.name();
            assert!(
                matches!(foreign.kind(), TaskErrorKind::ForeignDependency(user) if *user == name),
                "{foreign}"
            );
            open.send(()).unwrap();
            held.wait().unwrap();
            let _ambient = two.enter();
            x.slice(4..).write().wait().unwrap_err();
        }
    }
    let _ambient = one.enter();
    let elements = x.read().wait().unwrap().view().to_vec();
    assert_eq!(elements, [55, 55, 55, 55, 50, 50, 50, 50]);
}
