//! Copies of arrays: beside kernels and each other, in as many bytes as there are, with nothing left
//! behind.

use std::thread;

use ndarray::Ix1;
use parla_cuda_sim::faults::{Injection, inject, lose};
use parla_cuda_sim::trace::{self, Kind, Operation};
use parla_cuda_sim::{Code, Live, Settings, configure, live};
use parla_gpu::__private::{Argument, device_view, device_view_mut, launch};
use parla_gpu::{Gpu, GpuError, grid_for};
use parla_runtime::BlockSlice;

use crate::alone;
use crate::machine::{
    KERNELS, Machine, Packed, Task, block_of, block_with, contents, spin, strided,
};

/// Kernels on the first device end some time, if only with an error.
struct Impatient;

impl Impatient {
    fn new() -> Self {
        let kernel_steps = Some(300_000_000);
        configure(
            0,
            Settings {
                kernel_steps,
                ..Settings::default()
            },
        );
        Self
    }
}

impl Drop for Impatient {
    fn drop(&mut self) {
        configure(0, Settings::default());
    }
}

/// Has a kernel of the task run all the time that the closure takes.
fn while_running(
    machine: &Machine,
    task: &Task,
    launch_with: impl FnOnce(&Gpu, u64),
    then: impl FnOnce(),
) {
    let _impatient = Impatient::new();
    let other = machine.task(0, 99);
    let mut flags = other.gpu.zeros::<u32>(2).unwrap();
    let address = other.gpu.with_raw(|raw| raw.read(&flags)).unwrap().unwrap();
    // Nothing that the kernel would have to come after, or that would come after the kernel.
    other.gpu.synchronize().unwrap();
    launch_with(&task.gpu, address);
    // By a copy that knows nothing of the kernel; if that never starts, it is lost in the end.
    while other.gpu.download(&flags).unwrap()[1] == 0 {
        thread::yield_now();
    }
    then();
    other.gpu.fill(&mut flags, 1).unwrap();
    other.finish().unwrap();
}

fn until(gpu: &Gpu, address: u64) {
    let arguments = [Argument::scalar(&address)];
    launch(gpu, &KERNELS, "until", grid_for(1), &arguments).unwrap();
}

fn find(operations: &[Operation], kind: Kind) -> &Operation {
    operations.iter().find(|it| it.kind == kind).unwrap()
}

#[test]
fn copies_run_beside_kernels() {
    let (_alone, machine) = alone(2);
    let (memory, there) = (machine.memory(0), machine.memory(1));
    let task = machine.task(0, 0);
    let recording = trace::start();
    let copies = || {
        // What was before doesn't count.
        drop(recording.take());
        let x = block_with(&*memory, &[1_u32; 300_000]).unwrap();
        let y = block_of::<u32>(&*there, &[300_000]).unwrap();
        let z = block_of::<u32>(&*memory, &[300_000]).unwrap();
        there.copy(&x, &y).unwrap();
        memory.copy(&y, &z).unwrap();
        assert_eq!(contents::<u32>(&*memory, &z).unwrap(), [1; 300_000]);
    };
    while_running(&machine, &task, until, copies);
    task.finish().unwrap();
    let operations = recording.take();
    let kernel = find(&operations, Kind::Kernel);
    for kind in [Kind::HostToDevice, Kind::PeerToPeer, Kind::DeviceToHost] {
        assert!(find(&operations, kind).overlaps(kernel), "{kind:?}");
    }
}

#[test]
fn a_copy_that_waits_holds_up_none_the_other_way() {
    let (_alone, machine) = alone(1);
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let x = block_with(&*memory, &[1_u32; 1000]).unwrap();
    let y = block_with(&*memory, &[2_u32; 1000]).unwrap();
    let z = block_of::<u32>(&*memory, &[1000]).unwrap();
    for (block, value) in [(&x, 1), (&y, 2)] {
        assert_eq!(contents::<u32>(&*memory, block).unwrap(), [value; 1000]);
    }
    let recording = trace::start();
    let reading = |gpu: &Gpu, address| {
        let x = device_view::<u32, Ix1>(&x, gpu).unwrap();
        let launched = gpu.with_raw(|raw| {
            raw.read(&x).unwrap();
            until(gpu, address);
        });
        launched.unwrap();
    };
    let copies = || {
        drop(recording.take());
        // It has to wait for the kernel; the others don't.
        memory.upload(&Packed::of(&[3_u32; 1000]), &x).unwrap();
        memory.copy(&y, &z).unwrap();
        assert_eq!(contents::<u32>(&*memory, &z).unwrap(), [2; 1000]);
    };
    while_running(&machine, &task, reading, copies);
    assert_eq!(contents::<u32>(&*memory, &x).unwrap(), [3; 1000]);
    task.finish().unwrap();
    let operations = recording.take();
    let kernel = find(&operations, Kind::Kernel);
    assert!(kernel.is_before(find(&operations, Kind::HostToDevice)));
    assert!(find(&operations, Kind::DeviceToDevice).overlaps(kernel));
    assert!(find(&operations, Kind::DeviceToHost).overlaps(kernel));
}

/// 3 rows of 100, of a matrix with 128 columns.
fn tile(of: &BlockSlice) -> BlockSlice {
    strided(of, 0, &[(3, 512), (100, 4)])
}

