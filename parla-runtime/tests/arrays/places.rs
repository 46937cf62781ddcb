//! Tasks go where their data are.

use ndarray::Ix1;
use parla_runtime::{
    DeviceId, DeviceKind, PArray, Placement, RoundRobin, Runtime, Task, TaskSpace, current_devices,
};

use crate::memories::Memories;

fn gpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Gpu, number)
}

/// A task that changes the array and tells where it was.
fn visit(t: &TaskSpace<'static>, index: i64, x: &PArray<u8, Ix1>, at: Placement) -> Task<DeviceId> {
    let (task, mut x) = t.task(index).placement(at).inout(x);
    task.spawn(move || {
        assert!(x.on_device().is_some());
        current_devices()[0]
    })
}

#[test]
fn a_task_goes_where_its_data_are_and_says_why() {
    let memories = Memories::new(3, 10_000_000);
    let builder = Runtime::builder().workers(2).devices(memories.clone());
    let runtime = builder.explain_mapping(true).build().unwrap();
    let _ambient = runtime.enter();
    let t = TaskSpace::new("T");
    let arrays: Vec<_> = (0..3)
        .map(|_| PArray::from(vec![0_u8; 1_000_000]))
        .collect();
    for (number, x) in arrays.iter().enumerate() {
        let there = Placement::gpu_at(number as i64);
        visit(&t, number as i64, x, there).wait().unwrap();
    }
    let before = memories.moved();
    for (step, (number, x)) in (3..).zip(arrays.iter().enumerate().cycle().take(12)) {
        let task = visit(&t, step, x, Placement::gpu());
        assert_eq!(*task.wait().unwrap(), gpu(number));
        let mapping = task.mapping().unwrap();
        let best = &mapping.candidates[mapping.chosen.unwrap()];
        let best = &best.candidate.devices[0];
        assert_eq!(
            (best.device, best.bytes_here.get()),
            (gpu(number), 1_000_000)
        );
    }
    assert_eq!(memories.moved(), before, "nothing had to be moved");
    let near = Placement::near(&arrays[1].slice(10..20));
    let task = t.task(20).placement(near).spawn(current_devices);
    assert_eq!(task.wait().unwrap(), &[gpu(1)]);
}

#[test]
fn other_policies_send_it_elsewhere() {
    let memories = Memories::new(3, 10_000_000);
    let builder = Runtime::builder().workers(2).devices(memories.clone());
    let runtime = builder.policy(RoundRobin).build().unwrap();
    let _ambient = runtime.enter();
    let t = TaskSpace::new("T");
    let x = PArray::from(vec![0_u8; 1000]);
    let visits = (0..6).map(|step| visit(&t, step, &x, Placement::gpu()));
    let mut used: Vec<_> = visits.map(|task| *task.wait().unwrap()).collect();
    used.sort();
    used.dedup();
    assert_eq!(used, [gpu(0), gpu(1), gpu(2)]);
}

/// What a task uses must not live as long as its handle.
#[test]
fn data_are_let_go_when_the_task_ends() {
    let memories = Memories::new(1, 1000);
    let runtime = Runtime::builder()
        .workers(1)
        .devices(memories.clone())
        .build()
        .unwrap();
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u8; 1000]);
    let task = visit(&TaskSpace::new("T"), 0, &x, Placement::gpu());
    task.wait().unwrap();
    drop(x);
    let (held, _) = memories.counts.held.lock().unwrap()[0];
    assert_eq!(held, 0);
    drop(task);
}
