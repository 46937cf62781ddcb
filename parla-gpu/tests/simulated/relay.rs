//! Copies between devices that can't reach each other.

use parla_cuda_sim::Code;
use parla_cuda_sim::faults::{Injection, inject};
use parla_cuda_sim::trace::{self, Kind};

use crate::alone;

#[test]
fn they_go_through_the_host() {
    // Two that no other test here has let reach each other before.
    let (_alone, machine) = alone(6);
    let refused = [4, 5].map(|device| {
        let call = Injection::call("cuCtxEnablePeerAccess").on(device);
        inject(call, Code::TOO_MANY_PEERS)
    });
    let recording = trace::start();
    let numbers: Vec<u32> = (0..1_000_000).collect();
    let (here, there) = (machine.task(4, 0), machine.task(5, 1));
    let source = here.gpu.upload(&numbers).unwrap();
    let mut pushed = there.gpu.zeros::<u32>(numbers.len()).unwrap();
    here.gpu.copy(&source, &mut pushed).unwrap();
    assert!(there.gpu.download(&pushed).unwrap() == numbers);
    let mut pulled = there.gpu.zeros::<u32>(numbers.len()).unwrap();
    there.gpu.copy(&source, &mut pulled).unwrap();
    assert!(there.gpu.download(&pulled).unwrap() == numbers);
    assert!(
        refused
            .iter()
            .all(parla_cuda_sim::faults::Injected::has_happened)
    );
    let operations = recording.take();
    assert!(operations.iter().all(|it| it.kind != Kind::PeerToPeer));
    here.finish().unwrap();
    there.finish().unwrap();
}

#[test]
fn a_task_ends_after_its_part_on_another_device() {
    let (_alone, machine) = alone(4);
    let refused = inject(
        Injection::call("cuCtxEnablePeerAccess").on(2),
        Code::TOO_MANY_PEERS,
    );
    let task = machine.task(2, 0);
    let other = machine.task(3, 1);
    let source = task.gpu.upload(&vec![1_u32; 2_000_000]).unwrap();
    let mut target = other.gpu.alloc::<u32>(2_000_000).unwrap();
    other.finish().unwrap();
    let recording = trace::start();
    task.gpu.copy(&source, &mut target).unwrap();
    task.finish().unwrap();
    // All of it has run by now.
    let arrived: u64 = recording
        .take_of(3)
        .iter()
        .filter(|it| it.kind == Kind::HostToDevice)
        .map(|it| it.bytes)
        .sum();
    assert_eq!(arrived, 8_000_000);
    assert!(refused.has_happened());
}
