use parla::prelude::*;

#[task_graph]
fn rows(n: usize) {
    let tiles = TaskSpace::with_shape("tile", [n, n]);
    for i in 0..n {
        for j in 0..n {
            #[spawn(tiles[i, j], deps = [tiles[i - 1]])]
            fn tile() {}
        }
    }
}

fn main() {
    rows(4);
}
