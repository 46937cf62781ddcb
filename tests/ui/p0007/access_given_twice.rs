use parla::ndarray::Ix1;
use parla::prelude::*;

#[task_graph]
fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>) {
    #[spawn(input = [x], output = [x])]
    move || x.fill(0.0);
    #[spawn(inout = [x[0..4], x[4..8]])]
    move || x.fill(0.0);
    #[spawn(commute = [x, y = x], reduce = [y])]
    move || x.fill(0.0);
}

fn main() {
    let _ = graph;
}
