//! Reductions and tiles in the clauses of `#[spawn]`.

mod common;

use parla::ndarray::{Array2, ArrayView, ArrayViewMut, Ix1, Ix2};
use parla::prelude::*;
use parla::{Reduction, TaskErrorKind, Tiles};

fn run<R: Send>(main: impl FnOnce() -> R + Send) -> R {
    common::runtime(2).run(main).unwrap()
}

#[task]
fn add_row(row: ArrayView<'_, i64, Ix1>, mut sum: ArrayViewMut<'_, i64, Ix1>) {
    sum += &row;
}

#[task_graph]
fn every_form(
    x: &PArray<i64, Ix1>,
    sum: &Reduction<i64, Ix1>,
    product: &Reduction<i64, Ix1>,
) -> Task<i64> {
    for i in 0..8 {
        #[spawn(reduce = [sum])]
        fn add() {
            sum += i;
        }
    }
    #[spawn(reduce = [double = product])]
    move || double *= 2;
    let row = PArray::from(vec![1, 2, 3]);
    #[spawn(reduce = [sum], input = [row])]
    add_row(row, sum);
    #[spawn(reduce = [s = sum])]
    async move {
        s[0] += 100;
    };
    #[spawn(input = [x])]
    move || x.sum()
}

#[test]
fn every_form_contributes() {
    let x = PArray::from(vec![0, 0, 1]);
    let (sum, product) = (x.reduction(0, |a, b| a + b), x.reduction(1, |a, b| a * b));
    let result = run(|| every_form(&x, &sum, &product));
    assert_eq!(*result.wait().unwrap(), 2 * (28 * 3 + 1) + 6 + 100);
}

#[task_graph]
fn multiply(a: &Tiles<f64, Ix2>, b: &Tiles<f64, Ix2>, tiles: &Tiles<f64, Ix2>, n: usize) {
    for i in 0..n {
        for j in 0..n {
            for k in 0..n {
                #[spawn(input = [a = a[i, k], b = b[k, j]], inout = [c = tiles[i, j]])]
                fn product() {
                    c += &a.dot(&b);
                }
            }
        }
    }
}

#[test]
fn tiles_are_selected_by_their_places() {
    let a = Array2::from_shape_fn((10, 10), |(i, j)| (i * 3 + j) as f64);
    let b = Array2::from_shape_fn((10, 10), |(i, j)| (i + 7 * j) as f64);
    let (of_a, of_b, c) = (
        PArray::new(a.clone()),
        PArray::new(b.clone()),
        PArray::zeros((10, 10)),
    );
    let [x, y, z] = [&of_a, &of_b, &c].map(|it| it.tiles([4, 4]));
    run(|| multiply(&x, &y, &z, 3));
    assert_eq!(c.into_array().wait().unwrap(), a.dot(&b));
}

#[task_graph]
fn left_of(tiles: &Tiles<f64, Ix2>, j: usize) -> Task<f64> {
    #[spawn(input = [left = tiles[0, j - 1]])]
    move || left.sum()
}

#[test]
fn a_place_that_there_is_not_is_the_failure_of_the_task() {
    let x = PArray::<f64, _>::zeros((4, 4)).named("x");
    let tiles = x.blocks(1, 2);
    assert_eq!(*run(|| left_of(&tiles, 1)).wait().unwrap(), 0.0);
    let error = run(|| left_of(&tiles, 0).wait().unwrap_err());
    assert!(
        matches!(error.kind(), TaskErrorKind::BadClause(_)),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("there is no tile [0, -1] among the [1, 2]"),
        "{error}"
    );
}
