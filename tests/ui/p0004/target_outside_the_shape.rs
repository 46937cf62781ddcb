use parla::prelude::*;

const SIDE: usize = 4;

#[parla::main]
fn main() {
    let tiles = TaskSpace::with_shape("tile", [SIDE, SIDE]);
    for i in 0..=SIDE {
        for j in 0..SIDE {
            #[spawn(tiles[i, j], deps = [tiles[i - 1, j]])]
            fn tile() {}
        }
    }
}
