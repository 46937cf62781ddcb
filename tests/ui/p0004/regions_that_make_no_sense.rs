use parla::ndarray::Ix2;
use parla::prelude::*;

#[task_graph]
fn graph(x: &PArray<f32, Ix2>) {
    #[spawn(input = [x[]])]
    move || x.sum();
    #[spawn(inout = [x[.., 9..0; -1]])]
    move || x.fill(0.0);
    #[spawn(output = [tile = x[0..4; 0, 3; 2]])]
    move || tile.fill(0.0);
}

fn main() {
    let _ = graph;
}
