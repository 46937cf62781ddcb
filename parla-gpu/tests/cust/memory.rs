//! Memory: allocated, copied, filled and freed; of the device, pinned, and managed.

#![expect(
    unsafe_code,
    reason = "asynchronous copies, and wrong frees on purpose"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use cust::error::{CudaError, CudaResult};
use cust::launch;
use cust::memory::{
    AsyncCopyDestination, CopyDestination, DeviceBox, DeviceBuffer, DevicePointer, DeviceVariable,
    GpuBuffer, LockedBox, LockedBuffer, MemoryAdvise, UnifiedBox, UnifiedBuffer, cuda_free,
    cuda_free_locked, cuda_malloc, cuda_malloc_locked, cuda_malloc_unified, mem_get_info,
};
use cust::stream::Stream;

use crate::{Gate, Machine, kernels, stream};

/// Memory that nothing has been written to.
fn room(bytes: usize) -> CudaResult<DeviceBuffer<u8>> {
    // SAFETY: any bytes are a `u8`.
    unsafe { DeviceBuffer::uninitialized(bytes) }
}

#[test]
fn what_is_copied_to_a_device_comes_back() {
    let (_machine, _context) = Machine::new();
    let data: Vec<u32> = (0..100_000).collect();
    let buffer = DeviceBuffer::from_slice(&data).unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), data);
    assert_eq!(DeviceBox::new(&1.5_f64).unwrap().as_host_value(), Ok(1.5));
    let mut variable = DeviceVariable::new(3_u32).unwrap();
    *variable = 4;
    variable.copy_dtoh().unwrap();
    assert_eq!(*variable, 3, "only the host's was changed");
    *variable = 5;
    variable.copy_htod().unwrap();
    *variable = 6;
    variable.copy_dtoh().unwrap();
    assert_eq!(*variable, 5);
}

#[test]
fn parts_of_a_buffer_are_copied_alone() {
    let (_machine, _context) = Machine::new();
    let buffer = DeviceBuffer::from_slice(&[0_u16, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    let mut host = [0; 3];
    buffer.index(2..5).copy_to(&mut host).unwrap();
    assert_eq!(host, [2, 3, 4]);
    buffer.index(..2).copy_from(&buffer.index(6..)).unwrap();
    buffer.index(7..).copy_from(&[9]).unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [6, 7, 2, 3, 4, 5, 6, 9]);
}

#[test]
fn copies_within_a_device_are_in_order_with_the_next_copy() {
    let (_machine, _context) = Machine::new();
    let from = DeviceBuffer::from_slice(&[3_u64; 1 << 16]).unwrap();
    let mut to = DeviceBuffer::from_slice(&[4_u64; 1 << 16]).unwrap();
    to.copy_from(&from).unwrap();
    assert_eq!(to.as_host_vec().unwrap(), from.as_host_vec().unwrap());
}

#[test]
fn lengths_that_differ_are_a_panic_of_cust() {
    let (_machine, _context) = Machine::new();
    let mut buffer = DeviceBuffer::from_slice(&[0_u8; 8]).unwrap();
    let copies = || buffer.copy_from(&[0_u8; 9]);
    assert!(catch_unwind(AssertUnwindSafe(copies)).is_err());
}

#[test]
fn a_copy_over_the_end_of_an_allocation_is_refused() {
    let (_machine, _context) = Machine::new();
    let buffer = DeviceBuffer::from_slice(&[1_u8; 64]).unwrap();
    // Far over: a real allocation may have more room than was asked for.
    let mut host = vec![0_u8; 64 << 20];
    // SAFETY: that there isn't so much is for the driver to find.
    let more =
        unsafe { cust::memory::DeviceSlice::from_raw_parts(buffer.as_device_ptr(), host.len()) };
    assert_eq!(more.copy_to(&mut host), Err(CudaError::InvalidValue));
    assert_eq!(buffer.as_host_vec().unwrap(), [1; 64]);
}

#[test]
fn memory_is_filled_with_bytes_halves_and_words() {
    let (_machine, _context) = Machine::new();
    let mut buffer = DeviceBuffer::from_slice(&[0_u32; 5]).unwrap();
    buffer.set_8(0x12).unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [0x1212_1212; 5]);
    buffer.set_16(0x3456).unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [0x3456_3456; 5]);
    buffer.index(1..4).set_32(0x789A_BCDE).unwrap();
    buffer.index(4..).set_zero().unwrap();
    let filled = 0x789A_BCDE;
    let expected = [0x3456_3456, filled, filled, filled, 0];
    assert_eq!(buffer.as_host_vec().unwrap(), expected);
    let zeroed = DeviceBuffer::<u64>::zeroed(7).unwrap();
    assert_eq!(zeroed.as_host_vec().unwrap(), [0; 7]);
    assert_eq!(DeviceBox::<u16>::zeroed().unwrap().as_host_value(), Ok(0));
}

