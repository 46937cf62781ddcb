//! Devices that fail while data is moved: tasks fail with a name, nothing hangs, what was not touched
//! is right, memory is given back.

use parla_runtime::{Error, PArray, Placement, Runtime, Task, TaskErrorKind, TaskSpace};

use crate::memories::{self, Failure, Memories};

/// Adds one to all elements, on whatever device.
fn increment(access: &mut parla_runtime::WriteAccess<u32, ndarray::Ix1>) {
    if let Some(slice) = access.on_device() {
        let bytes = memories::read(slice);
        let add = |bytes: &[u8]| (u32::from_ne_bytes(bytes.try_into().unwrap()) + 1).to_ne_bytes();
        let bytes: Vec<u8> = bytes.chunks(4).flat_map(add).collect();
        return memories::write(slice, &bytes);
    }
    access.with(|mut view| view += 1);
}

/// Goes round the devices and the host, in memory that is too small for all of it.
fn program(runtime: &Runtime, devices: i64) -> (Vec<PArray<u32, ndarray::Ix1>>, Result<(), Error>) {
    let arrays: Vec<_> = (0..3)
        .map(|_| PArray::from(vec![0_u32; 16]).named("x"))
        .collect();
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        for step in 0..12_i64 {
            let part = arrays[step as usize % 3].slice(4 * (step % 2)..16);
            let (task, mut part) = t.task(step).inout(&part);
            let place = match step % (devices + 1) {
                0 => Placement::cpu(),
                device => Placement::gpu_at(device - 1),
            };
            task.placement(place).spawn(move || increment(&mut part));
        }
    });
    (arrays, result)
}

fn expected(array: usize) -> Vec<u32> {
    let mut elements = vec![0; 16];
    for step in (0..12).filter(|step| step % 3 == array) {
        elements[4 * (step % 2)..]
            .iter_mut()
            .for_each(|it| *it += 1);
    }
    elements
}

#[test]
fn every_operation_failing_in_turn_is_an_error_with_a_name() {
    for failure in [Failure::Error, Failure::Lost, Failure::Panic] {
        for operations in 0.. {
            let memories = Memories::new(2, 100);
            let runtime = Runtime::builder()
                .workers(2)
                .devices(memories.clone())
                .build()
                .unwrap();
            memories.fail_after(operations, failure);
            let (arrays, result) = program(&runtime, 2);
            if let Err(Error::Task { error, .. }) = &result {
                let kind = error.kind();
                let is_named = matches!(
                    kind,
                    TaskErrorKind::Device { .. } | TaskErrorKind::DataLost(_)
                );
                assert!(is_named, "{error}");
                assert!(error.task().space() == "T", "{error}");
            } else {
                assert!(result.is_ok(), "{result:?}");
            }
            drop(runtime);
            let failed = memories.has_failed();
            let held = memories.counts.held.lock().unwrap().clone();
            assert!(
                held.iter().all(|(now, _)| *now == 0),
                "{operations}: {held:?}"
            );
            if result.is_ok() {
                for (number, array) in arrays.into_iter().enumerate() {
                    // What was still on a device that failed at the very end is lost, and says so.
                    match array.into_array().wait() {
                        Ok(array) => assert_eq!(array.to_vec(), expected(number)),
                        Err(error) => assert!(failed, "{error}"),
                    }
                }
            }
            if !failed {
                break;
            }
        }
    }
}

fn on(memories: &Memories) -> Runtime {
    let builder = Runtime::builder().workers(2).devices(memories.clone());
    builder.build().unwrap()
}

/// Spawns a task that adds one to all elements.
fn spawn(
    t: &TaskSpace<'static>,
    index: i64,
    part: &PArray<u32, ndarray::Ix1>,
    place: Placement,
) -> Task<()> {
    let (task, mut part) = t.task(index).inout(part);
    task.placement(place).spawn(move || increment(&mut part))
}

#[test]
fn what_a_lost_device_had_alone_is_lost_until_it_is_written_again() {
    let memories = Memories::new(2, 1000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![1_u32; 8]).named("x");
    let t = TaskSpace::new("T");
    spawn(&t, 0, &x.slice(..4), Placement::gpu_at(0))
        .wait()
        .unwrap();
    memories.fail_after(0, Failure::Lost);
    let other = PArray::from(vec![1_u32; 8]);
    let lost = spawn(&t, 1, &other, Placement::gpu_at(0))
        .wait()
        .unwrap_err();
    assert!(
        matches!(lost.kind(), TaskErrorKind::Device { error, .. } if error.is_lost()),
        "{lost}"
    );
    let reader = spawn(&t, 2, &x.slice(2..6), Placement::gpu_at(1))
        .wait()
        .unwrap_err();
    assert!(
        matches!(reader.kind(), TaskErrorKind::DataLost(data) if data.contains('x')),
        "{reader}"
    );
    // The other half was at home all the time.
    spawn(&t, 3, &x.slice(6..), Placement::gpu_at(1))
        .wait()
        .unwrap();
    assert_eq!(x.slice(6..).read().wait().unwrap().view().to_vec(), [2, 2]);
}

/// The rest of the data of a task may be planned to be copied when it turns out that some is lost.
#[test]
fn a_task_of_whose_data_some_is_lost_fails_and_leaves_the_rest() {
    let memories = Memories::new(2, 1000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let x = PArray::from(vec![1_u32; 8]).named("x");
    let t = TaskSpace::new("T");
    let half = x.slice(..4);
    spawn(&t, 0, &half, Placement::gpu_at(0)).wait().unwrap();
    memories.fail_after(0, Failure::Lost);
    let other = PArray::from(vec![1_u32; 8]);
    spawn(&t, 1, &other, Placement::gpu_at(0))
        .wait()
        .unwrap_err();
    let (task, rest) = t.task(2).input(&x.slice(4..));
    let (task, lost) = task.input(&half);
    let both = task
        .placement(Placement::gpu_at(1))
        .spawn(move || drop((rest, lost)));
    let error = both.wait().unwrap_err();
    assert!(
        matches!(error.kind(), TaskErrorKind::DataLost(_)),
        "{error}"
    );
    let told = x.slice(4..).write().wait().unwrap_err();
    assert_eq!(told.task(), error.task());
    assert_eq!(x.slice(4..).read().wait().unwrap().view().to_vec(), [1; 4]);
}

#[test]
fn a_device_that_is_lost_between_the_allocation_and_the_copies_fails_the_task() {
    let memories = Memories::new(1, 1000);
    let runtime = on(&memories);
    let _ambient = runtime.enter();
    let t = TaskSpace::new("T");
    let x = PArray::from(vec![1_u32; 8]).named("x");
    let there = spawn(&t, 0, &x, Placement::gpu_at(0));
    there.wait().unwrap();
    // Another agent, that of the host, finds out.
    let space = t.clone();
    let failing = memories.clone();
    memories.meanwhile(move || {
        failing.fail_after(0, Failure::Lost);
        let (task, home) = space.task(1).input(&x);
        let home = task.placement(Placement::cpu()).spawn(move || drop(home));
        home.wait().unwrap_err();
    });
    let y = PArray::from(vec![1_u32; 8]).named("y");
    let there = spawn(&t, 2, &y, Placement::gpu_at(0));
    let error = there.wait().unwrap_err();
    assert!(
        matches!(error.kind(), TaskErrorKind::Device { error, .. } if error.is_lost()),
        "{error}"
    );
    assert!(y.write().wait().is_err(), "it has been told of once");
    assert_eq!(y.read().wait().unwrap().view().to_vec(), [1; 8]);
}
