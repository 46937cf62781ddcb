//! What can't be copied is an error that says why, and changes nothing.

use std::sync::Arc;

use parla_gpu::{GpuError, GpuErrorKind, Gpus};
use parla_runtime::{Block, BlockSlice, Bytes, DeviceError, DeviceId, DeviceKind};

use crate::machine::{Machine, Packed, block_of, block_with, contents, strided};

/// Memory of some other back end.
#[derive(Debug)]
struct Foreign;

impl Block for Foreign {
    fn device(&self) -> DeviceId {
        DeviceId::new(DeviceKind::Gpu, 7)
    }
}

fn kind(error: &DeviceError) -> &GpuErrorKind {
    assert!(!error.is_lost() && !error.is_out_of_memory());
    error.downcast_ref::<GpuError>().unwrap().kind()
}

#[test]
fn blocks_elsewhere_are_refused() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    let (here, there) = (machine.memory(0), machine.memory(1));
    let near = block_with(&*here, &[1_u32; 4]).unwrap();
    let far = block_with(&*there, &[2_u32; 4]).unwrap();
    let mut host = Packed::of(&[3_u32; 4]);
    for error in [
        here.upload(&host, &far).unwrap_err(),
        here.download(&far, &mut host).unwrap_err(),
        here.copy(&near, &far).unwrap_err(),
    ] {
        assert!(
            matches!(kind(&error), GpuErrorKind::WrongDevice { .. }),
            "{error}"
        );
    }
    let foreign = BlockSlice {
        block: Arc::new(Foreign),
        layout: near.layout.clone(),
    };
    for error in [
        here.upload(&host, &foreign).unwrap_err(),
        here.copy(&foreign, &near).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "on gpu(0): the block on gpu(7) is not memory of a CUDA device"
        );
    }
    assert_eq!(contents::<u32>(&*here, &near).unwrap(), [1; 4]);
    assert_eq!(contents::<u32>(&*there, &far).unwrap(), [2; 4]);
}

#[test]
fn sizes_and_shapes_must_fit() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let block = block_with(&*memory, &[1_u32; 1000]).unwrap();
    let other = block_of::<u32>(&*memory, &[500]).unwrap();
    let at = |offset, axes: &[(usize, isize)]| strided(&block, offset, axes);
    let beyond = memory.footprint(4000) as usize;
    let rows = Packed::of(&[0_u32; 20]);
    for (to, why) in [
        (at(0, &[(21, 4)]), "can't copy 80 bytes to a place for 84"),
        (at(beyond - 76, &[(20, 4)]), "don't lie within a block"),
        (
            at(0, &[(2, beyond as isize - 39), (10, 4)]),
            "don't lie within a block",
        ),
        (at(100, &[(20, -4)]), "can't be -4 bytes apart"),
        (at(0, &[(20, isize::MAX)]), "no device has room"),
    ] {
        let error = memory.upload(&rows, &to).unwrap_err();
        assert!(
            matches!(kind(&error), GpuErrorKind::InvalidLayout { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = memory.copy(&block, &other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "on gpu(0): can't copy elements of shape [1000] to shape [500]"
    );
    let mut small = Packed::of(&[0_u32; 999]);
    let error = memory.download(&block, &mut small).unwrap_err();
    assert_eq!(
        error.to_string(),
        "on gpu(0): can't copy 4000 bytes to a place for 3996"
    );
    memory.upload(&rows, &at(beyond - 80, &[(20, 4)])).unwrap();
    assert_eq!(
        contents::<u32>(&*memory, &at(0, &[(900, 4)])).unwrap(),
        [1; 900]
    );
}

#[test]
fn no_room_is_an_error_of_its_own_and_what_was_there_stays() {
    let gpus = Gpus::all().count(1).simulated(1);
    let machine = Machine::of(&gpus.memory_limit(Bytes::new(1 << 20)));
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let held = task.gpu.alloc::<u8>(512 << 10).unwrap();
    let block = memory.allocate(256 << 10).unwrap();
    let error = memory.allocate(512 << 10).unwrap_err();
    assert!(error.is_out_of_memory());
    let GpuErrorKind::OutOfMemory { asked, in_use, .. } =
        error.downcast_ref::<GpuError>().unwrap().kind()
    else {
        panic!("{error}");
    };
    assert_eq!((asked.get(), in_use.get()), (512 << 10, 768 << 10));
    // Buffers of bodies and blocks of the runtime share the limit, and what is freed.
    drop(held);
    drop(memory.allocate(512 << 10).unwrap());
    drop(block);
    let all = memory.allocate(1 << 20).unwrap();
    assert!(task.gpu.alloc::<u8>(1).unwrap_err().is_out_of_memory());
    drop(all);
    task.gpu.alloc::<u8>(1 << 20).unwrap();
    assert!(memory.allocate(u64::MAX).unwrap_err().is_out_of_memory());
    task.finish().unwrap();
}

#[test]
fn the_footprint_is_what_a_block_takes() {
    let machine = Machine::of(
        &Gpus::all()
            .count(1)
            .simulated(1)
            .memory_limit(Bytes::new(64 << 20)),
    );
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    for bytes in [0, 1, 511, 4097, 100_000, 3_000_001] {
        let before = task.gpu.free_memory().get();
        let block = memory.allocate(bytes).unwrap();
        let taken = before - task.gpu.free_memory().get();
        assert_eq!(memory.footprint(bytes), taken, "{bytes}");
        assert!(taken >= bytes);
        drop(block);
    }
    task.finish().unwrap();
}