#[test]
fn nothing_can_be_copied_and_filled_anywhere() {
    let (_machine, _context) = Machine::new();
    let empty = DeviceBuffer::<u32>::from_slice(&[]).unwrap();
    assert!(empty.as_device_ptr().is_null(), "it was never allocated");
    assert_eq!(empty.as_host_vec().unwrap(), []);
    assert_eq!(DeviceBuffer::<u32>::zeroed(0).unwrap().len(), 0);
    let buffer = DeviceBuffer::from_slice(&[1_u32; 4]).unwrap();
    buffer.index(4..).set_32(5).unwrap();
    buffer.index(..0).set_8(5).unwrap();
    assert_eq!(buffer.as_host_vec().unwrap(), [1; 4]);
    DeviceBuffer::drop(empty).unwrap();
}

#[test]
fn no_bytes_can_not_be_allocated() {
    let (_machine, _context) = Machine::new();
    // SAFETY: nothing is allocated, so nothing is leaked or read.
    let refused = unsafe { cuda_malloc::<u32>(0) };
    assert_eq!(refused.map(drop), Err(CudaError::InvalidMemoryAllocation));
    let mut address = 0;
    // SAFETY: writes to a place that outlives the call.
    let code = unsafe { cust::sys::cuMemAlloc_v2(&raw mut address, 0) };
    assert_eq!(code, cust::sys::CUresult::CUDA_ERROR_INVALID_VALUE);
}

#[test]
fn allocations_are_apart_and_well_aligned() {
    let (_machine, _context) = Machine::new();
    let buffers: Vec<_> = (1..20).map(|bytes| room(bytes).unwrap()).collect();
    let mut starts: Vec<u64> = buffers
        .iter()
        .map(|it| it.as_device_ptr().as_raw())
        .collect();
    starts.sort_unstable();
    assert!(starts.iter().all(|start| start.is_multiple_of(256)));
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 256));
}

#[test]
fn what_is_allocated_is_not_free_until_it_is_freed() {
    const BYTES: usize = 256 << 20;
    let (machine, _context) = Machine::new();
    let (before, total) = mem_get_info().unwrap();
    assert!(before <= total && total <= machine.device.total_memory().unwrap());
    let buffer = room(BYTES).unwrap();
    assert!(mem_get_info().unwrap().0 <= before - BYTES);
    DeviceBuffer::drop(buffer).unwrap();
    assert!(mem_get_info().unwrap().0 > before - BYTES);
}

#[test]
fn a_device_that_is_full_says_so_and_goes_on() {
    let (_machine, _context) = Machine::new();
    let (free, total) = mem_get_info().unwrap();
    assert_eq!(room(2 * total).map(drop), Err(CudaError::OutOfMemory));
    assert_eq!(room(usize::MAX).map(drop), Err(CudaError::OutOfMemory));
    let part = free / 4;
    let mut held = Vec::new();
    let refused = loop {
        match room(part) {
            Ok(buffer) => held.push(buffer),
            Err(code) => break code,
        }
        assert!(held.len() <= 4, "more than there was");
    };
    assert_eq!(refused, CudaError::OutOfMemory);
    assert!(held.len() >= 3);
    held.pop();
    room(part).unwrap();
    assert_eq!(DeviceBox::new(&1_u8).unwrap().as_host_value(), Ok(1));
}

#[test]
fn only_the_start_of_an_allocation_can_be_freed_and_once() {
    let (_machine, _context) = Machine::new();
    // SAFETY: it is freed below, and never read.
    let pointer = unsafe { cuda_malloc::<u8>(4096) }.unwrap();
    let free = |raw: u64| {
        // SAFETY: what it frees is not used again; that some of it can't be freed is for the driver.
        unsafe { cuda_free(DevicePointer::<u8>::from_raw(raw)) }
    };
    let refused = Err(CudaError::InvalidValue);
    assert_eq!(free(pointer.as_raw() + 256), refused);
    assert_eq!(free(pointer.as_raw()), Ok(()));
    assert_eq!(free(pointer.as_raw()), refused);
    assert_eq!(free(0x1234), refused);
}

#[test]
fn pinned_memory_is_the_hosts_and_the_devices() {
    let (_machine, _context) = Machine::new();
    let mut pinned = LockedBuffer::new(&2_u32, 1000).unwrap();
    pinned[999] = 3;
    let buffer = DeviceBuffer::from_slice(&pinned).unwrap();
    let mut back = LockedBuffer::new(&0_u32, 1000).unwrap();
    buffer.copy_to(&mut back).unwrap();
    assert_eq!(*back, *pinned);

    let (module, stream, n) = (kernels(), stream(), 1000_u32);
    // SAFETY: the kernel reads and adds to 1000 words, which both have; pinned memory has the same
    // address for the device.
    let added = unsafe {
        let add = module.get_function("add").unwrap();
        let y = DevicePointer::<u32>::from_raw(back.as_ptr() as u64);
        launch!(add<<<4, 256, 0, stream>>>(buffer.as_device_ptr(), y, n))
    };
    added.unwrap();
    stream.synchronize().unwrap();
    assert_eq!((back[0], back[999]), (4, 6));
    assert_eq!(*LockedBox::new(&[1_u8, 2]).unwrap(), [1, 2]);
    LockedBuffer::drop(back).unwrap();
}

