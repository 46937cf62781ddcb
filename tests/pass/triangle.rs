//! Loops whose bounds are those of outer loops.

use parla::prelude::*;

#[task_graph]
fn lower(n: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..n {
        for j in 0..=i {
            #[spawn(t[i, j], deps = [t[i - 1, j - 1], t[i, j - 1]])]
            fn cell() {}
        }
    }
    let u = TaskSpace::new("U");
    for i in (0..n).rev() {
        for j in i..n {
            #[spawn(u[i, j], deps = [u[i, i..j], u[i + 1..=j, j], t[j, i]])]
            fn cell() {}
        }
    }
    let last = #[spawn(deps = [t[n - 1, n - 1], u[0, n - 1]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    lower(6).await?;
    Ok(())
}
