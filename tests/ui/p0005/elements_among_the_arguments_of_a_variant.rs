use parla::ndarray::Ix1;
use parla::prelude::*;

#[task]
fn scale(a: f32, x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x *= a);
}

#[variant(scale, gpu)]
fn scale_gpu(_a: f32, _x: &mut parla::DeviceSliceMut<'_, f32>) -> parla::Result<()> {
    Ok(())
}

#[task_graph]
fn graph(factors: &PArray<f32, Ix1>, x: &PArray<f32, Ix1>) {
    #[spawn(input = [factors], inout = [x], placement = [cpu, gpu])]
    scale(factors[0], &mut x);
    #[spawn(input = [factors], inout = [x], placement = cpu)]
    scale(factors[0], &mut x);
}

fn main() {
    let _ = graph;
}
