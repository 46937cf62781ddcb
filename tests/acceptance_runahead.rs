//! Tasks on devices with queues: dependents there start when the body has returned, behind fences;
//! everybody else when the work is done; and what goes wrong later reaches all whom it concerns.

mod common;
#[path = "common/queues.rs"]
mod queues;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Gate, all_end_well};
use parla::prelude::*;
use parla::{
    Bytes, DeviceError, DeviceId, DeviceKind, Error, EventKind, Runtime, TaskErrorKind, TaskState,
    current_devices, current_leases,
};
use queues::{QueueLease, Queues, broken};

fn on(queues: &Queues, workers: usize) -> Runtime {
    common::build(
        Runtime::builder()
            .workers(workers)
            .trace(true)
            .devices(queues.clone()),
    )
}

fn gpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Gpu, number)
}

/// Whose lease the body sees.
fn leased_to() -> Vec<String> {
    let leases = current_leases();
    let own = leases.iter().map(|lease| {
        let lease: &dyn std::any::Any = &**lease;
        let lease = lease
            .downcast_ref::<QueueLease>()
            .expect("a lease of the test");
        lease.task.clone()
    });
    own.collect()
}

#[test]
fn a_dependent_on_the_device_starts_when_the_body_has_returned() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let first = t.task(0).placement(Placement::gpu()).spawn(leased_to);
            let second = t
                .task(1)
                .deps(&first)
                .placement(Placement::gpu())
                .spawn(leased_to);
            queues.wait_for("seal T[1]");
            assert_eq!(first.state(), TaskState::Running, "its work is not done");
            assert!(!first.is_finished() && !second.is_finished());
            queues.finish("T[0]");
            assert_eq!(first.wait().expect("it runs"), &["T[0]"]);
            queues.finish("T[1]");
            assert_eq!(second.wait().expect("it runs"), &["T[1]"]);
        })
        .expect("all ends well");
    assert_eq!(
        queues.log(),
        [
            "lease T[0] gpu(0)",
            "seal T[0]",
            "lease T[1] gpu(0)",
            "T[1] waits for T[0]",
            "seal T[1]",
            "done T[0]",
            "drop T[0]",
            "done T[1]",
            "drop T[1]",
        ]
    );
    let kinds: Vec<_> = runtime
        .take_events()
        .into_iter()
        .map(|event| event.kind)
        .collect();
    let queued = kinds.iter().position(|kind| *kind == EventKind::Queued);
    let ended = kinds
        .iter()
        .position(|kind| matches!(kind, EventKind::Ended { .. }));
    assert!(queued.expect("it is logged") < ended.expect("it is logged"));
}

#[test]
fn a_dependent_on_the_host_starts_when_the_work_is_done() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let first = t.task(0).placement(Placement::gpu()).spawn(|| ());
            let either = Placement::alternatives([Placement::cpu(), Placement::gpu()]);
            let host = t.task(1).deps(&first).spawn(current_devices);
            let anywhere = t.task(2).deps(&first).placement(either).spawn(|| ());
            // Something else that runs after the body of the first has returned.
            let next = t
                .task(3)
                .deps(&first)
                .placement(Placement::gpu())
                .spawn(|| ());
            queues.wait_for("seal T[3]");
            assert_eq!(host.state(), TaskState::Waiting);
            assert_eq!(anywhere.state(), TaskState::Waiting);
            queues.finish("T[0]");
            assert_eq!(
                host.wait().expect("it runs"),
                &[DeviceId::new(DeviceKind::Cpu, 0)]
            );
            queues.finish("T[3]");
            anywhere.wait().expect("it runs");
            next.wait().expect("it runs");
        })
        .expect("all ends well");
}

