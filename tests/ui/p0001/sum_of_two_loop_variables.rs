use parla::prelude::*;

#[task_graph]
fn tiles(n: usize) {
    let tile = TaskSpace::new("tile");
    for row in 0..n {
        for column in 0..n {
            #[spawn(tile[row + column])]
            fn compute() {}
        }
    }
}

fn main() {
    tiles(4);
}
