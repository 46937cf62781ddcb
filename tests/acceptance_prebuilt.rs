//! Prebuilt graphs: what a run of one does, again and again.

mod common;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::{Census, Gate, Log};
use parla::prelude::*;
use parla::{Error, EventKind, Graph, GraphBuilder, GraphTask, Handle, Runtime, TaskErrorKind};

/// How often each task of a run has run, and the order as the tasks saw it.
struct Witness {
    ran: Vec<AtomicU32>,
    /// Tasks that ran before one of their dependencies, or twice.
    wrong: AtomicUsize,
}

impl Witness {
    fn new(tasks: usize) -> Self {
        Self {
            ran: (0..tasks).map(|_| AtomicU32::new(0)).collect(),
            wrong: AtomicUsize::new(0),
        }
    }

    /// Task `task` runs, after `dependencies`. Relaxed: only the graph orders these.
    fn run(&self, task: usize, dependencies: &[usize]) {
        let has_run = |task: &usize| self.ran[*task].load(Ordering::Relaxed) == 1;
        let in_order = dependencies.iter().all(has_run);
        let before = self.ran[task].fetch_add(1, Ordering::Relaxed);
        if !in_order || before != 0 {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn check(&self) {
        assert_eq!(self.wrong.load(Ordering::Relaxed), 0, "tasks out of order");
        let all = self.ran.iter().all(|ran| ran.load(Ordering::Relaxed) == 1);
        assert!(all, "each task runs once");
    }
}

/// A graph of these dependencies whose tasks testify to a [`Witness`].
fn testifying(dependencies: &[Vec<usize>]) -> Graph<Witness> {
    let graph = Graph::new(|g: &GraphBuilder<Witness>| {
        let t = g.task_space("T");
        for (task, dependencies) in dependencies.iter().enumerate() {
            let before = dependencies.clone();
            t.task(task)
                .deps(dependencies.iter().map(|&before| t.task(before)))
                .spawn(move |witness: &Witness| witness.run(task, &before));
        }
    });
    graph.expect("no mistakes")
}

fn chain(n: usize) -> Vec<Vec<usize>> {
    (0..n)
        .map(|i| i.checked_sub(1).into_iter().collect())
        .collect()
}

fn wavefront(side: usize) -> Vec<Vec<usize>> {
    let at = |i: usize| {
        let above = i.checked_sub(side);
        let left = (!i.is_multiple_of(side)).then(|| i - 1);
        above.into_iter().chain(left).collect()
    };
    (0..side * side).map(at).collect()
}

/// A tree that opens and closes again.
fn diamond(levels: u32) -> Vec<Vec<usize>> {
    let half = (1usize << levels) - 1;
    let down = (0..half).map(|i| i.checked_sub(1).map(|i| i / 2).into_iter().collect());
    let leaf = 1 << (levels - 1);
    let up = (0..leaf - 1).map(|i| {
        let first = if i < leaf / 2 {
            half / 2 + 2 * i
        } else {
            half + 2 * (i - leaf / 2)
        };
        vec![first, first + 1]
    });
    down.chain(up).collect()
}

fn shapes() -> Vec<Vec<Vec<usize>>> {
    vec![
        vec![Vec::new(); 1000],
        chain(1000),
        wavefront(40),
        diamond(10),
        vec![Vec::new()],
        Vec::new(),
        // One for all.
        (0..500)
            .map(|i| if i == 499 { (0..499).collect() } else { vec![] })
            .collect(),
        // All after one.
        (0..500)
            .map(|i| if i == 0 { vec![] } else { vec![0] })
            .collect(),
    ]
}

#[test]
fn each_task_runs_once_after_its_dependencies_in_every_run() {
    for workers in [1, 2, 4, 16] {
        let runtime = common::runtime(workers);
        let _ambient = runtime.enter();
        for shape in shapes() {
            let graph = testifying(&shape);
            assert_eq!(graph.len(), shape.len());
            for _ in 0..20 {
                let witness = Witness::new(shape.len());
                graph.run(&witness).expect("no failures");
                witness.check();
            }
        }
    }
}

#[test]
fn a_hundred_runs_have_the_same_result() {
    let runtime = common::runtime(4);
    let _ambient = runtime.enter();
    let side = 20;
    let graph = Graph::new(|g: &GraphBuilder<Vec<AtomicU64>>| {
        let t = g.task_space_with_shape("T", [side, side]);
        for i in 0..side {
            for j in 0..side {
                let (above, left) = (t.task((i as i64 - 1, j)), t.task((i, j as i64 - 1)));
                let task = t.task((i, j)).deps([above, left]);
                task.spawn(move |cells: &Vec<AtomicU64>| {
                    let get = |i: usize, j: usize| cells[i * side + j].load(Ordering::Relaxed);
                    let above = if i > 0 { get(i - 1, j) } else { 1 };
                    let left = if j > 0 { get(i, j - 1) } else { 1 };
                    let sum = above.wrapping_mul(3).wrapping_add(left);
                    cells[i * side + j].store(sum, Ordering::Relaxed);
                });
            }
        }
    });
    let graph = graph.expect("no mistakes");
    let result = || {
        let cells: Vec<_> = (0..side * side).map(|_| AtomicU64::new(0)).collect();
        graph.run(&cells).expect("no failures");
        cells
            .into_iter()
            .map(AtomicU64::into_inner)
            .collect::<Vec<_>>()
    };
    let first = result();
    assert!((0..100).all(|_| result() == first));
}

#[test]
fn several_runs_are_in_flight_at_once() {
    let runtime = common::runtime(4);
    let graph = testifying(&wavefront(30));
    let (threads, rounds) = (4, 20);
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(|| {
                let _ambient = runtime.enter();
                for _ in 0..rounds {
                    let witness = Witness::new(graph.len());
                    graph.run(&witness).expect("no failures");
                    witness.check();
                }
            });
        }
    });
    let witnesses: Vec<_> = (0..20)
        .map(|_| Arc::new(Witness::new(graph.len())))
        .collect();
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        for (i, witness) in witnesses.iter().enumerate() {
            t.task(i).try_spawn(graph.run_async(witness.clone()));
        }
    });
    result.expect("no failures");
    witnesses.iter().for_each(|witness| witness.check());
}

