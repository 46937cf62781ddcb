//! Placement: tasks run on the devices they ask for, and a wish no device can grant is an error.

mod common;

use std::sync::{Arc, Barrier};

use common::Gate;
use parla::prelude::*;
use parla::{Bytes, DeviceId, DeviceKind, DeviceKinds, Handle, Runtime, TaskErrorKind};
use parla::{current_devices, current_task};

fn cpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Cpu, number)
}

/// A runtime of several logical CPU devices with a thousand bytes each.
fn devices(count: usize, workers: usize) -> Runtime {
    let memory = Bytes::new(1000 * count as u64);
    common::build(
        Runtime::builder()
            .workers(workers)
            .cpu_devices(count)
            .memory(memory),
    )
}

fn cpu_at(number: usize) -> Placement {
    Placement::from(cpu(number))
}

#[test]
fn tasks_run_on_the_device_they_ask_for() {
    let runtime = devices(3, 2);
    assert_eq!(runtime.devices(), [cpu(0), cpu(1), cpu(2)]);
    assert!(current_devices().is_empty(), "outside bodies there is none");
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let tasks: Vec<_> = (0..30_usize)
                .map(|i| {
                    #[spawn(t[i], placement = cpu(i % 3))]
                    fn where_am_i() -> (Vec<DeviceId>, String) {
                        (
                            current_devices(),
                            current_task().map_or_else(String::new, |t| t.to_string()),
                        )
                    }
                    where_am_i
                })
                .collect();
            for (i, task) in tasks.iter().enumerate() {
                let expected = (vec![cpu(i % 3)], format!("T[{i}]"));
                assert_eq!(task.wait().expect("it runs"), &expected);
            }
        })
        .expect("all ends well");
}

#[test]
fn an_async_body_is_on_its_device_before_and_after_an_await() {
    let runtime = devices(3, 2);
    for number in 0..3 {
        let body = async {
            let before = current_devices();
            Handle::current()
                .task()
                .placement(cpu_at(0))
                .vcus(1.0)
                .spawn(|| ())
                .await?;
            Ok::<_, parla::TaskError>((before, current_devices()))
        };
        let place = || runtime.task().placement(cpu_at(number)).vcus(1.0);
        let (before, after) = place().try_spawn(body).wait().cloned().expect("it runs");
        assert_eq!((before, after), (vec![cpu(number)], vec![cpu(number)]));
    }
}

#[test]
fn whole_device_tasks_spread_over_the_devices_that_are_free() {
    let runtime = devices(4, 4);
    for ask in ["vcus", "memory"] {
        let together = Arc::new(Barrier::new(4));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (together, task) = (together.clone(), runtime.task());
                let task = if ask == "vcus" {
                    task.vcus(1.0)
                } else {
                    task.memory(1000_u64)
                };
                task.spawn(move || {
                    together.wait();
                    current_devices()
                })
            })
            .collect();
        let mut used: Vec<_> = tasks
            .iter()
            .flat_map(|task| task.wait().expect("it runs").clone())
            .collect();
        used.sort();
        let twice = |number| [cpu(number), cpu(number)];
        assert_eq!(
            used,
            [twice(0), twice(1), twice(2), twice(3)].concat(),
            "by {ask}"
        );
    }
}

#[test]
fn four_tasks_over_two_named_devices_take_turns_two_by_two() {
    let runtime = devices(3, 4);
    let together = Arc::new(Barrier::new(2));
    let mut used: Vec<_> = (0..4)
        .map(|_| {
            let together = together.clone();
            let either = Placement::alternatives([cpu_at(0), cpu_at(1)]);
            runtime.task().placement(either).vcus(1.0).spawn(move || {
                together.wait();
                current_devices()[0].number()
            })
        })
        .collect::<Vec<_>>()
        .iter()
        .map(|task| *task.wait().expect("it runs"))
        .collect();
    used.sort_unstable();
    assert_eq!(used, [0, 0, 1, 1]);
}

#[parla::test(workers = 2)]
async fn without_a_gpu_a_gpu_placement_fails_and_names_the_devices() {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = gpu)]
    fn anywhere_on_a_gpu() {}
    #[spawn(t[1], placement = gpu(1))]
    fn on_gpu_one() {}
    #[spawn(t[2], placement = [gpu, (gpu, cpu)])]
    fn on_either() {}
    for (task, asked) in [(anywhere_on_a_gpu, "gpu"), (on_gpu_one, "gpu(1)")] {
        assert!(task.is_finished(), "it fails at the spawn");
        let error = task.await.expect_err("there is no GPU");
        let TaskErrorKind::NoSuchDevice {
            asked: told,
            available,
            note: Some(note),
            ..
        } = error.kind()
        else {
            panic!("{error}")
        };
        assert_eq!((told.as_str(), &available[..]), (asked, &[cpu(0)][..]));
        assert!(
            note.contains("libcuda") && note.contains("simulate"),
            "{note}"
        );
    }
    let error = on_either.await.expect_err("there is no GPU").to_string();
    assert!(error.contains("gpu or (gpu, cpu)"), "{error}");
}

#[test]
fn devices_that_do_not_exist_or_not_often_enough_are_errors() {
    let runtime = devices(2, 1);
    let placements = [
        Placement::cpu_at(2),
        Placement::cpu_at(-1),
        Placement::cpu().times(3),
        Placement::set([cpu_at(0), cpu_at(0)]),
        Placement::alternatives([]),
    ];
    for placement in placements {
        let task = runtime.task().placement(placement.clone()).spawn(|| ());
        let error = task.wait().expect_err("it can't be placed");
        assert!(
            matches!(error.kind(), TaskErrorKind::NoSuchDevice { .. }),
            "{placement:?}: {error}"
        );
    }
}

