//! Trees as heaps and by levels, up and down.

use parla::prelude::*;

#[task_graph]
fn heap(leaves: usize) -> Task<usize> {
    let t = TaskSpace::new("up");
    for i in 0..leaves - 1 {
        #[spawn(t[i], deps = [t[2 * i + 1], t[2 * i + 2]])]
        fn inner() {}
    }
    for i in leaves - 1..2 * leaves - 1 {
        #[spawn(t[i])]
        fn leaf() {}
    }
    let down = TaskSpace::new("down");
    for i in 0..2 * leaves - 1 {
        #[spawn(down[i], deps = [t[0], down[(i - 1) / 2 - (i + 1) / (2 * i + 1)]])]
        fn node() {}
    }
    let last = #[spawn(deps = [down[0..2 * leaves - 1], t[0]])]
    move || leaves;
    last
}

#[task_graph]
fn levels(n: usize) -> Task<()> {
    let t = TaskSpace::new("level");
    for i in 0..n {
        #[spawn(t[0, i])]
        fn leaf() {}
    }
    let mut width = n;
    let mut level = 0;
    while width > 1 {
        let next = width.div_ceil(2);
        level += 1;
        for i in 0..next {
            if 2 * i + 1 < width {
                #[spawn(t[level, i], deps = [t[level - 1, 2 * i], t[level - 1, 2 * i + 1]])]
                fn two() {}
            } else {
                #[spawn(t[level, i], deps = [t[level - 1, 2 * i]])]
                fn one() {}
            }
        }
        width = next;
    }
    let last = #[spawn(deps = [t[level, 0]])]
    || ();
    last
}

#[task_graph]
fn strides(n: usize) -> Task<()> {
    assert!(n.is_power_of_two());
    let t = TaskSpace::new("stride");
    for i in 0..n {
        #[spawn(t[i, 0])]
        fn leaf() {}
    }
    let mut stride = 1;
    while stride < n {
        for i in (0..n).step_by(2 * stride) {
            let last = stride / 2 * 2 / 2;
            #[spawn(t[i, stride], deps = [t[i, last], t[i + stride, last]])]
            fn add() {}
        }
        stride *= 2;
    }
    let last = #[spawn(deps = [t[0, n / 2]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(heap(8).await?, 8);
    for n in [1, 2, 5, 8] {
        levels(n).await?;
    }
    strides(8).await?;
    Ok(())
}
