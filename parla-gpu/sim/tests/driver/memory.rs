//! Memory: what is allocated, copied and filled, and what is out of bounds.

use crate::cuda::*;
use crate::gate::Gate;
use parla_cuda_sim::faults::call_count_on;
use parla_cuda_sim::trace::{self, Kind};
use parla_cuda_sim::{Code, Settings, configure, last_fault};
use std::thread;

fn limit(gpu: &Gpu, memory: u64) {
    configure(
        gpu.ordinal,
        Settings {
            memory,
            ..Settings::default()
        },
    );
}

fn free() -> usize {
    let (mut free, mut total) = (0, 0);
    ok(cuMemGetInfo_v2(&mut free, &mut total));
    free
}

#[test]
fn memory_is_counted_in_granules_and_runs_out() {
    let gpu = Gpu::new();
    limit(&gpu, 4096);
    assert_eq!(free(), 4096);
    let one = alloc(1);
    assert_eq!(free(), 4096 - 512);
    let two = alloc(513);
    assert_eq!(free(), 4096 - 3 * 512);
    assert_eq!(
        cuMemAlloc_v2(Some(&mut 0), 4096 - 3 * 512 + 1),
        Code::OUT_OF_MEMORY
    );
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), usize::MAX), Code::OUT_OF_MEMORY);
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), 0), Code::INVALID_VALUE);
    alloc(4096 - 3 * 512);
    ok(cuMemFree_v2(one));
    ok(cuMemFree_v2(two));
    assert_eq!(free(), 3 * 512);
}

#[test]
fn a_large_device_takes_nothing_of_the_host_until_it_is_used() {
    let gpu = Gpu::new();
    limit(&gpu, 1 << 46);
    let address = alloc(1 << 45);
    ok(cuMemFree_v2(address));
}

#[test]
fn freeing_waits_for_work_that_may_use_the_memory() {
    let gpu = Gpu::new();
    let (stream, memory) = (stream(1), alloc(4));
    let gate = Gate::new(stream);
    ok(cuMemsetD8Async(memory, 1, 4, stream));
    let calls = call_count_on(gpu.ordinal);
    thread::scope(|scope| {
        scope.spawn(|| {
            while call_count_on(gpu.ordinal) == calls {
                thread::yield_now();
            }
            gate.open();
        });
        ok(cuMemFree_v2(memory));
    });
    ok(cuStreamSynchronize(stream));
}

#[test]
fn freed_addresses_are_not_given_out_again_soon() {
    let _gpu = Gpu::new();
    let one = alloc(100);
    ok(cuMemFree_v2(one));
    let two = alloc(100);
    assert_ne!(one, two);
    assert_eq!(read(one, 4), Err(Code::INVALID_VALUE));
    assert_eq!(cuMemFree_v2(one), Code::INVALID_VALUE);
    ok(cuMemFree_v2(0));
    assert_eq!(cuMemFree_v2(two + 1), Code::INVALID_VALUE);
}

#[test]
fn new_memory_is_poisoned() {
    let _gpu = Gpu::new();
    assert_eq!(read(alloc(64), 64), Ok(vec![0xA5; 64]));
    assert_eq!(Pinned::new(64).bytes(), vec![0xA5; 64]);
}

#[test]
fn bytes_come_back_as_they_went_in() {
    let _gpu = Gpu::new();
    let bytes: Vec<u8> = (0..200_000).map(|i| (i % 251) as u8).collect();
    let (one, two) = (alloc(bytes.len() + 3), alloc(bytes.len()));
    ok(write(one + 3, &bytes));
    ok(cuMemcpyDtoD_v2(two, one + 3, bytes.len()));
    assert_eq!(read(two, bytes.len()), Ok(bytes));
}

#[test]
fn copies_out_of_bounds_are_refused() {
    let _gpu = Gpu::new();
    let memory = alloc(100);
    ok(write(memory, &[1; 100]));
    assert_eq!(write(memory, &[1; 101]), Code::INVALID_VALUE);
    assert_eq!(write(memory + 1, &[1; 100]), Code::INVALID_VALUE);
    assert_eq!(write(memory - 1, &[1; 1]), Code::INVALID_VALUE);
    assert_eq!(read(memory + 100, 1), Err(Code::INVALID_VALUE));
    assert_eq!(cuMemcpyDtoD_v2(memory, memory, 101), Code::INVALID_VALUE);
    assert_eq!(cuMemsetD32_v2(memory, 0, 26), Code::INVALID_VALUE);
    assert_eq!(cuMemsetD8_v2(memory, 0, usize::MAX), Code::INVALID_VALUE);
    assert_eq!(cuMemsetD32_v2(memory, 0, usize::MAX), Code::INVALID_VALUE);
    ok(write(memory + 100, &[]));
}

