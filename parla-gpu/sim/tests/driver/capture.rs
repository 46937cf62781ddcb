//! Graphs that are captured from streams.

use crate::cuda::*;
use parla_cuda_sim::Code;
use std::thread;

const THREAD_LOCAL: u32 = 1;
const RELAXED: u32 = 2;

fn status(stream: u64) -> u32 {
    let mut status = 99;
    ok(cuStreamIsCapturing(stream, &mut status));
    status
}

fn begin(stream: u64) {
    ok(cuStreamBeginCapture_v2(stream, THREAD_LOCAL));
}

fn end(stream: u64) -> Result<u64, Code> {
    let mut graph = 99;
    match cuStreamEndCapture(stream, &mut graph) {
        Code::SUCCESS => Ok(graph),
        code => {
            assert_eq!(graph, 0);
            Err(code)
        }
    }
}

#[test]
fn what_is_captured_runs_when_its_graph_does() {
    let _gpu = Gpu::new();
    let (stream, memory) = (stream(1), alloc(4));
    begin(stream);
    assert_eq!(status(stream), 1);
    ok(cuMemsetD8Async(memory, 1, 4, stream));
    ok(cuMemsetD8Async(memory + 1, 2, 1, stream));
    let graph = end(stream).unwrap();
    assert_eq!(status(stream), 0);
    assert_eq!(read(memory, 4), Ok(vec![0xA5; 4]));
    assert_eq!((nodes(graph).len(), edges(graph).len()), (2, 1));
    ok(cuGraphLaunch(instantiate(graph).unwrap(), stream));
    ok(cuStreamSynchronize(stream));
    assert_eq!(read(memory, 4), Ok(vec![1, 2, 1, 1]));
}

#[test]
fn a_capture_forks_and_joins_by_events() {
    let _gpu = Gpu::new();
    let (one, two, memory) = (stream(1), stream(1), alloc(4));
    let (fork, join) = (event(), event());
    begin(one);
    ok(cuMemsetD8Async(memory, 1, 1, one));
    ok(cuEventRecord(fork, one));
    ok(cuStreamWaitEvent(two, fork, 0));
    assert_eq!(status(two), 1);
    ok(cuMemsetD8Async(memory + 1, 2, 1, one));
    ok(cuMemsetD8Async(memory + 2, 3, 1, two));
    ok(cuEventRecord(join, two));
    ok(cuStreamWaitEvent(one, join, 0));
    ok(cuMemsetD8Async(memory + 3, 4, 1, one));
    let graph = end(one).unwrap();
    assert_eq!(status(two), 0);
    let all = nodes(graph);
    let mut edges = edges(graph);
    edges.sort_unstable();
    let mut diamond = [
        (all[0], all[1]),
        (all[0], all[2]),
        (all[1], all[3]),
        (all[2], all[3]),
    ];
    diamond.sort_unstable();
    assert_eq!(edges, diamond);
    ok(cuGraphLaunch(instantiate(graph).unwrap(), 0));
    assert_eq!(read(memory, 4), Ok(vec![1, 2, 3, 4]));
}

#[test]
fn pageable_memory_is_read_when_the_graph_runs() {
    let _gpu = Gpu::new();
    let (stream, memory) = (stream(1), alloc(4));
    let mut pinned = Pinned::new(4);
    begin(stream);
    ok(pinned.copy_to(memory, stream));
    let executable = instantiate(end(stream).unwrap()).unwrap();
    for value in [1, 2] {
        pinned.fill(value);
        ok(cuGraphLaunch(executable, stream));
        ok(cuStreamSynchronize(stream));
        assert_eq!(read(memory, 4), Ok(vec![value; 4]));
    }
    pinned.free();
}

#[test]
fn a_fork_that_is_not_joined_is_an_error() {
    let _gpu = Gpu::new();
    let (one, two, memory, fork) = (stream(1), stream(1), alloc(4), event());
    begin(one);
    ok(cuEventRecord(fork, one));
    ok(cuStreamWaitEvent(two, fork, 0));
    ok(cuMemsetD8Async(memory, 1, 1, two));
    assert_eq!(end(one), Err(Code::STREAM_CAPTURE_UNJOINED));
    assert_eq!((status(one), status(two)), (0, 0));
}

