//! A butterfly, for powers of two only.

use parla::prelude::*;

#[task_graph]
fn butterfly(n: usize) -> Task<usize> {
    assert!(n.is_power_of_two());
    let t = TaskSpace::new("T");
    let levels = n.trailing_zeros();
    for i in 0..n {
        #[spawn(t[0, i])]
        fn leaf() {}
    }
    for level in 1..=levels {
        for i in 0..n {
            let partner = i ^ (1 << (level - 1));
            #[spawn(t[level, i], deps = [t[level - 1, i], t[level - 1, partner]])]
            fn cross() {}
        }
    }
    let last = #[spawn(deps = [t[levels, 0..n]])]
    move || n;
    last
}

#[task_graph]
fn exchange(n: usize) -> Task<usize> {
    let (a, b) = (TaskSpace::new("a"), TaskSpace::new("b"));
    for i in 0..n {
        #[spawn(a[i])]
        fn send() {}
    }
    for i in 0..n {
        #[spawn(b[i], deps = [a[i], a[i ^ 1], a[i ^ (n / 2)]])]
        fn receive() {}
    }
    let last = #[spawn(deps = [b[0..n]])]
    move || n;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(butterfly(16).await?, 16);
    assert_eq!(exchange(8).await?, 8);
    Ok(())
}
