//! A capture in global mode, which forbids calls in all threads: alone in its process.
#![expect(
    unsafe_code,
    reason = "calls functions by their address, with the signatures that CUDA documents"
)]

use parla_cuda_sim::{Code, lookup};
use std::thread;

macro_rules! call {
    ($name:ident($($argument:expr => $type:ty),*)) => {{
        let address = lookup(stringify!($name));
        // SAFETY: the function of that name has that signature.
        let call: extern "C" fn($($type),*) -> u32 = unsafe { std::mem::transmute(address) };
        Code(call($($argument),*))
    }};
}

#[test]
fn a_global_capture_is_spoilt_by_calls_of_any_thread() {
    let (mut context, mut stream, mut graph) = (0, 0, 0);
    assert_eq!(call!(cuInit(0 => u32)), Code::SUCCESS);
    let retained = call!(cuDevicePrimaryCtxRetain(&mut context => &mut u64, 0 => i32));
    assert_eq!(retained, Code::SUCCESS);
    let bind = || assert_eq!(call!(cuCtxSetCurrent(context => u64)), Code::SUCCESS);
    let allocate = || call!(cuMemAlloc_v2(&mut 0 => &mut u64, 16 => usize));
    bind();
    let created = call!(cuStreamCreate(&mut stream => &mut u64, 1 => u32));
    assert_eq!(created, Code::SUCCESS);
    for (mode, in_thread, at_end) in [
        (
            0,
            Code::STREAM_CAPTURE_UNSUPPORTED,
            Code::STREAM_CAPTURE_INVALIDATED,
        ),
        (1, Code::SUCCESS, Code::SUCCESS),
    ] {
        let begun = call!(cuStreamBeginCapture_v2(stream => u64, mode => u32));
        assert_eq!(begun, Code::SUCCESS);
        thread::scope(|scope| {
            scope.spawn(|| {
                bind();
                assert_eq!(allocate(), in_thread);
            });
        });
        let ended = call!(cuStreamEndCapture(stream => u64, &mut graph => &mut u64));
        assert_eq!(ended, at_end);
    }
    assert_eq!(allocate(), Code::SUCCESS);
}
