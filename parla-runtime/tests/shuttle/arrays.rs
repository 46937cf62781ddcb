//! Data of tasks: whatever the order of agents, workers and the program, the values are those of the
//! program's order, what races is found, and nobody waits for ever.

use std::sync::Arc;

use ndarray::Ix1;
use parla_runtime::{
    PArray, Placement, ReadAccess, Runtime, TaskErrorKind, TaskRef, TaskSpace, WriteAccess,
};
use shuttle::thread;

use crate::explore::{draw, explore};
use crate::memories::{self, Failure, Memories};
use crate::witness::Witness;

fn elements(access: &ReadAccess<u8, Ix1>) -> Vec<u8> {
    match access.on_device() {
        Some(slice) => memories::read(slice),
        None => access.with(|view| view.to_vec()),
    }
}

fn increment(access: &mut WriteAccess<u8, Ix1>) {
    match access.on_device() {
        Some(slice) => {
            let bytes: Vec<u8> = memories::read(slice).iter().map(|it| it + 1).collect();
            memories::write(slice, &bytes);
        }
        None => access.with(|mut view| view += 1),
    }
}

#[test]
fn tasks_on_two_devices_with_little_memory_and_on_the_host() {
    explore(4000, || {
        let mut rng = draw();
        // Room for one of the arrays, and a bit.
        let memories = Memories::new(2, 10);
        let builder = Runtime::builder().workers(2).devices(memories.clone());
        let runtime = builder.build().expect("threads can be started");
        let ambient = runtime.enter();
        let arrays: Vec<_> = (0..2).map(|_| PArray::from(vec![0_u8; 8])).collect();
        let mut expected = [[0_u8; 8]; 2];
        let t = TaskSpace::new("T");
        for step in 0..6_i64 {
            let (array, from) = (rng.usize(..2), rng.usize(..6));
            let (part, expected) = (arrays[array].slice(from..), &mut expected[array][from..]);
            let task = t.task(step).placement(match rng.i64(0..3) {
                2 => Placement::cpu(),
                device => Placement::gpu_at(device),
            });
            let change = |task: TaskRef<'static>, mut part: WriteAccess<u8, Ix1>| {
                task.spawn(move || increment(&mut part));
            };
            match rng.u8(0..8) {
                0 => drop(part.read()),
                1 => {
                    let found = part.read().wait().expect("none fails");
                    assert_eq!(found.view().to_vec(), expected);
                }
                2..4 => {
                    let (task, part) = task.input(&part);
                    let expected = expected.to_vec();
                    task.spawn(move || assert_eq!(elements(&part), expected));
                }
                mode => {
                    expected.iter_mut().for_each(|it| *it += 1);
                    let (task, part) = match mode {
                        4..6 => task.inout(&part),
                        _ => task.commute(&part),
                    };
                    change(task, part);
                }
            }
        }
        if rng.bool() {
            t.wait_all().wait().expect("none fails");
        }
        for (array, expected) in arrays.into_iter().zip(expected) {
            let elements = array.into_array().wait().expect("none fails");
            assert_eq!(elements.to_vec(), expected);
        }
        drop((t, ambient));
        drop(runtime);
        let held = memories.counts.held.lock().expect("no panic").clone();
        assert!(held.iter().all(|(now, most)| *now == 0 && *most <= 10));
    });
}

#[test]
fn reductions_with_and_without_failures() {
    explore(600, || {
        let mut rng = draw();
        let runtime = Runtime::builder().workers(2).build();
        let runtime = runtime.expect("threads can be started");
        let ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 2]);
        let sum = x.reduction(0, |a, b| a + b);
        let t = TaskSpace::new("T");
        let failing = rng.i64(0..12);
        let mut expected = [0_u32; 2];
        for step in 0..6_i64 {
            if step == 3 && rng.bool() {
                // Two groups.
                let (task, mut x) = t.task(10).inout(&x);
                task.spawn(move || x.with(|mut x| x[0] += 100));
                expected[0] += 100;
            }
            let at = rng.usize(..2);
            expected[at] += 1;
            let (task, mut sum) = t.task(step).reduce(&sum);
            task.try_spawn(move || {
                sum.with(|mut x| x[at] += 1);
                match step == failing {
                    true => Err("fails as the test wants it"),
                    false => Ok(()),
                }
            });
        }
        let found = x.read().wait().map(|found| found.view().to_vec());
        match found {
            Ok(found) => assert_eq!((found, failing >= 6), (expected.to_vec(), true)),
            Err(error) => assert!(failing < 6, "{error}"),
        }
        let _failures = t.wait_all().wait();
        drop((t, ambient));
    });
}

#[test]
fn the_program_and_tasks_change_the_same_elements_in_turns() {
    explore(600, || {
        let runtime = Runtime::builder().workers(2).build();
        let runtime = Arc::new(runtime.expect("threads can be started"));
        let ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 3]);
        let t = TaskSpace::new("T");
        let programs = [0, 1].map(|program: i64| {
            let (x, t, runtime) = (x.clone(), t.clone(), runtime.clone());
            thread::spawn(move || {
                let ambient = runtime.enter();
                let mut rng = draw();
                for step in 0..3 {
                    let part = x.slice(rng.i64(0..2)..);
                    if rng.bool() {
                        let mut guard = part.write().wait().expect("none fails");
                        guard.view_mut()[0] += 1;
                    } else {
                        let (task, mut part) = t.task((program, step)).inout(&part);
                        task.spawn(move || part.with(|mut part| part[0] += 1));
                    }
                    if rng.bool() {
                        // Never waited for.
                        drop(part.read());
                    }
                }
                drop(ambient);
            })
        });
        for program in programs {
            program.join().expect("no panic");
        }
        let elements = x.into_array().wait().expect("none fails");
        assert_eq!(elements.sum(), 6);
        drop((t, ambient));
    });
}

