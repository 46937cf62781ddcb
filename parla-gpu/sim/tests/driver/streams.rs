//! Streams: order inside of one, no order between two, and what default streams mean.

use crate::cuda::*;
use crate::gate::{Gate, let_begin_what_may};
use parla_cuda_sim::Code;
use parla_cuda_sim::trace::{self, Kind, Operation};
use std::sync::mpsc;
use std::thread;

/// The fills that a recording has, in the order they began.
fn fills(recording: &trace::Recording, gpu: &Gpu) -> Vec<Operation> {
    let mut operations = recording.take_of(gpu.ordinal);
    operations.retain(|operation| operation.kind == Kind::Set);
    operations
}

#[test]
fn a_stream_keeps_the_order() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let stream = stream(1);
    let memory = alloc(4);
    for value in 0..100 {
        ok(cuMemsetD32Async(memory, value, 1, stream));
    }
    assert_eq!(read_async(memory, 4, stream), [99, 0, 0, 0]);
    let fills = fills(&recording, &gpu);
    assert_eq!(fills.len(), 100);
    for pair in fills.windows(2) {
        assert!(pair[0].submitted < pair[1].submitted && pair[0].is_before(&pair[1]));
    }
}

#[test]
fn streams_run_at_the_same_time() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let (one, two) = (stream(1), stream(1));
    // Each waits for the other: neither could end if they ran one after the other.
    let (to_two, from_one) = mpsc::channel();
    let (to_one, from_two) = mpsc::channel();
    ok(host_function(one, move || {
        to_two.send(()).unwrap();
        from_two.recv().unwrap();
    }));
    ok(host_function(two, move || {
        to_one.send(()).unwrap();
        from_one.recv().unwrap();
    }));
    ok(cuCtxSynchronize());
    let both = recording.take_of(gpu.ordinal);
    assert_eq!(both.len(), 2);
    assert!(both[0].overlaps(&both[1]));
}

#[test]
fn a_stream_that_is_held_up_is_not_ready() {
    let _gpu = Gpu::new();
    let stream = stream(1);
    ok(cuStreamQuery(stream));
    let gate = Gate::new(stream);
    assert_eq!(cuStreamQuery(stream), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(stream));
    ok(cuStreamQuery(stream));
}

#[test]
fn the_default_stream_and_blocking_streams_wait_for_each_other() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let blocking = stream(0);
    let memory = alloc(4);
    let gate = Gate::new(blocking);
    ok(cuMemsetD8Async(memory, 1, 1, blocking));
    ok(cuMemsetD8Async(memory, 2, 1, 0));
    ok(cuMemsetD8Async(memory, 3, 1, blocking));
    assert_eq!(cuStreamQuery(0), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(blocking));
    assert_eq!(read(memory, 1), Ok(vec![3]));
    let fills = fills(&recording, &gpu);
    assert!(fills[0].is_before(&fills[1]) && fills[1].is_before(&fills[2]));
    let streams: Vec<u64> = fills.iter().map(|fill| fill.stream).collect();
    assert_eq!(streams, [blocking, gpu.context, blocking]);
}

#[test]
fn a_blocking_stream_waits_for_the_default_stream() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let blocking = stream(0);
    let gate = Gate::new(0);
    ok(cuMemsetD8Async(alloc(1), 1, 1, blocking));
    let_begin_what_may();
    gate.open();
    ok(cuStreamSynchronize(blocking));
    let mut operations = recording.take_of(gpu.ordinal);
    operations.retain(|operation| [gpu.context, blocking].contains(&operation.stream));
    assert_eq!(operations[0].stream, gpu.context);
    assert!(operations[0].is_before(&operations[1]));
}

#[test]
fn the_default_stream_does_not_wait_for_non_blocking_streams() {
    let _gpu = Gpu::new();
    let apart = stream(1);
    let memory = alloc(1);
    let gate = Gate::new(apart);
    ok(cuMemsetD8_v2(memory, 1, 1));
    ok(cuStreamSynchronize(0));
    assert_eq!(read(memory, 1), Ok(vec![1]));
    gate.open();
}

