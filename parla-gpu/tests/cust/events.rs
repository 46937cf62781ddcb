//! Events: points in streams that the host and other streams wait for.

#![expect(unsafe_code, reason = "asynchronous fills")]

use cust::context::legacy;
use cust::error::CudaError;
use cust::event::{Event, EventFlags, EventStatus};
use cust::memory::DeviceBuffer;
use cust::stream::StreamWaitEventFlags;

use crate::{Gate, Machine, stream};

fn event() -> Event {
    Event::new(EventFlags::DEFAULT).unwrap()
}

#[test]
fn an_event_that_was_never_recorded_is_nothing_to_wait_for() {
    let (_machine, _context) = Machine::new();
    let (event, stream) = (event(), stream());
    assert_eq!(event.query(), Ok(EventStatus::Ready));
    event.synchronize().unwrap();
    stream
        .wait_event(event, StreamWaitEventFlags::DEFAULT)
        .unwrap();
    stream.synchronize().unwrap();
}

#[test]
fn an_event_is_ready_once_all_before_it_is_done() {
    let (_machine, _context) = Machine::new();
    let (event, stream) = (event(), stream());
    let gate = Gate::close(&stream);
    event.record(&stream).unwrap();
    assert_eq!(event.query(), Ok(EventStatus::NotReady));
    gate.open();
    event.synchronize().unwrap();
    assert_eq!(event.query(), Ok(EventStatus::Ready));
}

#[test]
fn an_event_does_not_wait_for_what_comes_after_it() {
    let (_machine, _context) = Machine::new();
    let (event, stream) = (event(), stream());
    event.record(&stream).unwrap();
    let gate = Gate::close(&stream);
    event.synchronize().unwrap();
    assert_eq!(event.query(), Ok(EventStatus::Ready));
    gate.open();
    stream.synchronize().unwrap();
}

#[test]
fn the_last_record_is_the_one_that_counts() {
    let (_machine, _context) = Machine::new();
    let (event, first, second) = (event(), stream(), stream());
    let gate = Gate::close(&first);
    event.record(&first).unwrap();
    event.record(&second).unwrap();
    event.synchronize().unwrap();
    assert_eq!(event.query(), Ok(EventStatus::Ready));
    event.record(&first).unwrap();
    assert_eq!(event.query(), Ok(EventStatus::NotReady));
    gate.open();
    event.synchronize().unwrap();
}

#[test]
fn a_stream_waits_for_an_event_of_another() {
    let (_machine, _context) = Machine::new();
    let (first, second) = (stream(), stream());
    let buffer = DeviceBuffer::from_slice(&[0_u32; 64]).unwrap();
    let (middle, end) = (event(), event());
    let (passing, other) = (stream(), DeviceBuffer::from_slice(&[0_u32; 64]).unwrap());
    let gate = Gate::close(&first);
    // SAFETY: both fills are waited for before the buffer is read, and come one after the other.
    unsafe { buffer.index(..).set_32_async(1, &first) }.unwrap();
    middle.record(&first).unwrap();
    // It goes with this call, the wait stays.
    second
        .wait_event(middle, StreamWaitEventFlags::DEFAULT)
        .unwrap();
    // SAFETY: as above.
    unsafe { buffer.index(..).set_32_async(2, &second) }.unwrap();
    end.record(&second).unwrap();
    // If it didn't wait, it would have ended by the time that others have.
    for _ in 0..20 {
        // SAFETY: it is waited for, and nobody reads it.
        unsafe { other.index(..).set_32_async(3, &passing) }.unwrap();
        passing.synchronize().unwrap();
    }
    assert_eq!(end.query(), Ok(EventStatus::NotReady));
    gate.open();
    end.synchronize().unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [2; 64]);
}

#[test]
fn time_is_measured_between_events() {
    let (_machine, _context) = Machine::new();
    let (begin, end, stream) = (event(), event(), stream());
    let mut buffer = DeviceBuffer::from_slice(&[0_u32; 1 << 16]).unwrap();
    begin.record(&stream).unwrap();
    // SAFETY: it is waited for.
    unsafe { buffer.set_zero_async(&stream) }.unwrap();
    end.record(&stream).unwrap();
    end.synchronize().unwrap();
    let forth = end.elapsed_time_f32(&begin).unwrap();
    assert!(forth >= 0.0, "{forth}");
    assert!(begin.elapsed_time_f32(&end).unwrap() <= 0.0);
    assert_eq!(begin.elapsed_time_f32(&begin), Ok(0.0));
}

#[test]
fn there_is_no_time_without_two_points_that_were_reached_and_timed() {
    let (_machine, _context) = Machine::new();
    let (done, pending, stream) = (event(), event(), stream());
    let untimed = Event::new(EventFlags::DISABLE_TIMING).unwrap();
    done.record(&stream).unwrap();
    untimed.record(&stream).unwrap();
    stream.synchronize().unwrap();
    let invalid = CudaError::InvalidHandle;
    assert_eq!(untimed.elapsed_time_f32(&done), Err(invalid));
    assert_eq!(done.elapsed_time_f32(&untimed), Err(invalid));
    assert_eq!(pending.elapsed_time_f32(&done), Err(invalid));
    let gate = Gate::close(&stream);
    pending.record(&stream).unwrap();
    assert_eq!(pending.elapsed_time_f32(&done), Err(CudaError::NotReady));
    gate.open();
    pending.synchronize().unwrap();
    assert!(pending.elapsed_time_f32(&done).unwrap() >= 0.0);
}

#[test]
fn an_event_for_other_processes_must_be_without_time() {
    let (_machine, _context) = Machine::new();
    let refused = Event::new(EventFlags::INTERPROCESS).map(drop);
    assert_eq!(refused, Err(CudaError::InvalidValue));
    let flags = EventFlags::INTERPROCESS | EventFlags::DISABLE_TIMING;
    Event::drop(Event::new(flags).unwrap()).unwrap();
}

#[test]
fn an_event_is_recorded_only_in_streams_of_its_context() {
    let (machine, _primary) = Machine::new();
    let event = event();
    let flags = legacy::ContextFlags::SCHED_AUTO;
    let own = legacy::Context::create_and_push(flags, machine.device).unwrap();
    let elsewhere = stream();
    assert_eq!(event.record(&elsewhere), Err(CudaError::InvalidHandle));
    drop(elsewhere);
    drop(own);
}

#[test]
fn a_stream_can_wait_for_an_event_of_another_context() {
    let (machine, _primary) = Machine::new();
    let (here, event) = (stream(), event());
    let gate = Gate::close(&here);
    event.record(&here).unwrap();
    let flags = legacy::ContextFlags::SCHED_AUTO;
    let own = legacy::Context::create_and_push(flags, machine.device).unwrap();
    let (elsewhere, after) = (stream(), self::event());
    elsewhere
        .wait_event(event, StreamWaitEventFlags::DEFAULT)
        .unwrap();
    after.record(&elsewhere).unwrap();
    assert_eq!(after.query(), Ok(EventStatus::NotReady));
    gate.open();
    after.synchronize().unwrap();
    drop((elsewhere, after));
    drop(own);
}
