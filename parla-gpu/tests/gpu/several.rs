//! Several devices: copies between them, and buffers on the wrong one.

use parla_gpu::__private::{Argument, launch};
use parla_gpu::{GpuErrorKind, grid_for};
use parla_runtime::{DeviceId, DeviceKind};

use crate::machine::{KERNELS, Machine};

#[test]
fn buffers_are_copied_between_devices_both_ways() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    let (here, there) = (machine.task(0, 0), machine.task(1, 1));
    let numbers: Vec<u32> = (0..700_000).collect();
    let source = here.gpu.upload(&numbers).unwrap();
    let mut pushed = there.gpu.zeros::<u32>(numbers.len()).unwrap();
    here.gpu.copy(&source, &mut pushed).unwrap();
    assert!(there.gpu.download(&pushed).unwrap() == numbers);
    let mut back = here.gpu.zeros::<u32>(numbers.len()).unwrap();
    here.gpu.copy(&pushed, &mut back).unwrap();
    assert!(here.gpu.download(&back).unwrap() == numbers);
    here.finish().unwrap();
    there.finish().unwrap();
}

#[test]
fn a_fence_holds_across_devices() {
    let Some(machine) = Machine::with(4) else {
        return;
    };
    let first = machine.task(0, 0);
    let mut buffer = first.gpu.upload(&[1_u32; 50_000]).unwrap();
    let mut fence = first.seal();
    let mut tasks = vec![first];
    for device in [1, 2, 3, 0] {
        let task = machine.task_after(device, device as i64, &[fence]);
        let mut next = task.gpu.alloc::<u32>(50_000).unwrap();
        task.gpu.copy(&buffer, &mut next).unwrap();
        buffer = next;
        fence = task.seal();
        tasks.push(task);
    }
    let last = machine.task_after(0, 9, &[fence]);
    assert_eq!(last.gpu.download(&buffer).unwrap(), [1; 50_000]);
    last.finish().unwrap();
    for task in tasks {
        task.finish().unwrap();
    }
}

#[test]
fn buffers_on_the_wrong_device_are_refused() {
    let Some(machine) = Machine::with(3) else {
        return;
    };
    let (here, there) = (machine.task(0, 0), machine.task(1, 1));
    let mut far = there.gpu.zeros::<f32>(4).unwrap();
    let mut near = here.gpu.zeros::<f32>(4).unwrap();
    let arguments = [
        Argument::scalar(&4_u32),
        Argument::scalar(&1.0_f32),
        Argument::slice(&far),
        Argument::slice_mut(&mut near),
    ];
    let error = launch(&here.gpu, &KERNELS, "axpy", grid_for(4), &arguments).unwrap_err();
    assert_eq!(
        error.to_string(),
        "on gpu(0): `axpy` needs its buffers on this device, but one is on gpu(1); copy it first, \
         in task `T[0]`"
    );
    let far_off = DeviceId::new(DeviceKind::Gpu, 1);
    let third = machine.task(2, 2);
    let errors = [
        here.gpu.fill(&mut far, 1.0).unwrap_err(),
        here.gpu.download(&far).unwrap_err(),
        here.gpu.copy_from(&[0.0; 4], &mut far).unwrap_err(),
        third.gpu.copy(&near, &mut far).unwrap_err(),
    ];
    for error in errors {
        let GpuErrorKind::WrongDevice { buffer, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!(*buffer, far_off);
    }
    for task in [here, there, third] {
        task.finish().unwrap();
    }
}
