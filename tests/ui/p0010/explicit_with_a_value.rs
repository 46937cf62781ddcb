use parla::prelude::*;

#[task_graph(explicit = true)]
fn graph() {}

fn main() {
    let _ = graph;
}
