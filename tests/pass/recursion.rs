//! Functions that spawn and call themselves.

use parla::prelude::*;

#[task_graph]
fn sum(t: &TaskSpace<'static>, from: usize, to: usize, at: usize) -> Task<usize> {
    if to - from <= 2 {
        return #[spawn(t[at])]
        move || (from..to).sum::<usize>();
    }
    let middle = (from + to) / 2;
    let left = sum(t, from, middle, 2 * at);
    let right = sum(t, middle, to, 2 * at + 1);
    let both = #[spawn(t[at], input = [left, right], deps = [t[2 * at], t[2 * at + 1]])]
    move || left + right;
    both
}

#[task_graph]
fn count_down(t: &TaskSpace<'static>, n: usize) {
    #[spawn(t[n], deps = [t[n - 1]])]
    fn step() {}
    if n > 0 {
        count_down(t, n - 1);
    }
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let t = TaskSpace::new("sum");
    assert_eq!(sum(&t, 0, 20, 1).await?, 190);
    let t = TaskSpace::new("down");
    count_down(&t, 5);
    t.task(5).await?;
    Ok(())
}
