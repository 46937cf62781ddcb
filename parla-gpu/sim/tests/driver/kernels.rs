//! Modules, their functions and variables, launches, and what kernels do wrong.

use crate::cuda::*;
use crate::gate::Gate;
use parla_cuda_sim::trace::{self, Kind};
use parla_cuda_sim::{Code, Settings, configure, last_fault, live_on};

const PTX: &str = include_str!("kernels.ptx");

fn kernel(name: &str) -> u64 {
    function(load(PTX).unwrap(), name).unwrap()
}

fn words(address: u64, count: usize) -> Vec<u32> {
    let bytes = read(address, 4 * count).unwrap();
    let words = bytes.chunks_exact(4);
    words
        .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

#[test]
fn a_kernel_runs_with_its_parameters() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let multiples = kernel("multiples");
    let out = alloc(4 * 64);
    ok(launch(multiples, Extent::new(2, 32), 0, &[out, 3]));
    let expected: Vec<u32> = (0..64).map(|i| 3 * i).collect();
    assert_eq!(words(out, 64), expected);
    ok(launch_with_buffer(
        multiples,
        Extent::new(1, 4),
        0,
        &[out, 5],
    ));
    assert_eq!(words(out, 5), [0, 5, 10, 15, 12]);
    let operations = recording.take_of(gpu.ordinal);
    let kernel = operations
        .iter()
        .find(|operation| operation.kind == Kind::Kernel);
    assert_eq!(kernel.unwrap().name.as_deref(), Some("multiples"));
}

#[test]
fn a_stream_runs_kernels_and_copies_in_order() {
    let _gpu = Gpu::new();
    let multiples = kernel("multiples");
    let (one, two, stream) = (alloc(128), alloc(128), stream(1));
    let gate = Gate::new(stream);
    ok(launch(multiples, Extent::new(1, 32), stream, &[one, 1]));
    ok(cuMemcpyDtoDAsync_v2(two, one, 128, stream));
    ok(launch(multiples, Extent::new(1, 32), stream, &[one, 2]));
    gate.open();
    ok(cuStreamSynchronize(stream));
    assert_eq!(
        (words(one, 3), words(two, 3)),
        (vec![0, 2, 4], vec![0, 1, 2])
    );
}

#[test]
fn extents_that_no_device_has_are_refused() {
    let _gpu = Gpu::new();
    let multiples = kernel("multiples");
    let out = alloc(4096);
    let refused = |grid, block, shared| {
        let extent = Extent {
            grid,
            block,
            shared,
        };
        let code = launch(multiples, extent, 0, &[out, 1]);
        assert_eq!(code, Code::INVALID_VALUE, "{grid:?} {block:?} {shared}");
    };
    refused([0, 1, 1], [1, 1, 1], 0);
    refused([1, 1, 1], [1, 0, 1], 0);
    refused([1, 1, 1], [1025, 1, 1], 0);
    refused([1, 1, 1], [1, 1, 65], 0);
    refused([1, 1, 1], [32, 33, 1], 0);
    refused([1, 65536, 1], [1, 1, 1], 0);
    refused([1, 1, 1], [1, 1, 1], 48 * 1024 + 1);
    ok(launch(multiples, Extent::new(1, 1024), 0, &[out, 1]));
    let narrow = kernel("narrow");
    ok(launch(narrow, Extent::new(1, 64), 0, &[]));
    let code = launch(narrow, Extent::new(1, 65), 0, &[]);
    assert_eq!(code, Code::INVALID_VALUE);
}

#[test]
fn parameters_are_asked_for() {
    let _gpu = Gpu::new();
    let one = Extent::new(1, 1);
    let code = launch(kernel("multiples"), one, 0, &[]);
    assert_eq!(code, Code::INVALID_VALUE);
    let code = launch_with_buffer(kernel("multiples"), one, 0, &[1]);
    assert_eq!(code, Code::INVALID_VALUE, "too short");
    ok(launch(kernel("count"), one, 0, &[]));
    assert_eq!(launch(123, one, 0, &[]), Code::INVALID_HANDLE);
}

#[test]
fn more_shared_memory_is_there_for_those_who_ask() {
    const MAX_DYNAMIC_SHARED: u32 = 8;
    let _gpu = Gpu::new();
    let share = kernel("share");
    let out = alloc(4);
    let attribute = |number| {
        let mut value = -1;
        ok(cuFuncGetAttribute(&mut value, number, share));
        value
    };
    assert_eq!(attribute(1), 1024);
    assert_eq!(attribute(MAX_DYNAMIC_SHARED), 47 * 1024);
    let with_shared = |shared| {
        let extent = Extent {
            shared,
            ..Extent::new(1, 1)
        };
        launch(share, extent, 0, &[out])
    };
    assert_eq!(with_shared(64 * 1024), Code::INVALID_VALUE);
    ok(cuFuncSetAttribute(share, MAX_DYNAMIC_SHARED, 64 * 1024));
    ok(with_shared(64 * 1024));
    assert_eq!(words(out, 1), [64 * 1024]);
    let code = cuFuncSetAttribute(share, MAX_DYNAMIC_SHARED, 227 * 1024);
    assert_eq!(code, Code::INVALID_VALUE, "with its own it is too much");
}