#[test]
fn a_run_is_ordered_like_any_task_as_the_body_of_one() {
    let runtime = common::runtime(2);
    let log = Log::new();
    let graph = Graph::new(|g: &GraphBuilder<(&str, Log<String>)>| {
        let t = g.task_space("G");
        for i in 0..3 {
            t.task(i)
                .deps(t.task(i - 1))
                .spawn(move |(name, log): &(&str, Log<String>)| log.push(format!("{name}{i}")));
        }
    });
    let graph = graph.expect("no mistakes");
    let result = runtime.run(|| {
        let t = TaskSpace::new("T");
        let last = t.task(1).deps(t.task(0));
        last.try_spawn(graph.run_async(("b", log.clone())));
        t.task(0).try_spawn(graph.run_async(("a", log.clone())));
    });
    result.expect("no failures");
    assert_eq!(log.take(), ["a0", "a1", "a2", "b0", "b1", "b2"]);
}

#[test]
fn a_run_is_awaited_by_the_program_itself() {
    let runtime = common::runtime(2);
    let graph = testifying(&chain(200));
    let input = Arc::new(Witness::new(graph.len()));
    let verdict = {
        let _ambient = runtime.enter();
        runtime.block_on(graph.run_async(input.clone()))
    };
    verdict.expect("nothing stalls").expect("no failures");
    input.check();
    assert_eq!(
        Arc::strong_count(&input),
        1,
        "the run has let go of its input"
    );
}

#[parla::test(workers = 1)]
fn a_body_runs_graphs_and_helps() {
    common::watch();
    let inner = testifying(&wavefront(10));
    let outer = Graph::new(|g: &GraphBuilder<()>| {
        for _ in 0..5 {
            let inner = inner.clone();
            g.task().spawn(move || {
                let witness = Witness::new(inner.len());
                let verdict = inner.run(&witness);
                witness.check();
                verdict
            });
        }
    });
    let outer = outer.expect("no mistakes");
    let t = TaskSpace::new("T");
    let tasks: Vec<_> = (0..5)
        .map(|i| {
            let outer = outer.clone();
            t.task(i).try_spawn(move || outer.run(&()))
        })
        .collect();
    common::all_end_well(&tasks);
}

