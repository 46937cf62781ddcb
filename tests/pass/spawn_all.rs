//! Many at once, before, between and after others.

use parla::prelude::*;

#[task_graph]
fn build(n: usize) -> Task<usize> {
    let t = TaskSpace::new("T");
    #[spawn(t[n + 1], deps = [t[0..=n]])]
    fn waits() {}
    t.spawn_all(0..n, |_| ());
    t.task(n).spawn(|| ());
    t.spawn_all(n + 2..=n + 4, |_| ());
    let odd = t.spawn_all((n + 5..n + 12).filter(|i| i % 2 == 1), |_| ());
    let few = [n + 20, n + 30];
    t.spawn_all(few, |_| ());
    let u = TaskSpace::new("U");
    for round in 0..3 {
        u.spawn_all(10 * round..10 * round + 10, |_| ());
    }
    let all = #[spawn(deps = [waits, odd, t[n + 2..n + 5], t[n + 20], u[0..30]])]
    move || n;
    all
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(build(10).await?, 10);
    Ok(())
}