fn moved(operations: &[Operation], kind: Kind) -> u64 {
    let copies = operations.iter().filter(|it| it.kind == kind);
    copies.map(|it| it.bytes).sum()
}

#[test]
fn no_more_is_copied_than_was_asked_for() {
    let (_alone, machine) = alone(2);
    let (here, there) = (machine.memory(0), machine.memory(1));
    let near = tile(&block_of::<u32>(&*here, &[3, 128]).unwrap());
    let other = tile(&block_of::<u32>(&*here, &[3, 128]).unwrap());
    let far = tile(&block_of::<u32>(&*there, &[3, 128]).unwrap());
    let recording = trace::start();
    here.upload(&Packed::of(&[5_u32; 300]), &near).unwrap();
    here.copy(&near, &other).unwrap();
    there.copy(&other, &far).unwrap();
    assert_eq!(contents::<u32>(&*there, &far).unwrap(), [5; 300]);
    let operations = recording.take();
    for kind in [
        Kind::HostToDevice,
        Kind::DeviceToDevice,
        Kind::PeerToPeer,
        Kind::DeviceToHost,
    ] {
        assert_eq!(moved(&operations, kind), 1200, "{kind:?}");
    }
    // One copy each, and none that the host would have to wait for.
    assert_eq!(operations.len(), 4);
    assert!(operations.iter().all(|it| !it.pageable));
}

#[test]
fn devices_that_can_not_reach_each_other_copy_through_the_host() {
    // Two that no other test here has let reach each other before.
    let (_alone, machine) = alone(8);
    let refused = [6, 7].map(|device| {
        let call = Injection::call("cuCtxEnablePeerAccess").on(device);
        inject(call, Code::TOO_MANY_PEERS)
    });
    let (here, there) = (machine.memory(6), machine.memory(7));
    let numbers: Vec<u32> = (0..1_000_000).collect();
    let from = block_with(&*here, &numbers).unwrap();
    let to = block_of::<u32>(&*there, &[2_000_000]).unwrap();
    let to = strided(&to, 0, &[(1_000_000, 8)]);
    assert_eq!(contents::<u32>(&*here, &from).unwrap(), numbers);
    let recording = trace::start();
    there.copy(&from, &to).unwrap();
    assert_eq!(contents::<u32>(&*there, &to).unwrap(), numbers);
    here.copy(&to, &from).unwrap();
    assert_eq!(contents::<u32>(&*here, &from).unwrap(), numbers);
    let operations = recording.take();
    assert_eq!(moved(&operations, Kind::PeerToPeer), 0);
    assert_eq!(moved(&operations, Kind::HostToDevice), 8_000_000);
    assert_eq!(moved(&operations, Kind::DeviceToHost), 16_000_000);
    // What comes late is waited for, on the devices.
    let task = machine.task(6, 0);
    spin(&task.gpu, 50_000);
    let mut late = device_view_mut::<u32, Ix1>(&from, &task.gpu).unwrap();
    task.gpu.fill(&mut late, 7).unwrap();
    there.copy(&from, &to).unwrap();
    assert_eq!(contents::<u32>(&*there, &to).unwrap(), [7; 1_000_000]);
    task.finish().unwrap();
    drop(refused);
}

#[test]
fn nothing_is_left_behind() {
    let (_alone, machine) = alone(2);
    let (here, there) = (machine.memory(0), machine.memory(1));
    let x = block_with(&*here, &vec![1_u8; 3 << 20]).unwrap();
    let y = block_of::<u8>(&*there, &[3 << 20]).unwrap();
    there.copy(&x, &y).unwrap();
    assert_eq!(contents::<u8>(&*there, &y).unwrap(), vec![1; 3 << 20]);
    assert!(live().streams <= 6, "one a direction and device");
    drop((x, y, here, there, machine));
    let left = live();
    let mut expected = Live::default();
    (expected.contexts, expected.modules) = (left.contexts, left.modules);
    assert_eq!(left, expected);
}

#[test]
fn only_a_device_that_is_lost_itself_says_so() {
    let (_alone, machine) = alone(2);
    let (here, there) = (machine.memory(0), machine.memory(1));
    let near = block_with(&*here, &[1_u32; 10]).unwrap();
    let far = block_with(&*there, &[2_u32; 10]).unwrap();
    here.copy(&far, &near).unwrap();
    assert_eq!(contents::<u32>(&*here, &near).unwrap(), [2; 10]);
    let lost = lose(1, Code::DEVICE_UNAVAILABLE);
    let error = there.copy(&near, &far).unwrap_err();
    assert!(error.is_lost(), "{error}");
    let error = here.copy(&far, &near).unwrap_err();
    assert!(!error.is_lost(), "{error}");
    assert!(error.downcast_ref::<GpuError>().unwrap().is_lost());
    assert!(
        error
            .to_string()
            .starts_with("on gpu(1): the device is lost"),
        "{error}"
    );
    assert!(contents::<u32>(&*there, &far).unwrap_err().is_lost());
    assert!(there.allocate(10).unwrap_err().is_lost());
    assert_eq!(contents::<u32>(&*here, &near).unwrap(), [2; 10]);
    drop((near, far, machine, here, there));
    drop(lost);
}