#[parla::test(workers = 2)]
fn a_body_of_a_graph_may_wait_for_a_scope() -> parla::Result<()> {
    common::watch();
    let graph = Graph::new(|g: &GraphBuilder<AtomicU32>| {
        let t = g.task_space("G");
        for i in 0..20 {
            let task = t.task(i).deps(t.task(i - 7));
            task.spawn(|count: &AtomicU32| {
                parla::scope(|s| {
                    for _ in 0..3 {
                        s.task().spawn(|| count.fetch_add(1, Ordering::Relaxed));
                    }
                })
            });
        }
    })?;
    let mut count = AtomicU32::new(0);
    parla::scope(|s| {
        s.task().try_spawn(|| graph.run(&count));
    })?;
    assert_eq!(*count.get_mut(), 60);
    Ok(())
}

/// Tasks 0 to 5 in a chain and 10 to 12 in another; those fail that the input names.
fn fragile() -> Graph<(Vec<i32>, Log<i32>)> {
    let graph = Graph::new(|g: &GraphBuilder<(Vec<i32>, Log<i32>)>| {
        let t = g.task_space("T");
        for i in (0..6).chain(10..13) {
            let before = (i != 10).then(|| t.task(i - 1));
            let task = t.task(i).deps(before);
            task.spawn(move |(failing, log): &(Vec<i32>, Log<i32>)| {
                if failing.contains(&i) {
                    return Err(format!("no luck with {i}"));
                }
                if failing.contains(&-i) {
                    common::panic_on_purpose();
                }
                log.push(i);
                Ok(())
            });
        }
    });
    graph.expect("no mistakes")
}

#[parla::test(workers = 2)]
fn a_failure_leaves_out_dependents_and_nothing_else() {
    common::watch();
    let graph = fragile();
    for round in 0..10 {
        let log = Log::new();
        let error = graph.run(&(vec![2], log.clone())).expect_err("one fails");
        assert_eq!(
            error.to_string(),
            "task `T[2]` failed: no luck with 2",
            "{round}"
        );
        let mut ran = log.take();
        ran.sort_unstable();
        assert_eq!(ran, [0, 1, 10, 11, 12]);
        // The next run finds everything as new.
        graph.run(&(Vec::new(), log.clone())).expect("none fails");
        assert_eq!(log.take().len(), 9);
    }
}

#[parla::test(workers = 1)]
fn a_panic_is_a_failure_and_the_worker_lives_on() {
    common::watch();
    let graph = fragile();
    let log = Log::new();
    let error = graph
        .run(&(vec![-1, 11, 4], log.clone()))
        .expect_err("two fail");
    let Error::Task {
        error: first,
        others,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*others, 1, "the third of the failing ones never ran");
    assert!(["T[1]", "T[11]"].contains(&&*first.task().to_string()));
    assert!(
        error.to_string().ends_with("\n(1 more task failed)"),
        "{error}"
    );
    graph.run(&(Vec::new(), log)).expect("none fails");
}

#[parla::test(workers = 1)]
fn a_body_that_only_panics_is_a_body() {
    common::watch();
    let graph = Graph::new(|g: &GraphBuilder<()>| {
        g.task()
            .label("doomed")
            .spawn(|| common::panic_on_purpose());
    });
    let error = graph.expect("no mistakes").run(&()).expect_err("it panics");
    assert_eq!(error.to_string(), "task `doomed` panicked: on purpose");
}

