//! Sizes, order and limits of the generated graphs.

use super::*;

fn made(kind: Kind, width: usize, depth: usize, degree: usize) -> Graph {
    generate(
        kind,
        &Shape {
            width,
            depth,
            degree,
            ..Shape::default()
        },
    )
    .unwrap()
}

#[test]
fn graphs_have_the_promised_sizes() {
    let size = |graph: Graph| (graph.tasks.len(), graph.edges());
    assert_eq!(size(made(Kind::Independent, 7, 1, 1)), (7, 0));
    assert_eq!(size(made(Kind::Serial, 2, 4, 2)), (8, 2 * (1 + 2 + 2)));
    assert_eq!(size(made(Kind::Reduction, 1, 8, 2)), (511, 510));
    assert_eq!(size(made(Kind::Reduction, 1, 3, 1)), (4, 3));
    assert_eq!(size(made(Kind::ReductionScatter, 5, 3, 1)), (17, 20));
    assert_eq!(
        size(made(Kind::Stencil, 4, 3, 1)),
        (12, 2 * (2 + 3 + 3 + 2))
    );
    assert_eq!(size(made(Kind::Stencil, 1, 3, 1)), (3, 2));
}

#[test]
fn no_graph_has_a_cycle_or_a_task_twice() {
    for (name, kind) in Kind::ALL {
        let graph = made(kind, 6, 4, 3);
        assert_eq!(graph.cycle(), None, "{name}");
        let mut ids: Vec<_> = graph.tasks.iter().map(|task| &task.id.index).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), graph.tasks.len(), "{name}");
    }
}

#[test]
fn random_graphs_depend_on_the_seed() {
    let shape = Shape {
        width: 10,
        ..Shape::default()
    };
    let other = Shape {
        seed: 2,
        ..shape.clone()
    };
    let random = |shape| generate(Kind::Random, shape).unwrap();
    assert_eq!(random(&shape), random(&shape));
    assert_ne!(random(&shape), random(&other));
    for task in &random(&shape).tasks[10..] {
        assert!((1..=shape.degree).contains(&task.deps.len()));
    }
}

#[test]
fn graphs_that_are_too_large_are_refused() {
    let huge = Shape {
        width: usize::MAX,
        depth: 100,
        degree: 10,
        ..Shape::default()
    };
    for (name, kind) in Kind::ALL {
        assert!(generate(kind, &huge).is_err(), "{name}");
    }
    let deep = Shape {
        depth: usize::MAX,
        degree: 1,
        ..Shape::default()
    };
    assert!(generate(Kind::Reduction, &deep).is_err());
}
