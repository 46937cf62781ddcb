//! Two spaces that change places, as the buffers of a stencil do.

use parla::prelude::*;

#[task_graph]
fn pairs(n: usize) -> Task<usize> {
    let (mut now, mut next) = (TaskSpace::new("even"), TaskSpace::new("odd"));
    for i in 0..n {
        #[spawn(now[0, i])]
        fn start() {}
    }
    for step in 1..4 {
        for i in 0..n {
            #[spawn(next[step, i], deps = [now[step - 1, i]])]
            fn compute() {}
        }
        std::mem::swap(&mut now, &mut next);
    }
    let (mut a, mut b) = (0, 1);
    let t = TaskSpace::new("T");
    for _ in 0..4 {
        #[spawn(t[a + 10 * b])]
        fn fibonacci() {}
        (a, b) = (b, a + b);
    }
    let last = #[spawn(deps = [now[3, 0..n], t[10], t[11], t[21], t[32]])]
    move || n;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(pairs(5).await?, 5);
    Ok(())
}