#[test]
fn pinned_memory_is_freed_as_such_and_once() {
    let (_machine, _context) = Machine::new();
    let refused = Err(CudaError::InvalidValue);
    // SAFETY: it is freed below, and never read.
    let pinned = unsafe { cuda_malloc_locked::<u8>(4096) }.unwrap();
    // SAFETY: that it is not the device's is for the driver to find.
    let as_device = unsafe { cuda_free(DevicePointer::<u8>::from_raw(pinned as u64)) };
    assert_eq!(as_device, refused);
    // SAFETY: it is not used again.
    assert_eq!(unsafe { cuda_free_locked(pinned) }, Ok(()));
    // SAFETY: that it is freed already is for the driver to find.
    assert_eq!(unsafe { cuda_free_locked(pinned) }, refused);
    // SAFETY: nothing is allocated.
    let none = unsafe { cuda_malloc_locked::<u8>(0) };
    assert_eq!(none, Err(CudaError::InvalidMemoryAllocation));
}

#[test]
fn managed_memory_is_one_for_host_and_device() {
    let (machine, _context) = Machine::new();
    let (module, stream, n) = (kernels(), stream(), 4_u32);
    let mut x = UnifiedBuffer::new(&10_u32, 4).unwrap();
    x[3] = 20;
    let mut y = UnifiedBuffer::from_slice(&[1_u32, 2, 3, 4]).unwrap();
    // SAFETY: the kernel reads and adds to four words, which both have.
    let added = unsafe {
        let add = module.get_function("add").unwrap();
        launch!(add<<<1, 32, 0, stream>>>(x.as_device_ptr(), y.as_unified_ptr(), n))
    };
    added.unwrap();
    stream.synchronize().unwrap();
    assert_eq!(*y, [11, 12, 13, 24]);

    x.advise_read_mostly(true).unwrap();
    x.preferred_location(Some(machine.device)).unwrap();
    x.unset_preferred_location().unwrap();
    x.prefetch_to_device(&stream, &machine.device).unwrap();
    x.prefetch_to_host(&stream).unwrap();
    stream.synchronize().unwrap();
    assert_eq!(*x, [10, 10, 10, 20]);
    assert_eq!(*UnifiedBox::new(5_u64).unwrap(), 5);
    UnifiedBuffer::drop(x).unwrap();
    // SAFETY: nothing is allocated.
    let none = unsafe { cuda_malloc_unified::<u8>(0) };
    assert_eq!(none.map(drop), Err(CudaError::InvalidMemoryAllocation));
}

/// What a device gets of host memory that is changed after the copy was asked for, before it can run.
fn copied_of_changed(host: &mut [u32], stream: &Stream) -> Vec<u32> {
    host.fill(1);
    let mut buffer = DeviceBuffer::from_slice(&vec![0_u32; host.len()]).unwrap();
    let gate = Gate::close(stream);
    // SAFETY: both outlive the copy, which is waited for; the host's is not written to meanwhile,
    // since the gate holds it back.
    unsafe { buffer.async_copy_from(host, stream) }.unwrap();
    host.fill(2);
    gate.open();
    stream.synchronize().unwrap();
    buffer.as_host_vec().unwrap()
}

#[test]
fn an_asynchronous_copy_reads_pinned_memory_when_its_turn_comes() {
    let (_machine, _context) = Machine::new();
    let mut pinned = LockedBuffer::new(&0_u32, 64).unwrap();
    assert_eq!(copied_of_changed(&mut pinned, &stream()), [2; 64]);
}

#[test]
fn an_asynchronous_copy_reads_pageable_memory_when_it_is_asked_for() {
    let (_machine, _context) = Machine::new();
    assert_eq!(copied_of_changed(&mut [0; 64], &stream()), [1; 64]);
}

#[test]
fn memory_of_a_stream_is_allocated_used_and_freed_in_its_order() {
    let (_machine, _context) = Machine::new();
    let stream = stream();
    let pinned = LockedBuffer::from_slice(&[7_u32; 256]).unwrap();
    let mut back = LockedBuffer::new(&0_u32, 256).unwrap();
    // SAFETY: the pinned memory outlives the stream's work, which is waited for.
    let mut buffer = unsafe { DeviceBuffer::from_slice_async(&pinned, &stream) }.unwrap();
    // SAFETY: as above; what is filled is read after that, in the order of the stream.
    unsafe { buffer.index(128..).set_32_async(8, &stream) }.unwrap();
    // SAFETY: as above.
    unsafe { buffer.index(..1).set_zero_async(&stream) }.unwrap();
    // SAFETY: as above.
    unsafe { buffer.async_copy_to(&mut back, &stream) }.unwrap();
    // SAFETY: as above; what is copied after that is no longer seen by anyone.
    unsafe { buffer.async_copy_from(&pinned, &stream) }.unwrap();
    buffer.drop_async(&stream).unwrap();
    stream.synchronize().unwrap();
    assert_eq!((back[0], back[1], back[128], back[255]), (0, 7, 8, 8));
}
