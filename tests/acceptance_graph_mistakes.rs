//! Mistakes in prebuilt graphs: each is named when the graph is built, and nothing hangs.

mod common;

use parla::prelude::*;
use parla::{Graph, GraphBuilder, GraphMistake, Step, TaskErrorKind};

/// The message about a graph that can't be built, without its first line.
fn mistakes(build: impl FnOnce(&GraphBuilder<()>)) -> String {
    let error = Graph::new(build).expect_err("it has mistakes");
    assert!(!error.mistakes().is_empty());
    let text = error.to_string();
    let head = "the graph can't be built\n";
    text.strip_prefix(head).expect("the first line").to_owned()
}

#[test]
fn a_task_spawned_twice() {
    let text = mistakes(|g| {
        let t = g.task_space("T");
        for i in [1, 2, 1] {
            t.task(i).spawn(|| ());
        }
    });
    let help = "  = help: give each task of a space its own index\n  = note: the compiler finds this (P0001) in graphs that it sees whole";
    assert_eq!(text, format!("  task `T[1]` is spawned twice\n{help}"));
}

#[test]
fn a_dependency_never_spawned() {
    let build = |g: &GraphBuilder<()>| {
        let t = g.task_space("T");
        for i in 0..3 {
            t.task(i).spawn(|| ());
        }
        t.task(4).deps(t.slice(0..4)).spawn(|| ());
        t.task(5).deps([t.task(3)]).spawn(|| ());
    };
    let help = "  = help: spawn it, or remove the dependency\n  = note: the compiler finds this (P0002) in graphs that it sees whole";
    assert_eq!(
        mistakes(build),
        format!("  task `T[3]` is never spawned, but these depend on it: `T[4]`, `T[5]`\n{help}")
    );
    let error = Graph::new(build).expect_err("it has a mistake");
    let [GraphMistake::NeverSpawned { task, dependents }] = error.mistakes() else {
        panic!("{error}");
    };
    assert_eq!((task.indices(), dependents.len()), (&[3][..], 2));
}

#[test]
fn every_cycle_is_printed_whole() {
    let text = mistakes(|g| {
        let t = g.task_space("T");
        for i in 0..3 {
            t.task(i).deps(t.task((i + 1) % 3)).spawn(|| ());
        }
        // Behind the cycle, not in it.
        t.task(3).deps(t.task(0)).spawn(|| ());
        t.task(4).deps(t.task(4)).spawn(|| ());
        t.task(5).spawn(|| ());
    });
    let help = "  = help: break the cycle by removing one of its dependencies\n  = note: the compiler finds this (P0003) in graphs that it sees whole";
    let first = "  cycle: `T[0]` waits for `T[1]` waits for `T[2]` waits for `T[0]`";
    let second = "  cycle: `T[4]` waits for `T[4]`";
    assert_eq!(text, format!("{first}\n{help}\n{second}\n{help}"));
}

#[test]
fn an_index_that_names_no_task_can_not_be_spawned() {
    let text = mistakes(|g| {
        g.task_space("T").task(-1).spawn(|| ());
        g.task_space_with_shape("U", [2, 2])
            .task([0, 2])
            .spawn(|| ());
    });
    let why = "can't be spawned: its index is negative or outside the shape of its space\n  = note: the compiler finds this (P0004) in graphs that it sees whole";
    assert_eq!(
        text,
        format!("  task `T[-1]` {why}\n  task `U[0, 2]` {why}")
    );
}

#[test]
fn a_wrong_number_of_indices() {
    let why = "the task space `U` takes 2 indices for a task, not 1";
    let text = mistakes(|g| {
        let u = g.task_space_with_shape("U", [2, 2]);
        u.task(1).spawn(|| ());
        u.task([0, 0]).deps(u.task(1)).spawn(|| ());
        #[spawn(u[0, 1], deps = [u[..]])]
        fn slice() {}
    });
    let line = |task| format!("  task `{task}` can't be spawned: {why}");
    let lines = ["U[1]", "U[0, 0]", "U[0, 1]"].map(line);
    assert_eq!(text, lines.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once_up_to_a_limit() {
    let build = |g: &GraphBuilder<()>| {
        let t = g.task_space("T");
        for _ in 0..20 {
            t.task(0).deps(t.task(1)).spawn(|| ());
        }
    };
    let error = Graph::new(build).expect_err("it has mistakes");
    assert_eq!(error.mistakes().len(), 20);
    assert!(
        error.to_string().ends_with("\n  and 4 more mistakes"),
        "{error}"
    );
    assert!(
        parla::Error::from(error)
            .to_string()
            .starts_with("the graph can't be built")
    );
}

#[parla::test(workers = 1)]
fn tasks_of_graphs_and_of_runtimes_do_not_mix() {
    common::watch();
    let outside = TaskSpace::new("T");
    let mut error = None;
    let text = mistakes(|g| {
        let inside = g.task_space("G");
        inside.task(0).deps(outside.task(0)).spawn(|| ());
        let other = Graph::<()>::new(|h| {
            h.task().label("other").deps(inside.task(0)).spawn(|| ());
        });
        let text = other.expect_err("a task of another graph").to_string();
        assert!(text.contains("task `other` depends on `G[0]`, which is not of the same graph"));
        error = outside
            .task(1)
            .deps(inside.task(0))
            .spawn(|| ())
            .wait()
            .err();
    });
    assert!(text.starts_with("  task `G[0]` depends on `T[0]`, which is not of the same graph"));
    let error = error.expect("a task of a graph is no dependency");
    assert!(matches!(error.kind(), TaskErrorKind::BadClause(_)));
    assert!(
        error
            .to_string()
            .contains("`G[0]`, which is a task of a prebuilt graph")
    );
}

#[test]
fn indices_and_selections_mean_what_they_mean_in_a_task_space() {
    let graph = Graph::<()>::new(|g| {
        let t = g.task_space("T");
        let names = |slice: &parla::GraphSlice<'_, ()>| format!("{slice:?}");
        assert_eq!(names(&t.slice(..)), "[]");
        let _looked_up = [t.task(7), t.task(2), t.task(5)];
        assert_eq!(names(&t.slice(..)), "[T[2], T[5], T[7]]");
        assert_eq!(names(&t.slice(3..)), "[T[5], T[7]]");
        assert_eq!(names(&t.slice(Step(5..9, 2))), "[T[5], T[7]]");
        assert_eq!(t.tasks().len(), 3);
        let u = g.task_space_with_shape("U", [2, 3]);
        assert_eq!(names(&u.slice((1, ..))), "[U[1, 0], U[1, 1], U[1, 2]]");
        assert_eq!(names(&u.slice((-1..9, 4))), "[]");
        let v = g.task_space("V");
        let far = [50_000, 0, 49_999].map(|i| v.task(i).name().to_string());
        assert_eq!(far, ["V[50000]", "V[0]", "V[49999]"]);
        assert_eq!(names(&v.slice(9..)), "[V[49999], V[50000]]");
        for i in 0..3 {
            // A chain needs no base case.
            v.task((i, 1)).deps(v.task((i - 1, 1))).spawn(|| ());
        }
        assert_eq!(names(&v.slice((.., 1))), "[V[0, 1], V[1, 1], V[2, 1]]");
        let w = g.task_space("W");
        // Nobody means itself by "all".
        (0..3).for_each(|i| drop(w.task(i).deps(&w).spawn(|| ())));
    });
    let graph = graph.expect("no mistakes");
    assert_eq!((graph.len(), graph.depth()), (6, 3));
}
