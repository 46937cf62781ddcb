use parla::ndarray::{ArrayView1, ArrayViewMut2, Ix1, Ix2};
use parla::{DeviceView, DeviceViewMut, Gpu, PArray, TaskSpace, spawn, task, task_graph, variant};

#[task]
fn scale(_: ArrayView1<'_, f32>, _: ArrayViewMut2<'_, f32>) {}

#[variant(scale, gpu)]
fn scale_gpu(
    _: &Gpu,
    _: &DeviceView<'_, f32, Ix2>,
    _: &mut DeviceViewMut<'_, f64, Ix2>,
) -> parla::Result<()> {
    Ok(())
}

#[task_graph]
fn step(t: &TaskSpace<'_>, x: &PArray<f32, Ix1>, y: &PArray<f32, Ix2>) {
    #[spawn(t[0], input = [x], inout = [y], placement = gpu)]
    scale(&x, &mut y);
}

fn main() {
    let _ = step;
}
