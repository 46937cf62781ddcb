use parla::prelude::*;

const SIDE: i32 = 16;

#[parla::main]
fn main() {
    let cells = TaskSpace::new("cell");
    for i in 0..SIDE {
        for j in 0..SIDE {
            #[spawn(cells[i, j], deps = [cells[i - 1, j], cells[i - 1, j + 1]])]
            fn cell() {}
        }
    }
}
