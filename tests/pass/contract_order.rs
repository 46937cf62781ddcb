//! `m <= n`, `first < 8`, a multiple, a sum: what callers know and the function doesn't say.

use parla::prelude::*;

#[task_graph]
fn inner(n: usize, m: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..n {
        #[spawn(t[i])]
        fn task() {}
    }
    let last = #[spawn(deps = [t[0..m], t[m]])]
    || ();
    last
}

#[task_graph]
fn first(first: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..8 {
        #[spawn(t[i])]
        fn task() {}
    }
    let last = #[spawn(deps = [t[first]])]
    || ();
    last
}

#[task_graph]
fn blocks(n: usize, blocks: usize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..n {
        #[spawn(t[i])]
        fn task() {}
    }
    let u = TaskSpace::new("U");
    for block in 0..blocks {
        #[spawn(u[block], deps = [t[10 * block..10 * block + 10], t[10 * block + 9]])]
        fn ten() {}
    }
    let last = #[spawn(deps = [u[0..blocks]])]
    || ();
    last
}

#[task_graph]
fn large(n: usize, offset: isize) -> Task<()> {
    let t = TaskSpace::new("T");
    for i in 0..n {
        #[spawn(t[i])]
        fn task() {}
    }
    for i in 0..4 {
        #[spawn(deps = [t[100], t[i * 20], t[4 + offset]])]
        fn wide() {}
    }
    let last = #[spawn(deps = [t[150]])]
    || ();
    last
}

#[task_graph]
fn checked(n: usize, width: usize) -> Task<()> {
    assert!(n >= 4, "four at least");
    assert!(n % width == 0 && width > 1);
    assert_eq!(n / width, 3);
    let t = TaskSpace::new("T");
    for i in 0..n / width {
        for j in 0..width {
            #[spawn(t[i * width + j])]
            fn task() {}
        }
    }
    let last = #[spawn(deps = [t[3], t[0..n], t[n - width]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    inner(5, 4).await?;
    first(7).await?;
    blocks(30, 3).await?;
    large(151, -3).await?;
    checked(6, 2).await?;
    Ok(())
}
