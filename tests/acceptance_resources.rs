//! Resources: taken all or nothing before a body starts, given back at its end and at its awaits;
//! nobody is blocked or starved for ever.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{Crowd, Gate, Log, panic_on_purpose};
use parla::prelude::*;
use parla::{Bytes, DeviceId, DeviceKind, Handle, Runtime, TaskErrorKind, TaskState};

fn with_memory(bytes: u64, workers: usize) -> Runtime {
    common::build(
        Runtime::builder()
            .workers(workers)
            .memory(Bytes::new(bytes)),
    )
}

#[test]
fn a_whole_device_excludes_every_other_share() {
    let runtime = common::runtime(4);
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = runtime
        .task()
        .label("holder")
        .vcus(1.0)
        .spawn(move || pass.pass());
    let small = runtime.task().label("small").vcus(0.001).spawn(|| ());
    let none = runtime.task().spawn(|| ());
    none.wait().expect("who asks for nothing is not excluded");
    assert_eq!(small.state(), TaskState::Ready);
    assert_eq!(runtime.explain().waiting_for_resources, [small.name()]);
    gate.open();
    small.wait().expect("it runs in the end");
    holder.wait().expect("it ends");
}

#[test]
fn shares_that_fit_run_together() {
    let runtime = common::runtime(7);
    for parts in 1..=7_usize {
        let gate = Gate::default();
        let tasks: Vec<_> = (0..parts)
            .map(|_| {
                let pass = gate.clone();
                runtime
                    .task()
                    .vcus(1.0 / parts as f64)
                    .spawn(move || pass.pass())
            })
            .collect();
        let waiting = runtime.explain().waiting_for_resources;
        gate.open();
        common::all_end_well(&tasks);
        assert!(
            waiting.is_empty(),
            "{parts} parts make a whole, but {waiting:?} had to wait"
        );
    }
}

#[test]
fn never_more_run_than_the_shares_allow() {
    let runtime = common::runtime(4);
    for (share, at_most) in [(1.0, 1), (0.5, 2), (0.4, 2), (0.3, 3)] {
        let crowd = Crowd::default();
        let tasks: Vec<_> = (0..200)
            .map(|_| {
                let crowd = crowd.clone();
                runtime
                    .task()
                    .vcus(share)
                    .spawn(move || crowd.inside(std::thread::yield_now))
            })
            .collect();
        common::all_end_well(&tasks);
        assert!(
            crowd.most() <= at_most,
            "{} at once with shares of {share}",
            crowd.most()
        );
    }
}

#[test]
fn memory_is_counted_exactly() {
    let runtime = with_memory(1000, 4);
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = runtime.task().memory(600_u64).spawn(move || pass.pass());
    runtime
        .task()
        .memory(400_u64)
        .spawn(|| ())
        .wait()
        .expect("the rest is free");
    let over = runtime.task().memory(401_u64).spawn(|| ());
    assert_eq!(runtime.explain().waiting_for_resources, [over.name()]);
    gate.open();
    holder.wait().expect("it ends");
    over.wait().expect("it runs after the holder");
    runtime
        .task()
        .memory(1000_u64)
        .spawn(|| ())
        .wait()
        .expect("all of it fits alone");
}

#[test]
fn more_memory_than_any_device_has_fails_at_the_spawn() {
    let runtime = with_memory(1 << 20, 1);
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        #[spawn(t[0], memory = "2 MiB")]
        fn oversize() {}
        assert!(oversize.is_finished(), "it fails at the spawn");
        t.task(1).deps(&oversize).spawn(|| ()).state()
    });
    let error = result.expect_err("nobody looked at it").to_string();
    assert_eq!(
        error,
        "task `T[0]` asks for 2 MiB of memory, but the largest device it may run on has 1 MiB"
    );
}

#[test]
fn more_than_one_device_of_an_alternative_has_is_no_error_if_another_fits() {
    let runtime = common::build(
        Runtime::builder()
            .workers(1)
            .cpu_devices(2)
            .memory(Bytes::new(2000)),
    );
    let cpu = |number| Placement::from(DeviceId::new(DeviceKind::Cpu, number));
    let either =
        Placement::alternatives([cpu(0).with_memory(5000_u64), cpu(1).with_memory(900_u64)]);
    let task = runtime
        .task()
        .placement(either)
        .spawn(parla::current_devices);
    assert_eq!(task.wait().expect("the second fits")[0].number(), 1);
    let neither = runtime.task().memory(1001_u64).spawn(|| ());
    let error = neither
        .wait()
        .expect_err("each device has half of the memory");
    assert!(
        matches!(error.kind(), TaskErrorKind::TooLarge { .. }),
        "{error}"
    );
}

#[parla::test(workers = 1)]
async fn a_body_gives_up_its_resources_while_it_awaits() -> parla::Result<()> {
    common::watch();
    #[spawn(vcus = 1.0)]
    async fn parent() -> Result<u32, parla::TaskError> {
        #[spawn(vcus = 1.0, memory = "1 KiB")]
        async fn child() -> Result<u32, parla::TaskError> {
            #[spawn(vcus = 1.0)]
            fn grandchild() -> u32 {
                1
            }
            Ok(grandchild.await? + 1)
        }
        Ok(child.await? + 1)
    }
    assert_eq!(parent.await?, 3);
    Ok(())
}