#[test]
fn a_body_without_a_variant_for_the_device_is_an_error() {
    let runtime = devices(1, 1);
    let task = runtime
        .task()
        .kinds(DeviceKinds::CPU)
        .placement(Placement::gpu())
        .spawn(|| ());
    let error = task.wait().expect_err("there is no GPU body");
    assert!(
        matches!(error.kind(), TaskErrorKind::NoVariant { .. }),
        "{error}"
    );
}

#[parla::test(workers = 2)]
async fn alternatives_fall_back_to_what_there_is() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    #[spawn(t[0], placement = [gpu, cpu])]
    fn first_choice() -> Vec<DeviceId> {
        current_devices()
    }
    #[spawn(t[1], placement = [gpu * 2, [cpu(7), cpu(0) { vcus = 0.5, memory = "1 KiB" }]])]
    fn nested_choice() -> Vec<DeviceId> {
        current_devices()
    }
    #[spawn(t[2], placement = any, vcus = 0.25)]
    async fn any_choice() -> Vec<DeviceId> {
        current_devices()
    }
    let expression = Placement::from(vec![Placement::gpu(), Placement::cpu()]);
    #[spawn(t[3], placement = expression)]
    fn computed_choice() -> Vec<DeviceId> {
        current_devices()
    }
    for task in [first_choice, nested_choice, any_choice, computed_choice] {
        assert_eq!(task.await?, [cpu(0)]);
    }
    Ok(())
}

#[test]
fn alternatives_are_taken_in_order_of_preference_and_room() {
    let runtime = devices(2, 3);
    let either = || Placement::alternatives([cpu_at(1), cpu_at(0)]);
    let where_am_i = || {
        runtime
            .task()
            .placement(either())
            .vcus(1.0)
            .spawn(current_devices)
    };
    for _ in 0..4 {
        assert_eq!(where_am_i().wait().expect("it runs"), &[cpu(1)]);
    }
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = runtime
        .task()
        .placement(cpu_at(1))
        .vcus(0.5)
        .spawn(move || pass.pass());
    assert_eq!(
        where_am_i().wait().expect("it runs"),
        &[cpu(0)],
        "the preferred one is taken"
    );
    gate.open();
    holder.wait().expect("it ends");
}

#[test]
fn sets_are_distinct_devices_in_the_order_asked() {
    let runtime = devices(3, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            #[spawn(t[0], placement = (cpu(2), cpu(0)))]
            fn pair() -> Vec<DeviceId> {
                current_devices()
            }
            assert_eq!(pair.wait().expect("it runs"), &[cpu(2), cpu(0)]);
            for i in 1..20 {
                #[spawn(t[i], placement = cpu * 3)]
                fn all() -> Vec<DeviceId> {
                    current_devices()
                }
                let mut used = all.wait().expect("it runs").clone();
                used.sort();
                assert_eq!(used, [cpu(0), cpu(1), cpu(2)]);
            }
            #[spawn(t[20], placement = (cpu, cpu(0)))]
            fn flexible() -> Vec<DeviceId> {
                current_devices()
            }
            let used = flexible.wait().expect("it runs");
            assert!(used[0] != cpu(0) && used[1] == cpu(0), "{used:?}");
        })
        .expect("all ends well");
}

#[test]
fn sets_are_taken_all_or_nothing() {
    let runtime = devices(3, 3);
    let tasks: Vec<_> = (0..120)
        .map(|i| {
            let set = Placement::set([cpu_at(i % 3), cpu_at((i + 1) % 3)]);
            runtime
                .task()
                .placement(set)
                .vcus(1.0)
                .spawn(std::thread::yield_now)
        })
        .collect();
    for task in tasks {
        task.wait()
            .expect("nobody holds one device while he waits for the other");
    }
}

#[test]
fn a_member_of_a_set_takes_its_own_share() {
    let runtime = devices(2, 4);
    let (gate, pass) = (Gate::default(), Gate::default());
    let set = Placement::set([cpu_at(0).with_vcus(1.0), cpu_at(1).with_vcus(0.25)]);
    let inside = gate.clone();
    let holder = runtime.task().placement(set).spawn(move || inside.pass());
    let share = |number, share| {
        runtime
            .task()
            .placement(cpu_at(number))
            .vcus(share)
            .spawn(|| ())
    };
    share(1, 0.75).wait().expect("there is room on cpu(1)");
    let (first, second) = (share(0, 0.1), share(1, 0.8));
    assert_eq!(
        runtime.explain().waiting_for_resources,
        [first.name(), second.name()]
    );
    gate.open();
    pass.open();
    common::all_end_well(&[holder, first, second]);
}

#[test]
fn with_means_the_device_of_another_task() {
    let runtime = devices(4, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for number in (0..4).chain(0..4) {
                let base = t.tasks().len();
                let gate = Gate::default();
                let pass = gate.clone();
                let leader = t
                    .task(base)
                    .placement(cpu_at(number))
                    .spawn(move || pass.pass());
                #[spawn(t[base + 1], deps = [leader], placement = with(leader))]
                fn follower() -> Vec<DeviceId> {
                    current_devices()
                }
                #[spawn(t[base + 2], deps = [t[base + 1]], placement = with(t[base + 1]))]
                fn by_place() -> Vec<DeviceId> {
                    current_devices()
                }
                gate.open();
                assert_eq!(follower.wait().expect("it runs"), &[cpu(number)]);
                assert_eq!(by_place.wait().expect("it runs"), &[cpu(number)]);
                #[spawn(t[base + 3], placement = near(leader))]
                fn late() -> Vec<DeviceId> {
                    current_devices()
                }
                assert_eq!(
                    late.wait().expect("it runs"),
                    &[cpu(number)],
                    "after its end too"
                );
            }
        })
        .expect("all ends well");
}
