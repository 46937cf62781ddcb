//! The memory pool: reuse in the order of the device, and its end.

use std::thread;

use parla_gpu::{DeviceBuffer, Gpu, GpuErrorKind, Gpus};
use parla_runtime::Bytes;

use crate::machine::{Machine, spin};

fn limited(bytes: u64) -> Machine {
    let gpus = Gpus::all().count(1).simulated(1);
    Machine::of(&gpus.memory_limit(Bytes::new(bytes)))
}

fn address(gpu: &Gpu, buffer: &DeviceBuffer<u8>) -> u64 {
    gpu.with_raw(|raw| raw.read(buffer)).unwrap().unwrap()
}

#[test]
fn memory_is_reused_at_once_on_the_same_stream() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let first = task.gpu.zeros::<u8>(10_000).unwrap();
    let place = address(&task.gpu, &first);
    spin(&task.gpu, 2000);
    drop(first);
    let second = task.gpu.alloc::<u8>(10_000).unwrap();
    assert_eq!(address(&task.gpu, &second), place);
    task.finish().unwrap();
}

#[test]
fn memory_that_is_in_use_goes_to_another_stream_only_when_there_is_no_other() {
    let machine = limited(64 << 10);
    let (one, other) = (machine.task(0, 0), machine.task(0, 1));
    let first = one.gpu.zeros::<u8>(32 << 10).unwrap();
    let place = address(&one.gpu, &first);
    spin(&one.gpu, 20_000);
    // On the device, after the spinning.
    let mut copy = one.gpu.alloc::<u8>(32 << 10).unwrap();
    one.gpu.copy(&first, &mut copy).unwrap();
    drop(first);
    let second = other.gpu.upload(&[7_u8; 32 << 10]).unwrap();
    assert_eq!(address(&other.gpu, &second), place);
    // The new owner's bytes came after the old one's had been copied.
    assert_eq!(one.gpu.download(&copy).unwrap(), [0; 32 << 10]);
    assert_eq!(other.gpu.download(&second).unwrap(), [7; 32 << 10]);
    one.finish().unwrap();
    other.finish().unwrap();
}

#[test]
fn memory_that_is_in_use_stays_away_from_other_streams_while_there_is_other() {
    let machine = Machine::one();
    let (one, other) = (machine.task(0, 0), machine.task(0, 1));
    let first = one.gpu.zeros::<u8>(10_000).unwrap();
    let place = address(&one.gpu, &first);
    spin(&one.gpu, 300_000);
    drop(first);
    let second = other.gpu.alloc::<u8>(10_000).unwrap();
    assert_ne!(address(&other.gpu, &second), place);
    for task in [one, other] {
        task.finish().unwrap();
    }
    drop(second);
    // Now it is not in use any more.
    let task = machine.task(0, 2);
    let again: Vec<_> = (0..2).map(|_| task.gpu.alloc(10_000).unwrap()).collect();
    assert!(
        again
            .iter()
            .any(|buffer| address(&task.gpu, buffer) == place)
    );
    task.finish().unwrap();
}

#[test]
fn what_is_cached_makes_room_for_other_sizes() {
    let machine = limited(1 << 20);
    let task = machine.task(0, 0);
    for kilobytes in [512, 300, 700, 1000, 17, 1024] {
        let buffer = task.gpu.upload(&vec![1_u8; kilobytes << 10]).unwrap();
        spin(&task.gpu, 1000);
        drop(buffer);
    }
    task.finish().unwrap();
}

#[test]
fn out_of_memory_says_how_much_there_is() {
    let machine = limited(1 << 20);
    let task = machine.task(0, 2);
    let held = task.gpu.alloc::<u8>(640 << 10).unwrap();
    let error = task.gpu.alloc::<f64>(64 << 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "on gpu(0): out of memory: asked for 512 KiB, 384 KiB are free of 1 MiB; buffers hold \
         640 KiB, in task `T[2]`"
    );
    drop(held);
    let all = task.gpu.alloc::<u8>(1 << 20).unwrap();
    let error = task.gpu.alloc::<u8>(1).unwrap_err();
    assert!(
        matches!(error.kind(), GpuErrorKind::OutOfMemory { .. }),
        "{error}"
    );
    drop(all);
    for too_many in [(1 << 20) + 1, usize::MAX] {
        let error = task.gpu.alloc::<f64>(too_many).unwrap_err();
        assert!(
            matches!(error.kind(), GpuErrorKind::OutOfMemory { .. }),
            "{error}"
        );
    }
    task.finish().unwrap();
}

#[test]
fn buffers_are_dropped_on_any_thread_while_they_are_in_use() {
    let machine = limited(4 << 20);
    let task = machine.task(0, 0);
    for round in 0..50_u32 {
        let source = task.gpu.upload(&vec![round; 100_000]).unwrap();
        let mut copy = task.gpu.alloc::<u32>(100_000).unwrap();
        task.gpu.copy(&source, &mut copy).unwrap();
        thread::spawn(move || drop(source)).join().unwrap();
        if round % 10 == 0 {
            assert_eq!(task.gpu.download(&copy).unwrap(), vec![round; 100_000]);
        }
        thread::spawn(move || drop(copy)).join().unwrap();
    }
    task.finish().unwrap();
}

#[test]
fn buffers_outlive_their_task_and_their_runtime() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let buffer = task.gpu.upload(&[1_u32, 2, 3]).unwrap();
    task.finish().unwrap();
    drop(machine);
    let machine = Machine::one();
    let task = machine.task(0, 1);
    assert_eq!(task.gpu.download(&buffer).unwrap(), [1, 2, 3]);
    task.finish().unwrap();
}

#[test]
fn two_runtimes_share_a_device() {
    let (one, other) = (Machine::one(), Machine::one());
    let (first, second) = (one.task(0, 0), other.task(0, 1));
    let mut buffer = first.gpu.upload(&[1_u32; 1000]).unwrap();
    second.gpu.fill(&mut buffer, 2).unwrap();
    assert_eq!(first.gpu.download(&buffer).unwrap(), [2; 1000]);
    first.finish().unwrap();
    second.finish().unwrap();
}
