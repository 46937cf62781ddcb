//! Events: what they stand for, and who waits for them.

use crate::cuda::*;
use crate::gate::Gate;
use parla_cuda_sim::Code;

#[test]
fn one_event_is_waited_for_by_streams_of_two_devices() {
    let (one, two) = (Gpu::new(), Gpu::new());
    two.make_current();
    let (there, there_too) = (stream(1), stream(1));
    one.make_current();
    let here = stream(1);
    let event = event();
    let gate = Gate::new(here);
    ok(cuEventRecord(event, here));
    ok(cuStreamWaitEvent(there, event, 0));
    ok(cuStreamWaitEvent(there_too, event, 0));
    assert_eq!(cuEventQuery(event), Code::NOT_READY);
    assert_eq!(cuStreamQuery(there), Code::NOT_READY);
    assert_eq!(cuStreamQuery(there_too), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(there));
    ok(cuStreamSynchronize(there_too));
    ok(cuEventQuery(event));
}

#[test]
fn a_wait_is_for_what_the_event_stood_for_when_it_was_asked_for() {
    let _gpu = Gpu::new();
    let (early, late, waiting) = (stream(1), stream(1), stream(1));
    let event = event();
    ok(cuStreamWaitEvent(waiting, event, 0));
    ok(cuStreamSynchronize(waiting));
    ok(cuEventRecord(event, early));
    ok(cuStreamWaitEvent(waiting, event, 0));
    let gate = Gate::new(late);
    ok(cuEventRecord(event, late));
    ok(cuStreamSynchronize(waiting));
    assert_eq!(cuEventQuery(event), Code::NOT_READY);
    ok(cuStreamWaitEvent(waiting, event, 0));
    assert_eq!(cuStreamQuery(waiting), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(waiting));
}

#[test]
fn an_event_may_be_destroyed_while_it_is_waited_for() {
    let _gpu = Gpu::new();
    let (first, second) = (stream(1), stream(1));
    let event = event();
    let gate = Gate::new(first);
    ok(cuEventRecord(event, first));
    ok(cuStreamWaitEvent(second, event, 0));
    ok(cuEventDestroy_v2(event));
    assert_eq!(cuEventDestroy_v2(event), Code::INVALID_HANDLE);
    assert_eq!(cuStreamQuery(second), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(second));
}

#[test]
fn time_passes_between_events() {
    let _gpu = Gpu::new();
    let (start, end) = (event(), event());
    let mut span = -1.0;
    assert_eq!(
        cuEventElapsedTime(&mut span, start, end),
        Code::INVALID_HANDLE
    );
    ok(cuEventRecord(start, 0));
    let gate = Gate::new(0);
    ok(cuEventRecord(end, 0));
    assert_eq!(cuEventElapsedTime(&mut span, start, end), Code::NOT_READY);
    gate.open();
    ok(cuEventSynchronize(end));
    ok(cuEventElapsedTime(&mut span, start, end));
    assert!(span > 0.0);
    let mut back = 0.0;
    ok(cuEventElapsedTime(&mut back, end, start));
    assert!((span + back).abs() < 1e-6);
}

#[test]
fn an_event_without_timing_tells_no_time() {
    let _gpu = Gpu::new();
    let mut event = 0;
    ok(cuEventCreate(&mut event, 2));
    ok(cuEventRecord(event, 0));
    ok(cuEventSynchronize(event));
    assert_eq!(
        cuEventElapsedTime(&mut 0.0, event, event),
        Code::INVALID_HANDLE
    );
    assert_eq!(cuEventCreate(&mut event, 64), Code::INVALID_VALUE);
}

#[test]
fn an_event_is_recorded_in_streams_of_its_context_only() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let event = event();
    two.make_current();
    assert_eq!(cuEventRecord(event, 0), Code::INVALID_HANDLE);
    assert_eq!(cuEventRecord(999, 0), Code::INVALID_HANDLE);
    assert_eq!(cuEventRecord(event, 999), Code::INVALID_HANDLE);
}
