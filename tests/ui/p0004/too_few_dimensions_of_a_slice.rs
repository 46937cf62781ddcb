use parla::prelude::*;

#[parla::main]
async fn main() -> parla::Result<()> {
    let tiles = TaskSpace::with_shape("tile", [2, 3]);
    for i in 0..2 {
        for j in 0..3 {
            #[spawn(tiles[i, j])]
            fn tile() {}
        }
    }
    tiles.slice(0..2).await?;
    Ok(())
}