#[test]
fn of_two_explicit_tasks_that_nothing_orders_one_fails() {
    explore(600, || {
        let mut rng = draw();
        let runtime = Runtime::builder().workers(2).build();
        let runtime = runtime.expect("threads can be started");
        let ambient = runtime.enter();
        let x = PArray::from(vec![0_u32; 1]);
        let t = TaskSpace::new("T");
        let is_ordered = rng.bool();
        let witness = Witness::new(2);
        let [first, second] = [0, 1].map(|i: i64| {
            let task = t.task(i).explicit();
            let task = match is_ordered {
                true => task.deps(t.at(i - 1)),
                false => task,
            };
            let (task, mut x) = task.inout(&x);
            let (me, other, witness) = (i as usize, 1 - i as usize, witness.clone());
            task.spawn(move || {
                assert_eq!(witness.has_begun(other), witness.has_ended(other));
                witness.begin(me, &[]);
                x.with(|mut x| x += 1);
                witness.end(me);
            })
        });
        // What had ended when the other was spawned is before that.
        let may_be_before = witness.has_ended(0);
        let results = [first.wait(), second.wait()];
        let races = results.iter().filter(|result| {
            let error = result.as_ref().err();
            error.is_some_and(|error| matches!(error.kind(), TaskErrorKind::Race { .. }))
        });
        let races = races.count();
        let failures = results.iter().filter(|result| result.is_err()).count();
        assert_eq!(races, failures);
        match is_ordered {
            true => assert_eq!(races, 0),
            false => assert!(races == 1 || may_be_before && races == 0),
        }
        drop((first, second, t, ambient));
    });
}

#[test]
fn devices_that_fail_take_no_value_of_others_along() {
    explore(4000, || {
        let mut rng = draw();
        let memories = Memories::new(2, 10);
        let failure = match rng.bool() {
            true => Failure::Error,
            false => Failure::Lost,
        };
        memories.fail_after(rng.usize(..10), failure);
        let builder = Runtime::builder().workers(2).devices(memories.clone());
        let runtime = builder.build().expect("threads can be started");
        let ambient = runtime.enter();
        let arrays: Vec<_> = (0..2).map(|_| PArray::from(vec![0_u8; 8])).collect();
        let mut expected = [[0_u8; 8]; 2];
        let t = TaskSpace::new("T");
        for step in 0..6_i64 {
            let (array, from) = (rng.usize(..2), rng.usize(..6));
            expected[array][from..].iter_mut().for_each(|it| *it += 1);
            let place = match rng.i64(0..3) {
                2 => Placement::cpu(),
                device => Placement::gpu_at(device),
            };
            let (task, mut part) = t.task(step).inout(&arrays[array].slice(from..));
            let task = task.placement(place).spawn(move || increment(&mut part));
            if rng.u8(0..4) == 0 {
                let _failure = task.wait();
            }
        }
        for (array, expected) in arrays.iter().zip(expected) {
            // An error, or what all tasks have made of it.
            if let Ok(found) = array.read().wait() {
                assert_eq!(found.view().to_vec(), expected);
            }
        }
        let _failures = t.wait_all().wait();
        drop((arrays, t, ambient));
        drop(runtime);
        let held = memories.counts.held.lock().expect("no panic").clone();
        assert!(held.iter().all(|(now, most)| *now == 0 && *most <= 10));
    });
}

#[test]
fn tasks_that_are_cancelled_while_their_data_move_keep_neither_memory_nor_turns() {
    explore(4000, || {
        let mut rng = draw();
        let memories = Memories::new(1, 10);
        let builder = Runtime::builder().workers(2).devices(memories.clone());
        let runtime = builder.build().expect("threads can be started");
        let ambient = runtime.enter();
        let arrays: Vec<_> = (0..3).map(|_| PArray::from(vec![0_u8; 8])).collect();
        let t = TaskSpace::new("T");
        let spawn = |index: usize, array: &PArray<u8, Ix1>, commutes: bool| {
            let task = t.task(index).placement(Placement::gpu_at(0));
            let (task, mut x) = match commutes {
                true => task.commute(array),
                false => task.inout(array),
            };
            task.spawn(move || increment(&mut x))
        };
        let first: Vec<_> = (0..4)
            .map(|index| spawn(index, &arrays[index % 2], rng.bool()))
            .collect();
        for task in &first {
            if rng.bool() {
                task.cancel();
            }
        }
        for task in first {
            let _cancelled = task.wait();
        }
        // There is room for one of them, if nobody has the others.
        let last = spawn(4, &arrays[2], rng.bool());
        last.wait().expect("there is room again");
        drop((arrays, t, ambient));
        drop(runtime);
        let held = memories.counts.held.lock().expect("no panic").clone();
        assert_eq!(held[0].0, 0);
    });
}