#[test]
fn a_dependent_that_is_spawned_late_follows_too() {
    let queues = Queues::new(2);
    let runtime = on(&queues, 1);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let first = t.task(0).placement(gpu(0)).spawn(|| ());
            queues.wait_for("seal T[0]");
            let second = t.task(1).deps(t.task(0)).placement(gpu(1)).spawn(|| ());
            queues.wait_for("seal T[1]");
            assert!(queues.log().contains(&"T[1] waits for T[0]".to_owned()));
            queues.finish("T[0]");
            first.wait().expect("it runs");
            // What has ended needs no fence.
            t.task(2).deps(&first).placement(gpu(1)).spawn(|| ());
            queues.wait_for("seal T[2]");
            assert!(!queues.log().contains(&"T[2] waits for T[0]".to_owned()));
            queues.finish("T[2]");
            queues.finish("T[1]");
            second.wait().expect("it runs");
        })
        .expect("all ends well");
}

#[test]
fn a_task_ends_after_those_it_follows() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let chain: Vec<_> = (0..3)
                .map(|i| {
                    t.task(i)
                        .deps(t.slice(i - 1..i))
                        .placement(Placement::gpu())
                        .spawn(|| ())
                })
                .collect();
            // Whatever the device says first.
            for i in [2, 1] {
                queues.finish(&format!("T[{i}]"));
            }
            assert!(chain.iter().all(|task| !task.is_finished()));
            queues.finish("T[0]");
            all_end_well(&chain);
        })
        .expect("all ends well");
}

#[test]
fn long_chains_end_without_recursion() {
    const LENGTH: i64 = 30_000;
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            for i in 0..LENGTH {
                t.task(i)
                    .deps(t.slice(i - 1..i))
                    .placement(Placement::gpu())
                    .spawn(|| ());
            }
            queues.wait_for(&format!("seal T[{}]", LENGTH - 1));
            for i in (0..LENGTH).rev() {
                queues.finish(&format!("T[{i}]"));
            }
        })
        .expect("all ends well");
}

#[test]
fn results_of_bodies_are_there_for_those_who_follow() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let small = t.task(0).placement(Placement::gpu()).spawn(|| 7_u32);
            let large = t
                .task(1)
                .placement(Placement::gpu())
                .spawn(|| vec![1_u32, 2, 3]);
            let (sum, of_small) = t.task(2).placement(Placement::gpu()).input(&small);
            let (sum, of_large) = sum.input(&large);
            let sum = sum.spawn(move || of_small.get() + of_large.get().iter().sum::<u32>());
            queues.wait_for("seal T[2]");
            ["T[2]", "T[0]", "T[1]"]
                .iter()
                .for_each(|task| queues.finish(task));
            assert_eq!(sum.wait().expect("it runs"), &13);
        })
        .expect("all ends well");
}

/// A dependency that fails while the body of a follower runs leaves its result where it is.
#[test]
fn results_stay_for_those_who_follow_when_the_work_fails() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let first = t.task(0).placement(Placement::gpu()).spawn(|| 7_u32);
        let (gate, entered) = (Gate::default(), Gate::default());
        let (pass, enter) = (gate.clone(), entered.clone());
        let seen = Arc::new(AtomicUsize::new(0));
        let sees = seen.clone();
        let (place, of_first) = t.task(1).placement(Placement::gpu()).input(&first);
        let second = place.spawn(move || {
            enter.open();
            pass.pass();
            sees.store(*of_first.get() as usize, Ordering::SeqCst);
        });
        entered.pass();
        queues.finish_with("T[0]", Err(DeviceError::new(broken("illegal address"))));
        first.wait().expect_err("its work failed");
        gate.open();
        queues.finish("T[1]");
        assert!(
            second
                .wait()
                .expect_err("what it follows failed")
                .is_dependency_failed()
        );
        assert_eq!(seen.load(Ordering::SeqCst), 7);
    });
    run.expect("all was looked at");
}

