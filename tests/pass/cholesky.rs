//! The graph of a tiled Cholesky factorisation.

use parla::prelude::*;

#[task_graph]
fn cholesky(n: usize) -> Task<usize> {
    let t = TaskSpace::new("potrf");
    let (solve, update) = (TaskSpace::new("trsm"), TaskSpace::new("gemm"));
    for k in 0..n {
        #[spawn(t[k], deps = [update[k, k, 0..k]])]
        fn factor() {}
        for i in k + 1..n {
            #[spawn(solve[i, k], deps = [t[k], update[i, k, 0..k]])]
            fn solve_column() {}
        }
        for i in k + 1..n {
            for j in k + 1..=i {
                #[spawn(
                    update[i, j, k],
                    deps = [solve[i, k], solve[j, k], update[i, j, k - 1]]
                )]
                fn multiply() {}
            }
        }
    }
    let last = #[spawn(deps = [t[n - 1]])]
    move || n;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(cholesky(5).await?, 5);
    Ok(())
}
