//! Right for even numbers only, which callers see to.

use parla::prelude::*;

/// `n` is even.
#[task_graph]
fn pairs(n: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..n / 2 {
        #[spawn(t[i, 0])]
        fn even() {}
        #[spawn(t[i, 1])]
        fn odd() {}
    }
    let u = TaskSpace::new("U");
    for i in 0..n {
        #[spawn(u[i], deps = [t[i / 2, i % 2], t[(i ^ 1) / 2, 0]])]
        fn both() {}
    }
    let last = #[spawn(deps = [u[n - 1]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    pairs(6).await?;
    Ok(())
}