#[test]
fn an_interrupt_ends_a_run_early() {
    let runtime = common::runtime(1);
    let _ambient = runtime.enter();
    let graph = Graph::new(|g: &GraphBuilder<AtomicU32>| {
        let t = g.task_space("T");
        for i in 0..100 {
            t.task(i).deps(t.task(i - 1)).spawn(move |ran: &AtomicU32| {
                ran.fetch_add(1, Ordering::Relaxed);
                if i == 49 {
                    assert!(!parla::is_cancelled());
                    Handle::current().interrupt();
                    assert!(parla::is_cancelled());
                }
            });
        }
    });
    let graph = graph.expect("no mistakes");
    let ran = AtomicU32::new(0);
    let verdict = graph.run(&ran);
    assert!(
        matches!(verdict, Err(Error::Interrupted { cancelled: 50 })),
        "{verdict:?}"
    );
    let verdict = graph.run(&ran);
    assert!(
        matches!(verdict, Err(Error::Interrupted { cancelled: 100 })),
        "{verdict:?}"
    );
    assert_eq!(ran.into_inner(), 50);
}

/// Two tasks in a chain: the first says that it has started and waits for a gate.
fn gated() -> Graph<Gates> {
    let graph = Graph::new(|g: &GraphBuilder<Gates>| {
        let first = g.task().spawn(|gates: &Gates| {
            gates.started.open();
            gates.go_on.pass();
        });
        g.task().deps(first).spawn(|gates: &Gates| {
            gates.second_ran.store(true, Ordering::Relaxed);
        });
    });
    graph.expect("no mistakes")
}

#[derive(Default)]
struct Gates {
    started: Gate,
    go_on: Gate,
    second_ran: AtomicBool,
}

#[test]
fn dropping_a_run_cancels_it_and_the_runtime_waits_for_it() {
    let runtime = common::runtime(2);
    let (graph, gates) = (gated(), Arc::new(Gates::default()));
    let started = {
        let _ambient = runtime.enter();
        drop(graph.run_async(gates.clone()));
        assert_eq!(Arc::strong_count(&gates), 1, "never polled, never started");
        let t = TaskSpace::new("T");
        let task = t.task(0).try_spawn(graph.run_async(gates.clone()));
        gates.started.pass();
        task.cancel();
        task.wait().expect_err("it was cancelled").is_cancelled()
    };
    assert!(started);
    let opener = {
        let gates = gates.clone();
        std::thread::spawn(move || gates.go_on.open())
    };
    drop(runtime);
    assert!(gates.go_on.is_open(), "the runtime ended before the body");
    opener.join().expect("it does not panic");
    assert_eq!(
        Arc::strong_count(&gates),
        1,
        "the run has let go of its input"
    );
    assert!(
        !gates.second_ran.load(Ordering::Relaxed),
        "the second task ran"
    );
}

#[test]
fn a_run_on_a_runtime_that_has_shut_down_is_an_error() {
    let runtime = common::runtime(1);
    let handle = Handle::clone(&runtime);
    drop(runtime);
    let _ambient = handle.enter();
    let error = testifying(&chain(2))
        .run(&Witness::new(2))
        .expect_err("no workers");
    let is_it = |error: &Error| matches!(error, Error::Task { error, .. } if matches!(error.kind(), TaskErrorKind::ShutDown));
    assert!(is_it(&error), "{error}");
}

/// How many of a chain of tasks ran before one that the program spawned meanwhile.
fn ran_before(priority: i32) -> usize {
    let runtime = common::runtime(1);
    let seen = Arc::new(AtomicBool::new(false));
    let graph = Graph::new(|g: &GraphBuilder<(Gates, Mutex<usize>)>| {
        let t = g.task_space("T");
        t.task(0).spawn(|(gates, _): &(Gates, _)| {
            gates.started.open();
            gates.go_on.pass();
        });
        for i in 1..1000 {
            let seen = seen.clone();
            let task = t.task(i).deps(t.task(i - 1));
            task.spawn(move |(_, before): &(Gates, Mutex<usize>)| {
                if !seen.load(Ordering::Relaxed) {
                    *before.lock().unwrap() += 1;
                }
            });
        }
    });
    let graph = graph.expect("no mistakes");
    let input = Arc::new((Gates::default(), Mutex::new(0)));
    let result = runtime.run(|| {
        let t = TaskSpace::new("U");
        t.task(0).try_spawn(graph.run_async(input.clone()));
        input.0.started.pass();
        let (seen, task) = (seen.clone(), t.task(1).priority(priority));
        task.spawn(move || seen.store(true, Ordering::Relaxed));
        input.0.go_on.open();
    });
    result.expect("no failures");
    *input.1.lock().unwrap()
}

