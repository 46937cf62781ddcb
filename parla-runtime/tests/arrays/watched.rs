//! What a runtime says about data: who waits for it, and what was moved.

use std::sync::mpsc;

use parla_runtime::{EventKind, PArray, Placement, Runtime, TaskSpace};

use crate::memories::Memories;

#[test]
fn who_waits_for_a_turn_is_named() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 4]);
    let t = TaskSpace::new("T");
    let (go_on, gate) = mpsc::channel::<()>();
    let (task, _access) = t.task(0).commute(&x);
    task.spawn(move || gate.recv().unwrap());
    let (task, _access) = t.task(1).commute(&x);
    let waits = task.spawn(|| ());
    let explanation = runtime.explain();
    assert_eq!(explanation.waiting_for_data, [waits.name()]);
    assert!(explanation.to_string().contains("waiting for data: `T[1]`"));
    go_on.send(()).unwrap();
    t.wait_all().wait().unwrap();
    assert_eq!(runtime.explain().waiting_for_data, []);
}

#[test]
fn who_waits_for_memory_is_named() {
    let memories = Memories::new(1, 100);
    let builder = Runtime::builder().workers(2).devices(memories);
    let runtime = builder.build().unwrap();
    let _ambient = runtime.enter();
    let arrays = [0; 2].map(|_| PArray::from(vec![0_u32; 20]));
    let t = TaskSpace::new("T");
    let (begin, has_begun) = mpsc::channel::<()>();
    let (go_on, gate) = mpsc::channel::<()>();
    // Who holds on to an access holds on to the memory behind it.
    let (task, access) = t.task(0).inout(&arrays[0]);
    task.placement(Placement::gpu_at(0)).spawn(move || {
        let _access = access;
        begin.send(()).unwrap();
        gate.recv().unwrap();
    });
    has_begun.recv().unwrap();
    let (task, access) = t.task(1).inout(&arrays[1]);
    let waits = task
        .placement(Placement::gpu_at(0))
        .spawn(move || drop(access));
    while runtime.explain().waiting_for_data != [waits.name()] {
        std::thread::yield_now();
    }
    go_on.send(()).unwrap();
    t.wait_all().wait().unwrap();
}

#[test]
fn the_log_tells_how_much_was_moved_for_each_task() {
    let memories = Memories::new(1, 1000);
    let runtime = Runtime::builder()
        .workers(1)
        .devices(memories.clone())
        .trace(true)
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 20]);
    let t = TaskSpace::new("T");
    let places = [Placement::gpu_at(0), Placement::gpu_at(0), Placement::cpu()];
    for (number, place) in places.into_iter().enumerate() {
        let (task, _access) = t.task(number).inout(&x);
        task.placement(place).spawn(|| ());
    }
    t.wait_all().wait().unwrap();
    let events = runtime.take_events();
    let moved = |number: i64| {
        let bytes = events.iter().filter_map(|event| match event.kind {
            EventKind::Fetched { bytes } if event.task == t.task(number).name() => Some(bytes),
            _ => None,
        });
        bytes.collect::<Vec<_>>()
    };
    assert_eq!(moved(0), [80]);
    assert_eq!(moved(1), []);
    assert_eq!(moved(2), [80]);
    assert_eq!(memories.moved(), 160);
}

#[test]
fn who_drops_a_claim_without_waiting_lets_nobody_pass_what_it_came_after() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u32; 4]);
    let t = TaskSpace::new("T");
    let (go_on, gate) = mpsc::channel::<()>();
    let (task, mut access) = t.task(0).inout(&x);
    task.spawn(move || {
        gate.recv().unwrap();
        access.with(|mut view| view += 1);
    });
    drop(x.write());
    let (task, mut access) = t.task(1).inout(&x);
    let second = task.spawn(move || access.with(|mut view| view *= 2));
    assert_eq!(second.state(), parla_runtime::TaskState::Waiting);
    go_on.send(()).unwrap();
    t.wait_all().wait().unwrap();
    assert_eq!(x.read().wait().unwrap().view().to_vec(), [2; 4]);
}
