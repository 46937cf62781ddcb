//! Runs a graph as tasks that keep a worker busy for the time they ask for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parla::prelude::*;
use parla::{Event, Index, Runtime, TaskName};

use crate::graph::{Graph, Id};

/// What a run leaves behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// The name under which the runtime ran each task of the graph.
    pub(crate) names: Vec<TaskName>,
    pub(crate) events: Vec<Event>,
}

/// Runs all tasks, on a CPU whatever device they ask for, and takes their times `scale` times.
///
/// The spaces and indices of the tasks are known only now, so they are spawned without macros.
pub(crate) fn run(graph: &Graph, runtime: &Runtime, scale: f64) -> parla::Result<Run> {
    let names = runtime.run(|| {
        let mut spaces = HashMap::new();
        for task in &graph.tasks {
            let name = &*task.id.space;
            spaces.entry(name).or_insert_with(|| TaskSpace::new(name));
        }
        let place = |id: &Id| spaces[&*id.space].task(Index::from(&id.index[..]));

        let spawned = graph.tasks.iter().map(|task| {
            let needs = task.on_cpu();
            let time = Duration::from_secs_f64(needs.micros * scale / 1e6);
            place(&task.id)
                .deps(task.deps.iter().map(|&dep| place(&graph.tasks[dep].id)))
                .placement(Placement::cpu())
                .vcus(needs.vcus)
                .memory(needs.memory)
                .spawn(move || keep_busy(time))
                .name()
        });
        spawned.collect()
    })?;
    Ok(Run {
        names,
        events: runtime.take_events(),
    })
}

fn keep_busy(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Kind, Shape, generate};
    use crate::verify::verify;

    fn runtime(workers: usize, cpus: usize) -> Runtime {
        Runtime::builder()
            .workers(workers)
            .cpu_devices(cpus)
            .trace(true)
            .build()
            .unwrap()
    }

    #[test]
    fn every_family_of_graphs_runs_in_order() {
        for (name, kind) in Kind::ALL {
            let graph = generate(
                kind,
                &Shape {
                    micros: 20.0,
                    ..Shape::default()
                },
            )
            .unwrap();
            for (workers, cpus) in [(1, 1), (2, 1), (3, 3)] {
                let run = run(&graph, &runtime(workers, cpus), 0.5).unwrap();
                verify(&graph, &run).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }

    #[test]
    fn tasks_may_depend_on_later_ones() {
        let mut graph = generate(Kind::Stencil, &Shape::default()).unwrap();
        let last = graph.tasks.len() - 1;
        graph.tasks.reverse();
        for task in &mut graph.tasks {
            task.deps.iter_mut().for_each(|dep| *dep = last - *dep);
        }
        let run = run(&graph, &runtime(2, 2), 0.0).unwrap();
        verify(&graph, &run).unwrap();
    }

    #[test]
    fn a_task_that_no_machine_can_hold_is_named() {
        let mut graph = generate(Kind::Independent, &Shape::default()).unwrap();
        graph.tasks[3].variants[0].memory = u64::MAX;
        let message = run(&graph, &runtime(1, 1), 0.0).unwrap_err().to_string();
        assert!(message.contains("`T[3]` asks for"), "{message}");
    }

    #[test]
    fn a_graph_with_a_cycle_does_not_hang() {
        let mut graph = generate(
            Kind::Serial,
            &Shape {
                width: 1,
                ..Shape::default()
            },
        )
        .unwrap();
        graph.tasks[0].deps.push(7);
        let message = run(&graph, &runtime(2, 2), 0.0).unwrap_err().to_string();
        assert!(message.contains("T[7, 0]"), "{message}");
    }
}
