//! Nothing is left behind but what stays for the process: contexts and code.

use parla_cuda_sim::{Live, live};
use parla_gpu::__private::{Argument, launch};
use parla_gpu::{GpuErrorKind, grid_for};

use crate::machine::{KERNELS, Machine, spin};
use crate::{alone, simulated};

/// Makes some of everything.
fn work(machine: &Machine) {
    let first = machine.task(0, 0);
    let x = first.gpu.upload(&vec![1.0_f32; 300_000]).unwrap();
    let mut y = first.gpu.zeros::<f32>(300_000).unwrap();
    let second = machine.task_after(1, 1, &[first.seal()]);
    let mut far = second.gpu.alloc::<f32>(300_000).unwrap();
    second.gpu.copy(&x, &mut far).unwrap();
    let third = machine.task_after(0, 2, &[second.seal()]);
    for gpu in third.gpu.streams(3).unwrap() {
        spin(&gpu, 500);
        let arguments = [
            Argument::scalar(&300_000_u32),
            Argument::scalar(&1.0_f32),
            Argument::slice(&x),
            Argument::slice_mut(&mut y),
        ];
        launch(&gpu, &KERNELS, "axpy", grid_for(300_000), &arguments).unwrap();
    }
    let moment = third.gpu.moment().unwrap();
    drop(x);
    assert_eq!(third.gpu.download(&y).unwrap()[299_999], 3.0);
    assert!(moment.since(&moment).unwrap().is_zero());
    for task in [first, second, third] {
        task.finish().unwrap();
    }
}

#[test]
fn all_is_given_back_when_the_runtime_and_the_buffers_are_gone() {
    let (_alone, machine) = alone(2);
    work(&machine);
    drop(machine);
    let before = live();
    let mut expected = Live::default();
    (expected.contexts, expected.modules) = (before.contexts, before.modules);
    assert_eq!(before, expected);
    for _ in 0..3 {
        work(&simulated(2));
        assert_eq!(live(), expected);
    }
}

#[test]
fn a_lease_that_is_dropped_unused_leaves_nothing() {
    let (_alone, machine) = alone(1);
    drop(machine.task(0, 0));
    let task = machine.task(0, 1);
    drop(task.gpu.zeros::<u8>(1000).unwrap());
    drop(task);
    // Its stream can be had again.
    for name in 0..100 {
        drop(machine.task(0, name));
    }
    let streams = live().streams;
    assert!(streams <= 2, "{streams}");
}

#[test]
fn a_runtime_makes_room_for_another_when_the_device_is_full() {
    let (_alone, machine) = alone(1);
    let total = machine.devices[0].memory().get() as usize;
    let most = total / 4 * 3;
    let other = simulated(1);
    let (first, second) = (machine.task(0, 0), other.task(0, 1));
    spin(&first.gpu, 1000);
    drop(first.gpu.alloc::<u8>(most).unwrap());
    assert_eq!(live().allocations, 1, "it is kept for reuse");
    let mut buffer = second.gpu.alloc::<u8>(most).unwrap();
    let error = first.gpu.alloc::<u8>(most).unwrap_err();
    let GpuErrorKind::OutOfMemory { asked, free, .. } = error.kind() else {
        panic!("{error}");
    };
    assert!(asked > free, "{error}");
    second.gpu.fill(&mut buffer.slice_mut(..100), 1).unwrap();
    for task in [first, second] {
        task.finish().unwrap();
    }
}
