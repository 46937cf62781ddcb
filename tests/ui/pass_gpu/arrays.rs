//! Arrays in bodies on GPUs and in calls with a variant.
#![deny(warnings)]

use parla::ndarray::Ix1;
use parla::prelude::*;
use parla::{DeviceSlice, DeviceSliceMut, Gpu};

#[task]
fn axpy(a: f32, x: &[f32], y: &mut [f32], factor: &f32) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * a * x);
}

#[variant(axpy, gpu)]
fn axpy_gpu(
    _: &Gpu,
    _: f32,
    _: &DeviceSlice<'_, f32>,
    _: &mut DeviceSliceMut<'_, f32>,
    _: &f32,
) -> parla::Result<()> {
    Ok(())
}

#[task_graph]
fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>, factor: Task<f32>, host: &'static [f32], out: &'static mut [f32]) {
    #[spawn(placement = gpu, input = [x, factor], inout = [y])]
    fn own(_: &Gpu) {
        let _ = (&x, &mut y, *factor + 1.0);
    }
    #[spawn(placement = gpu * 2, input = [part = x[0..4]])]
    move |_: &[Gpu]| {
        let _ = part;
    };
    #[spawn(placement = [cpu, gpu], input = [x, factor], inout = [y])]
    axpy(2.0, &x, &mut y, factor);
    #[spawn(placement = [cpu, gpu], input = [factor], inout = [y])]
    axpy(2.0, host, &mut y, factor);
    #[spawn(placement = gpu, input = [factor], inout = [y])]
    axpy(*factor, &y, out, factor);
}

fn main() {
    let _ = graph;
}
