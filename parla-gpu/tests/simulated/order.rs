//! Work runs in the order of its data, with no more waiting than that takes.

use std::slice;
use std::sync::mpsc;
use std::time::Duration;

use parla_cuda_sim::Code;
use parla_cuda_sim::faults::{Injected, Injection, inject};
use parla_cuda_sim::trace::{self, Kind};
use parla_gpu::__private::{Argument, launch};
use parla_gpu::grid_for;

use crate::alone;
use crate::machine::{KERNELS, spin};

/// Has the `nth` wait for an event fail, so that there must be fewer.
fn fewer_waits_than(nth: u64) -> Injected {
    inject(
        Injection::call("cuStreamWaitEvent").nth(nth),
        Code::NOT_SUPPORTED,
    )
}

#[test]
fn a_chain_waits_for_no_event() {
    let (_alone, machine) = alone(1);
    let first = machine.task(0, 0);
    let mut buffer = first.gpu.upload(&[1.0_f32; 1000]).unwrap();
    let waits = fewer_waits_than(1);
    let mut fence = first.seal();
    let mut tasks = vec![first];
    for name in 1..10 {
        let task = machine.task_after(0, name, &[fence]);
        let x = task.gpu.upload(&[1.0_f32; 1000]).unwrap();
        let arguments = [
            Argument::scalar(&1000_u32),
            Argument::scalar(&1.0_f32),
            Argument::slice(&x),
            Argument::slice_mut(&mut buffer),
        ];
        launch(&task.gpu, &KERNELS, "axpy", grid_for(1000), &arguments).unwrap();
        fence = task.seal();
        tasks.push(task);
    }
    let last = machine.task_after(0, 10, &[fence]);
    assert_eq!(last.gpu.download(&buffer).unwrap(), [10.0; 1000]);
    assert!(!waits.has_happened());
    last.finish().unwrap();
    for task in tasks {
        task.finish().unwrap();
    }
}

#[test]
fn a_stream_waits_for_another_once_for_all_that_is_there() {
    let (_alone, machine) = alone(1);
    let (writer, reader) = (machine.task(0, 0), machine.task(0, 1));
    let buffers: Vec<_> = (0..8_u8)
        .map(|value| {
            spin(&writer.gpu, 300);
            writer.gpu.upload(&[value; 100]).unwrap()
        })
        .collect();
    spin(&writer.gpu, 20_000);
    let waits = fewer_waits_than(2);
    let mut copies = Vec::new();
    for buffer in &buffers {
        let mut copy = reader.gpu.alloc::<u8>(100).unwrap();
        reader.gpu.copy(buffer, &mut copy).unwrap();
        copies.push(copy);
    }
    assert!(!waits.has_happened());
    for (value, copy) in (0..).zip(&copies) {
        assert_eq!(reader.gpu.download(copy).unwrap(), [value; 100]);
    }
    for task in [writer, reader] {
        task.finish().unwrap();
    }
}

#[test]
fn what_reads_runs_after_what_wrote() {
    let (_alone, machine) = alone(2);
    let recording = trace::start();
    let (writer, reader) = (machine.task(0, 0), machine.task(1, 1));
    spin(&writer.gpu, 5000);
    let mut source = writer.gpu.upload(&[3_u8; 5000]).unwrap();
    let mut copy = reader.gpu.alloc::<u8>(5000).unwrap();
    reader.gpu.copy(&source, &mut copy).unwrap();
    spin(&reader.gpu, 5000);
    writer.gpu.fill(&mut source, 4).unwrap();
    assert_eq!(reader.gpu.download(&copy).unwrap(), [3; 5000]);
    for task in [writer, reader] {
        task.finish().unwrap();
    }
    let operations = recording.take();
    let find = |kind| {
        let mut found = operations.iter().filter(|it| it.kind == kind);
        found.next().unwrap()
    };
    let (write, read, overwrite) = (
        find(Kind::HostToDevice),
        find(Kind::PeerToPeer),
        find(Kind::Set),
    );
    assert!(write.is_before(read) && read.is_before(overwrite));
    // The copies between host and device were none of pageable memory.
    assert!(operations.iter().all(|it| !it.pageable));
}

#[test]
fn a_fence_orders_what_shares_no_data() {
    let (_alone, machine) = alone(2);
    let recording = trace::start();
    let first = machine.task(0, 0);
    let mut side = first.gpu.streams(2).unwrap();
    for gpu in &side {
        spin(gpu, 50_000);
    }
    side.clear();
    let fence = first.seal();
    let next: Vec<_> = [0, 1, 1]
        .into_iter()
        .map(|device| machine.task_after(device, 7, slice::from_ref(&fence)))
        .collect();
    for task in &next {
        drop(task.gpu.zeros::<u8>(100).unwrap());
    }
    for task in next {
        task.finish().unwrap();
    }
    first.finish().unwrap();
    let operations = recording.take();
    let (kernels, sets): (Vec<_>, Vec<_>) =
        operations.iter().partition(|it| it.kind == Kind::Kernel);
    assert_eq!((kernels.len(), sets.len()), (2, 3));
    for kernel in &kernels {
        assert!(sets.iter().all(|set| kernel.is_before(set)));
    }
}

#[test]
fn streams_of_a_task_begin_after_what_is_queued() {
    let (_alone, machine) = alone(1);
    let recording = trace::start();
    let task = machine.task(0, 0);
    spin(&task.gpu, 3000);
    let streams = task.gpu.streams(3).unwrap();
    for gpu in &streams {
        drop(gpu.zeros::<u8>(100).unwrap());
    }
    task.finish().unwrap();
    let operations = recording.take();
    let kernel = operations
        .iter()
        .find(|it| it.kind == Kind::Kernel)
        .unwrap();
    let mut sets: Vec<_> = operations
        .iter()
        .filter(|it| it.kind == Kind::Set)
        .collect();
    assert!(sets.iter().all(|set| kernel.is_before(set)));
    sets.sort_unstable_by_key(|set| set.stream);
    sets.dedup_by_key(|set| set.stream);
    assert_eq!(sets.len(), 3, "each has its own stream");
}

#[test]
fn an_end_is_told_when_all_work_is_done() {
    let (_alone, machine) = alone(1);
    for name in 0..10 {
        let recording = trace::start();
        let task = machine.task(0, name);
        for gpu in task.gpu.streams(2).unwrap() {
            spin(&gpu, 2000);
        }
        let _ = task.seal();
        let (send, receive) = mpsc::channel();
        let then = move |_| send.send(recording.take().len()).unwrap();
        task.lease.when_done(Box::new(then));
        let done = receive.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(done, 2);
    }
}
