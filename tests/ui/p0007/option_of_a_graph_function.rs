use parla::prelude::*;

#[task_graph(workers = 2)]
fn graph() {}

fn main() {}
