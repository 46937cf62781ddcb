use parla::ndarray::{Array2, ArrayView2, Ix2};
use parla::prelude::*;
use parla::{DeviceView, Gpu};

#[task]
fn show(x: ArrayView2<'_, f64>) {
    drop(x);
}

#[variant(show, gpu)]
fn show_gpu(_: &Gpu, x: &DeviceView<'_, f64, Ix2>) -> parla::Result<()> {
    let _shape = x.shape();
    Ok(())
}

#[task_graph]
fn graph<'a>(t: &TaskSpace<'a>, x: &'a Array2<f64>) {
    #[spawn(t[0], placement = gpu)]
    show(x.view());
}

fn main() {}