#[test]
fn a_non_blocking_stream_does_not_wait_for_the_default_stream() {
    let _gpu = Gpu::new();
    let apart = stream(1);
    let memory = alloc(1);
    let gate = Gate::new(0);
    ok(cuMemsetD8Async(memory, 1, 1, apart));
    ok(cuStreamSynchronize(apart));
    assert_eq!(cuStreamQuery(1), Code::NOT_READY);
    gate.open();
}

#[test]
fn default_streams_of_threads_are_apart_but_wait_for_the_default_stream() {
    const PER_THREAD: u64 = 2;
    let gpu = Gpu::new();
    let gate = Gate::new(PER_THREAD);
    thread::scope(|scope| {
        scope.spawn(|| {
            gpu.make_current();
            ok(cuStreamSynchronize(PER_THREAD));
            assert_eq!(cuStreamQuery(0), Code::NOT_READY);
        });
    });
    gate.open();
    ok(cuStreamSynchronize(PER_THREAD));
}

#[test]
fn default_streams_of_devices_are_apart() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let gate = Gate::new(0);
    two.make_current();
    ok(cuStreamSynchronize(0));
    ok(cuCtxSynchronize());
    one.make_current();
    assert_eq!(cuStreamQuery(0), Code::NOT_READY);
    gate.open();
    ok(cuCtxSynchronize());
}

#[test]
fn work_of_a_destroyed_stream_goes_on() {
    let _gpu = Gpu::new();
    let stream = stream(1);
    let memory = alloc(1);
    let gate = Gate::new(stream);
    ok(cuMemsetD8Async(memory, 6, 1, stream));
    ok(cuStreamDestroy_v2(stream));
    assert_eq!(cuStreamSynchronize(stream), Code::INVALID_HANDLE);
    gate.open();
    ok(cuCtxSynchronize());
    assert_eq!(read(memory, 1), Ok(vec![6]));
}

#[test]
fn what_a_stream_was_made_with_can_be_asked_for() {
    let gpu = Gpu::new();
    let mut stream = 0;
    ok(cuStreamCreateWithPriority(&mut stream, 1, -3));
    let (mut flags, mut priority, mut context) = (0, 0, 0);
    ok(cuStreamGetFlags(stream, &mut flags));
    ok(cuStreamGetPriority(stream, &mut priority));
    ok(cuStreamGetCtx(stream, &mut context));
    assert_eq!((flags, priority, context), (1, -3, gpu.context));
    ok(cuStreamCreateWithPriority(&mut stream, 0, -99));
    ok(cuStreamGetPriority(stream, &mut priority));
    assert_eq!(priority, -5, "the nearest there is");
    assert_eq!(cuStreamCreate(&mut stream, 8), Code::INVALID_VALUE);
    assert_eq!(cuStreamDestroy_v2(0), Code::INVALID_HANDLE);
    assert_eq!(cuStreamDestroy_v2(12345), Code::INVALID_HANDLE);
}

#[test]
fn a_host_function_must_not_call_the_driver() {
    let _gpu = Gpu::new();
    let (send, receive) = mpsc::channel();
    ok(host_function(0, move || {
        let mut count = 0;
        send.send(cuDeviceGetCount(&mut count)).unwrap();
        send.send(cuStreamSynchronize(0)).unwrap();
    }));
    assert_eq!(receive.recv(), Ok(Code::NOT_PERMITTED));
    assert_eq!(receive.recv(), Ok(Code::NOT_PERMITTED));
    ok(cuStreamSynchronize(0));
}

#[test]
fn a_callback_is_told_its_stream_and_the_status() {
    let _gpu = Gpu::new();
    let stream = stream(1);
    let (send, receive) = mpsc::channel();
    ok(callback(stream, move |stream, status| {
        send.send((stream, status)).unwrap();
    }));
    assert_eq!(receive.recv(), Ok((stream, Code::SUCCESS)));
}

#[test]
fn many_threads_share_a_stream() {
    let gpu = Gpu::new();
    let stream = stream(1);
    let memory = alloc(4 * 8);
    thread::scope(|scope| {
        for index in 0..8_u64 {
            let gpu = &gpu;
            scope.spawn(move || {
                gpu.make_current();
                for value in 0..50 {
                    ok(cuMemsetD32Async(memory + 4 * index, value, 1, stream));
                }
                ok(cuStreamSynchronize(stream));
            });
        }
    });
    assert_eq!(read(memory, 32), Ok([49, 0, 0, 0].repeat(8)));
}
