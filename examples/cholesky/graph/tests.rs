//! The graph against nalgebra's own factorisation, and what it does with matrices that have none.

use nalgebra::{Cholesky, DMatrix};

use super::*;
use crate::input;
use crate::kernels::read;

/// Runs the graph on a runtime of its own.
fn factorise_on(workers: usize, l: &TiledMatrix) -> parla::Result<Counts> {
    let runtime = parla::Runtime::builder().workers(workers).build()?;
    runtime.run(|| factorise(l))?
}

fn largest_difference(l: &TiledMatrix, expected: &DMatrix<f64>) -> f64 {
    let b = l.block();
    let lower = (0..expected.nrows()).flat_map(|i| (0..=i).map(move |j| (i, j)));
    lower
        .map(|(i, j)| read(l.tile(i / b, j / b))[(i % b, j % b)] - expected[(i, j)])
        .fold(0.0, |largest: f64, difference| {
            largest.max(difference.abs())
        })
}

#[test]
fn factor_is_that_of_nalgebra_for_every_shape() {
    for (order, block) in [
        (1, 1),
        (1, 9),
        (8, 8),
        (9, 8),
        (15, 8),
        (16, 4),
        (23, 5),
        (40, 7),
    ] {
        let a = input::random(order, 3).unwrap();
        let expected = Cholesky::new(a.clone()).unwrap().l();
        for workers in [1, 2, 4] {
            let l = TiledMatrix::lower_part_of(&a, block);
            factorise_on(workers, &l).unwrap();
            let difference = largest_difference(&l, &expected);
            assert!(difference < 1e-13, "{order} by {block}: {difference}");
            assert!(l.backward_error(&a) < 1e-14);
        }
    }
}

#[test]
fn tasks_and_loops_give_the_same_bits() {
    let a = input::random(50, 11).unwrap();
    let (tasks, loops) = (
        TiledMatrix::lower_part_of(&a, 8),
        TiledMatrix::lower_part_of(&a, 8),
    );
    factorise_on(3, &tasks).unwrap();
    factorise_serially(&loops).unwrap();
    for (i, j) in (0..tasks.len()).flat_map(|i| (0..=i).map(move |j| (i, j))) {
        assert_eq!(
            *read(tasks.tile(i, j)),
            *read(loops.tile(i, j)),
            "tile {i}, {j}"
        );
    }
}

#[test]
fn there_is_one_task_for_each_step() {
    let l = TiledMatrix::lower_part_of(&input::random(20, 5).unwrap(), 4);
    let counts = factorise_on(2, &l).unwrap();
    assert_eq!(
        counts,
        Counts {
            potrf: 5,
            trsm: 10,
            syrk: 10,
            gemm: 10
        }
    );
    assert_eq!(
        counts.to_string(),
        "35 (5 POTRF, 10 TRSM, 10 SYRK, 10 GEMM)"
    );
}

#[test]
fn the_tile_without_a_factor_is_named() {
    let mut a = input::random(20, 5).unwrap();
    a[(14, 14)] = -1.0;
    let error = factorise_on(2, &TiledMatrix::lower_part_of(&a, 4)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("A[3, 3] is not positive definite"),
        "{error}"
    );
    let error = factorise_serially(&TiledMatrix::lower_part_of(&a, 4)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("A[3, 3] is not positive definite"),
        "{error}"
    );
}

#[test]
fn a_singular_matrix_is_refused() {
    let ones = DMatrix::from_element(6, 6, 1.0);
    assert!(factorise_on(2, &TiledMatrix::lower_part_of(&ones, 2)).is_err());
}
