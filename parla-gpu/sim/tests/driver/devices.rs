//! Devices and what they say of themselves.

use crate::cuda::*;
use parla_cuda_sim::{Code, Settings, configure, entry_points, lookup};

#[test]
fn a_device_says_that_it_is_simulated() {
    let gpu = Gpu::new();
    assert_eq!(
        device_name(gpu.device, 64),
        format!("Simulated GPU {}", gpu.ordinal)
    );
    assert_eq!(device_name(gpu.device, 4), "Sim");
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let _gpu = Gpu::new();
    let mut value = 0;
    let mut context = 0;
    assert_eq!(cuDeviceGet(&mut value, 1000), Code::INVALID_DEVICE);
    assert_eq!(cuDeviceGet(&mut value, -1), Code::INVALID_DEVICE);
    assert_eq!(
        cuDevicePrimaryCtxRetain(&mut context, 1000),
        Code::INVALID_DEVICE
    );
    assert_eq!(
        cuDeviceGetAttribute(&mut value, 1, 1000),
        Code::INVALID_DEVICE
    );
}

#[test]
fn attributes_are_those_of_a_gpu() {
    let gpu = Gpu::new();
    let attribute = |number| {
        let mut value = -1;
        ok(cuDeviceGetAttribute(&mut value, number, gpu.device));
        value
    };
    assert_eq!(attribute(1), 1024, "threads of a block");
    assert_eq!(attribute(10), 32, "threads of a warp");
    assert_eq!((attribute(75), attribute(76)), (9, 0), "compute capability");
    assert_eq!(attribute(41), 1, "unified addressing");
    let mut value = 0;
    for number in [0, 10_000] {
        let code = cuDeviceGetAttribute(&mut value, number, gpu.device);
        assert_eq!(code, Code::INVALID_VALUE);
    }
}

#[test]
fn devices_are_told_apart() {
    let (one, two) = (Gpu::new(), Gpu::new());
    let uuid = |gpu: &Gpu| {
        let mut uuid = [0; 16];
        ok(cuDeviceGetUuid_v2(&mut uuid, gpu.device));
        uuid
    };
    assert_ne!(uuid(&one), uuid(&two));
    let mut can = -1;
    ok(cuDeviceCanAccessPeer(&mut can, one.device, two.device));
    assert_eq!(can, 1);
    ok(cuDeviceCanAccessPeer(&mut can, one.device, one.device));
    assert_eq!(can, 0);
}

#[test]
fn the_memory_of_a_device_can_be_set() {
    let gpu = Gpu::new();
    configure(
        gpu.ordinal,
        Settings {
            memory: 10 << 20,
            ..Settings::default()
        },
    );
    let mut total = 0;
    ok(cuDeviceTotalMem_v2(&mut total, gpu.device));
    assert_eq!(total, 10 << 20);
}

#[test]
fn names_of_entry_points_are_found_and_others_are_not() {
    for name in entry_points() {
        assert!(!lookup(name).is_null(), "{name}");
    }
    assert!(lookup("cuMemAlloc").is_null(), "only the newest version");
    assert!(lookup("cuNothing").is_null());
    let mut names: Vec<_> = entry_points().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn the_driver_gives_addresses_by_names_without_a_version() {
    let null = std::ptr::null();
    let newest = lookup("cuMemAlloc_v2");
    assert_eq!(proc_address("cuMemAlloc", 12040), (Code::SUCCESS, newest));
    assert_eq!(proc_address("cuNothing", 12040), (Code::NOT_FOUND, null));
    let found = proc_address_v2("cuMemAlloc", 12040);
    assert_eq!(found, (Code::SUCCESS, newest, 0));
    let missing = proc_address_v2("cuNothing", 12040);
    assert_eq!(missing, (Code::SUCCESS, null, 1), "no symbol is no error");
    // The name means another function since version 12.
    let old = proc_address_v2("cuGraphInstantiate", 11040).1;
    assert_eq!(old, lookup("cuGraphInstantiate_v2"));
    let new = proc_address_v2("cuGraphInstantiate", 12000).1;
    assert_eq!(new, lookup("cuGraphInstantiateWithFlags"));
    // Of this one only the form before version 12 is there.
    let name = "cuGraphKernelNodeGetParams";
    assert_eq!(proc_address_v2(name, 11040).1, lookup(name));
    assert_eq!(proc_address_v2(name, 12000), (Code::SUCCESS, null, 1));
}

#[test]
fn errors_have_names() {
    assert_eq!(error_name(0).as_deref(), Some("CUDA_SUCCESS"));
    assert_eq!(
        error_name(700).as_deref(),
        Some("CUDA_ERROR_ILLEGAL_ADDRESS")
    );
    assert_eq!(error_name(12345), None);
}

#[test]
fn null_pointers_are_refused() {
    let _gpu = Gpu::new();
    assert_eq!(cuDriverGetVersion(None), Code::INVALID_VALUE);
    assert_eq!(cuMemAlloc_v2(None, 100), Code::INVALID_VALUE);
    let mut version = 0;
    ok(cuDriverGetVersion(Some(&mut version)));
    assert_eq!(version, 12040);
}