/// An error that comes too late to be the task's own is dropped under no lock: its drop may spawn.
#[test]
fn an_error_that_is_not_kept_may_spawn_as_it_is_dropped() {
    #[derive(Debug)]
    struct Spawns(TaskSpace<'static>);
    impl std::fmt::Display for Spawns {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("it spawns")
        }
    }
    impl std::error::Error for Spawns {}
    impl Drop for Spawns {
        fn drop(&mut self) {
            let t = &self.0;
            let next = t.task(2).deps(t.task(1)).placement(Placement::gpu());
            next.spawn(|| ());
        }
    }
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let first = t.task(0).placement(Placement::gpu()).spawn(|| ());
        let (gate, entered) = (Gate::default(), Gate::default());
        let (pass, enter, space) = (gate.clone(), entered.clone(), t.clone());
        let place = t.task(1).deps(&first).placement(Placement::gpu());
        let second = place.try_spawn(move || {
            enter.open();
            pass.pass();
            Err::<(), _>(Spawns(space))
        });
        entered.pass();
        queues.finish_with("T[0]", Err(DeviceError::new(broken("illegal address"))));
        first.wait().expect_err("its work failed");
        gate.open();
        queues.finish("T[1]");
        assert!(
            second
                .wait()
                .expect_err("what it follows failed")
                .is_dependency_failed()
        );
    });
    run.expect("all was looked at");
}

#[test]
fn what_goes_wrong_later_fails_the_task_and_all_that_followed() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let gpu = Placement::gpu;
        let guilty = t.task(0).placement(gpu()).spawn(|| ());
        let follower = t.task(1).deps(&guilty).placement(gpu()).spawn(|| ());
        let host = t.task(2).deps(&follower).spawn(|| ());
        let innocent = t.task(3).placement(gpu()).spawn(|| ());
        queues.wait_for("seal T[1]");
        queues.finish_with("T[0]", Err(DeviceError::new(broken("illegal address"))));
        assert!(!follower.is_finished(), "the device still works for it");
        queues.finish("T[1]");
        queues.finish("T[3]");
        innocent.wait().expect("it has nothing to do with it");
        let error = guilty.wait().expect_err("it failed");
        assert_eq!(
            error.to_string(),
            "task `T[0]` failed on `gpu(0)`: illegal address"
        );
        let error = follower.wait().expect_err("what it follows failed");
        assert!(error.is_dependency_failed());
        assert_eq!(error.root_cause().task().to_string(), "T[0]");
        let error = host.wait().expect_err("what it needs failed");
        assert_eq!(error.root_cause().task().to_string(), "T[0]");
    });
    run.expect("all was looked at");
}

#[test]
fn who_was_to_follow_what_failed_does_not_start() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let gate = Gate::default();
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let guilty = t.task(0).placement(Placement::gpu()).spawn(|| ());
        let passing = gate.clone();
        let host = t.task(1).spawn(move || passing.pass());
        let dependent = t
            .task(2)
            .deps([t.task(0), t.task(1)])
            .placement(Placement::gpu())
            .spawn(|| unreachable!("its dependency failed"));
        queues.finish_with("T[0]", Err(DeviceError::new(broken("illegal address"))));
        let error = dependent.wait().expect_err("its dependency failed");
        assert_eq!(error.root_cause().task(), &guilty.name());
        gate.open();
        host.wait().expect("it has nothing to do with it");
    });
    run.expect("all was looked at");
}

#[test]
fn a_body_that_fails_releases_nobody_and_ends_when_its_work_is_done() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let bad = t
            .task(0)
            .placement(Placement::gpu())
            .try_spawn(|| "seven".parse::<u32>());
        let panicking = t
            .task(1)
            .placement(Placement::gpu())
            .spawn(|| common::panic_on_purpose());
        let dependent = t
            .task(2)
            .deps(&bad)
            .placement(Placement::gpu())
            .spawn(|| ());
        queues.wait_for("seal T[0]");
        assert_eq!(dependent.state(), TaskState::Waiting);
        assert!(!bad.is_finished());
        queues.finish("T[0]");
        queues.finish("T[1]");
        let error = bad.wait().expect_err("it failed");
        assert!(error.failure::<std::num::ParseIntError>().is_some());
        assert!(panicking.wait().expect_err("it panicked").is_panic());
        assert!(
            dependent
                .wait()
                .expect_err("it can't run")
                .is_dependency_failed()
        );
    });
    run.expect("all was looked at");
}

