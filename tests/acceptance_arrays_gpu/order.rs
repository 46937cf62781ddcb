//! The order that accesses infer is the one that would have been written by hand: both graphs are the
//! same after transitive reduction.

use std::collections::BTreeSet;

use parla::ndarray::Array2;
use parla::prelude::*;
use parla::{Runtime, TaskGraph};
use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{EdgeRef, IntoEdgeReferences};

use crate::machine::{Machine, gpu};
use crate::{cholesky, jacobi, matmul};

type Edges = BTreeSet<(String, String)>;

/// Without edges that follow from others, and without tasks that have no place in a space: the
/// program's own waits.
fn reduced(graph: &TaskGraph) -> Edges {
    let graph = graph.to_petgraph();
    let named: DiGraph<String, ()> = graph.filter_map(
        |_, name| name.contains('[').then(|| name.clone()),
        |_, &()| Some(()),
    );
    let order = toposort(&named, None).expect("no cycle");
    let (list, _) = dag_to_toposorted_adjacency_list::<_, NodeIndex>(&named, &order);
    let (reduction, _) = dag_transitive_reduction_closure(&list);
    let name = |at: NodeIndex| named[order[at.index()]].clone();
    let edges = reduction.edge_references();
    edges
        .map(|it| (name(it.source()), name(it.target())))
        .collect()
}

fn recorded(runtime: &Runtime, program: impl FnOnce() + Send) -> Edges {
    runtime.run(program).expect("all ends well");
    reduced(&runtime.task_graph())
}

/// What accesses infer; while tasks run, and end.
fn inferred(program: impl FnOnce() + Send) -> Edges {
    let machine = Machine::with_bandwidth(2, None);
    let runtime = crate::common::build(machine.builder().record_graph(true));
    recorded(&runtime, program)
}

fn by_hand(program: impl FnOnce() + Send) -> Edges {
    let builder = Runtime::builder().workers(2).record_graph(true);
    recorded(&crate::common::build(builder), program)
}

#[test]
fn that_of_cholesky() {
    let hand = by_hand(|| {
        let [p, s, u] = ["P", "S", "U"].map(TaskSpace::new);
        let n = cholesky::TILES;
        for k in 0..n {
            let earlier = k as i64 - 1;
            p.task(k)
                .deps(u.slice((k, k, earlier..k as i64)))
                .spawn(|| ());
            for i in k + 1..n {
                let before = u.slice((i, k, earlier..k as i64));
                s.task((i, k)).deps(p.task(k)).deps(before).spawn(|| ());
            }
            for i in k + 1..n {
                for j in k + 1..=i {
                    let before = u.slice((i, j, earlier..k as i64));
                    let task = u.task((i, j, k)).deps([s.task((i, k)), s.task((j, k))]);
                    task.deps(before).spawn(|| ());
                }
            }
        }
    });
    // P to S; S to U, two for each but on the diagonal; U to what comes next to its tile.
    assert_eq!(hand.len(), 15 + 55 + 35);
    let found = inferred(|| {
        let identity = |(i, j)| if i == j { 4.0 } else { 0.0 };
        let order = cholesky::TILES * cholesky::B;
        let a = PArray::new(Array2::from_shape_fn((order, order), identity));
        cholesky::declared(&a, |i, j| gpu((i + j) % 2));
    });
    assert_eq!(found, hand);
}

#[test]
fn that_of_jacobi() {
    let blocks = jacobi::BLOCKS as i64;
    let hand = by_hand(|| {
        let t = TaskSpace::new("J");
        for n in 0..jacobi::STEPS {
            for b in 0..jacobi::BLOCKS {
                let (n, b) = (n as i64, b as i64);
                let task = t
                    .task((n, b))
                    .deps(t.slice((n - 1..n, b - 1..(b + 2).min(blocks))));
                task.spawn(|| ());
            }
        }
    });
    let found = inferred(|| {
        let [x, y] = [(); 2].map(|()| PArray::new(jacobi::initial()));
        jacobi::declared(&x, &y, jacobi::STEPS, |block| gpu(block % 2));
    });
    assert_eq!(found, hand);
    let per_step = 3 * jacobi::BLOCKS - 2;
    assert_eq!(found.len(), (jacobi::STEPS - 1) * per_step);
}

#[test]
fn that_of_a_product_of_matrices() {
    let hand = by_hand(|| {
        let t = TaskSpace::new("M");
        for i in 0..matmul::TILES {
            for j in 0..matmul::TILES {
                for k in 0..matmul::TILES as i64 {
                    let task = t.task((i as i64, j as i64, k));
                    task.deps(t.slice((i, j, k - 1..k))).spawn(|| ());
                }
            }
        }
    });
    let found = inferred(|| {
        let found = matmul::automatic(|i, _| gpu(i % 2));
        assert_eq!(found, matmul::on_host());
    });
    assert_eq!(found, hand);
    assert_eq!(found.len(), matmul::TILES.pow(2) * (matmul::TILES - 1));
}
