//! Blocks of rows, cyclic and even distributions, remainders.

use parla::prelude::*;

#[task_graph]
fn distribute(n: usize, workers: usize, block: usize) -> Task<()> {
    let (even, cyclic) = (TaskSpace::new("even"), TaskSpace::new("cyclic"));
    let (blocks, rest) = (TaskSpace::new("blocks"), TaskSpace::new("rest"));
    let middle = n / 2;
    for i in 0..middle {
        #[spawn(even[i])]
        fn low() {}
    }
    for i in middle..n {
        #[spawn(even[i], deps = [even[i - middle]])]
        fn high() {}
    }
    for worker in 0..workers {
        for i in (worker..n).step_by(workers) {
            #[spawn(cyclic[i], deps = [cyclic[i - workers], even[i]])]
            fn turn() {}
        }
    }
    for start in (0..n).step_by(block) {
        for i in start..(start + block).min(n) {
            #[spawn(blocks[i], deps = [cyclic[start..i], blocks[i - block]])]
            fn one() {}
        }
    }
    for b in 0..n / block {
        for i in 0..block {
            #[spawn(rest[b * block + i])]
            fn whole() {}
        }
    }
    for i in n - n % block..n {
        #[spawn(rest[i])]
        fn remainder() {}
    }
    let last = #[spawn(deps = [even[0..n], cyclic[0..n], blocks[0..n], rest[0..n]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    distribute(17, 3, 4).await?;
    distribute(4, 4, 2).await?;
    Ok(())
}