#[test]
fn errors_before_and_after_the_body_are_those_of_the_task() {
    let queues = Queues::new(1);
    queues.refuse("T[0]", DeviceError::new(broken("no stream")));
    queues.unseal("T[1]", DeviceError::new(broken("no event")));
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let refused = t.task(0).placement(Placement::gpu()).spawn(|| ());
        let unsealed = t.task(1).placement(Placement::gpu()).spawn(|| ());
        let after = t
            .task(2)
            .deps(&unsealed)
            .placement(Placement::gpu())
            .spawn(|| ());
        queues.finish("T[1]");
        for (task, text) in [(&refused, "no stream"), (&unsealed, "no event")] {
            let error = task.wait().expect_err("the device refused");
            let TaskErrorKind::Device { device, error } = error.kind() else {
                panic!("{error}");
            };
            assert_eq!((*device, error.to_string()), (gpu(0), text.to_owned()));
        }
        assert!(
            after
                .wait()
                .expect_err("it can't run")
                .is_dependency_failed()
        );
    });
    run.expect("all was looked at");
}

#[test]
fn a_lost_device_is_given_to_nobody_and_others_go_on() {
    let queues = Queues::new(2);
    let runtime = on(&queues, 2);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let whole = |i: i64, placement: Placement| t.task(i).placement(placement).vcus(1.0);
        let either = || Placement::alternatives([Placement::gpu_at(0), Placement::gpu_at(1)]);
        let first = whole(0, Placement::gpu_at(0)).spawn(|| ());
        let second = whole(1, Placement::gpu_at(1)).spawn(|| ());
        queues.wait_for("seal T[0]");
        queues.wait_for("seal T[1]");
        // These wait for admission: one for the device that is lost, one for either.
        let waiting = whole(2, Placement::gpu_at(0)).spawn(|| ());
        let flexible = whole(3, either()).spawn(current_devices);
        let both = whole(4, Placement::gpu().times(2)).spawn(|| ());
        let lost = || Err(DeviceError::lost(broken("off the bus")));
        queues.finish_with("T[0]", lost());
        for task in [&first, &waiting, &both] {
            let error = task.wait().expect_err("its device is lost");
            assert_eq!(
                error.to_string(),
                format!(
                    "task `{}` failed, since `gpu(0)` is lost: off the bus",
                    task.name()
                )
            );
        }
        let late = t.task(5).placement(Placement::gpu_at(0)).spawn(|| ());
        assert!(matches!(
            late.wait().expect_err("its device is lost").kind(),
            TaskErrorKind::Device { error, .. } if error.is_lost()
        ));
        queues.finish("T[1]");
        queues.finish("T[3]");
        assert_eq!(flexible.wait().expect("there is another"), &[gpu(1)]);
        let any = t.task(6).placement(Placement::gpu()).spawn(current_devices);
        queues.finish("T[6]");
        assert_eq!(any.wait().expect("there is another"), &[gpu(1)]);
        second.wait().expect("its device is not lost");
    });
    run.expect("all was looked at");
}

#[test]
fn a_scope_waits_for_the_work() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let bodies = AtomicUsize::new(0);
            std::thread::scope(|threads| {
                threads.spawn(|| {
                    queues.wait_for("seal T[0]");
                    assert_eq!(bodies.load(Ordering::SeqCst), 1);
                    queues.finish("T[0]");
                });
                parla::scope(|s| {
                    let t = s.task_space("T");
                    let count = || {
                        bodies.fetch_add(1, Ordering::SeqCst);
                    };
                    t.task(0).placement(Placement::gpu()).spawn(count);
                })
                .expect("all ends well");
                assert_eq!(queues.log().last().map(String::as_str), Some("drop T[0]"));
            });
        })
        .expect("all ends well");
}

#[test]
fn a_set_of_devices_is_a_lease_of_each() {
    let queues = Queues::new(3);
    let runtime = on(&queues, 1);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let first = t.task(0).placement(gpu(2)).spawn(|| ());
            let pair = Placement::set([Placement::gpu_at(2), Placement::gpu_at(0)]);
            let both = t
                .task(1)
                .deps(&first)
                .placement(pair)
                .spawn(|| (current_devices(), current_leases().len()));
            queues.wait_for("seal T[1]");
            queues.finish("T[0]");
            queues.finish("T[1]");
            assert!(!both.is_finished(), "one of two queues is not done");
            queues.finish("T[1]");
            assert_eq!(both.wait().expect("it runs"), &(vec![gpu(2), gpu(0)], 2));
        })
        .expect("all ends well");
    let waits = queues
        .log()
        .into_iter()
        .filter(|what| what == "T[1] waits for T[0]");
    assert_eq!(waits.count(), 2);
}

