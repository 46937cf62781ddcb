use parla::prelude::*;

#[parla::main]
fn main() {
    let tiles = TaskSpace::with_shape("tile", [4, 4]);
    for i in 0..4 {
        #[spawn(tiles[i])]
        fn row() {}
    }
}
