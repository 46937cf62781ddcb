//! Contexts: current ones, primary ones, and what ends with them.

use crate::cuda::*;
use parla_cuda_sim::{Code, live_on};
use std::thread;

fn current() -> u64 {
    let mut context = 0;
    ok(cuCtxGetCurrent(&mut context));
    context
}

#[test]
fn each_thread_has_its_own_current_context() {
    let gpu = Gpu::new();
    assert_eq!(current(), gpu.context);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(current(), 0);
            assert_eq!(cuCtxSynchronize(), Code::INVALID_CONTEXT);
            gpu.make_current();
            ok(cuCtxSynchronize());
        });
    });
}

#[test]
fn contexts_are_pushed_and_popped() {
    let (one, two) = (Gpu::new(), Gpu::new());
    ok(cuCtxSetCurrent(one.context));
    ok(cuCtxPushCurrent_v2(two.context));
    let mut device = -1;
    ok(cuCtxGetDevice(&mut device));
    assert_eq!(device, two.device);
    let mut popped = 0;
    ok(cuCtxPopCurrent_v2(Some(&mut popped)));
    assert_eq!(popped, two.context);
    assert_eq!(current(), one.context);
    ok(cuCtxPopCurrent_v2(None));
    assert_eq!(cuCtxPopCurrent_v2(None), Code::INVALID_CONTEXT);
    assert_eq!(cuCtxPushCurrent_v2(1234), Code::INVALID_CONTEXT);
    assert_eq!(cuCtxSetCurrent(1234), Code::INVALID_CONTEXT);
}

#[test]
fn a_created_context_is_current_until_it_is_destroyed() {
    let gpu = Gpu::new();
    let mut created = 0;
    ok(cuCtxCreate_v2(&mut created, 0, gpu.device));
    assert_eq!(current(), created);
    let (stream, memory, event) = (stream(0), alloc(100), event());
    ok(cuCtxDestroy_v2(created));
    assert_eq!(current(), gpu.context);
    assert_eq!(cuStreamSynchronize(stream), Code::INVALID_HANDLE);
    assert_eq!(cuEventQuery(event), Code::INVALID_HANDLE);
    assert_eq!(cuMemFree_v2(memory), Code::INVALID_VALUE);
    assert_eq!(cuCtxDestroy_v2(created), Code::INVALID_CONTEXT);
    assert_eq!(
        cuCtxCreate_v2(&mut created, 0x100, gpu.device),
        Code::INVALID_VALUE
    );
}

#[test]
fn a_context_destroyed_elsewhere_is_of_no_use() {
    let gpu = Gpu::new();
    let mut created = 0;
    ok(cuCtxCreate_v2(&mut created, 0, gpu.device));
    thread::scope(|scope| {
        scope.spawn(|| ok(cuCtxDestroy_v2(created)));
    });
    assert_eq!(current(), created);
    assert_eq!(cuCtxSynchronize(), Code::CONTEXT_IS_DESTROYED);
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), 1), Code::CONTEXT_IS_DESTROYED);
    ok(cuCtxPopCurrent_v2(None));
}

#[test]
fn the_last_user_ends_the_primary_context() {
    let gpu = Gpu::new();
    let state = || {
        let (mut flags, mut active) = (0, -1);
        ok(cuDevicePrimaryCtxGetState(
            gpu.device,
            &mut flags,
            &mut active,
        ));
        (flags, active)
    };
    assert_eq!(state(), (0, 1));
    ok(cuDevicePrimaryCtxSetFlags_v2(gpu.device, 4));
    let mut again = 0;
    ok(cuDevicePrimaryCtxRetain(&mut again, gpu.device));
    assert_eq!(again, gpu.context);
    alloc(100);
    ok(cuDevicePrimaryCtxRelease_v2(gpu.device));
    assert_eq!(live_on(gpu.ordinal).allocations, 1);
    ok(cuDevicePrimaryCtxRelease_v2(gpu.device));
    assert_eq!(state(), (4, 0));
    assert_eq!(live_on(gpu.ordinal), Default::default());
    assert_eq!(cuCtxSynchronize(), Code::CONTEXT_IS_DESTROYED);
    assert_eq!(
        cuDevicePrimaryCtxRelease_v2(gpu.device),
        Code::INVALID_CONTEXT
    );
    ok(cuDevicePrimaryCtxRetain(&mut again, gpu.device));
    ok(cuCtxSynchronize());
}

#[test]
fn limits_and_priorities_can_be_asked_for() {
    let _gpu = Gpu::new();
    let mut value = 0;
    ok(cuCtxSetLimit(0, 4096));
    ok(cuCtxGetLimit(&mut value, 0));
    assert_eq!(value, 4096);
    assert_eq!(cuCtxGetLimit(&mut value, 99), Code::UNSUPPORTED_LIMIT);
    let (mut least, mut greatest) = (1, 1);
    ok(cuCtxGetStreamPriorityRange(
        Some(&mut least),
        Some(&mut greatest),
    ));
    assert!(greatest < least && least == 0);
    ok(cuCtxGetStreamPriorityRange(None, None));
}

#[test]
fn peer_access_is_switched_on_and_off_once() {
    let (one, two) = (Gpu::new(), Gpu::new());
    one.make_current();
    ok(cuCtxEnablePeerAccess(two.context, 0));
    let again = cuCtxEnablePeerAccess(two.context, 0);
    assert_eq!(again, Code::PEER_ACCESS_ALREADY_ENABLED);
    ok(cuCtxDisablePeerAccess(two.context));
    let again = cuCtxDisablePeerAccess(two.context);
    assert_eq!(again, Code::PEER_ACCESS_NOT_ENABLED);
    assert_eq!(cuCtxEnablePeerAccess(one.context, 0), Code::INVALID_DEVICE);
    assert_eq!(cuCtxEnablePeerAccess(77, 0), Code::INVALID_CONTEXT);
}