#[test]
fn variables_of_a_module_live_with_it() {
    let gpu = Gpu::new();
    let (one, two) = (load(PTX).unwrap(), load(PTX).unwrap());
    let (address, bytes) = global(one, "counter").unwrap();
    assert_eq!(bytes, 4);
    ok(launch(
        function(one, "count").unwrap(),
        Extent::new(2, 5),
        0,
        &[],
    ));
    assert_eq!(words(address, 1), [17]);
    assert_eq!(words(global(two, "counter").unwrap().0, 1), [7]);
    assert_eq!(words(global(two, "scratch").unwrap().0, 16), [0; 16]);
    assert_eq!(global(one, "nothing"), Err(Code::NOT_FOUND));
    assert_eq!(cuMemFree_v2(address), Code::INVALID_VALUE);
    assert_eq!(live_on(gpu.ordinal).modules, 2);
    ok(cuModuleUnload(one));
    assert_eq!(read(address, 4), Err(Code::INVALID_VALUE));
    assert_eq!(cuModuleUnload(one), Code::INVALID_HANDLE);
    assert_eq!(live_on(gpu.ordinal).modules, 1);
}

#[test]
fn functions_are_found_by_name_and_end_with_their_module() {
    let _gpu = Gpu::new();
    let module = load(PTX).unwrap();
    let count = function(module, "count").unwrap();
    assert_eq!(function(module, "count"), Ok(count));
    assert_eq!(function(module, "nothing"), Err(Code::NOT_FOUND));
    let mut of = 0;
    ok(cuFuncGetModule(&mut of, count));
    assert_eq!(of, module);
    ok(cuModuleUnload(module));
    assert_eq!(
        launch(count, Extent::new(1, 1), 0, &[]),
        Code::INVALID_HANDLE
    );
    assert_eq!(function(module, "count"), Err(Code::INVALID_HANDLE));
}

#[test]
fn images_that_can_not_be_loaded_say_why() {
    let _gpu = Gpu::new();
    let (code, log) =
        load(".version 6.0\n.target sm_52\n.visible .entry f() { nonsense; }\n").unwrap_err();
    assert_eq!(code, Code::INVALID_PTX);
    assert!(log.contains("line 3") && log.contains("nonsense"), "{log}");
    let (code, log) = load(&PTX.replace("sm_52", "sm_100")).unwrap_err();
    assert_eq!(code, Code::INVALID_PTX);
    assert!(log.contains("sm_100") && log.contains("sm_90"), "{log}");
    assert_eq!(load("\x7FELF").unwrap_err().0, Code::NO_BINARY_FOR_GPU);
    assert_eq!(load("hello").unwrap_err().0, Code::INVALID_IMAGE);
    ok(cuModuleUnload(
        load(&PTX.replace("sm_52", "sm_90a")).unwrap(),
    ));
}

#[test]
fn a_write_out_of_bounds_stays_in_the_context_and_is_reported() {
    let gpu = Gpu::new();
    let (multiples, out) = (kernel("multiples"), alloc(40));
    ok(launch(multiples, Extent::new(1, 11), 0, &[out, 1]));
    assert_eq!(cuCtxSynchronize(), Code::ILLEGAL_ADDRESS);
    assert_eq!(read(out, 4), Err(Code::ILLEGAL_ADDRESS));
    let fault = last_fault(gpu.ordinal).unwrap();
    assert_eq!(fault.kernel.as_deref(), Some("multiples"));
    assert_eq!(
        (fault.block, fault.thread),
        (Some([0; 3]), Some([10, 0, 0]))
    );
    assert_eq!(fault.address, Some(out + 40));
    assert!(fault.to_string().contains("40 bytes"), "{fault}");
}

#[test]
fn a_write_to_freed_memory_is_reported_as_such() {
    let gpu = Gpu::new();
    let (multiples, out) = (kernel("multiples"), alloc(40));
    ok(cuMemFree_v2(out));
    ok(launch(multiples, Extent::new(1, 1), 0, &[out, 1]));
    assert_eq!(cuCtxSynchronize(), Code::ILLEGAL_ADDRESS);
    let fault = last_fault(gpu.ordinal).unwrap();
    assert!(fault.to_string().contains("freed"), "{fault}");
}

