//! Graphs that are known when they are compiled, as data: `function::graph()`.

use parla::prelude::*;

#[task_graph]
fn wavefront() {
    const N: usize = 3;
    let t = TaskSpace::new("W");
    for i in 0..N {
        for j in 0..N {
            #[spawn(t[i, j], deps = [t[i - 1, j], t[i, j - 1]])]
            fn cell() {}
        }
    }
}

#[test]
fn the_data_are_those_of_the_loops() {
    let graph = wavefront::graph();
    assert_eq!((graph.len(), graph.depth(), graph.width()), (9, 5, 3));
    let names: Vec<_> = graph.task_names().collect();
    assert_eq!(names[..4], ["W[0, 0]", "W[0, 1]", "W[0, 2]", "W[1, 0]"]);
    let mut edges: Vec<_> = graph.edges().collect();
    edges.sort_unstable();
    assert_eq!(edges.len(), 12);
    assert_eq!(edges[..4], [(0, 1), (0, 3), (1, 2), (1, 4)]);
    assert!(graph.to_dot().contains("8 [label=\"W[2, 2]\"]"));
    assert!(
        graph
            .to_mermaid()
            .starts_with("flowchart TD\n  0[\"W[0, 0]\"]\n")
    );
    assert_eq!(graph.to_petgraph().edge_count(), 12);
}

/// Spawns the tasks of a diamond in a space of the caller's, the last one first.
#[task_graph]
pub(crate) fn diamond(t: &TaskSpace<'static>) -> Task<i32> {
    let last = #[spawn(t[3], deps = [t[1..3]])]
    || 3;
    for i in [1, 2] {
        #[spawn(t[i], deps = [t[0]])]
        fn side() {}
    }
    #[spawn(t[0])]
    fn first() {}
    #[spawn(deps = [&last])]
    fn unnamed() {}
    #[spawn(input = [last])]
    move || *last;
    last
}

#[test]
fn tasks_are_numbered_as_they_are_spawned() {
    let graph = diamond::graph();
    let names: Vec<_> = graph.task_names().collect();
    assert_eq!(names, ["t[3]", "t[1]", "t[2]", "t[0]", "unnamed", "#5"]);
    let mut edges: Vec<_> = graph.edges().collect();
    edges.sort_unstable();
    assert_eq!(edges, [(0, 4), (0, 5), (1, 0), (2, 0), (3, 1), (3, 2)]);
}

#[parla::test]
async fn the_function_itself_is_as_ever() -> parla::Result<()> {
    assert_eq!(diamond(&TaskSpace::new("T")).await?, 3);
    Ok(())
}

mod inside {
    /// Nested modules, other crates' names: the data need nothing in scope.
    pub(super) fn data() -> usize {
        #[parla::task_graph]
        fn local() {
            let t = parla::TaskSpace::new("T");
            t.spawn_all(0..4, |i: i64| assert!(i < 4));
        }
        // Never called: a graph needs no run.
        let _unused = local;
        local::graph().len()
    }
}

#[test]
fn a_function_in_a_function_has_its_data_too() {
    assert_eq!(inside::data(), 4);
}

struct Solver {
    n: usize,
}

impl Solver {
    #[task_graph]
    fn of_its_own(&self) {
        let t = TaskSpace::new("T");
        #[spawn(t[0])]
        fn only() {}
    }

    #[task_graph]
    fn without_self() -> Self {
        let t = TaskSpace::new("T");
        #[spawn(t[0])]
        fn only() {}
        Self { n: 1 }
    }

    #[task_graph(data = false)]
    fn without_any() {
        let t = TaskSpace::new("T");
        #[spawn(t[0])]
        fn only() {}
    }
}

#[parla::test]
fn methods_have_none() {
    let solver = Solver::without_self();
    solver.of_its_own();
    Solver::without_any();
    assert_eq!(solver.n, 1);
}
