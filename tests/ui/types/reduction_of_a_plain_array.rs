use parla::ndarray::Ix1;
use parla::prelude::*;

#[task_graph]
fn graph(x: &PArray<f32, Ix1>) {
    #[spawn(reduce = [x])]
    move || x[0] += 1.0;
}

fn main() {
    let _ = graph;
}
