//! A graph whose places are intervals.

use parla::prelude::*;

#[task_graph]
fn intervals(n: usize) -> Task<usize> {
    let t = TaskSpace::new("interval");
    for length in 1..=n {
        for start in 0..=n - length {
            let end = start + length;
            #[spawn(
                t[start, end],
                deps = [t[start, start + 1..end], t[start + 1..end, end]]
            )]
            fn solve() {}
        }
    }
    let last = #[spawn(deps = [t[0, n]])]
    move || n;
    last
}

#[task_graph]
fn lcs(a: &str, b: &str) -> Task<()> {
    let t = TaskSpace::new("lcs");
    for (i, x) in a.bytes().enumerate() {
        for (j, y) in b.bytes().enumerate() {
            if x == y {
                #[spawn(t[i, j], deps = [t[i - 1, j - 1]])]
                fn same() {}
            } else {
                #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1]])]
                fn other() {}
            }
        }
    }
    let last = #[spawn(deps = [t[a.len() - 1, b.len() - 1]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(intervals(6).await?, 6);
    lcs("abcbdab", "bdcaba").await?;
    Ok(())
}
