//! Random task graphs against a serial oracle: each task runs once, in order, ends as the oracle
//! says, and leaves nothing behind.
//!
//! `PARLA_SOAK=n` runs `n` times as many graphs.

mod common;
#[path = "common/plan.rs"]
mod plan;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use common::{Census, Counted, Log, panic_on_purpose};
use parla::{Bytes, Error, Placement, Runtime, Task, TaskError, TaskErrorKind};
use parla::{TaskRef, TaskSpace};
use plan::{Fate, Plan};
use proptest::prelude::*;

/// A result whose life is counted.
struct Value {
    value: u64,
    _counted: Counted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happened {
    Started(usize),
    /// The first has seen the end of the second, by an await.
    Awaited(usize, usize),
    Ended(usize),
}

/// What the bodies of one run share.
struct Run {
    plan: Plan,
    space: TaskSpace<'static>,
    log: Log<Happened>,
    values: Vec<OnceLock<u64>>,
    handles: Vec<OnceLock<Task<Value>>>,
    /// The failed tasks that somebody has learnt of.
    seen: Mutex<BTreeSet<usize>>,
    bodies: Census,
    results: Census,
}

/// What an await of a failed task counts in the sum.
const FAILED: u64 = 0xfa11;

/// The value of a task, from those of its dependencies and awaits.
fn value(i: usize, inputs: impl Iterator<Item = u64>) -> u64 {
    inputs.fold(i as u64 + 1, |sum, input| {
        sum.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ input
    })
}

fn position(error: &TaskError) -> usize {
    error.task().indices()[0] as usize
}

impl Run {
    /// Spawns what belongs to `spawner`, or to the program.
    fn spawn_all(self: &Arc<Self>, spawner: Option<usize>) {
        let tasks = &self.plan.tasks;
        let mut mine: Vec<_> = (0..tasks.len())
            .filter(|&i| tasks[i].spawner == spawner)
            .collect();
        mine.sort_by_key(|&i| tasks[i].turn);
        for &i in mine
            .iter()
            .filter(|&&i| tasks[i].fate == Fate::CancelledEarly)
        {
            self.space.task(i).cancel();
        }
        mine.iter().for_each(|&i| self.spawn(i));
        for &i in mine
            .iter()
            .filter(|&&i| tasks[i].fate == Fate::CancelledLate)
        {
            self.space.task(i).cancel();
        }
    }

    fn request(&self, i: usize) -> TaskRef<'static> {
        let member = &self.plan.tasks[i];
        // Some by place, some by reference.
        let (by_place, by_reference): (Vec<_>, Vec<_>) =
            (member.dependencies.iter()).partition(|&&other| !(i + other).is_multiple_of(3));
        let mut task = self
            .space
            .task(i)
            .deps(by_place.into_iter().map(|&other| self.space.at(other)))
            .deps(
                by_reference
                    .into_iter()
                    .map(|&other| self.space.task(other)),
            )
            .priority(member.priority);
        if let Some(device) = member.device {
            task = task.placement(Placement::cpu_at(device as i64));
        }
        if let Some(vcus) = member.vcus {
            task = task.vcus(vcus);
        }
        task.memory(member.memory)
    }

    fn spawn(self: &Arc<Self>, i: usize) {
        let (run, counted) = (self.clone(), self.bodies.enter());
        let task = if self.plan.tasks[i].is_async {
            self.request(i).try_spawn(async move {
                let _counted = counted;
                run.start(i);
                for &other in &run.plan.tasks[i].awaits {
                    if let Err(error) = run.space.task(other).await {
                        let mut seen = run.seen.lock().expect("no panic under the lock");
                        seen.insert(position(error.root_cause()));
                    }
                    run.log.push(Happened::Awaited(i, other));
                }
                for _ in 0..run.plan.tasks[i].yields {
                    tokio::task::yield_now().await;
                }
                run.finish(i)
            })
        } else {
            self.request(i).try_spawn(move || {
                let _counted = counted;
                run.start(i);
                run.finish(i)
            })
        };
        assert!(
            self.handles[i].set(task).is_ok(),
            "spawned twice by the test itself"
        );
    }

    fn start(self: &Arc<Self>, i: usize) {
        self.log.push(Happened::Started(i));
        self.spawn_all(Some(i));
    }

    fn finish(&self, i: usize) -> Result<Value, &'static str> {
        let member = &self.plan.tasks[i];
        match member.fate {
            Fate::Fail => return Err("told to fail"),
            Fate::Panic => panic_on_purpose(),
            _ => {}
        }
        let read = |other: &usize| self.values[*other].get().copied();
        let dependencies = member
            .dependencies
            .iter()
            .map(|other| read(other).expect("it ended"));
        let awaits = member
            .awaits
            .iter()
            .map(|other| read(other).unwrap_or(FAILED));
        let value = value(i, dependencies.chain(awaits));
        assert!(self.values[i].set(value).is_ok(), "a body ran twice");
        self.log.push(Happened::Ended(i));
        Ok(Value {
            value,
            _counted: self.results.enter(),
        })
    }
}

/// How a task should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Value(u64),
    Failed,
    Panicked,
    Cancelled,
    DependencyFailed,
}

fn end_of(task: &Task<Value>) -> End {
    match task.result().expect("all tasks have ended") {
        Ok(result) => End::Value(result.value),
        Err(error) => match error.kind() {
            TaskErrorKind::Failed(_) => End::Failed,
            TaskErrorKind::Panicked(message) if message == common::ON_PURPOSE => End::Panicked,
            TaskErrorKind::Cancelled => End::Cancelled,
            TaskErrorKind::DependencyFailed(_) => End::DependencyFailed,
            _ => panic!("an unexpected end: {error}"),
        },
    }
}

