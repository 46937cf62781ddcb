//! Variables that are named like constants, and patterns that may be either.

#![allow(non_snake_case)]

use parla::prelude::*;

const LAST: usize = 3;

fn two(i: usize) -> (usize, usize) {
    (i, i + 1)
}

#[task_graph]
fn of_parameter(N: usize) {
    let t = TaskSpace::new("T");
    for I in 0..N {
        #[spawn(t[I])]
        fn one() {}
    }
    #[spawn(t[N], deps = [t[0..N]])]
    fn last() {}
    let N = N + 1;
    #[spawn(t[N], deps = [t[N - 1]])]
    fn behind() {}
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for N in 0..3 {
        #[spawn(t[N])]
        fn one() {}
    }
    (3..5).for_each(|N| {
        #[spawn(t[N])]
        || ();
    });
    let (N, M) = two(5);
    let pairs = TaskSpace::new("pairs");
    #[spawn(pairs[N, M])]
    fn one() {}
    let (N, M) = two(6);
    #[spawn(pairs[N, M], deps = [t[0..5]])]
    fn other() {}

    let u = TaskSpace::new("U");
    for i in 0..4_usize {
        match i {
            LAST => {
                #[spawn(u[LAST])]
                fn at_last() {}
            }
            ELSE => {
                #[spawn(u[ELSE])]
                fn at_else() {}
            }
        }
    }
    let mut found = [4, 5].into_iter();
    while let Some(X) = found.next() {
        #[spawn(u[X])]
        fn one() {}
    }
    #[spawn(deps = [u[0..6]])]
    fn last() {}
    last.await?;
    of_parameter(2);
    Ok(())
}