#[test]
fn a_body_has_its_resources_again_when_it_goes_on() {
    let runtime = with_memory(1000, 4);
    let crowd = Crowd::default();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let crowd = crowd.clone();
            runtime.task().memory(1000_u64).spawn(async move {
                for _ in 0..5 {
                    crowd.inside(std::thread::yield_now);
                    tokio::task::yield_now().await;
                    crowd.inside(std::thread::yield_now);
                    let _ = Handle::current().task().memory(500_u64).spawn(|| ()).await;
                }
            })
        })
        .collect();
    common::all_end_well(&tasks);
    assert_eq!(crowd.most(), 1, "each asked for all of the memory");
}

#[test]
fn resources_come_back_however_a_task_ends() {
    let runtime = common::runtime(2);
    let whole = || runtime.task().vcus(1.0);
    for _ in 0..20 {
        whole()
            .spawn(|| panic_on_purpose())
            .wait()
            .map(drop)
            .expect_err("it panics");
        whole()
            .try_spawn(|| Err::<(), _>("no"))
            .wait()
            .expect_err("it fails");
        whole()
            .spawn(async { panic_on_purpose() })
            .wait()
            .map(drop)
            .expect_err("it panics");
        whole().spawn(std::future::pending::<()>()).cancel();
        let suspended = whole().spawn(std::future::pending::<()>());
        while suspended.state() != TaskState::Suspended && !suspended.is_finished() {
            std::thread::yield_now();
        }
        suspended.cancel();
    }
    whole()
        .spawn(|| ())
        .wait()
        .expect("the device is whole again");
}

#[test]
fn a_task_cancelled_while_it_waits_for_resources_ends_at_once() {
    let runtime = common::runtime(2);
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = runtime.task().vcus(1.0).spawn(move || pass.pass());
    let waiting = runtime.task().vcus(1.0).spawn(|| ());
    let behind = runtime.task().vcus(1.0).spawn(|| ());
    waiting.cancel();
    assert!(waiting.wait().expect_err("it never ran").is_cancelled());
    gate.open();
    behind.wait().expect("it moves up");
    holder.wait().expect("it ends");
}

#[test]
fn a_large_request_does_not_block_smaller_ones() {
    let runtime = common::runtime(3);
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = runtime.task().vcus(0.5).spawn(move || pass.pass());
    let large = runtime.task().vcus(1.0).spawn(|| ());
    for _ in 0..8 {
        runtime
            .task()
            .vcus(0.5)
            .spawn(|| ())
            .wait()
            .expect("there is room for it");
    }
    assert_eq!(large.state(), TaskState::Ready);
    gate.open();
    large.wait().expect("it runs in the end");
    holder.wait().expect("it ends");
}

#[test]
fn a_large_request_is_not_starved_by_smaller_ones() {
    fn stream(done: Arc<AtomicBool>, count: Arc<AtomicUsize>) {
        count.fetch_add(1, Ordering::Relaxed);
        if !done.load(Ordering::SeqCst) {
            let next = Handle::current().task().vcus(0.3);
            next.spawn(move || stream(done, count));
        }
    }
    let runtime = common::runtime(4);
    let (done, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    for _ in 0..3 {
        let (done, count) = (done.clone(), count.clone());
        runtime.task().vcus(0.3).spawn(move || stream(done, count));
    }
    let finish = done.clone();
    let large = runtime
        .task()
        .vcus(1.0)
        .spawn(move || finish.store(true, Ordering::SeqCst));
    large
        .wait()
        .expect("the streams run for ever if it never gets its turn");
}

#[test]
fn a_request_for_one_device_does_not_block_those_for_another() {
    let runtime = common::build(Runtime::builder().workers(3).cpu_devices(2));
    let cpu = |number| Placement::from(DeviceId::new(DeviceKind::Cpu, number));
    let task = |number| runtime.task().placement(cpu(number)).vcus(1.0);
    let gate = Gate::default();
    let pass = gate.clone();
    let holder = task(0).spawn(move || pass.pass());
    let waiting: Vec<_> = (0..100).map(|_| task(0).spawn(|| ())).collect();
    for _ in 0..200 {
        task(1).spawn(|| ()).wait().expect("cpu(1) is free");
    }
    gate.open();
    common::all_end_well(waiting.iter().chain([&holder]));
}

#[test]
fn who_waits_for_resources_is_served_by_priority() {
    let runtime = common::runtime(1);
    let (gate, log) = (Gate::default(), Log::new());
    let pass = gate.clone();
    runtime.task().vcus(1.0).spawn(move || pass.pass());
    let tasks: Vec<_> = [0, 5, -5, 7]
        .map(|priority| {
            let log = log.clone();
            let task = runtime.task().vcus(1.0).priority(priority);
            task.spawn(move || log.push(priority))
        })
        .into();
    gate.open();
    common::all_end_well(&tasks);
    assert_eq!(log.take(), [7, 5, 0, -5]);
}

#[test]
fn any_number_of_cancelled_tasks_may_have_waited() {
    let runtime = common::runtime(2);
    let gate = Gate::default();
    let pass = gate.clone();
    let holds = runtime.task().vcus(1.0).spawn(move || pass.pass());
    let waiting = || runtime.task().vcus(1.0).spawn(|| ());
    let cancelled: Vec<_> = (0..50_000).map(|_| waiting()).collect();
    cancelled.iter().for_each(Task::cancel);
    gate.open();
    holds.wait().expect("it runs");
    waiting().wait().expect("nobody holds anything");
}
