//! Streams: order within one, independence of several, the functions of the host in them.

#![expect(unsafe_code, reason = "asynchronous fills and launches")]

use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use cust::context::CurrentContext;
use cust::launch;
use cust::memory::DeviceBuffer;
use cust::stream::{Stream, StreamFlags};

use crate::{Gate, Machine, PATIENCE, kernels, stream};

/// Fills it in the order of the stream.
fn fill(buffer: &DeviceBuffer<u32>, value: u32, stream: &Stream) {
    // SAFETY: each test waits for the stream before it reads the buffer or lets go of it.
    unsafe { buffer.index(..).set_32_async(value, stream) }.unwrap();
}

#[test]
fn priorities_are_clamped_to_what_the_device_has() {
    let (_machine, _context) = Machine::new();
    let range = CurrentContext::get_stream_priority_range().unwrap();
    assert!(range.greatest <= range.least, "lower numbers go first");
    let priority = |asked| {
        let stream = Stream::new(StreamFlags::DEFAULT, Some(asked)).unwrap();
        stream.get_priority().unwrap()
    };
    for within in range.greatest..=range.least {
        assert_eq!(priority(within), within);
    }
    assert_eq!(priority(range.least + 100), range.least);
    assert_eq!(priority(range.greatest - 100), range.greatest);
    assert_eq!(stream().get_priority(), Ok(0));
}

#[test]
fn streams_of_cust_are_blocking_whatever_is_asked_for() {
    let (_machine, _context) = Machine::new();
    let stream = Stream::new(StreamFlags::NON_BLOCKING, None).unwrap();
    assert_eq!(stream.get_flags(), Ok(StreamFlags::DEFAULT));
}

#[test]
fn what_a_stream_is_given_happens_in_that_order() {
    let (_machine, _context) = Machine::new();
    let (stream, module) = (stream(), kernels());
    let buffer = DeviceBuffer::from_slice(&[0_u32; 1024]).unwrap();
    let ones = DeviceBuffer::from_slice(&[1_u32; 1024]).unwrap();
    let add = module.get_function("add").unwrap();
    let n = 1024_u32;
    let seen = Arc::new(Mutex::new(Vec::new()));
    for round in 0..20 {
        fill(&buffer, 100 * round, &stream);
        for _ in 0..3 {
            let (x, y) = (ones.as_device_ptr(), buffer.as_device_ptr());
            // SAFETY: the kernel reads and adds to 1024 words, which both have.
            unsafe { launch!(add<<<8, 128, 0, stream>>>(x, y, n)) }.unwrap();
        }
        let seen = Arc::clone(&seen);
        let note = move || seen.lock().unwrap().push(round);
        stream.add_callback(Box::new(note)).unwrap();
    }
    stream.synchronize().unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [1903; 1024]);
    assert_eq!(*seen.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[test]
fn a_stream_does_not_wait_for_another() {
    let (_machine, _context) = Machine::new();
    let (held, free) = (stream(), stream());
    let buffer = DeviceBuffer::from_slice(&[0_u32; 16]).unwrap();
    let gate = Gate::close(&held);
    fill(&buffer, 1, &held);
    fill(&buffer, 2, &free);
    free.synchronize().unwrap();
    gate.open();
    held.synchronize().unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [1; 16]);
}

#[test]
fn a_synchronous_copy_waits_for_all_streams_of_its_context() {
    let (_machine, context) = Machine::new();
    let streams = [stream(), stream()];
    let buffer = DeviceBuffer::from_slice(&[0_u32; 2]).unwrap();
    let gates = streams.each_ref().map(Gate::close);
    for (at, stream) in streams.iter().enumerate() {
        // SAFETY: the copy below waits for it.
        unsafe { buffer.index(at..=at).set_32_async(5, stream) }.unwrap();
    }
    let (send, about_to_copy) = mpsc::channel();
    let copied = thread::scope(|scope| {
        let copy = || {
            CurrentContext::set_current(&context).unwrap();
            send.send(()).unwrap();
            buffer.as_host_vec().unwrap()
        };
        let copied = scope.spawn(copy);
        about_to_copy.recv_timeout(PATIENCE).unwrap();
        thread::yield_now();
        gates.into_iter().for_each(Gate::open);
        copied.join().unwrap()
    });
    assert_eq!(copied, [5, 5]);
}

#[test]
fn waiting_for_the_context_is_waiting_for_its_streams() {
    let (_machine, _context) = Machine::new();
    let streams = [stream(), stream(), stream()];
    let (send, done) = mpsc::channel();
    for (number, stream) in streams.iter().enumerate() {
        let send = send.clone();
        let tell = move || send.send(number).unwrap();
        stream.add_callback(Box::new(tell)).unwrap();
    }
    CurrentContext::synchronize().unwrap();
    let mut done: Vec<usize> = done.try_iter().collect();
    done.sort_unstable();
    assert_eq!(done, [0, 1, 2]);
}

#[test]
fn work_outlives_the_stream_that_it_was_given_to() {
    let (_machine, _context) = Machine::new();
    let dropped = stream();
    let buffer = DeviceBuffer::from_slice(&[0_u32; 16]).unwrap();
    let gate = Gate::close(&dropped);
    fill(&buffer, 3, &dropped);
    Stream::drop(dropped).unwrap();
    gate.open();
    CurrentContext::synchronize().unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [3; 16]);
}

#[test]
fn a_panic_of_a_function_in_a_stream_does_not_stop_it() {
    let (_machine, _context) = Machine::new();
    let stream = stream();
    stream
        .add_callback(Box::new(|| panic!("on purpose")))
        .unwrap();
    let buffer = DeviceBuffer::from_slice(&[0_u32; 16]).unwrap();
    fill(&buffer, 4, &stream);
    stream.synchronize().unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [4; 16]);
}

#[test]
fn any_thread_gives_work_to_a_stream_and_waits_for_it() {
    let (_machine, context) = Machine::new();
    let stream = stream();
    let buffer = DeviceBuffer::from_slice(&[0_u32; 8]).unwrap();
    thread::scope(|scope| {
        for at in 0..8 {
            let (stream, buffer, context) = (&stream, &buffer, &context);
            scope.spawn(move || {
                CurrentContext::set_current(context).unwrap();
                let value = u32::try_from(at).unwrap() + 1;
                // SAFETY: each thread fills a word of its own, and waits.
                unsafe { buffer.index(at..=at).set_32_async(value, stream) }.unwrap();
                stream.synchronize().unwrap();
            });
        }
    });
    assert_eq!(buffer.as_host_vec().unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
}