#[test]
fn host_and_device_memory_are_not_taken_for_each_other() {
    let _gpu = Gpu::new();
    let mut host = vec![0_u8; 16];
    let address = host.as_mut_ptr() as u64;
    let device = alloc(16);
    assert_eq!(cuMemcpyDtoD_v2(device, address, 16), Code::INVALID_VALUE);
    assert_eq!(cuMemsetD8_v2(address, 0, 16), Code::INVALID_VALUE);
    let mut attribute = 0;
    let code = cuPointerGetAttribute(&mut attribute, 2, address);
    assert_eq!(code, Code::INVALID_VALUE);
}

#[test]
fn filling_repeats_the_value() {
    let _gpu = Gpu::new();
    let memory = alloc(16);
    ok(cuMemsetD8_v2(memory, 1, 16));
    ok(cuMemsetD16_v2(memory + 2, 0x0203, 2));
    ok(cuMemsetD32_v2(memory + 8, 0x0405_0607, 1));
    let expected = [1, 1, 3, 2, 3, 2, 1, 1, 7, 6, 5, 4, 1, 1, 1, 1];
    assert_eq!(read(memory, 16), Ok(expected.to_vec()));
    assert_eq!(cuMemsetD16_v2(memory + 1, 0, 1), Code::INVALID_VALUE);
    assert_eq!(cuMemsetD32_v2(memory + 2, 0, 1), Code::INVALID_VALUE);
}

#[test]
fn rows_are_filled_and_copied_by_their_pitch() {
    let _gpu = Gpu::new();
    let (mut memory, mut pitch) = (0, 0);
    ok(cuMemAllocPitch_v2(&mut memory, &mut pitch, 5, 3, 4));
    assert_eq!(pitch, 512);
    ok(cuMemsetD2D8_v2(memory, pitch, 7, 5, 3));
    assert_eq!(read(memory + 4, 2), Ok(vec![7, 0xA5]));
    assert_eq!(
        cuMemsetD2D8_v2(memory, pitch, 7, 513, 3),
        Code::INVALID_VALUE
    );
    ok(write(memory + 512 + 2, &[9]));
    // the columns 1 to 4 of the rows 1 to 2, into the middle of a 6 by 4 array
    let mut host = vec![0; 24];
    let copy = Copy2D {
        from: Side2D {
            x: 1,
            y: 1,
            kind: 2,
            device: memory,
            pitch,
            ..Side2D::default()
        },
        to: Side2D {
            x: 2,
            y: 1,
            kind: 1,
            host: host.as_ptr() as u64,
            pitch: 6,
            ..Side2D::default()
        },
        width: 4,
        height: 2,
    };
    ok(copy_2d(&copy, &mut host));
    #[rustfmt::skip]
    assert_eq!(host, [
        0, 0, 0, 0, 0, 0,
        0, 0, 7, 9, 7, 7,
        0, 0, 7, 7, 7, 7,
        0, 0, 0, 0, 0, 0,
    ]);
    let too_high = Copy2D { height: 3, ..copy };
    assert_eq!(copy_2d(&too_high, &mut host), Code::INVALID_VALUE);
}

#[test]
fn an_address_says_what_it_belongs_to() {
    let gpu = Gpu::new();
    let memory = alloc(1000);
    let (mut base, mut bytes) = (0, 0);
    ok(cuMemGetAddressRange_v2(&mut base, &mut bytes, memory + 999));
    assert_eq!((base, bytes), (memory, 1000));
    let code = cuMemGetAddressRange_v2(&mut base, &mut bytes, memory + 1000);
    assert_eq!(code, Code::NOT_FOUND);
    let attribute = |number, address| {
        let mut value = 0;
        ok(cuPointerGetAttribute(&mut value, number, address));
        value
    };
    assert_eq!(attribute(1, memory), gpu.context);
    assert_eq!(attribute(2, memory), 2, "memory of a device");
    assert_eq!(attribute(9, memory), gpu.ordinal as u64);
    assert_eq!(attribute(11, memory + 5), memory);
    let pinned = Pinned::new(10);
    assert_eq!(attribute(2, pinned.address), 1, "memory of the host");
    assert_eq!(attribute(4, pinned.address), pinned.address);
    pinned.free();
}

