use parla::prelude::*;

mod kernels {
    #[parla::task]
    pub fn scale(x: f32) -> f32 {
        2.0 * x
    }
}

#[task_graph]
fn graph(t: &TaskSpace<'static>) {
    #[spawn(t[0], placement = (gpu, gpu))]
    kernels::scale(1.0);
}

fn main() {
    let _ = graph;
}