#[test]
fn a_long_chain_gives_way_to_others() {
    assert!(ran_before(0) < 500);
    assert_eq!(ran_before(1), 0, "what is urgent comes first");
}

#[test]
fn a_seed_gives_the_same_order_again() {
    let order = |seed| {
        let builder = Runtime::builder().workers(1).seed(seed).trace(true);
        let runtime = common::build(builder);
        let graph = testifying(&diamond(5));
        let witness = Witness::new(graph.len());
        runtime
            .run(|| graph.run(&witness))
            .expect("no stall")
            .expect("no failures");
        witness.check();
        let events = runtime.take_events().into_iter();
        let started = events.filter(|event| event.kind == EventKind::Started);
        started
            .map(|event| event.task.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(1).len(), 46);
    assert_eq!(order(1), order(1));
    assert!((2..20).any(|seed| order(seed) != order(1)));
}

#[parla::test(workers = 2)]
fn inputs_may_be_borrowed_and_of_any_size() -> parla::Result<()> {
    common::watch();
    let graph = Graph::<[AtomicU32]>::new(|g| {
        for i in 0..4 {
            g.task()
                .spawn(move |cells: &[AtomicU32]| cells[i].store(i as u32, Ordering::Relaxed));
        }
    })?;
    let cells: [AtomicU32; 5] = Default::default();
    graph.run(&cells[1..])?;
    assert_eq!(cells.map(AtomicU32::into_inner), [0, 0, 1, 2, 3]);
    Ok(())
}

#[test]
fn graphs_and_runs_may_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Graph<[AtomicU32]>>();
    is_send_and_sync::<parla::GraphRun<Mutex<String>>>();
}

/// Runs that follow each other at once share their counters and the place where they are waited
/// for: no wait may miss its end.
#[test]
fn short_runs_follow_each_other_at_once() {
    let runtime = common::runtime(2);
    let count = Arc::new(AtomicU32::new(0));
    let graph = Graph::new(|g: &GraphBuilder<AtomicU32>| {
        g.task().spawn(|count: &AtomicU32| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    });
    let graph = graph.expect("no mistakes");
    let result = runtime.run(|| {
        for _ in 0..4 {
            let (graph, count) = (graph.clone(), count.clone());
            runtime.task().try_spawn(async move {
                for _ in 0..500 {
                    graph.run_async(count.clone()).await?;
                }
                Ok::<_, Error>(())
            });
        }
        for _ in 0..500 {
            graph.run(&count).expect("no failures");
        }
    });
    result.expect("no failures");
    assert_eq!(count.load(Ordering::Relaxed), 2500);
}

#[test]
fn what_bodies_capture_is_dropped_once_with_the_graph() {
    let runtime = common::runtime(2);
    let census = Census::default();
    let build = |g: &GraphBuilder<()>, twice: bool| {
        let t = g.task_space("T");
        for i in 0..100 {
            let (one, other) = (census.enter(), [census.enter(), census.enter()]);
            t.task(if twice { 0 } else { i }).spawn(move || {
                let _captured = (&one, &other);
            });
        }
    };
    let graph = Graph::new(|g| build(g, false)).expect("no mistakes");
    assert_eq!(census.alive(), 300);
    runtime
        .run(|| graph.run(&()))
        .expect("no stall")
        .expect("no failures");
    assert_eq!(census.alive(), 300);
    drop(graph);
    assert_eq!(census.alive(), 0);
    Graph::new(|g| build(g, true)).expect_err("spawned twice");
    assert_eq!(census.alive(), 0);
}

#[parla::test(workers = 2)]
fn macros_spawn_into_graphs() -> parla::Result<()> {
    common::watch();
    let log = Log::new();
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        let u = g.task_space_with_shape("U", [2, 2]);
        for i in 0..4 {
            #[spawn(t[i], deps = [t[i - 1], t[..i]], clone = [log], name = "step")]
            fn step() {
                log.push(i);
            }
        }
        let all = vec![t.task(0), t.task(3)];
        #[spawn(u[1, 1], deps = [t, t[0..4; 2], all], clone = [log])]
        fn last() -> Result<(), std::num::ParseIntError> {
            log.push("12".parse()?);
            Ok(())
        }
        let _handle: GraphTask<'_, ()> = last;
    });
    graph?.run(&())?;
    assert_eq!(log.take(), [0, 1, 2, 3, 12]);
    Ok(())
}