#[test]
fn pageable_memory_is_taken_over_at_once_and_pinned_memory_is_not() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let stream = stream(1);
    let (one, two) = (alloc(4), alloc(4));
    let gate = Gate::new(stream);
    let mut pageable = [1; 4];
    let mut pinned = Pinned::new(4);
    pinned.fill(1);
    ok(write_async(one, &pageable, stream));
    ok(pinned.copy_to(two, stream));
    pageable.fill(2);
    pinned.fill(2);
    gate.open();
    ok(cuStreamSynchronize(stream));
    assert_eq!(read(one, 4), Ok(vec![1; 4]));
    assert_eq!(read(two, 4), Ok(vec![2; 4]));
    let copies = recording.take_of(gpu.ordinal);
    let copies = copies.iter().filter(|copy| copy.kind == Kind::HostToDevice);
    let pageable: Vec<bool> = copies.map(|copy| copy.pageable).collect();
    assert_eq!(pageable, [true, false]);
    assert_eq!(read_async(two, 4, stream), [2; 4]);
    pinned.free();
}

#[test]
fn registered_memory_is_pinned_until_it_is_taken_back() {
    let _gpu = Gpu::new();
    let mut memory = vec![5; 64];
    let device = alloc(64);
    registered(&mut memory, |address| {
        let mut same = 0;
        ok(cuMemHostGetDevicePointer_v2(&mut same, address, 0));
        assert_eq!(same, address);
        ok(cuMemcpyDtoD_v2(device, address, 64));
        assert_eq!(read(device, 64), Ok(vec![5; 64]));
        assert_eq!(cuMemFreeHost(address), Code::INVALID_VALUE);
        let code = cuMemcpyDtoD_v2(device, address + 1, 64);
        assert_eq!(code, Code::INVALID_VALUE, "out of its bounds");
    });
    let address = memory.as_ptr() as u64;
    assert_eq!(
        cuMemHostUnregister(address),
        Code::HOST_MEMORY_NOT_REGISTERED
    );
}

#[test]
fn managed_memory_is_the_hosts_too() {
    let _gpu = Gpu::new();
    let mut managed = 0;
    ok(cuMemAllocManaged(&mut managed, 32, 1));
    ok(cuMemsetD8_v2(managed, 3, 32));
    ok(cuCtxSynchronize());
    assert_eq!(read(managed, 32), Ok(vec![3; 32]));
    ok(cuMemFree_v2(managed));
    assert_eq!(cuMemAllocManaged(&mut managed, 32, 9), Code::INVALID_VALUE);
}

#[test]
fn copies_between_devices_check_whose_memory_it_is() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let from = alloc(8);
    ok(write(from, &[1, 2, 3, 4, 5, 6, 7, 8]));
    two.make_current();
    let to = alloc(8);
    let recording = trace::start();
    ok(cuMemcpyPeer(to, two.context, from, one.context, 8));
    assert_eq!(read(to, 8), Ok(vec![1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(recording.take_of(two.ordinal)[0].kind, Kind::PeerToPeer);
    let code = cuMemcpyPeer(to, one.context, from, one.context, 8);
    assert_eq!(code, Code::INVALID_VALUE);
    let code = cuMemcpyPeerAsync(to, two.context, from, 99, 8, 0);
    assert_eq!(code, Code::INVALID_CONTEXT);
}

#[test]
fn memory_freed_in_stream_order_is_there_until_its_turn() {
    let gpu = Gpu::new();
    let stream = stream(1);
    let mut memory = 0;
    ok(cuMemAllocAsync(&mut memory, 64, stream));
    let gate = Gate::new(stream);
    ok(cuMemsetD8Async(memory, 4, 64, stream));
    ok(cuMemFreeAsync(memory, stream));
    assert_eq!(cuMemFreeAsync(memory, stream), Code::INVALID_VALUE, "twice");
    gate.open();
    ok(cuStreamSynchronize(stream));
    assert_eq!(read(memory, 1), Err(Code::INVALID_VALUE));
    assert_eq!(last_fault(gpu.ordinal), None);
}

#[test]
fn using_memory_after_it_was_freed_in_another_stream_is_a_fault() {
    let gpu = Gpu::new();
    let (freeing, late) = (stream(1), stream(1));
    let mut memory = 0;
    ok(cuMemAllocAsync(&mut memory, 64, freeing));
    let gate = Gate::new(late);
    ok(cuMemsetD8Async(memory, 4, 64, late));
    ok(cuMemFreeAsync(memory, freeing));
    ok(cuStreamSynchronize(freeing));
    gate.open();
    assert_eq!(cuStreamSynchronize(late), Code::ILLEGAL_ADDRESS);
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), 1), Code::ILLEGAL_ADDRESS);
    let fault = last_fault(gpu.ordinal).unwrap();
    assert_eq!(fault.address, Some(memory));
    assert!(fault.to_string().contains("freed before it ran"), "{fault}");
}