/// Runs the plan in order of indices. Whether a late cancel came in time is taken from `actual`.
fn oracle(plan: &Plan, actual: &[End]) -> Vec<End> {
    let mut ends: Vec<End> = Vec::new();
    for (i, member) in plan.tasks.iter().enumerate() {
        let late = member.fate == Fate::CancelledLate && actual[i] == End::Cancelled;
        let input = |other: &usize| match ends[*other] {
            End::Value(value) => Some(value),
            _ => None,
        };
        let inputs: Option<Vec<u64>> = member.dependencies.iter().map(input).collect();
        let end = match (member.fate, inputs) {
            (Fate::CancelledEarly, _) => End::Cancelled,
            _ if late => End::Cancelled,
            (_, None) => End::DependencyFailed,
            (Fate::Fail, _) => End::Failed,
            (Fate::Panic, _) => End::Panicked,
            (_, Some(inputs)) => {
                let awaits = member
                    .awaits
                    .iter()
                    .map(|other| input(other).unwrap_or(FAILED));
                End::Value(value(i, inputs.into_iter().chain(awaits)))
            }
        };
        ends.push(end);
    }
    ends
}

fn check_order(plan: &Plan, ends: &[End], log: &[Happened]) {
    let place = |what: Happened| log.iter().position(|other| *other == what);
    for (i, member) in plan.tasks.iter().enumerate() {
        let starts = log
            .iter()
            .filter(|what| **what == Happened::Started(i))
            .count();
        match ends[i] {
            End::Value(_) | End::Failed | End::Panicked => assert_eq!(starts, 1, "T[{i}]"),
            End::DependencyFailed => assert_eq!(starts, 0, "T[{i}]"),
            End::Cancelled if member.fate == Fate::CancelledEarly => {
                assert_eq!(starts, 0, "T[{i}]");
            }
            End::Cancelled => assert!(starts <= 1, "T[{i}]"),
        }
        let Some(start) = place(Happened::Started(i)) else {
            continue;
        };
        for &before in &member.dependencies {
            let end = place(Happened::Ended(before));
            assert!(
                end.is_some_and(|end| end < start),
                "T[{before}] before T[{i}]"
            );
        }
        for &other in &member.awaits {
            let awaited = place(Happened::Awaited(i, other));
            if let (Some(end), Some(awaited)) = (place(Happened::Ended(other)), awaited) {
                assert!(end < awaited, "T[{i}] awaited T[{other}]");
            }
        }
    }
}

fn run(plan: Plan) {
    let builder = Runtime::builder()
        .workers(plan.workers)
        .cpu_devices(plan.devices);
    let runtime = common::build(builder.memory(Bytes::new(1000 * plan.devices as u64)));
    common::note(format!("{plan:#?}"));
    let (bodies, results) = (Census::default(), Census::default());
    let count = plan.tasks.len();
    let shared = runtime.run(|| {
        let run = Arc::new(Run {
            plan,
            space: TaskSpace::new("T"),
            log: Log::new(),
            values: (0..count).map(|_| OnceLock::new()).collect(),
            handles: (0..count).map(|_| OnceLock::new()).collect(),
            seen: Mutex::default(),
            bodies: bodies.clone(),
            results: results.clone(),
        });
        run.spawn_all(None);
        // Kept past the verdict, without a look at any task.
        KEPT.with(|kept| kept.set(Some(run.clone())));
    });
    let run = KEPT
        .with(std::cell::Cell::take)
        .expect("the program has run");
    assert_eq!(bodies.alive(), 0, "every body is gone");
    let handles: Vec<_> = run
        .handles
        .iter()
        .map(|task| task.get().expect("spawned"))
        .collect();
    let ends: Vec<End> = handles.iter().map(|task| end_of(task)).collect();
    assert_eq!(ends, oracle(&run.plan, &ends));
    check_order(&run.plan, &ends, &run.log.take());
    for task in &handles {
        if let Some(Err(error)) = task.result() {
            let root = ends[position(error.root_cause())];
            assert!(
                !matches!(root, End::Value(_) | End::DependencyFailed),
                "{error}"
            );
        }
    }
    let failed = (0..count).filter(|&i| matches!(ends[i], End::Failed | End::Panicked));
    let seen = run.seen.lock().expect("no panic under the lock").clone();
    let unseen: Vec<_> = failed.filter(|i| !seen.contains(i)).collect();
    match shared {
        Ok(()) => assert_eq!(
            unseen, [0; 0],
            "a failure nobody looked at was not reported"
        ),
        Err(Error::Task { error, others }) => {
            assert!(unseen.contains(&position(&error)), "{error}");
            assert_eq!(others + 1, unseen.len());
        }
        Err(other) => panic!("{other}"),
    }
    let values = ends
        .iter()
        .filter(|end| matches!(end, End::Value(_)))
        .count();
    assert_eq!(
        results.alive(),
        values,
        "results live as long as their handles"
    );
    drop(handles);
    drop(run);
    assert_eq!(results.alive(), 0, "and no longer");
}

thread_local! {
    static KEPT: std::cell::Cell<Option<Arc<Run>>> = const { std::cell::Cell::new(None) };
}

proptest! {
    #![proptest_config(plan::cases(300))]

    #[test]
    fn end_as_the_oracle_says(plan in plan::plan()) {
        run(plan);
    }
}