#[test]
fn waiting_for_what_does_not_run_spoils_the_capture() {
    let _gpu = Gpu::new();
    let (stream, memory, event) = (stream(1), alloc(4), event());
    begin(stream);
    assert_eq!(
        cuStreamSynchronize(stream),
        Code::STREAM_CAPTURE_UNSUPPORTED
    );
    assert_eq!(status(stream), 2);
    let code = cuMemsetD8Async(memory, 1, 1, stream);
    assert_eq!(code, Code::STREAM_CAPTURE_INVALIDATED);
    assert_eq!(end(stream), Err(Code::STREAM_CAPTURE_INVALIDATED));
    begin(stream);
    ok(cuEventRecord(event, stream));
    assert_eq!(cuEventQuery(event), Code::CAPTURED_EVENT);
    assert_eq!(end(stream), Err(Code::STREAM_CAPTURE_INVALIDATED));
    begin(stream);
    assert_eq!(cuCtxSynchronize(), Code::STREAM_CAPTURE_UNSUPPORTED);
    assert_eq!(end(stream), Err(Code::STREAM_CAPTURE_INVALIDATED));
}

#[test]
fn a_capture_does_not_wait_for_work_outside_of_it() {
    let _gpu = Gpu::new();
    let (inside, outside, event) = (stream(1), stream(1), event());
    ok(cuEventRecord(event, outside));
    begin(inside);
    let code = cuStreamWaitEvent(inside, event, 0);
    assert_eq!(code, Code::STREAM_CAPTURE_ISOLATION);
    assert_eq!(end(inside), Err(Code::STREAM_CAPTURE_INVALIDATED));
}

#[test]
fn captures_are_not_merged() {
    let _gpu = Gpu::new();
    let (one, two, event) = (stream(1), stream(1), event());
    begin(one);
    begin(two);
    ok(cuEventRecord(event, one));
    assert_eq!(cuStreamWaitEvent(two, event, 0), Code::STREAM_CAPTURE_MERGE);
    assert_eq!(end(one), Err(Code::STREAM_CAPTURE_INVALIDATED));
    assert_eq!(end(two), Err(Code::STREAM_CAPTURE_INVALIDATED));
}

#[test]
fn the_default_stream_does_not_wait_for_what_is_captured() {
    let _gpu = Gpu::new();
    let (blocking, memory) = (stream(0), alloc(1));
    begin(blocking);
    let code = cuMemsetD8Async(memory, 1, 1, 0);
    assert_eq!(code, Code::STREAM_CAPTURE_IMPLICIT);
    assert_eq!(end(blocking), Err(Code::STREAM_CAPTURE_INVALIDATED));
    assert_eq!(
        cuStreamBeginCapture_v2(0, THREAD_LOCAL),
        Code::STREAM_CAPTURE_UNSUPPORTED
    );
    let apart = stream(1);
    begin(apart);
    ok(cuMemsetD8Async(memory, 1, 1, 0));
    end(apart).unwrap();
}

#[test]
fn a_capture_ends_where_it_began() {
    let gpu = Gpu::new();
    let (one, two, fork) = (stream(1), stream(1), event());
    assert_eq!(end(one), Err(Code::ILLEGAL_STATE));
    begin(one);
    assert_eq!(cuStreamBeginCapture_v2(one, RELAXED), Code::ILLEGAL_STATE);
    ok(cuEventRecord(fork, one));
    ok(cuStreamWaitEvent(two, fork, 0));
    assert_eq!(end(two), Err(Code::STREAM_CAPTURE_UNMATCHED));
    thread::scope(|scope| {
        scope.spawn(|| {
            gpu.make_current();
            assert_eq!(end(one), Err(Code::STREAM_CAPTURE_WRONG_THREAD));
        });
    });
    assert_eq!(end(one), Err(Code::STREAM_CAPTURE_INVALIDATED));
    ok(cuStreamBeginCapture_v2(one, RELAXED));
    thread::scope(|scope| {
        scope.spawn(|| {
            gpu.make_current();
            end(one).unwrap();
        });
    });
}

#[test]
fn calls_that_disturb_a_capture_are_refused_in_its_thread() {
    let gpu = Gpu::new();
    let stream = stream(1);
    begin(stream);
    thread::scope(|scope| {
        scope.spawn(|| {
            gpu.make_current();
            alloc(1);
        });
    });
    assert_eq!(status(stream), 1);
    assert_eq!(
        cuMemAlloc_v2(Some(&mut 0), 1),
        Code::STREAM_CAPTURE_UNSUPPORTED
    );
    assert_eq!(end(stream), Err(Code::STREAM_CAPTURE_INVALIDATED));
    ok(cuStreamBeginCapture_v2(stream, RELAXED));
    alloc(1);
    end(stream).unwrap();
    begin(stream);
    let mut mode = RELAXED;
    ok(cuThreadExchangeStreamCaptureMode(&mut mode));
    assert_eq!(mode, 0);
    alloc(1);
    ok(cuThreadExchangeStreamCaptureMode(&mut mode));
    assert_eq!(mode, RELAXED);
    end(stream).unwrap();
}
