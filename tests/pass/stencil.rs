//! Steps over a line, each cell waiting for three of the step before.

use parla::prelude::*;

#[task_graph]
fn heat(cells: i32, steps: i32) -> Task<i32> {
    let t = TaskSpace::new("heat");
    for step in 0..steps {
        for i in 0..cells {
            let first = (i - 1).max(0);
            let end = (i + 2).min(cells);
            #[spawn(t[step, i], deps = [t[step - 1, first..end]])]
            fn cell() {}
        }
    }
    let u = TaskSpace::new("ring");
    for step in 0..steps {
        for i in 0..cells {
            let left = (i + cells - 1) % cells;
            #[spawn(u[step, i], deps = [u[step - 1, left], u[step - 1, (i + 1) % cells]])]
            fn cell() {}
        }
    }
    let last = #[spawn(deps = [t[steps - 1, 0..cells], u[steps - 1, 0..cells]])]
    move || cells * steps;
    last
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(heat(6, 3).await?, 18);
    Ok(())
}
