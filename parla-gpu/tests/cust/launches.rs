//! Launches: what a kernel is told of its place, what shapes there are, and how full a device gets.

#![expect(unsafe_code, reason = "launches")]

use cust::context::legacy;
use cust::device::DeviceAttribute;
use cust::error::{CudaError, CudaResult};
use cust::function::{BlockSize, GridSize};
use cust::launch;
use cust::memory::{DeviceBox, DeviceBuffer};
use cust::module::Module;
use cust::stream::Stream;

use crate::{Machine, kernels, stream};

type Shape = (u32, u32, u32);

/// Launches `narrow`, which does nothing.
fn nothing(module: &Module, stream: &Stream, grid: Shape, block: Shape) -> CudaResult<()> {
    // SAFETY: the kernel has no parameters and touches nothing.
    unsafe { launch!(module.narrow<<<grid, block, 0, stream>>>()) }
}

/// Launches `places`; the sum over all threads.
fn places(module: &Module, stream: &Stream, grid: Shape, block: Shape) -> CudaResult<u32> {
    let sum = DeviceBox::new(&0_u32).unwrap();
    // SAFETY: the kernel adds to one word, which is there.
    unsafe { launch!(module.places<<<grid, block, 0, stream>>>(sum.as_device_ptr())) }?;
    stream.synchronize()?;
    sum.as_host_value()
}

#[test]
fn threads_know_their_place_in_three_dimensions() {
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let (grid, block) = ((3, 2, 4), (5, 7, 2));
    let mut expected = 0;
    let each = |(x, y, z): Shape| {
        (0..x)
            .flat_map(move |x| (0..y).flat_map(move |y| (0..z).map(move |z| x + 10 * y + 100 * z)))
    };
    for of_block in each(grid) {
        expected += each(block)
            .map(|of_thread| of_thread + of_block)
            .sum::<u32>();
    }
    assert_eq!(places(&module, &stream, grid, block), Ok(expected));
}

#[test]
fn threads_beyond_the_end_do_nothing() {
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let out = DeviceBuffer::from_slice(&[77_u32; 300]).unwrap();
    let (n, times) = (290_u32, 3_u32);
    // SAFETY: the kernel writes 290 words, and there are 300.
    let launched =
        unsafe { launch!(module.multiples<<<3, 128, 0, stream>>>(out.as_device_ptr(), n, times)) };
    launched.unwrap();
    stream.synchronize().unwrap();
    let out = out.as_host_vec().unwrap();
    assert!((0..290).all(|i| out[i as usize] == 3 * i));
    assert_eq!(out[290..], [77; 10]);
}

#[test]
fn a_launch_brings_shared_memory_of_its_own() {
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let data: Vec<u32> = (0..500).collect();
    let (x, out) = (
        DeviceBuffer::from_slice(&data).unwrap(),
        DeviceBuffer::from_slice(&[0_u32; 500]).unwrap(),
    );
    // SAFETY: each of 500 threads reads and writes one of as many words, in shared memory too.
    let launched = unsafe {
        let (x, out) = (x.as_device_ptr(), out.as_device_ptr());
        launch!(module.reverse<<<1, 500, 2000, stream>>>(x, out))
    };
    launched.unwrap();
    stream.synchronize().unwrap();
    assert!(out.as_host_vec().unwrap().iter().eq(data.iter().rev()));
}

#[test]
fn shapes_that_no_device_has_are_refused_and_nothing_else_suffers() {
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let refused = Err(CudaError::InvalidValue);
    let one = (1, 1, 1);
    for grid in [
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (1 << 31, 1, 1),
        (1, 65536, 1),
        (1, 1, 65536),
    ] {
        assert_eq!(places(&module, &stream, grid, one), refused, "{grid:?}");
    }
    for block in [
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (1025, 1, 1),
        (1, 1, 65),
        (32, 33, 1),
    ] {
        assert_eq!(places(&module, &stream, one, block), refused, "{block:?}");
    }
    assert_eq!(places(&module, &stream, one, (1, 1, 64)), Ok(100 * 63 * 32));
    assert_eq!(places(&module, &stream, one, (1024, 1, 1)), Ok(1023 * 512));
    // The sum wraps around.
    let deep = (0..65535_u32).fold(0, |sum: u32, z| sum.wrapping_add(100 * z));
    assert_eq!(places(&module, &stream, (1, 1, 65535), one), Ok(deep));
}

