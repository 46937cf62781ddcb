//! Dependencies that are spawned after their dependents, near and far.

use parla::prelude::*;
use std::sync::{Arc, Mutex};

#[task_graph]
fn backwards(n: usize, log: &Arc<Mutex<Vec<usize>>>) -> Task<()> {
    let t = TaskSpace::new("T");
    let log = Arc::clone(log);
    let last = #[spawn(t[n], deps = [t[n - 1]])]
    || ();
    for i in (0..n).rev() {
        #[spawn(t[i], deps = [t[i - 1]], clone = [log])]
        fn step() {
            log.lock().unwrap().push(i);
        }
    }
    last
}

#[task_graph]
fn crossed(n: usize) -> Task<()> {
    let (a, b) = (TaskSpace::new("A"), TaskSpace::new("B"));
    for i in 0..n {
        #[spawn(a[i], deps = [b[i + 1], b[0..i]])]
        fn first() {}
    }
    for i in (0..=n).rev() {
        #[spawn(b[i], deps = [b[i - 1]])]
        fn second() {}
    }
    let last = #[spawn(deps = [a[0..n]])]
    || ();
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    let log = Arc::default();
    backwards(6, &log).await?;
    assert_eq!(*log.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    crossed(4).await?;
    Ok(())
}
