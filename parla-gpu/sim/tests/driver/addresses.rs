//! What is known of addresses: several attributes at once, and the flags of pinned memory.

use crate::cuda::*;
use parla_cuda_sim::Code;

/// `CU_POINTER_ATTRIBUTE_…`: `CONTEXT`, `MEMORY_TYPE` (32 bits), `HOST_POINTER`, `RANGE_START_ADDR`,
/// `RANGE_SIZE`.
const CONTEXT: u32 = 1;
const MEMORY_TYPE: u32 = 2;
const HOST_POINTER: u32 = 4;
const RANGE_START: u32 = 11;
const RANGE_SIZE: u32 = 12;

/// 32 bits of which the upper half of the place was left as it was.
fn narrow(value: u32) -> u64 {
    u64::MAX << 32 | u64::from(value)
}

#[test]
fn several_attributes_are_told_at_once() {
    let gpu = Gpu::new();
    let memory = alloc(1000);
    let asked = [RANGE_SIZE, MEMORY_TYPE, RANGE_START, CONTEXT];
    assert_eq!(
        pointer_attributes(memory + 10, asked),
        Ok([1000, narrow(2), memory, gpu.context])
    );
    let pinned = Pinned::new(16);
    let asked = [HOST_POINTER, MEMORY_TYPE, RANGE_SIZE];
    assert_eq!(
        pointer_attributes(pinned.address + 1, asked),
        Ok([pinned.address + 1, narrow(1), 16])
    );
    assert_eq!(pointer_attributes(memory, []), Ok([]));
    assert_eq!(
        pointer_attributes(memory, [RANGE_SIZE, 10_000]),
        Err(Code::INVALID_VALUE)
    );
    pinned.free();
}

#[test]
fn of_an_unknown_address_all_attributes_are_zero() {
    let _gpu = Gpu::new();
    let pageable = [0_u8; 4];
    let asked = [CONTEXT, MEMORY_TYPE, HOST_POINTER, RANGE_START, RANGE_SIZE];
    assert_eq!(
        pointer_attributes(pageable.as_ptr() as u64, asked),
        Ok([0, narrow(0), 0, 0, 0])
    );
}

#[test]
fn pinned_memory_keeps_the_flags_it_was_made_with() {
    let _gpu = Gpu::new();
    // portable, mapped, write-combined
    for flags in 0..8 {
        let (mut address, mut kept) = (0, 99);
        ok(cuMemHostAlloc(&mut address, 100, flags));
        ok(cuMemHostGetFlags(&mut kept, address + 99));
        assert_eq!(kept, flags);
        let code = cuMemHostGetFlags(&mut kept, address + 100);
        assert_eq!(code, Code::INVALID_VALUE, "behind its end");
        ok(cuMemFreeHost(address));
        assert_eq!(cuMemHostGetFlags(&mut kept, address), Code::INVALID_VALUE);
    }
    let refused = cuMemHostAlloc(&mut 0, 100, 8);
    assert_eq!(refused, Code::INVALID_VALUE, "no such flag");
    assert_eq!(cuMemHostGetFlags(&mut 0, alloc(4)), Code::INVALID_VALUE);
}