#[test]
fn what_was_asked_of_the_device_is_held_until_the_work_is_done() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let with = |i: i64, bytes| {
                t.task(i)
                    .placement(Placement::gpu())
                    .memory(Bytes::new(bytes))
            };
            let large = with(0, 800).spawn(|| ());
            queues.wait_for("seal T[0]");
            let other = with(1, 300).spawn(|| ());
            let small = with(2, 200).spawn(|| ());
            queues.wait_for("seal T[2]");
            assert_eq!(other.state(), TaskState::Ready);
            queues.finish("T[0]");
            queues.finish("T[1]");
            queues.finish("T[2]");
            all_end_well([&large, &other, &small]);
        })
        .expect("all ends well");
}

#[test]
fn an_async_body_gets_a_lease_each_time_it_goes_on() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let gate = Gate::default();
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let opened = gate.clone();
            let host = t.task(0).spawn(move || opened.pass());
            let body = async move {
                let before = leased_to();
                (&host).await?;
                Ok::<_, parla::TaskError>((before, leased_to()))
            };
            let both = t.task(1).placement(Placement::gpu()).try_spawn(body);
            while both.state() != TaskState::Suspended {
                std::thread::yield_now();
            }
            gate.open();
            queues.finish("T[1]");
            queues.finish("T[1]");
            let own = || vec!["T[1]".to_owned()];
            assert_eq!(both.wait().expect("it runs"), &(own(), own()));
        })
        .expect("all ends well");
}

#[test]
fn an_async_body_that_is_cancelled_where_it_waits_gives_its_lease_back() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let never = async { std::future::pending::<()>().await };
        let waiting = t.task(0).placement(Placement::gpu()).spawn(never);
        while waiting.state() != TaskState::Suspended {
            std::thread::yield_now();
        }
        waiting.cancel();
        assert!(waiting.wait().expect_err("it was cancelled").is_cancelled());
        queues.wait_for("drop T[0]");
    });
    run.expect("all was looked at");
}

#[test]
fn cancelling_what_is_queued_changes_nothing_and_what_waits_never_runs() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    let gate = Gate::default();
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let queued = t.task(0).placement(Placement::gpu()).spawn(|| ());
        let passing = gate.clone();
        let host = t.task(1).spawn(move || passing.pass());
        let waiting = t
            .task(2)
            .deps(&queued)
            .deps(&host)
            .placement(Placement::gpu())
            .spawn(|| unreachable!("it was cancelled"));
        queues.wait_for("seal T[0]");
        queued.cancel();
        waiting.cancel();
        assert!(waiting.wait().expect_err("it was cancelled").is_cancelled());
        gate.open();
        queues.finish("T[0]");
        queued.wait().expect("its body had run");
    });
    run.expect("all was looked at");
}

#[test]
fn what_a_device_still_does_is_no_stall() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    let outcome = std::thread::scope(|threads| {
        let program = threads.spawn(|| {
            runtime.run(|| {
                let t = TaskSpace::new("T");
                t.task(0).placement(Placement::gpu()).spawn(|| ());
                t.task(1).deps(t.task(2)).spawn(|| ());
            })
        });
        queues.finish("T[0]");
        program.join().expect("no panic")
    });
    // Only now nothing can run any more.
    assert!(matches!(outcome, Err(Error::Stalled(_))), "{outcome:?}");
}

#[test]
fn bodies_that_are_not_placed_run_on_the_host() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 2);
    runtime
        .run(|| {
            let t = TaskSpace::new("T");
            let host = vec![DeviceId::new(DeviceKind::Cpu, 0)];
            let plain = t.task(0).spawn(current_devices);
            let asking = t.task(1).vcus(0.5).spawn(current_devices);
            assert_eq!(plain.wait().expect("it runs"), &host);
            assert_eq!(asking.wait().expect("it runs"), &host);
        })
        .expect("all ends well");
    assert_eq!(queues.log(), [""; 0]);
}

