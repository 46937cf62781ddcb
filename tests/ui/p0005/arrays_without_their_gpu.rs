use parla::ndarray::Ix1;
use parla::prelude::*;

#[task_graph]
fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>) {
    #[spawn(placement = gpu, input = [x], inout = [y])]
    fn add() {
        y += &x;
    }
    #[spawn(placement = [gpu(0), gpu(1)], output = [part = x[0..10]])]
    async move {
        part.fill(1.0);
    };
}

fn main() {
    let _ = graph;
}
