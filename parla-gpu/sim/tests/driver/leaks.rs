//! What is counted as not given back.

use crate::cuda::*;
use parla_cuda_sim::{Live, live, live_on};

#[test]
fn what_was_made_is_counted_until_it_is_given_back() {
    let gpu = Gpu::new();
    let here = || live_on(gpu.ordinal);
    let empty = here();
    assert_eq!(
        (empty.contexts, empty.allocations, empty.streams),
        (1, 0, 0)
    );
    let (memory, stream, event, pinned) = (alloc(1000), stream(0), event(), Pinned::new(8));
    let mut created = 0;
    ok(cuCtxCreate_v2(&mut created, 0, gpu.device));
    let full = here();
    assert_eq!((full.contexts, full.streams, full.events), (2, 1, 1));
    assert_eq!((full.allocations, full.bytes, full.pinned), (1, 1000, 1));
    assert!(live().bytes >= 1000);
    ok(cuCtxDestroy_v2(created));
    ok(cuMemFree_v2(memory));
    ok(cuStreamDestroy_v2(stream));
    ok(cuEventDestroy_v2(event));
    pinned.free();
    assert_eq!(here(), empty);
    ok(cuDevicePrimaryCtxRelease_v2(gpu.device));
    assert_eq!(here(), Live::default());
}
