//! Placements that need no GPU body, or have one.

use parla::prelude::*;

#[task]
fn both(x: f32) -> f32 {
    x
}

#[variant(both, gpu)]
fn both_gpu(x: f32) -> f32 {
    x
}

#[task]
fn cpu_only(x: f32) -> f32 {
    x
}

#[task_graph]
fn graph(t: &TaskSpace<'static>) {
    #[spawn(t[0], placement = gpu)]
    both(1.0);
    #[spawn(t[1], placement = [cpu, gpu])]
    cpu_only(1.0);
    #[spawn(t[2], placement = any)]
    cpu_only(1.0);
    #[spawn(t[3], placement = gpu)]
    fn own() {}
}

fn main() {
    let _ = graph;
}
