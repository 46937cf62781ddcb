//! The order of copies and kernels, kept by the blocks: nobody here waits but to read the result.

use ndarray::Ix1;
use parla_gpu::__private::{Argument, device_view, device_view_mut, launch};
use parla_gpu::{Gpu, grid_for};
use parla_runtime::BlockSlice;

use crate::machine::{KERNELS, Machine, Packed, block_of, block_with, contents, spin};

/// Adds `x` to `y`.
fn add(gpu: &Gpu, x: &BlockSlice, y: &BlockSlice) {
    let x = device_view::<f32, Ix1>(x, gpu).unwrap();
    let mut y = device_view_mut::<f32, Ix1>(y, gpu).unwrap();
    let count = x.len() as u32;
    let arguments = [
        Argument::scalar(&count),
        Argument::scalar(&1.0_f32),
        Argument::slice(&x),
        Argument::slice_mut(&mut y),
    ];
    launch(gpu, &KERNELS, "axpy", grid_for(x.len()), &arguments).unwrap();
}

const COUNT: usize = 400_000;

#[test]
fn kernels_come_after_uploads_and_before_downloads() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let x = block_with(&*memory, &[1.0_f32; COUNT]).unwrap();
    let y = block_with(&*memory, &[2.0_f32; COUNT]).unwrap();
    spin(&task.gpu, 5000);
    add(&task.gpu, &x, &y);
    assert_eq!(contents::<f32>(&*memory, &y).unwrap(), [3.0; COUNT]);
    task.finish().unwrap();
}

#[test]
fn uploads_come_after_kernels_that_read() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let x = block_with(&*memory, &[1.0_f32; COUNT]).unwrap();
    let y = block_with(&*memory, &[2.0_f32; COUNT]).unwrap();
    spin(&task.gpu, 20_000);
    add(&task.gpu, &x, &y);
    memory.upload(&Packed::of(&[9.0_f32; COUNT]), &x).unwrap();
    assert_eq!(contents::<f32>(&*memory, &y).unwrap(), [3.0; COUNT]);
    assert_eq!(contents::<f32>(&*memory, &x).unwrap(), [9.0; COUNT]);
    task.finish().unwrap();
}

#[test]
fn copies_between_devices_come_in_the_order_of_both() {
    let Some(machine) = Machine::with(2) else {
        return;
    };
    let (here, there) = (machine.memory(0), machine.memory(1));
    let (first, second) = (machine.task(0, 0), machine.task(1, 1));
    let x = block_with(&*here, &[1.0_f32; COUNT]).unwrap();
    let y = block_with(&*here, &[2.0_f32; COUNT]).unwrap();
    let far_x = block_with(&*there, &[0.0_f32; COUNT]).unwrap();
    let far_y = block_with(&*there, &[10.0_f32; COUNT]).unwrap();
    spin(&first.gpu, 10_000);
    add(&first.gpu, &x, &y);
    there.copy(&y, &far_x).unwrap();
    here.upload(&Packed::of(&[0.0_f32; COUNT]), &y).unwrap();
    spin(&second.gpu, 10_000);
    add(&second.gpu, &far_x, &far_y);
    here.copy(&far_y, &x).unwrap();
    there
        .upload(&Packed::of(&[0.0_f32; COUNT]), &far_y)
        .unwrap();
    assert_eq!(contents::<f32>(&*here, &x).unwrap(), [13.0; COUNT]);
    assert_eq!(contents::<f32>(&*here, &y).unwrap(), [0.0; COUNT]);
    assert_eq!(contents::<f32>(&*there, &far_x).unwrap(), [3.0; COUNT]);
    for task in [first, second] {
        task.finish().unwrap();
    }
}

#[test]
fn memory_of_a_dropped_block_is_reused_after_its_copies() {
    let machine = Machine::one();
    let memory = machine.memory(0);
    let task = machine.task(0, 0);
    let sum = block_with(&*memory, &[0.0_f32; COUNT]).unwrap();
    spin(&task.gpu, 10_000);
    for round in 0..10 {
        let x = block_of::<f32>(&*memory, &[COUNT]).unwrap();
        let numbers = vec![round as f32; COUNT];
        memory.upload(&Packed::of(&numbers), &x).unwrap();
        add(&task.gpu, &x, &sum);
    }
    assert_eq!(contents::<f32>(&*memory, &sum).unwrap(), [45.0; COUNT]);
    task.finish().unwrap();
}
