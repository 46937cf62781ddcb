//! Memory pools: what they keep, and for whom.

use crate::cuda::*;
use parla_cuda_sim::{Code, Settings, configure, live_on};

const THRESHOLD: u32 = 4;
const RESERVED: u32 = 5;
const USED: u32 = 7;
const USED_HIGH: u32 = 8;

fn pool(device: i32) -> u64 {
    let mut pool = 0;
    ok(cuMemPoolCreate(&mut pool, &properties(device)));
    pool
}

fn properties(device: i32) -> PoolProperties {
    PoolProperties {
        allocation: 1,
        handles: 0,
        location: Location {
            kind: 1,
            id: device,
        },
        rest: [0; 9],
    }
}

fn attribute(pool: u64, number: u32) -> u64 {
    let mut value = u64::MAX;
    ok(cuMemPoolGetAttribute(pool, number, &mut value));
    value
}

fn alloc_from(pool: u64, bytes: usize) -> Result<u64, Code> {
    let mut address = 0;
    match cuMemAllocFromPoolAsync(&mut address, bytes, pool, 0) {
        Code::SUCCESS => Ok(address),
        code => Err(code),
    }
}

fn free(address: u64) {
    ok(cuMemFreeAsync(address, 0));
    ok(cuStreamSynchronize(0));
}

#[test]
fn a_pool_keeps_memory_up_to_its_threshold() {
    let gpu = Gpu::new();
    let pool = pool(gpu.device);
    let one = alloc_from(pool, 1000).unwrap();
    assert_eq!(
        (attribute(pool, USED), attribute(pool, RESERVED)),
        (1024, 1024)
    );
    free(one);
    assert_eq!((attribute(pool, USED), attribute(pool, RESERVED)), (0, 0));
    ok(cuMemPoolSetAttribute(pool, THRESHOLD, &4096));
    free(alloc_from(pool, 2048).unwrap());
    assert_eq!(
        (attribute(pool, USED), attribute(pool, RESERVED)),
        (0, 2048)
    );
    let (mut free, mut total) = (0, 0);
    ok(cuMemGetInfo_v2(&mut free, &mut total));
    assert_eq!(free, total - 2048);
    alloc_from(pool, 512).unwrap();
    assert_eq!(
        (attribute(pool, USED), attribute(pool, RESERVED)),
        (512, 2048)
    );
    ok(cuMemPoolTrimTo(pool, 0));
    assert_eq!(
        (attribute(pool, USED), attribute(pool, RESERVED)),
        (512, 512)
    );
    assert_eq!(attribute(pool, USED_HIGH), 2048);
    ok(cuMemPoolSetAttribute(pool, USED_HIGH, &0));
    assert_eq!(attribute(pool, USED_HIGH), 512);
}

#[test]
fn what_pools_keep_is_there_for_others_when_memory_runs_out() {
    let gpu = Gpu::new();
    configure(
        gpu.ordinal,
        Settings {
            memory: 4096,
            ..Settings::default()
        },
    );
    let pool = pool(gpu.device);
    ok(cuMemPoolSetAttribute(pool, THRESHOLD, &u64::MAX));
    free(alloc_from(pool, 4096).unwrap());
    assert_eq!(attribute(pool, RESERVED), 4096);
    let all = alloc(4096);
    assert_eq!(attribute(pool, RESERVED), 0);
    assert_eq!(alloc_from(pool, 1), Err(Code::OUT_OF_MEMORY));
    assert_eq!((attribute(pool, USED), attribute(pool, RESERVED)), (0, 0));
    ok(cuMemFree_v2(all));
    assert_eq!(live_on(gpu.ordinal).bytes, 0);
}

#[test]
fn a_device_allocates_from_the_pool_it_is_told() {
    let gpu = Gpu::new();
    let (mut default, mut current) = (0, 0);
    ok(cuDeviceGetDefaultMemPool(&mut default, gpu.device));
    let pool = pool(gpu.device);
    ok(cuDeviceSetMemPool(gpu.device, pool));
    ok(cuDeviceGetMemPool(&mut current, gpu.device));
    assert_eq!(current, pool);
    let mut memory = 0;
    ok(cuMemAllocAsync(&mut memory, 512, 0));
    let mut of = 0;
    ok(cuPointerGetAttribute(&mut of, 17, memory));
    assert_eq!(
        (of, attribute(pool, USED), attribute(default, USED)),
        (pool, 512, 0)
    );
    assert_eq!(live_on(gpu.ordinal).pools, 1);
    ok(cuMemPoolDestroy(pool));
    ok(cuDeviceGetMemPool(&mut current, gpu.device));
    assert_eq!(current, default);
    assert_eq!(cuMemPoolDestroy(pool), Code::INVALID_VALUE);
    assert_eq!(cuMemPoolDestroy(default), Code::INVALID_VALUE);
    assert_eq!(live_on(gpu.ordinal).pools, 0);
    ok(cuMemFree_v2(memory));
}

#[test]
fn pools_are_of_devices_that_are_there() {
    let (one, two) = (Gpu::new(), Gpu::new());
    let mut pool = 0;
    let nowhere = properties(1000);
    assert_eq!(cuMemPoolCreate(&mut pool, &nowhere), Code::INVALID_DEVICE);
    let shared = PoolProperties {
        handles: 1,
        ..properties(one.device)
    };
    assert_eq!(cuMemPoolCreate(&mut pool, &shared), Code::NOT_SUPPORTED);
    ok(cuMemPoolCreate(&mut pool, &properties(one.device)));
    assert_eq!(cuDeviceSetMemPool(two.device, pool), Code::INVALID_VALUE);
    ok(cuMemPoolDestroy(pool));
}

#[test]
fn memory_of_a_pool_is_for_other_devices_when_it_says_so() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    let pool = pool(one.device);
    let memory = alloc_from(pool, 64).unwrap();
    let access = Access {
        location: Location {
            kind: 1,
            id: two.device,
        },
        flags: 3,
    };
    ok(cuMemPoolSetAccess(pool, &access, 1));
    two.make_current();
    let module = load(include_str!("kernels.ptx")).unwrap();
    let multiples = function(module, "multiples").unwrap();
    ok(launch(multiples, Extent::new(1, 4), 0, &[memory, 1]));
    ok(cuCtxSynchronize());
    ok(cuMemPoolSetAccess(pool, &Access { flags: 0, ..access }, 1));
    ok(launch(multiples, Extent::new(1, 4), 0, &[memory, 1]));
    assert_eq!(cuCtxSynchronize(), Code::ILLEGAL_ADDRESS);
}