#[test]
fn a_graph_says_what_it_is() {
    let graph = testifying(&diamond(3));
    let names: Vec<_> = graph.task_names().iter().map(ToString::to_string).collect();
    assert_eq!(names[..3], ["T[0]", "T[1]", "T[2]"]);
    assert_eq!((graph.len(), graph.depth(), graph.width()), (10, 5, 4));
    assert!(!graph.is_empty() && testifying(&[]).is_empty());
    assert_eq!(graph.to_dot().matches(" -> ").count(), 12);
    assert_eq!(testifying(&chain(7)).depth(), 7);
}

/// One worker runs 0, 2, 1, 3; what users see of the graph follows the spawns.
#[parla::test(workers = 1)]
fn pictures_and_errors_keep_the_order_of_the_spawns() {
    common::watch();
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        t.task(0).spawn(|| ());
        t.task(1).spawn(|| ());
        t.task(2).deps(t.task(0)).spawn(|| ());
        t.task(3).deps(t.task(1)).spawn(|| Err::<(), _>("told to"));
    });
    let graph = graph.expect("no mistakes");
    let names: Vec<_> = graph.task_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["T[0]", "T[1]", "T[2]", "T[3]"]);
    let dot = graph.to_dot();
    assert!(dot.contains("  2 [label=\"T[2]\"]\n"), "{dot}");
    assert!(dot.contains("  0 -> 2\n  1 -> 3\n"), "{dot}");
    let error = graph.run(&()).expect_err("one fails").to_string();
    assert!(error.contains("T[3]"), "{error}");
}

#[parla::test(workers = 2)]
fn a_small_body_may_hold_what_changes() {
    common::watch();
    let graph = Graph::new(|g: &GraphBuilder<Log<u64>>| {
        let runs = AtomicU64::new(0);
        g.task()
            .spawn(move |log: &Log<u64>| log.push(runs.fetch_add(1, Ordering::Relaxed)));
    });
    let (graph, log) = (graph.expect("no mistakes"), Log::new());
    (0..3).for_each(|_| graph.run(&log).expect("none fails"));
    assert_eq!(log.take(), [0, 1, 2]);
}

/// Runs its graph once more when it is dropped.
struct Again {
    graph: Option<Arc<Graph<Self>>>,
    gate: Gate,
    census: Census,
}

impl Drop for Again {
    fn drop(&mut self) {
        if let Some(graph) = self.graph.take() {
            let (gate, census) = (self.gate.clone(), self.census.clone());
            let last = Self {
                graph: None,
                gate,
                census,
            };
            graph.run(&last).expect("none fails");
        }
    }
}

#[test]
fn the_input_of_a_run_nobody_waits_for_may_run_the_graph_again() {
    let runtime = common::runtime(2);
    let handle = (*runtime).clone();
    let _ambient = handle.enter();
    let graph = Graph::new(|g: &GraphBuilder<Again>| {
        g.task().spawn(|input: &Again| {
            input.gate.pass();
            drop(input.census.enter());
        });
    });
    let graph = Arc::new(graph.expect("no mistakes"));
    let (gate, census) = (Gate::default(), Census::default());
    let input = Again {
        graph: Some(graph.clone()),
        gate: gate.clone(),
        census: census.clone(),
    };
    let mut run = Box::pin(graph.run_async(Arc::new(input)));
    let waker = std::task::Waker::noop();
    let polled = run
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    assert!(polled.is_pending(), "it waits at the gate");
    drop(run);
    gate.open();
    drop(runtime);
    assert_eq!(census.alive(), 0);
}
