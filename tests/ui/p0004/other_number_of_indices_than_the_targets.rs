use parla::prelude::*;

#[task_graph]
fn wavefront(n: usize) {
    let cells = TaskSpace::new("cell");
    for i in 0..n {
        for j in 0..n {
            #[spawn(cells[i, j], deps = [cells[i - 1, j], cells[i, j - 1]])]
            fn cell() {}
        }
    }
    #[spawn(deps = [cells[n * n - 1]])]
    fn last() {}
}

fn main() {
    wavefront(4);
}
