//! Cells that wait for their neighbours, in all four directions, with and without a shape.

use parla::prelude::*;

#[task_graph]
fn four(rows: usize, columns: usize) -> Task<()> {
    let a = TaskSpace::new("down right");
    let b = TaskSpace::with_shape("up left", [rows, columns]);
    let c = TaskSpace::with_shape("blocks", [rows, columns]);
    for i in 0..rows {
        for j in 0..columns {
            #[spawn(a[i, j], deps = [a[i - 1, j], a[i, j - 1], a[i - 1, j - 1]])]
            fn down() {}
        }
    }
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            #[spawn(b[i, j], deps = [b[i + 1, j], b[i, j + 1], a[i, j]])]
            fn up() {}
        }
    }
    for i in 0..rows {
        for j in 0..columns {
            #[spawn(c[i, j], deps = [b[i - 1..i + 2, j - 1..j + 2], c[i - 1, 0..]])]
            fn around() {}
        }
    }
    let last = #[spawn(deps = [c])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    four(4, 5).await?;
    Ok(())
}
