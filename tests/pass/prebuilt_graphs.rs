//! Graphs that are built once, in loops, by functions, with macros.

use parla::prelude::*;
use parla::{Graph, GraphBuilder, GraphSpace};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type Count = AtomicUsize;

fn tail(t: &GraphSpace<'_, Count>) {
    t.task(4).deps(t.task(3)).spawn(|count: &Count| {
        count.fetch_add(1, Ordering::Relaxed);
    });
}

#[task_graph]
fn fill(g: &GraphBuilder<Count>, n: i32) {
    let t = g.task_space("T");
    for i in 0..n {
        t.task(i).deps([t.task(i - 1), t.task(2 * n - i)]).spawn(|count: &Count| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    }
    for i in n + 1..=2 * n {
        t.task(i).spawn(|| ());
    }
}

#[parla::main(workers = 2)]
fn main() -> parla::Result<()> {
    let clicks = Arc::new(Count::new(0));
    for n in 1..4 {
        let graph = Graph::new(|g: &GraphBuilder<Count>| {
            let t = g.task_space("T");
            for i in 0..4 {
                t.task(i).deps(t.task(i - 1)).spawn(|count: &Count| {
                    count.fetch_add(1, Ordering::Relaxed);
                });
            }
            tail(&t);
            let u = g.task_space("U");
            for i in 0..n {
                #[spawn(u[i], deps = [t[i], u[i + 1]], clone = [clicks])]
                fn click() {
                    clicks.fetch_add(1, Ordering::Relaxed);
                }
            }
            #[spawn(u[n], deps = [t])]
            fn last() {}
        })?;
        let count = Count::new(0);
        graph.run(&count)?;
        graph.run(&count)?;
        assert_eq!(count.into_inner(), 10);
    }
    assert_eq!(clicks.load(Ordering::Relaxed), 12);
    let graph = Graph::new(|g| fill(g, 4))?;
    let count = Count::new(0);
    graph.run(&count)?;
    assert_eq!(count.into_inner(), 4);
    Ok(())
}
