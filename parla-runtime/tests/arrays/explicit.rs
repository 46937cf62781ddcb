//! Random programs of explicit tasks against an oracle: a race is reported if and only if two tasks
//! conflict that no path of dependencies connects, and no two conflicting bodies ever overlap.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parla_runtime::{PArray, Runtime, TaskErrorKind, TaskSpace};
use proptest::prelude::*;

const ELEMENTS: usize = 12;

#[derive(Debug, Clone)]
struct Step {
    is_explicit: bool,
    /// Otherwise it reads.
    changes: bool,
    from: usize,
    to: usize,
    /// The steps that it depends on: of lower rank.
    deps: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Program(Vec<Step>);

impl Program {
    fn conflict(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.0[a], &self.0[b]);
        (a.changes || b.changes) && a.from < b.to && b.from < a.to
    }

    /// Whether a task comes before another, for all pairs.
    fn order(&self) -> Vec<Vec<bool>> {
        let len = self.0.len();
        let mut before = vec![vec![false; len]; len];
        for (number, step) in self.0.iter().enumerate() {
            for dep in &step.deps {
                before[*dep][number] = true;
            }
            for (earlier, before) in before.iter_mut().enumerate().take(number) {
                before[number] |= !step.is_explicit && self.conflict(earlier, number);
            }
        }
        for via in 0..len {
            for from in 0..len {
                for to in 0..len {
                    before[from][to] |= before[from][via] && before[via][to];
                }
            }
        }
        before
    }

    fn has_race(&self, a: usize, b: usize, before: &[Vec<bool>]) -> bool {
        a != b && self.conflict(a, b) && !before[a][b] && !before[b][a]
    }

    /// Has those that conflict depend on each other by rank.
    fn ordered(mut self, rank: impl Fn(usize) -> usize) -> Self {
        for number in 0..self.0.len() {
            for other in 0..self.0.len() {
                if rank(other) < rank(number) && self.conflict(number, other) {
                    self.0[number].deps.push(other);
                }
            }
        }
        self
    }
}

/// With `is_mixed`, some tasks are not explicit, and dependencies only go back.
fn program(is_mixed: bool, is_ordered: bool) -> impl Strategy<Value = Program> {
    let step = (any::<[u8; 4]>(), prop::collection::vec(0..10_usize, 0..3));
    (prop::collection::vec(step, 1..10), any::<u64>()).prop_map(move |(steps, shuffle)| {
        let len = steps.len();
        let mut ranks: Vec<usize> = (0..len).collect();
        if !is_mixed {
            fastrand::Rng::with_seed(shuffle).shuffle(&mut ranks);
        }
        let rank = |step: usize| ranks[step];
        let steps = steps.into_iter().enumerate().map(|(number, (draw, deps))| {
            let [from, size, changes, explicit] = draw.map(usize::from);
            let from = from % ELEMENTS;
            let deps = deps.into_iter().map(|dep| dep % len);
            Step {
                is_explicit: !is_mixed || explicit % 2 == 0,
                changes: changes % 2 == 0,
                from,
                to: (from + 1 + size % 5).min(ELEMENTS),
                deps: deps.filter(|dep| rank(*dep) < rank(number)).collect(),
            }
        });
        let program = Program(steps.collect());
        if is_ordered {
            program.ordered(rank)
        } else {
            program
        }
    })
}

/// Who is at which element: readers count up, a writer takes it below zero.
type Visitors = Arc<Vec<AtomicI64>>;

fn visit(visitors: &Visitors, step: &Step) {
    let weight = if step.changes { -1000 } else { 1 };
    for element in &visitors[step.from..step.to] {
        let before = element.fetch_add(weight, Ordering::SeqCst);
        assert!(before == 0 || (before > 0 && !step.changes), "they overlap");
    }
    std::thread::yield_now();
    for element in &visitors[step.from..step.to] {
        element.fetch_sub(weight, Ordering::SeqCst);
    }
}