#[test]
fn faults_have_their_codes() {
    let code = |name, parameters: &[u64]| {
        let _gpu = Gpu::new();
        ok(launch(kernel(name), Extent::new(1, 1), 0, parameters));
        cuCtxSynchronize()
    };
    assert_eq!(code("fail", &[]), Code::LAUNCH_FAILED);
    assert_eq!(code("multiples", &[0, 1]), Code::ILLEGAL_ADDRESS);
    let gpu = Gpu::new();
    ok(launch(
        kernel("multiples"),
        Extent::new(1, 1),
        0,
        &[alloc(8) + 1, 1],
    ));
    assert_eq!(cuCtxSynchronize(), Code::MISALIGNED_ADDRESS);
    drop(gpu);
    let gpu = Gpu::new();
    configure(
        gpu.ordinal,
        Settings {
            kernel_steps: Some(10_000),
            ..Settings::default()
        },
    );
    ok(launch(kernel("forever"), Extent::new(1, 1), 0, &[]));
    assert_eq!(cuCtxSynchronize(), Code::LAUNCH_TIMEOUT);
}

#[test]
fn resetting_a_device_stops_its_kernels() {
    let gpu = Gpu::new();
    ok(launch(kernel("forever"), Extent::new(1, 1), 0, &[]));
    ok(cuDevicePrimaryCtxReset_v2(gpu.device));
    assert_eq!(live_on(gpu.ordinal), Default::default());
}

#[test]
fn memory_of_another_device_needs_peer_access() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let there = alloc(16);
    two.make_current();
    let extent = Extent::new(1, 4);
    ok(cuCtxEnablePeerAccess(one.context, 0));
    ok(launch(kernel("multiples"), extent, 0, &[there, 2]));
    ok(cuCtxSynchronize());
    assert_eq!(words(there, 4), [0, 2, 4, 6]);
    ok(cuCtxDisablePeerAccess(one.context));
    ok(launch(kernel("multiples"), extent, 0, &[there, 2]));
    assert_eq!(cuCtxSynchronize(), Code::ILLEGAL_ADDRESS);
    let fault = last_fault(two.ordinal).unwrap();
    assert!(fault.to_string().contains("peer access"), "{fault}");
}

#[test]
fn kernels_reach_memory_of_the_host_that_devices_know() {
    let _gpu = Gpu::new();
    let multiples = kernel("multiples");
    let extent = Extent::new(1, 4);
    let pinned = Pinned::new(16);
    ok(launch(multiples, extent, 0, &[pinned.address, 1]));
    let mut managed = 0;
    ok(cuMemAllocManaged(&mut managed, 16, 1));
    ok(launch(multiples, extent, 0, &[managed, 2]));
    ok(cuCtxSynchronize());
    let expected = [0_u32, 1, 2, 3].map(u32::to_le_bytes).concat();
    assert_eq!(pinned.bytes(), expected);
    assert_eq!(words(managed, 4), [0, 2, 4, 6]);
    let mut memory = vec![0; 32];
    registered(&mut memory, |address| {
        ok(launch(
            multiples,
            extent,
            0,
            &[address.next_multiple_of(4), 1],
        ));
        ok(cuCtxSynchronize());
    });
    let start = memory.as_ptr().align_offset(4);
    assert_eq!(memory[start..start + 16], expected);
    pinned.free();
}

#[test]
fn a_kernel_runs_in_streams_of_its_own_context_only() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let count = kernel("count");
    two.make_current();
    let code = launch(count, Extent::new(1, 1), 0, &[]);
    assert_eq!(code, Code::INVALID_HANDLE);
}

#[test]
fn occupancy_is_limited_by_threads_and_by_shared_memory() {
    extern "C" fn a_lot(threads: i32) -> usize {
        usize::try_from(threads).unwrap() * 1024
    }
    let _gpu = Gpu::new();
    let count = kernel("count");
    let blocks = |threads, shared| {
        let mut blocks = -1;
        ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(
            &mut blocks,
            count,
            threads,
            shared,
        ));
        blocks
    };
    assert_eq!(blocks(1024, 0), 2);
    assert_eq!(blocks(32, 0), 32);
    assert_eq!(blocks(32, 100 << 10), 2);
    assert_eq!(blocks(1025, 0), 0);
    let best = |shared_of_block, limit| {
        let (mut grid, mut block) = (0, 0);
        ok(cuOccupancyMaxPotentialBlockSize(
            &mut grid,
            &mut block,
            count,
            shared_of_block,
            0,
            limit,
        ));
        (grid, block)
    };
    assert_eq!(best(None, 0), (2 * 16, 1024));
    assert_eq!(best(None, 100), (32 * 16, 64));
    let (_, block) = best(Some(a_lot), 0);
    assert!(block < 227, "as many threads as shared memory is there for");
}
