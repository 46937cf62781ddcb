//! Random graphs with cycles and gaps: what can run does, the rest is a stall that names the guilty.
//!
//! `PARLA_SOAK=n` runs `n` times as many graphs.

mod common;
#[path = "common/plan.rs"]
#[expect(dead_code, reason = "the plans of sound graphs are for another file")]
mod plan;

use common::{Census, Log};
use parla::{Error, Handle, TaskSpace};
use proptest::prelude::*;
use proptest::sample::Index;

/// A graph with cycles and gaps: for each task its dependencies, or `None` if nobody spawns it.
fn flawed_graph() -> impl Strategy<Value = (Vec<Option<Vec<usize>>>, usize)> {
    let edges = proptest::collection::vec(any::<Index>(), 0..3);
    let tasks = proptest::collection::vec(proptest::option::weighted(0.95, edges), 1..40);
    (tasks, 1..=4_usize).prop_map(|(tasks, workers)| {
        let count = tasks.len();
        let resolve = |edges: Vec<Index>| edges.iter().map(|edge| edge.index(count)).collect();
        (
            tasks.into_iter().map(|edges| edges.map(resolve)).collect(),
            workers,
        )
    })
}

fn run_flawed(tasks: &[Option<Vec<usize>>], workers: usize) {
    let runtime = common::runtime(workers);
    common::note(format!("{tasks:?}"));
    let (log, census) = (Log::new(), Census::default());
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        for (i, dependencies) in tasks.iter().enumerate() {
            let Some(dependencies) = dependencies else {
                continue;
            };
            let (log, counted) = (log.clone(), census.enter());
            let task = t
                .task(i)
                .deps(dependencies.iter().map(|&other| t.task(other)));
            task.spawn(move || {
                let _counted = counted;
                log.push(i);
            });
        }
        Handle::current().workers()
    });
    let mut runnable = vec![false; tasks.len()];
    loop {
        let more: Vec<_> = (0..tasks.len())
            .filter(|&i| !runnable[i])
            .filter(|&i| {
                tasks[i]
                    .iter()
                    .any(|of| of.iter().all(|&other| runnable[other]))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        more.into_iter().for_each(|i| runnable[i] = true);
    }
    let mut ran = log.take();
    ran.sort_unstable();
    assert_eq!(
        ran,
        (0..tasks.len())
            .filter(|&i| runnable[i])
            .collect::<Vec<_>>()
    );
    assert_eq!(census.alive(), 0);
    let is_stuck = (0..tasks.len()).any(|i| tasks[i].is_some() && !runnable[i]);
    match result {
        Ok(_) => assert!(!is_stuck),
        Err(Error::Stalled(stalled)) => {
            assert!(is_stuck, "{stalled}");
            for name in stalled.never_spawned() {
                assert!(tasks[name.indices()[0] as usize].is_none(), "{stalled}");
            }
            for cycle in stalled.cycles() {
                let next = cycle.iter().cycle().skip(1);
                for (task, next) in cycle.iter().zip(next) {
                    let dependencies = tasks[task.indices()[0] as usize].as_ref();
                    let waits =
                        dependencies.is_some_and(|of| of.contains(&(next.indices()[0] as usize)));
                    assert!(waits, "`{task}` does not wait for `{next}`: {stalled}");
                }
            }
            assert!(!(stalled.never_spawned().is_empty() && stalled.cycles().is_empty()));
        }
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(plan::cases(300))]

    #[test]
    fn stall_exactly_where_they_must((tasks, workers) in flawed_graph()) {
        run_flawed(&tasks, workers);
    }
}
