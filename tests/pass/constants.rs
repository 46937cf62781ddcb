//! Constants of the function, the module, a type; in any order; and statics.

use parla::prelude::*;

const N: usize = 64;
const LAST: usize = N - 1;
static SIZE: usize = 32;

mod sizes {
    pub const WIDE: usize = 40;
}

struct Grid;

impl Grid {
    const SIDE: usize = 5;

    #[task_graph]
    fn build() -> Task<()> {
        let t = TaskSpace::with_shape("grid", [Self::SIDE, Self::SIDE]);
        for i in 0..Self::SIDE {
            for j in 0..Grid::SIDE {
                #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1]])]
                fn cell() {}
            }
        }
        let last = #[spawn(deps = [t[4, 4]])]
        || ();
        last
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    const A: usize = B + 1;
    const B: usize = 20;
    let t = TaskSpace::new("T");
    for i in 0..N {
        #[spawn(t[i])]
        fn task() {}
    }
    for i in N..N + SIZE {
        #[spawn(t[i], deps = [t[i - SIZE]])]
        fn more() {}
    }
    let u = TaskSpace::new("U");
    for i in 0..A {
        #[spawn(u[i], deps = [t[i + sizes::WIDE]])]
        fn task() {}
    }
    let bytes = TaskSpace::new("bytes");
    for c in 'a'..='d' {
        #[spawn(bytes[c as u32])]
        fn letter() {}
    }
    #[spawn(deps = [t[LAST], t[63], t[95], u[20], u[B], bytes[97], bytes[b'd']])]
    fn last() {}
    last.await?;
    Grid::build().await?;
    Ok(())
}