#[test]
fn the_provider_says_why_there_is_no_such_device() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    let run = runtime.run(|| {
        let t = TaskSpace::new("T");
        let nowhere = t.task(0).placement(gpu(1)).spawn(|| ());
        let error = nowhere.wait().expect_err("there is one");
        assert_eq!(
            error.to_string(),
            "task `T[0]` asks for gpu(1), but the devices are: cpu(0), gpu(0)\n  = note: the test has no others"
        );
    });
    run.expect("all was looked at");
}

#[test]
fn dropping_the_runtime_waits_for_the_work() {
    let queues = Queues::new(1);
    let runtime = on(&queues, 1);
    let task = runtime.task().placement(Placement::gpu()).spawn(|| ());
    let name = task.name().to_string();
    std::thread::scope(|threads| {
        let dropping = threads.spawn(move || drop(runtime));
        queues.finish(&name);
        dropping.join().expect("no panic");
    });
    task.wait().expect("it ended before the runtime");
    assert_eq!(queues.log().last(), Some(&format!("drop {name}")));
}

/// Random graphs on the host and on devices, whose work is done in any order that the fences
/// allow: every body sees what its dependencies made, and nothing is done too early.
#[test]
fn random_graphs_run_in_order() {
    let rounds = std::env::var("PARLA_SOAK")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1)
        * 40;
    for seed in 0..rounds {
        random_graph(seed);
    }
}

/// What a task makes of what its dependencies made.
fn value(of_dependencies: impl Iterator<Item = usize>) -> usize {
    1 + of_dependencies.sum::<usize>() % 1_000_003
}

fn random_graph(seed: u64) {
    const TASKS: usize = 60;
    let mut rng = fastrand::Rng::with_seed(seed);
    common::note(format!("seed {seed}"));
    let queues = Queues::new(rng.usize(1..=3));
    let runtime = common::build(
        Runtime::builder()
            .workers(rng.usize(1..=3))
            .devices(queues.clone()),
    );
    let over = Arc::new(AtomicUsize::new(0));
    let is_over = over.clone();
    let (worker, mut draws) = (queues.clone(), fastrand::Rng::with_seed(seed + 1));
    let device = std::thread::spawn(move || {
        worker.work(
            |count| draws.usize(..count),
            || is_over.load(Ordering::SeqCst) == 1,
        );
    });
    let mut expected = vec![0; TASKS];
    let made: Arc<Vec<AtomicUsize>> = Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        let mut order: Vec<usize> = (0..TASKS).collect();
        rng.shuffle(&mut order);
        let depth: Vec<Vec<usize>> = (0..TASKS)
            .map(|i| (0..i).filter(|_| rng.usize(..TASKS) < 4).collect())
            .collect();
        for i in 0..TASKS {
            expected[i] = value(depth[i].iter().map(|&d| expected[d]));
        }
        // Spawned in any order, dependencies after their dependents too.
        for i in order {
            let placement = match rng.usize(..4) {
                0 => Placement::cpu(),
                1 => Placement::alternatives([Placement::gpu(), Placement::cpu()]),
                _ => Placement::gpu(),
            };
            let (made, needs) = (made.clone(), depth[i].clone());
            let deps = depth[i].iter().map(|&d| t.task(d));
            let make = move || {
                let made_before = needs.iter().map(|&d| made[d].load(Ordering::SeqCst));
                made[i].store(value(made_before), Ordering::SeqCst);
            };
            t.task(i).deps(deps).placement(placement).spawn(move || {
                let leases = current_leases();
                let Some(lease) = leases.first() else {
                    return make();
                };
                // On the device, when it gets to it.
                let lease: &dyn std::any::Any = &**lease;
                let lease = lease.downcast_ref::<QueueLease>();
                lease.expect("a lease of the test").queue(make);
            });
        }
    });
    over.store(1, Ordering::SeqCst);
    device.join().expect("no panic");
    result.expect("all ends well");
    let made: Vec<_> = made
        .iter()
        .map(|value| value.load(Ordering::SeqCst))
        .collect();
    assert_eq!(made, expected, "seed {seed}");
}
