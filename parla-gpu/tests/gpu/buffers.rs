//! Buffers: what is copied in comes out again, by every way.

use parla_gpu::__private::{Argument, launch};
use parla_gpu::{Gpu, GpuErrorKind, grid_for};

use crate::machine::{KERNELS, Machine};

/// More than a piece of staging memory, and no multiple of it.
const MANY: usize = 700_001;

fn numbers(len: usize) -> Vec<u32> {
    (0..len as u32)
        .map(|it| it.wrapping_mul(2_654_435_761))
        .collect()
}

#[test]
fn what_is_uploaded_is_downloaded() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    for len in [0, 1, 1000, MANY] {
        let numbers = numbers(len);
        let buffer = task.gpu.upload(&numbers).unwrap();
        assert_eq!(buffer.len(), len);
        assert!(task.gpu.download(&buffer).unwrap() == numbers, "{len}");
    }
    task.finish().unwrap();
}

#[test]
fn parts_are_copied_as_parts() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let mut buffer = gpu.zeros::<u32>(MANY).unwrap();
    gpu.copy_from(&[1, 2, 3], &mut buffer.slice_mut(10..13))
        .unwrap();
    let (low, mut high) = buffer.split_at_mut(600_000);
    gpu.copy(&low.slice(9..14), &mut high.slice_mut(..5))
        .unwrap();
    let mut out = [9; 4];
    gpu.copy_to(&buffer.slice(600_000..600_004), &mut out)
        .unwrap();
    assert_eq!(out, [0, 1, 2, 3]);
    assert_eq!(
        gpu.download(&buffer.slice(599_999..)).unwrap()[..6],
        [0, 0, 1, 2, 3, 0]
    );
    task.finish().unwrap();
}

#[test]
fn fills_elements_of_every_width() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let mut bytes = gpu.alloc::<u8>(1001).unwrap();
    gpu.fill(&mut bytes, 7).unwrap();
    assert_eq!(gpu.download(&bytes).unwrap(), [7; 1001]);
    let mut shorts = gpu.alloc::<u16>(1001).unwrap();
    gpu.fill(&mut shorts, 0x1234).unwrap();
    assert_eq!(gpu.download(&shorts).unwrap(), [0x1234; 1001]);
    let mut words = gpu.alloc::<f32>(1001).unwrap();
    gpu.fill(&mut words, 1.5).unwrap();
    assert_eq!(gpu.download(&words).unwrap(), [1.5; 1001]);
    let mut triples = gpu.alloc::<[f64; 3]>(1001).unwrap();
    gpu.fill(&mut triples, [1.0, 2.0, 3.0]).unwrap();
    assert_eq!(gpu.download(&triples).unwrap(), [[1.0, 2.0, 3.0]; 1001]);
    gpu.fill(&mut triples.slice_mut(500..), [0.0; 3]).unwrap();
    assert_eq!(
        gpu.download(&triples.slice(499..502)).unwrap()[..2],
        [[1.0, 2.0, 3.0], [0.0; 3]]
    );
    task.finish().unwrap();
}

#[test]
fn lengths_must_agree() {
    let machine = Machine::one();
    let task = machine.task(0, 4);
    let mut buffer = task.gpu.zeros::<u32>(3).unwrap();
    let error = task.gpu.copy_from(&[1, 2], &mut buffer).unwrap_err();
    assert_eq!(*error.kind(), GpuErrorKind::WrongLength { from: 2, to: 3 });
    assert_eq!(
        error.to_string(),
        "on gpu(0): can't copy 2 elements to a place for 3, in task `T[4]`"
    );
}

#[test]
fn a_kernel_works_on_buffers_and_slices() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let gpu = &task.gpu;
    let x = gpu.upload(&[1.0_f32, 2.0, 3.0, 4.0]).unwrap();
    let mut y = gpu.upload(&[10.0_f32; 4]).unwrap();
    let (n, tail) = (3_u32, x.slice(1..));
    let arguments = [
        Argument::scalar(&n),
        Argument::scalar(&2.0_f32),
        Argument::slice(&tail),
        Argument::slice_mut(&mut y),
    ];
    launch(gpu, &KERNELS, "axpy", grid_for(3), &arguments).unwrap();
    assert_eq!(gpu.download(&y).unwrap(), [14.0, 16.0, 18.0, 10.0]);
    task.finish().unwrap();
}

#[test]
fn elements_without_bytes_are_no_trouble() {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    let mut buffer = task.gpu.upload(&[(); 5]).unwrap();
    task.gpu.fill(&mut buffer, ()).unwrap();
    assert_eq!(task.gpu.download(&buffer.slice(1..)).unwrap(), [(); 4]);
    let x = task.gpu.upload(&[(); 3]).unwrap();
    task.gpu.copy(&x, &mut buffer.slice_mut(..3)).unwrap();
    task.finish().unwrap();
}

#[test]
fn outside_of_tasks_there_is_no_gpu() {
    let error = Gpu::current().unwrap_err();
    assert_eq!(*error.kind(), GpuErrorKind::NotAGpuTask);
    assert!(Gpu::all_current().is_empty());
}
