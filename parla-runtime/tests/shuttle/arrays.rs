//! Data that move: whatever the order of agents, workers and the program, the values are those of the
//! program's order, and nobody waits for ever.

use parla_runtime::{PArray, Placement, Runtime, TaskSpace, WriteAccess};

use crate::explore::{draw, explore};
use crate::memories::{self, Memories};

fn increment(access: &mut WriteAccess<u8, ndarray::Ix1>) {
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
    explore(400, || {
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
            expected[array][from..].iter_mut().for_each(|it| *it += 1);
            let part = arrays[array].slice(from..);
            let task = t.task(step).placement(match rng.i64(0..3) {
                2 => Placement::cpu(),
                device => Placement::gpu_at(device),
            });
            let (task, mut part) = match rng.bool() {
                true => task.inout(&part),
                false => task.commute(&part),
            };
            task.spawn(move || increment(&mut part));
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
