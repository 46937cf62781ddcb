//! More unknown bounds than are tried together.

use parla::prelude::*;

#[task_graph]
fn grid(a: usize, b: usize, c: usize, d: usize, first: usize) -> Task<usize> {
    let t = TaskSpace::new("T");
    for i in 0..a {
        for j in 0..b {
            for k in 0..c {
                for l in 0..d {
                    let at = ((i * b + j) * c + k) * d + l;
                    #[spawn(t[first + at], deps = [t[first + at - 1]])]
                    fn cell() {}
                }
            }
        }
    }
    for i in 0..first {
        #[spawn(t[i])]
        fn before() {}
    }
    let last = #[spawn(deps = [t[0..first + a * b * c * d]])]
    move || a * b * c * d;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(grid(2, 3, 1, 2, 5).await?, 12);
    Ok(())
}
