//! `#[task_graph(prebuilt)]`: a function whose graph is built by its first call.

mod common;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use parla::prelude::*;

#[task]
fn double(row: &Mutex<Vec<u64>>, at: usize) {
    row.lock().unwrap()[at] *= 2;
}

/// Every form of spawn, in spaces with and without a shape and outside of any.
#[task_graph(prebuilt)]
fn forms(row: &Mutex<Vec<u64>>) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    let u = TaskSpace::with_shape("U", [2, 2]);
    for i in 0..4_usize {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn set() {
            row.lock().unwrap()[i] = i as u64;
        }
    }
    #[spawn(u[1, 1], deps = [t])]
    double(row, 3);
    let nothing = #[spawn(deps = [u[1, 1], u[2, 2]])]
    || {};
    let last = #[spawn(deps = [nothing])]
    move || row.lock().unwrap().push(7);
    t.task(4).deps(&last).spawn(|| ());
    Ok(())
}

#[parla::test]
fn each_run_has_an_input_of_its_own() -> parla::Result<()> {
    common::watch();
    for rounds in 0..3 {
        let row = Mutex::new(vec![9; 4 + rounds]);
        forms(&row)?;
        let row = row.into_inner().unwrap();
        assert_eq!(row[..4], [0, 1, 2, 6]);
        assert_eq!((row.len(), row[4 + rounds]), (5 + rounds, 7));
    }
    Ok(())
}

#[parla::test]
async fn the_graph_itself_can_be_had() -> parla::Result<()> {
    common::watch();
    let graph = forms::prebuilt()?;
    assert!(std::ptr::eq(graph, forms::prebuilt()?), "it is built once");
    assert_eq!(graph.len(), 8);
    let known = forms::graph();
    assert_eq!(known.len(), 8);
    assert_eq!(
        (known.depth(), known.width()),
        (graph.depth(), graph.width())
    );
    assert_eq!(known.edges().count(), graph.to_task_graph().edges().count());
    let row = Arc::new(Mutex::new(vec![0; 4]));
    let t = TaskSpace::new("runs");
    for i in 0..5 {
        let run = graph.run_async(row.clone());
        t.task(i).deps(t.task(i - 1)).try_spawn(run);
    }
    t.task(4).await?;
    assert_eq!(*row.lock().unwrap(), [0, 1, 2, 6, 7, 7, 7, 7, 7]);
    Ok(())
}

static BUILT: AtomicUsize = AtomicUsize::new(0);
static RAN: AtomicUsize = AtomicUsize::new(0);

#[task_graph(prebuilt)]
fn counted() -> parla::Result<()> {
    BUILT.fetch_add(1, Ordering::Relaxed);
    let t = TaskSpace::new("T");
    for i in 0..10 {
        #[spawn(t[i])]
        fn count() {
            RAN.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

#[parla::test]
fn the_body_is_gone_through_once_and_tasks_run_every_time() -> parla::Result<()> {
    common::watch();
    for _ in 0..7 {
        counted()?;
    }
    assert_eq!(BUILT.load(Ordering::Relaxed), 1);
    assert_eq!(RAN.load(Ordering::Relaxed), 70);
    Ok(())
}

/// Its input has no size of its own, and its bodies spawn tasks of the runtime.
#[task_graph(prebuilt)]
fn sums(cells: &[AtomicU64]) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in 0..3_usize {
        #[spawn(t[i], deps = [t[i - 1]])]
        fn sum() -> parla::Result<()> {
            // A space of the runtime, in a body.
            let added = parla::scope(|s| {
                let inner = s.task_space("inner");
                #[spawn(inner[0])]
                || cells[i].fetch_add(1, Ordering::Relaxed)
            })?;
            cells[i + 1].store(added.wait()? + 2, Ordering::Relaxed);
            Ok(())
        }
    }
    Ok(())
}

#[parla::test]
fn bodies_are_those_of_any_task() -> parla::Result<()> {
    common::watch();
    let cells: Vec<_> = (0..4).map(AtomicU64::new).collect();
    sums(&cells)?;
    let cells: Vec<_> = cells.into_iter().map(AtomicU64::into_inner).collect();
    assert_eq!(cells, [1, 3, 5, 6]);
    Ok(())
}

#[task_graph(prebuilt)]
fn failing(fails: &bool) -> parla::Result<()> {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn first() -> Result<(), &'static str> {
        if *fails { Err("told to") } else { Ok(()) }
    }
    #[spawn(t[1], deps = [first])]
    fn second() {}
    Ok(())
}

#[parla::test]
fn a_failure_is_that_of_its_run() {
    common::watch();
    let error = failing(&true).expect_err("the input says so").to_string();
    assert!(
        error.contains("`T[0]`") && error.contains("told to"),
        "{error}"
    );
    failing(&false).expect("the next run starts anew");
}

/// What the compiler can't know is found when the graph is built.
#[task_graph(prebuilt)]
fn unknown() -> parla::Result<()> {
    let t = TaskSpace::new("T");
    for i in 0..3_usize {
        #[spawn(t[i.count_zeros() / 64])]
        fn same() {}
    }
    Ok(())
}

struct Named {
    input: u64,
}

/// Names of fields are no uses of the input, and the compiler doesn't warn of the difference.
#[task_graph(prebuilt)]
#[deny(warnings)]
fn field_of_the_same_name(input: &AtomicU64) -> parla::Result<()> {
    let named = Named { input: 5 };
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    fn other() {
        assert_eq!(named.input, 5);
    }
    #[spawn(t[1], deps = [t[0]])]
    fn own() {
        input.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

#[parla::test]
fn a_field_may_have_the_name_of_the_input() -> parla::Result<()> {
    common::watch();
    let input = AtomicU64::new(1);
    field_of_the_same_name(&input)?;
    assert_eq!(input.into_inner(), 2);
    Ok(())
}

static READY: AtomicUsize = AtomicUsize::new(0);

#[task_graph(prebuilt)]
fn late() -> parla::Result<()> {
    if READY.fetch_add(1, Ordering::Relaxed) == 0 {
        return Err(parla::Error::Interrupted { cancelled: 0 });
    }
    Ok(())
}

#[parla::test]
fn what_goes_wrong_while_building_is_the_error_of_the_call() {
    common::watch();
    let error = unknown().expect_err("three tasks of one name").to_string();
    assert!(error.contains("`T[0]`"), "{error}");
    assert!(unknown().is_err(), "it stays wrong");
    assert!(matches!(late(), Err(parla::Error::Interrupted { .. })));
    late().expect("the next call tries again");
    assert!(late::prebuilt().expect("built").is_empty());
}
