//! Checks the event log of a run against its graph. Believes nothing but the log.

use std::collections::HashMap;
use std::time::Duration;

use parla::{EventKind, TaskName};

use crate::graph::Graph;
use crate::run::Run;

/// A line of the log, with the task as a position in [`Graph::tasks`].
#[derive(Debug, Clone, Copy)]
struct Step {
    task: usize,
    at: Duration,
    kind: EventKind,
}

/// Makes sure that every task ran exactly once, and after all its dependencies had ended. Gives
/// the time from the first event to the last.
pub(crate) fn verify(graph: &Graph, run: &Run) -> Result<Duration, String> {
    let positions: HashMap<&TaskName, usize> = run.names.iter().zip(0..).collect();
    let step = |event: &parla::Event| match positions.get(&event.task) {
        Some(&task) => Ok(Step {
            task,
            at: event.at,
            kind: event.kind,
        }),
        None => Err(format!(
            "{} is in the log, but not in the graph",
            event.task
        )),
    };
    let steps = run.events.iter().map(step).collect::<Result<Vec<_>, _>>()?;
    verify_steps(graph, &steps)
}

fn verify_steps(graph: &Graph, steps: &[Step]) -> Result<Duration, String> {
    let mut started = vec![false; graph.tasks.len()];
    let mut ended = vec![false; graph.tasks.len()];
    for step in steps {
        let task = &graph.tasks[step.task];
        let id = &task.id;
        match step.kind {
            EventKind::Spawned => {}
            EventKind::Started if started[step.task] => {
                return Err(format!("{id} started twice"));
            }
            EventKind::Started => {
                // What happened earlier stands earlier in the log.
                if let Some(&dep) = task.deps.iter().find(|&&dep| !ended[dep]) {
                    let dep = &graph.tasks[dep].id;
                    return Err(format!("{id} started before {dep} had ended"));
                }
                started[step.task] = true;
            }
            EventKind::Ended { failed: true } => return Err(format!("{id} failed")),
            EventKind::Ended { .. } if !started[step.task] => {
                return Err(format!("{id} ended, but never started"));
            }
            EventKind::Ended { .. } if ended[step.task] => {
                return Err(format!("{id} ended twice"));
            }
            EventKind::Ended { .. } => ended[step.task] = true,
            other => {
                return Err(format!(
                    "{id} has an event that none should have: {other:?}"
                ));
            }
        }
    }
    match ended.iter().position(|ended| !ended) {
        Some(left) => Err(format!("{} never ended", graph.tasks[left].id)),
        None => Ok(span(steps)),
    }
}

fn span(steps: &[Step]) -> Duration {
    let times = || steps.iter().map(|step| step.at);
    times().max().unwrap_or_default() - times().min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Kind, Shape, generate};

    const STARTED: EventKind = EventKind::Started;
    const ENDED: EventKind = EventKind::Ended { failed: false };

    /// Checks a log of a chain of two tasks.
    fn verified(log: &[(usize, EventKind)]) -> Result<Duration, String> {
        let shape = Shape {
            width: 1,
            depth: 2,
            ..Shape::default()
        };
        let chain = generate(Kind::Serial, &shape).unwrap();
        let steps: Vec<Step> = (3..)
            .map(Duration::from_secs)
            .zip(log)
            .map(|(at, &(task, kind))| Step { task, at, kind })
            .collect();
        verify_steps(&chain, &steps)
    }

    #[test]
    fn a_log_in_order_is_accepted() {
        let log = [
            (0, EventKind::Spawned),
            (0, STARTED),
            (0, ENDED),
            (1, STARTED),
            (1, ENDED),
        ];
        assert_eq!(verified(&log), Ok(Duration::from_secs(4)));
    }

    #[test]
    fn every_kind_of_disorder_is_found() {
        let failed = EventKind::Ended { failed: true };
        let cases: [(&[_], _); 6] = [
            (
                &[(0, STARTED), (1, STARTED)],
                "T[1, 0] started before T[0, 0] had ended",
            ),
            (
                &[(0, STARTED), (0, ENDED), (0, STARTED)],
                "T[0, 0] started twice",
            ),
            (
                &[(0, STARTED), (0, ENDED), (0, ENDED)],
                "T[0, 0] ended twice",
            ),
            (&[(0, ENDED)], "T[0, 0] ended, but never started"),
            (
                &[(0, STARTED), (0, ENDED), (1, STARTED)],
                "T[1, 0] never ended",
            ),
            (&[(0, failed)], "T[0, 0] failed"),
        ];
        for (log, expected) in cases {
            assert_eq!(verified(log), Err(expected.to_owned()));
        }
    }
}