#[test]
fn a_block_is_no_larger_than_its_kernel_allows() {
    let (_machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let one = (1, 1, 1);
    nothing(&module, &stream, one, (64, 1, 1)).unwrap();
    let refused = nothing(&module, &stream, one, (65, 1, 1)).unwrap_err();
    let expected = [CudaError::InvalidValue, CudaError::LaunchOutOfResources];
    assert!(expected.contains(&refused), "{refused:?}");
    stream.synchronize().unwrap();
}

#[test]
fn more_shared_memory_than_a_block_may_have_is_refused() {
    let (machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let limit = machine
        .device
        .get_attribute(DeviceAttribute::MaxSharedMemoryPerBlock);
    let limit = u32::try_from(limit.unwrap()).unwrap();
    let out = DeviceBox::new(&0_u32).unwrap();
    let share = |dynamic: u32| {
        // SAFETY: the kernel writes a word where there is one.
        unsafe { launch!(module.share<<<1, 1, dynamic, stream>>>(out.as_device_ptr())) }
    };
    // It has 1 KiB of its own.
    assert_eq!(share(limit - 1024), Ok(()));
    assert_eq!(share(limit), Err(CudaError::InvalidValue));
    assert_eq!(share(u32::MAX), Err(CudaError::InvalidValue));
    stream.synchronize().unwrap();
    assert_eq!(out.as_host_value(), Ok(5));
}

#[test]
fn a_kernel_runs_only_in_streams_of_its_context() {
    let (machine, _primary) = Machine::new();
    let module = kernels();
    let flags = legacy::ContextFlags::SCHED_AUTO;
    let own = legacy::Context::create_and_push(flags, machine.device).unwrap();
    let elsewhere = stream();
    let one = (1, 1, 1);
    let refused = nothing(&module, &elsewhere, one, one).unwrap_err();
    let expected = [CudaError::InvalidHandle, CudaError::InvalidContext];
    assert!(expected.contains(&refused), "{refused:?}");
    drop(elsewhere);
    drop(own);
    let here = stream();
    nothing(&module, &here, one, one).unwrap();
    here.synchronize().unwrap();
}

#[test]
fn fewer_blocks_are_resident_the_more_each_one_needs() {
    let (machine, _context) = Machine::new();
    let module = kernels();
    let share = module.get_function("share").unwrap();
    let blocks = |threads: u32, dynamic| {
        let block = BlockSize::x(threads);
        share
            .max_active_blocks_per_multiprocessor(block, dynamic)
            .unwrap()
    };
    let of = |attribute| machine.device.get_attribute(attribute).unwrap();
    let threads = of(DeviceAttribute::MaxThreadsPerMultiprocessor);
    assert_eq!(blocks(1024, 0), u32::try_from(threads / 1024).unwrap());
    assert!(blocks(32, 0) >= blocks(256, 0));
    assert!(blocks(256, 0) >= blocks(1024, 0));
    assert!(blocks(32, 40 << 10) < blocks(32, 0));
    assert!(blocks(32, 40 << 10) >= 1);
    let none = share.max_active_blocks_per_multiprocessor(BlockSize::x(0), 0);
    assert_eq!(none, Err(CudaError::InvalidValue));
}

#[test]
fn the_suggested_shape_can_be_launched_and_fills_the_device() {
    let (machine, _context) = Machine::new();
    let (module, stream) = (kernels(), stream());
    let processors = machine
        .device
        .get_attribute(DeviceAttribute::MultiprocessorCount);
    let processors = u32::try_from(processors.unwrap()).unwrap();
    for (kernel, limit) in [("places", 0), ("places", 128), ("narrow", 0)] {
        let function = module.get_function(kernel).unwrap();
        let suggested = function.suggested_launch_configuration(0, BlockSize::x(limit));
        let (grid, block) = suggested.unwrap();
        let most = if kernel == "narrow" { 64 } else { 1024 };
        let most = if limit == 0 { most } else { most.min(limit) };
        assert!((1..=most).contains(&block) && block % 32 == 0, "{block}");
        let active = function.max_active_blocks_per_multiprocessor(BlockSize::x(block), 0);
        assert_eq!(grid, processors * active.unwrap());
        let launched = match kernel {
            "narrow" => nothing(&module, &stream, (grid, 1, 1), (block, 1, 1)),
            _ => places(&module, &stream, (grid, 1, 1), (block, 1, 1)).map(drop),
        };
        launched.unwrap();
    }
    stream.synchronize().unwrap();
}

#[test]
fn what_shared_memory_is_left_for_a_block_shrinks_with_their_number() {
    let (_machine, _context) = Machine::new();
    let module = kernels();
    let share = module.get_function("share").unwrap();
    let left = |blocks| {
        let (blocks, block) = (GridSize::x(blocks), BlockSize::x(64));
        share
            .available_dynamic_shared_memory_per_block(blocks, block)
            .unwrap()
    };
    assert!(left(1) >= (48 << 10) - 1024);
    assert!(left(2) <= left(1));
    assert!(left(8) < left(1));
    // With that much, as many blocks really fit.
    let fits = share.max_active_blocks_per_multiprocessor(BlockSize::x(64), left(8));
    assert!(fits.unwrap() >= 8);
}
