use parla::prelude::*;

#[task_graph]
struct Graph;

fn main() {}
