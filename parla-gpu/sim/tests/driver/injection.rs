//! Failures that tests ask for.

use crate::cuda::*;
use crate::gate::Gate;
use parla_cuda_sim::faults::{Injection, call_count_on, inject, lose};
use parla_cuda_sim::{Code, last_fault};
use std::sync::mpsc;

#[test]
fn the_nth_call_of_a_name_fails_once() {
    let gpu = Gpu::new();
    let third = Injection::call("cuMemAlloc_v2").on(gpu.ordinal).nth(3);
    let injected = inject(third, Code::OUT_OF_MEMORY);
    alloc(1);
    alloc(1);
    stream(0);
    assert!(!injected.has_happened());
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), 1), Code::OUT_OF_MEMORY);
    assert!(injected.has_happened());
    alloc(1);
}

#[test]
fn each_call_of_a_program_can_be_made_to_fail() {
    let gpu = Gpu::new();
    let program = || -> Result<(), Code> {
        let check = |code: Code| {
            if code == Code::SUCCESS {
                Ok(())
            } else {
                Err(code)
            }
        };
        let mut memory = 0;
        check(cuMemAlloc_v2(Some(&mut memory), 4))?;
        check(cuMemsetD8_v2(memory, 1, 4))?;
        check(cuCtxSynchronize())?;
        check(cuMemFree_v2(memory))
    };
    let before = call_count_on(gpu.ordinal);
    assert_eq!(program(), Ok(()));
    let calls = call_count_on(gpu.ordinal) - before;
    assert_eq!(calls, 4);
    for nth in 1..=calls {
        let any = Injection::any_call().on(gpu.ordinal).nth(nth);
        let injected = inject(any, Code::UNKNOWN);
        assert_eq!(program(), Err(Code::UNKNOWN));
        assert!(injected.has_happened());
    }
    assert_eq!(program(), Ok(()));
}

#[test]
fn a_failure_is_forgotten_with_its_guard() {
    let gpu = Gpu::new();
    drop(inject(Injection::any_call().on(gpu.ordinal), Code::UNKNOWN));
    alloc(1);
}

#[test]
fn a_failed_execution_stays_in_the_context_until_it_is_reset() {
    let gpu = Gpu::new();
    let memory = alloc(4);
    let event = event();
    let stream = stream(1);
    let _injected = inject(Injection::execution().on(gpu.ordinal), Code::LAUNCH_FAILED);
    let gate = Gate::new(stream);
    ok(cuMemsetD8Async(memory, 1, 4, stream));
    ok(cuEventRecord(event, stream));
    gate.open();
    assert_eq!(cuStreamSynchronize(stream), Code::LAUNCH_FAILED);
    assert_eq!(cuStreamQuery(stream), Code::LAUNCH_FAILED);
    assert_eq!(cuEventSynchronize(event), Code::LAUNCH_FAILED);
    assert_eq!(cuMemFree_v2(memory), Code::LAUNCH_FAILED);
    assert_eq!(cuCtxSynchronize(), Code::LAUNCH_FAILED);
    assert_eq!(last_fault(gpu.ordinal).unwrap().code, Code::LAUNCH_FAILED);
    ok(cuDevicePrimaryCtxReset_v2(gpu.device));
    let mut context = 0;
    ok(cuDevicePrimaryCtxRetain(&mut context, gpu.device));
    ok(cuCtxSynchronize());
    ok(cuMemsetD8_v2(alloc(4), 1, 4));
    ok(cuCtxSynchronize());
}

#[test]
fn after_a_failure_host_functions_are_not_called_but_callbacks_are() {
    let gpu = Gpu::new();
    let memory = alloc(4);
    let stream = stream(1);
    let _injected = inject(Injection::execution().on(gpu.ordinal), Code::ASSERT);
    let (send, receive) = mpsc::channel();
    let send_too = send.clone();
    let gate = Gate::new(stream);
    ok(cuMemsetD8Async(memory, 1, 4, stream));
    ok(host_function(stream, move || {
        send.send(Code::SUCCESS).unwrap();
    }));
    ok(callback(stream, move |_, status| {
        send_too.send(status).unwrap();
    }));
    gate.open();
    assert_eq!(receive.recv(), Ok(Code::ASSERT));
}

#[test]
fn a_lost_device_fails_until_it_is_back() {
    let (gpu, other) = (Gpu::new(), Gpu::new());
    gpu.make_current();
    let stream = stream(1);
    let lost = lose(gpu.ordinal, Code::ECC_UNCORRECTABLE);
    assert_eq!(cuStreamSynchronize(stream), Code::ECC_UNCORRECTABLE);
    assert_eq!(cuMemAlloc_v2(Some(&mut 0), 1), Code::ECC_UNCORRECTABLE);
    let mut created = 0;
    ok(cuCtxCreate_v2(&mut created, 0, gpu.device));
    assert_eq!(cuCtxSynchronize(), Code::ECC_UNCORRECTABLE);
    ok(cuCtxDestroy_v2(created));
    other.make_current();
    alloc(1);
    gpu.make_current();
    drop(lost);
    ok(cuStreamSynchronize(stream));
}
