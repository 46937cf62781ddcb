//! Random graphs, some of whose tasks fail, against what a serial run would do.

use parla_runtime::{Error, Task, TaskError, TaskErrorKind, TaskSpace};

use crate::explore::{dawdle, draw, explore, panic_quietly, repeat, runtime};
use crate::witness::Witness;

/// What a body does in the end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Well,
    /// Gives its worker back once, and is woken at once.
    WellAsync,
    Fails,
    Panics,
}

struct Plan {
    fates: Vec<Fate>,
    /// Earlier in some order, but not in that of the spawns.
    before: Vec<Vec<usize>>,
}

fn plan(rng: &mut fastrand::Rng, tasks: usize) -> Plan {
    let mut order: Vec<usize> = (0..tasks).collect();
    rng.shuffle(&mut order);
    let mut before = vec![Vec::new(); tasks];
    for at in 1..tasks {
        for _ in 0..rng.usize(0..4) {
            before[order[at]].push(order[rng.usize(0..at)]);
        }
    }
    let fate = |rng: &mut fastrand::Rng| match rng.u32(0..16) {
        0 => Fate::Fails,
        1 => Fate::Panics,
        2..=4 => Fate::WellAsync,
        _ => Fate::Well,
    };
    Plan {
        fates: (0..tasks).map(|_| fate(rng)).collect(),
        before,
    }
}

impl Plan {
    /// The tasks that can be the first cause of the end of `task`; none if it ends well.
    fn causes(&self, task: usize) -> Vec<usize> {
        let inherited: Vec<usize> = (self.before[task].iter())
            .flat_map(|&before| self.causes(before))
            .collect();
        match self.fates[task] {
            Fate::Fails | Fate::Panics if inherited.is_empty() => vec![task],
            _ => inherited,
        }
    }

    fn spawn(
        &self,
        t: &TaskSpace<'static>,
        task: usize,
        priority: i32,
        of: &Witness,
    ) -> Task<usize> {
        let (before, of) = (self.before[task].clone(), of.clone());
        let spawning = t.task(task).priority(priority);
        let spawning = spawning.deps(before.iter().map(|&before| t.task(before)));
        match self.fates[task] {
            Fate::Well => spawning.spawn(move || {
                of.run(task, &before);
                task
            }),
            Fate::WellAsync => spawning.spawn(async move {
                of.begin(task, &before);
                yield_once().await;
                of.end(task);
                task
            }),
            Fate::Fails => spawning.try_spawn(move || {
                of.begin(task, &before);
                Err("it fails")
            }),
            Fate::Panics => spawning.spawn(move || {
                of.begin(task, &before);
                panic_quietly("it panics")
            }),
        }
    }

    fn check(&self, task: usize, outcome: Result<&usize, TaskError>) {
        let causes = self.causes(task);
        match outcome {
            Ok(result) => {
                assert_eq!(*result, task);
                assert!(causes.is_empty(), "task {task} ended well");
            }
            Err(error) => {
                let guilty = error.root_cause();
                let at = guilty.task().indices()[0] as usize;
                assert!(causes.contains(&at), "{error}");
                assert_eq!(error.is_dependency_failed(), at != task);
                let is_right = match self.fates[at] {
                    Fate::Fails => matches!(guilty.kind(), TaskErrorKind::Failed(_)),
                    _ => guilty.is_panic(),
                };
                assert!(is_right, "{error}");
            }
        }
    }
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        dawdle();
        std::task::Poll::Pending
    })
    .await;
}

fn random_graph() {
    let mut rng = draw();
    let tasks = rng.usize(4..14);
    let plan = plan(&mut rng, tasks);
    let witness = Witness::new(tasks);
    let runtime = runtime(rng.usize(1..=3));
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        let mut handles = Vec::new();
        for task in 0..tasks {
            let priority = [0, 0, 0, 1, -1][rng.usize(0..5)];
            let handle = plan.spawn(&t, task, priority, &witness);
            match rng.u32(0..6) {
                0 | 1 => drop(handle),
                _ => handles.push((task, handle)),
            }
        }
        rng.shuffle(&mut handles);
        for (task, handle) in handles {
            if rng.bool() {
                plan.check(task, handle.wait());
            }
        }
    });
    for task in 0..tasks {
        let inherited = plan.before[task]
            .iter()
            .any(|&of| !plan.causes(of).is_empty());
        assert_eq!(witness.has_begun(task), !inherited, "task {task}");
        let well = plan.causes(task).is_empty();
        assert_eq!(witness.has_ended(task), well, "task {task}");
    }
    match result {
        Ok(()) => {}
        Err(Error::Task { error, .. }) => {
            let at = error.task().indices()[0] as usize;
            plan.check(at, Err(error));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn random_graphs_run_as_a_serial_run_would() {
    explore(2000, random_graph);
}

#[test]
fn the_schedule_alone_decides() {
    repeat(50, random_graph);
}
