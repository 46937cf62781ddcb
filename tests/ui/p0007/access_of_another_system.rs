use parla::ndarray::Ix1;
use parla::prelude::*;

#[task_graph]
fn graph(x: &PArray<f32, Ix1>, y: &PArray<f32, Ix1>) {
    #[spawn(reads = [x], writes = [y])]
    move || y.assign(&x);
    #[spawn(rw = [x])]
    move || x.fill(0.0);
    #[spawn(inot = [x])]
    move || x.fill(0.0);
}

fn main() {
    let _ = graph;
}
