//! Which stream a task gets, and that the order of tasks is that of their data.

use std::{slice, thread};

use parla_gpu::Gpu;
use parla_runtime::LeaseRequest;

use crate::machine::{Machine, spin, task_name};

fn stream(gpu: &Gpu) -> usize {
    gpu.with_raw(|raw| raw.stream().addr()).unwrap()
}

#[test]
fn a_chain_of_tasks_stays_on_one_stream() {
    let machine = Machine::one();
    let first = machine.task(0, 0);
    let mut buffer = first.gpu.upload(&[0_u32; 1000]).unwrap();
    let home = stream(&first.gpu);
    let mut fence = first.seal();
    let mut tasks = vec![first];
    for value in 1..20 {
        let task = machine.task_after(0, value, &[fence]);
        assert_eq!(stream(&task.gpu), home);
        task.gpu.fill(&mut buffer, value as u32).unwrap();
        fence = task.seal();
        tasks.push(task);
    }
    for task in tasks {
        task.finish().unwrap();
    }
    let task = machine.task(0, 99);
    assert_eq!(task.gpu.download(&buffer).unwrap(), [19; 1000]);
    task.finish().unwrap();
}

#[test]
fn tasks_that_follow_the_same_one_spread() {
    let machine = Machine::one();
    let first = machine.task(0, 0);
    spin(&first.gpu, 2000);
    let fence = first.seal();
    let next: Vec<_> = (1..5)
        .map(|name| machine.task_after(0, name, slice::from_ref(&fence)))
        .collect();
    let mut streams: Vec<_> = next.iter().map(|task| stream(&task.gpu)).collect();
    streams.push(stream(&machine.task(0, 5).gpu));
    streams.sort_unstable();
    streams.dedup();
    assert_eq!(streams.len(), 5);
    first.finish().unwrap();
    for task in next {
        task.finish().unwrap();
    }
}

#[test]
fn more_tasks_than_streams_share_them() {
    let machine = Machine::one();
    let tasks: Vec<_> = (0..40).map(|name| machine.task(0, name)).collect();
    let buffers: Vec<_> = tasks
        .iter()
        .zip(0_u32..)
        .map(|(task, value)| task.gpu.upload(&[value]).unwrap())
        .collect();
    for ((task, buffer), value) in tasks.iter().zip(&buffers).zip(0_u32..) {
        assert_eq!(task.gpu.download(buffer).unwrap(), [value]);
    }
    for task in tasks {
        task.finish().unwrap();
    }
}

#[test]
fn tasks_that_nothing_orders_use_a_buffer_one_after_the_other() {
    let machine = Machine::one();
    let (writer, reader) = (machine.task(0, 0), machine.task(0, 1));
    assert_ne!(stream(&writer.gpu), stream(&reader.gpu));
    for round in 0..20_u32 {
        spin(&writer.gpu, 200);
        let buffer = writer.gpu.upload(&vec![round; 5000]).unwrap();
        assert_eq!(reader.gpu.download(&buffer).unwrap(), vec![round; 5000]);
    }
    writer.finish().unwrap();
    reader.finish().unwrap();
}

#[test]
fn a_write_comes_after_reads_on_all_streams() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let mut source = task.gpu.upload(&[1_u32; 4000]).unwrap();
    let streams = task.gpu.streams(4).unwrap();
    let mut copies = Vec::new();
    for gpu in &streams {
        let mut copy = gpu.alloc::<u32>(4000).unwrap();
        spin(gpu, 500);
        gpu.copy(&source, &mut copy).unwrap();
        copies.push(copy);
    }
    task.gpu.fill(&mut source, 2).unwrap();
    for copy in &copies {
        assert_eq!(task.gpu.download(copy).unwrap(), [1; 4000]);
    }
    task.finish().unwrap();
}

#[test]
fn the_end_of_a_task_is_behind_all_of_its_streams() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let streams = task.gpu.streams(3).unwrap();
    let buffers: Vec<_> = streams
        .iter()
        .map(|gpu| {
            spin(gpu, 3000);
            gpu.upload(&[5_u32]).unwrap()
        })
        .collect();
    let after = machine.task_after(0, 1, &[task.seal()]);
    // On the stream of the task itself, so that only its own joining can have ordered it.
    let done = after.gpu.with_raw(|raw| {
        let mut addresses = Vec::new();
        for buffer in &buffers {
            addresses.push(raw.read(buffer).unwrap());
        }
        addresses.iter().all(|address| *address != 0)
    });
    assert!(done.unwrap());
    after.gpu.synchronize().unwrap();
    task.finish().unwrap();
    after.finish().unwrap();
}

#[test]
fn urgent_tasks_have_streams_of_their_own() {
    let machine = Machine::one();
    let first = machine.task(0, 0);
    let ordinary = stream(&first.gpu);
    let after_first = [first.seal()];
    let mut request = LeaseRequest::new(task_name(1));
    (request.priority, request.after) = (1, &after_first);
    let urgent = machine.try_task(0, &request).unwrap();
    assert_ne!(stream(&urgent.gpu), ordinary);
    let after_urgent = [urgent.seal()];
    request.after = &after_urgent;
    let next = machine.try_task(0, &request).unwrap();
    assert_ne!(stream(&next.gpu), ordinary);
    // As urgent as it gets, and as little: the device has only so many steps.
    for priority in [i32::MAX, i32::MIN] {
        request.priority = priority;
        machine.try_task(0, &request).unwrap().finish().unwrap();
    }
    for task in [first, urgent, next] {
        task.finish().unwrap();
    }
}

#[test]
fn a_handle_is_used_from_many_threads() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let buffers: Vec<_> = thread::scope(|scope| {
        let threads = (0..8_u32).map(|value| {
            let gpu = &task.gpu;
            scope.spawn(move || {
                let mut buffer = gpu.zeros::<u32>(10_000).unwrap();
                for round in 0..20 {
                    gpu.fill(&mut buffer, value * 100 + round).unwrap();
                }
                buffer
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for (value, buffer) in (0..).zip(&buffers) {
        assert_eq!(
            task.gpu.download(buffer).unwrap(),
            [value * 100 + 19; 10_000]
        );
    }
    task.finish().unwrap();
}
