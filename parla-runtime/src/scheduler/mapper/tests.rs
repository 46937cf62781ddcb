//! Placements near data, whose whereabouts the test says.

use crate::device::{DeviceId, DeviceKind, Placement, Presence, Whereabouts};
use crate::sync::Arc;
use crate::{DeviceKinds, Runtime, current_devices};

/// So many bytes on each CPU device, of `size` in all.
#[derive(Debug)]
struct Spread {
    size: u64,
    here: Vec<u64>,
}

impl Whereabouts for Spread {
    fn bytes(&self) -> u64 {
        self.size
    }

    fn bytes_on(&self, device: DeviceId) -> Presence {
        let here = self.here[device.number()];
        Presence {
            here,
            missing: self.size - here,
            ..Presence::default()
        }
    }
}

fn spread(here: [u64; 3]) -> Arc<dyn Whereabouts> {
    Arc::new(Spread {
        size: 1 << 20,
        here: here.to_vec(),
    })
}

fn runtime() -> Runtime {
    let builder = Runtime::builder().workers(2).cpu_devices(3);
    builder.build().unwrap()
}

fn cpu(number: usize) -> DeviceId {
    DeviceId::new(DeviceKind::Cpu, number)
}

#[test]
fn near_data_means_where_most_of_them_are() {
    let runtime = runtime();
    for (at, here) in [[7, 0, 0], [5, 9, 8], [0, 0, 1]].into_iter().enumerate() {
        for _ in 0..4 {
            let near = Placement::near_data(spread(here));
            let task = runtime.task().placement(near).spawn(current_devices);
            assert_eq!(task.wait().unwrap(), &[cpu(at)]);
        }
    }
}

#[test]
fn near_data_that_are_nowhere_means_anywhere() {
    let runtime = runtime();
    let near = || Placement::near_data(spread([0; 3]));
    let tasks: Vec<_> = (0..6)
        .map(|_| runtime.task().placement(near()).spawn(current_devices))
        .collect();
    let mut used: Vec<_> = tasks.iter().map(|it| it.wait().unwrap()[0]).collect();
    used.sort();
    used.dedup();
    assert_eq!(used, [cpu(0), cpu(1), cpu(2)]);
}

#[test]
fn near_data_is_resolved_when_the_task_is_ready_and_can_be_a_member_of_a_set() {
    let runtime = runtime();
    let near = Placement::near_data(spread([0, 4, 0]));
    let pair = Placement::set([near, Placement::cpu()]);
    let task = runtime.task().kinds(DeviceKinds::CPU).placement(pair);
    let task = task.spawn(current_devices);
    let devices = task.wait().unwrap();
    assert_eq!(devices[0], cpu(1));
    assert_ne!(devices[1], cpu(1));
}
