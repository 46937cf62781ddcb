//! Prebuilt graphs with several runs at the same time.

use std::sync::Arc;

use parla_runtime::{Error, Graph, GraphBuilder, TaskSpace};

use crate::explore::{draw, explore, panic_quietly, runtime};
use crate::witness::Witness;

/// A graph of `tasks` random tasks, of which one may panic, and what each task depends on.
fn random_graph(tasks: usize, panics: Option<usize>) -> (Graph<Witness>, Vec<Vec<usize>>) {
    let mut rng = draw();
    let before: Vec<Vec<usize>> = (0..tasks)
        .map(|task| {
            (0..rng.usize(0..3).min(task))
                .map(|_| rng.usize(0..task))
                .collect()
        })
        .collect();
    let graph = Graph::new(|g: &GraphBuilder<Witness>| {
        let t = g.task_space("T");
        for (task, before) in before.iter().enumerate() {
            let spawning = t.task(task);
            let spawning = spawning.deps(before.iter().map(|&before| t.task(before)));
            let before = before.clone();
            spawning.spawn(move |seen: &Witness| {
                if panics == Some(task) {
                    panic_quietly("it panics");
                }
                seen.run(task, &before);
            });
        }
    });
    (graph.expect("no mistakes"), before)
}

#[test]
fn runs_of_one_graph_at_the_same_time() {
    explore(1000, || {
        const TASKS: usize = 7;
        let (graph, _) = random_graph(TASKS, None);
        let runtime = runtime(2);
        let (handle, other, seen) = ((*runtime).clone(), graph.clone(), Witness::new(TASKS));
        let outside = seen.clone();
        let thread = shuttle::thread::spawn(move || {
            let _ambient = handle.enter();
            other.run(&outside).expect("none fails");
        });
        let seen: Vec<Witness> = (0..3).map(|_| Witness::new(TASKS)).chain([seen]).collect();
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let first = t.task(0).try_spawn(graph.run_async(seen[0].clone()));
            let (inside, witness) = (graph.clone(), seen[1].clone());
            // It helps, or lends its seat.
            t.task(1).try_spawn(move || inside.run(&witness));
            t.task(2)
                .deps(&first)
                .try_spawn(graph.run_async(seen[2].clone()));
        });
        outcome.expect("none fails");
        thread.join().expect("it does not panic");
        seen.iter().for_each(Witness::check_all);
    });
}

#[test]
fn a_run_goes_round_what_fails() {
    explore(1000, || {
        const TASKS: usize = 8;
        let panics = draw().usize(0..TASKS);
        let (graph, before) = random_graph(TASKS, Some(panics));
        let (runtime, seen) = (runtime(2), Witness::new(TASKS));
        let outcome = runtime.run(|| graph.run(&seen)).and_then(|outcome| outcome);
        let Err(Error::Task { error, .. }) = outcome else {
            panic!("one task panics");
        };
        assert_eq!(error.root_cause().task().indices(), [panics as i64]);
        let mut fails = [false; TASKS];
        for task in 0..TASKS {
            fails[task] = task == panics || before[task].iter().any(|&of| fails[of]);
            assert_eq!(seen.has_ended(task), !fails[task], "task {task}");
        }
    });
}

#[test]
fn a_run_that_is_dropped_ends() {
    explore(700, || {
        const TASKS: usize = 6;
        let (graph, _) = random_graph(TASKS, None);
        let (runtime, seen) = (runtime(2), Witness::new(TASKS));
        let held = Arc::new(());
        let outcome = runtime.run(|| {
            let t = TaskSpace::new("T");
            let (run, inside) = (graph.run_async(seen.clone()), held.clone());
            let waits = t.task(0).try_spawn(async move {
                let _inside = inside;
                run.await
            });
            crate::explore::dawdle();
            waits.cancel();
            let _ = waits.wait();
        });
        outcome.expect("what failed was seen");
        drop(runtime);
        assert_eq!(Arc::strong_count(&held), 1);
    });
}
