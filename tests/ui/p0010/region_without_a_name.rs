use parla::ndarray::Ix2;
use parla::prelude::*;

struct Grid {
    cells: PArray<f32, Ix2>,
}

#[task_graph]
fn graph(grid: &Grid) {
    #[spawn(inout = [grid.cells[0, ..]])]
    fn clear() {}
    #[spawn(inout = [rows = [grid.cells, grid.cells]])]
    fn copy() {}
}

fn main() {
    let _ = graph;
}
