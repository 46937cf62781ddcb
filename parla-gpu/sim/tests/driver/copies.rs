//! Copies of boxes and rows, in stream order, and as slow as the settings say.

use crate::cuda::*;
use crate::gate::Gate;
use parla_cuda_sim::trace::{self, Kind};
use parla_cuda_sim::{Code, Settings, configure};
use std::time::Duration;

/// `CU_MEMORYTYPE_HOST`, `_DEVICE`, `_ARRAY`
const HOST: u32 = 1;
const DEVICE: u32 = 2;
const ARRAY: u32 = 3;

#[test]
fn a_copy_takes_the_time_that_the_bandwidth_says_at_least() {
    let gpu = Gpu::new();
    configure(
        gpu.ordinal,
        Settings {
            copy_bandwidth: Some(1 << 20),
            ..Settings::default()
        },
    );
    let (one, two) = (alloc(16 << 10), alloc(16 << 10));
    let recording = trace::start();
    ok(write(one, &[1; 16 << 10]));
    ok(cuMemcpyDtoD_v2(two, one, 8 << 10));
    assert_eq!(read(two, 4 << 10), Ok(vec![1; 4 << 10]));
    let copies = recording.take_of(gpu.ordinal);
    let kinds = [Kind::HostToDevice, Kind::DeviceToDevice, Kind::DeviceToHost];
    assert!(copies.iter().map(|copy| copy.kind).eq(kinds));
    for (copy, parts) in copies.iter().zip([64, 128, 256]) {
        let least = Duration::from_secs(1) / parts;
        let took = copy.ended_at - copy.started_at;
        assert!(took >= least, "{took:?} for {} bytes", copy.bytes);
    }
}

#[test]
fn rows_are_copied_in_stream_order() {
    let _gpu = Gpu::new();
    let (stream, memory) = (stream(1), alloc(12));
    ok(cuMemsetD8_v2(memory, 0, 12));
    ok(cuCtxSynchronize());
    let mut pinned = Pinned::new(8);
    pinned.fill(1);
    let gate = Gate::new(stream);
    // two rows of two bytes, into the middle of rows of four
    let copy = Copy2D {
        from: Side2D {
            x: 1,
            kind: HOST,
            host: pinned.address,
            pitch: 3,
            ..Side2D::default()
        },
        to: Side2D {
            x: 1,
            y: 1,
            kind: DEVICE,
            device: memory,
            pitch: 4,
            ..Side2D::default()
        },
        width: 2,
        height: 2,
    };
    ok(copy_2d_async(&copy, &pinned, stream));
    assert_eq!(cuStreamQuery(stream), Code::NOT_READY);
    pinned.fill(2);
    gate.open();
    ok(cuStreamSynchronize(stream));
    let expected = [0, 0, 0, 0, 0, 2, 2, 0, 0, 2, 2, 0];
    assert_eq!(read(memory, 12), Ok(expected.to_vec()));
    let too_high = Copy2D { height: 3, ..copy };
    let code = copy_2d_async(&too_high, &pinned, stream);
    assert_eq!(code, Code::INVALID_VALUE);
    pinned.free();
}

#[test]
fn boxes_are_copied_by_their_pitch_and_height() {
    let _gpu = Gpu::new();
    let memory = alloc(24);
    // two layers of three rows of four bytes: each byte is its offset
    let bytes: Vec<u8> = (0..24).collect();
    ok(write(memory, &bytes));
    let mut host = vec![99; 12];
    // a box of two by two by two, into two layers of two rows of three
    let copy = Copy3D {
        from: Side3D {
            x: 2,
            y: 1,
            kind: DEVICE,
            device: memory,
            pitch: 4,
            height: 3,
            ..Side3D::default()
        },
        to: Side3D {
            x: 1,
            kind: HOST,
            host: host.as_ptr() as u64,
            pitch: 3,
            height: 2,
            ..Side3D::default()
        },
        width: 2,
        height: 2,
        depth: 2,
    };
    ok(copy_3d(&copy, &mut host));
    #[rustfmt::skip]
    assert_eq!(host, [
        99, 6, 7,
        99, 10, 11,
        99, 18, 19,
        99, 22, 23,
    ]);
    let mut from_second_layer = Copy3D { depth: 1, ..copy };
    from_second_layer.from.z = 1;
    ok(copy_3d(&from_second_layer, &mut host));
    assert_eq!(host[..6], [99, 18, 19, 99, 22, 23]);
    let too_deep = Copy3D {
        depth: 2,
        ..from_second_layer
    };
    assert_eq!(copy_3d(&too_deep, &mut host), Code::INVALID_VALUE);
    let mut of_array = copy;
    of_array.from.kind = ARRAY;
    assert_eq!(copy_3d(&of_array, &mut host), Code::NOT_SUPPORTED);
    let nothing = Copy3D { depth: 0, ..copy };
    ok(copy_3d(&nothing, &mut host));
}
