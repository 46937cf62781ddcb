use parla::ndarray::{Ix1, Ix2};
use parla::prelude::*;

#[task]
fn sum(x: &[f64]) -> f64 {
    x.iter().sum()
}

#[task]
fn fill(x: &mut [f32]) {
    x.fill(0.0);
}

#[task_graph]
fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix2>) {
    #[spawn(input = [x])]
    sum(&x);
    #[spawn(input = [y])]
    fill(&mut y);
}

fn main() {
    let _ = graph;
}