/// The races that were reported: who failed, and with whom.
fn run(program: &Program, runtime: &Runtime) -> Vec<(usize, usize)> {
    let _ambient = runtime.enter();
    let x = PArray::from(vec![0_u8; ELEMENTS]);
    let (t, start) = (TaskSpace::new("T"), TaskSpace::new("start"));
    let visitors: Visitors = Arc::new((0..ELEMENTS).map(|_| AtomicI64::new(0)).collect());
    let tasks: Vec<_> = (program.0.iter().enumerate())
        .map(|(number, step)| {
            let mut task = t.task(number).deps(start.task(0));
            if step.is_explicit {
                task = task.explicit();
            }
            task = step
                .deps
                .iter()
                .fold(task, |task, dep| task.deps(t.task(*dep)));
            let part = x.slice(step.from as i64..step.to as i64);
            let (visitors, step) = (visitors.clone(), step.clone());
            if step.changes {
                task.inout(&part).0.spawn(move || visit(&visitors, &step))
            } else {
                task.input(&part).0.spawn(move || visit(&visitors, &step))
            }
        })
        .collect();
    let _ = start.task(0).spawn(|| ());
    let mut races = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let Err(error) = task.wait() else { continue };
        match error.kind() {
            TaskErrorKind::Race { with, .. } => {
                let with = tasks.iter().position(|task| task.name() == *with);
                races.push((number, with.unwrap()));
            }
            kind => assert!(
                matches!(kind, TaskErrorKind::DependencyFailed(_)),
                "{error}"
            ),
        }
    }
    races
}

fn runtime(workers: usize, seed: Option<u64>) -> Runtime {
    let builder = Runtime::builder().workers(workers);
    let builder = match seed {
        Some(seed) => builder.workers(1).seed(seed),
        None => builder,
    };
    builder.build().unwrap()
}

fn check(program: &Program, runtime: &Runtime) -> Result<(), TestCaseError> {
    let before = program.order();
    let numbers = || 0..program.0.len();
    let mut pairs = numbers().flat_map(|a| numbers().map(move |b| (a, b)));
    let is_expected = pairs.any(|(a, b)| program.has_race(a, b, &before));
    let races = run(program, runtime);
    prop_assert_eq!(!races.is_empty(), is_expected, "{:?}", races);
    for (a, b) in races {
        prop_assert!(
            program.has_race(a, b, &before),
            "{} and {} are in order",
            a,
            b
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_ordered_has_no_race(
        program in program(false, true),
        workers in 1..5_usize,
        seed in prop::option::of(any::<u64>()),
    ) {
        check(&program, &runtime(workers, seed))?;
    }

    #[test]
    fn a_missing_dependency_is_a_race(
        program in program(false, true),
        missing in any::<prop::sample::Index>(),
        workers in 1..5_usize,
        seed in prop::option::of(any::<u64>()),
    ) {
        let mut program = program;
        let step = missing.index(program.0.len());
        program.0[step].deps.pop();
        check(&program, &runtime(workers, seed))?;
    }

    #[test]
    fn any_program_has_the_races_that_its_graph_has(
        program in program(false, false),
        workers in 1..5_usize,
        seed in prop::option::of(any::<u64>()),
    ) {
        check(&program, &runtime(workers, seed))?;
    }

    #[test]
    fn ordered_and_explicit_tasks_mix(
        program in program(true, false),
        is_on in any::<bool>(),
        workers in 1..5_usize,
        seed in prop::option::of(any::<u64>()),
    ) {
        let runtime = runtime(workers, seed);
        if is_on {
            // From the first explicit task on, all are noted.
            let before = Program(vec![program.0[0].clone()]);
            let step = Step { is_explicit: true, deps: Vec::new(), ..before.0[0].clone() };
            run(&Program(vec![step]), &runtime);
        }
        check(&program, &runtime)?;
    }
}
