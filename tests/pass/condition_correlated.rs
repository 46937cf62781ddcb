//! Conditions that exclude each other, though no single one says so.

use parla::prelude::*;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Fast,
    Exact,
}

const LOW: i32 = 10;
const HIGH: i32 = 20;

#[task_graph]
fn by_mode(mode: Mode) -> Task<i32> {
    let t = TaskSpace::new("T");
    if mode == Mode::Fast {
        #[spawn(t[0])]
        || 1;
    }
    if mode == Mode::Exact {
        #[spawn(t[0])]
        || 2;
    }
    let all = #[spawn(t[1], deps = [t[0]])]
    || 3;
    all
}

#[task_graph]
fn by_bounds(value: i32, low: i32, high: i32) -> Task<()> {
    let t = TaskSpace::new("T");
    if value < low {
        #[spawn(t[0])]
        || ();
    }
    if value >= high {
        #[spawn(t[0])]
        || ();
    }
    if low <= value && value < high {
        #[spawn(t[0])]
        || ();
    }
    if value < LOW {
        #[spawn(t[1])]
        || ();
    }
    if value > HIGH {
        #[spawn(t[1])]
        || ();
    }
    let handle = t.task(2).deps(t.task(0)).spawn(|| ());
    handle
}

#[parla::main]
async fn main() -> parla::Result<()> {
    assert_eq!(by_mode(Mode::Fast).await?, 3);
    assert_eq!(by_mode(Mode::Exact).await?, 3);
    for value in [5, 15, 25] {
        by_bounds(value, 10, 20).await?;
    }
    Ok(())
}
