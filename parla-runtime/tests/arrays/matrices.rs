//! Arrays as matrices of nalgebra.

use nalgebra::{DMatrix, DVector};
use ndarray::{Array1, Array2, s};
use parla_runtime::{AsMatrix, AsMatrixMut, PArray, Runtime, Step};

use crate::basics::message_of;

#[test]
fn views_have_the_same_elements_whatever_the_strides() {
    let plain = Array2::from_shape_fn((5, 7), |(i, j)| 10 * i + j);
    let fortran = plain.clone().reversed_axes();
    let wide = Array2::from_shape_fn((6, 9), |(i, j)| 100 * i + j);
    let strided = wide.slice(s![1..;2, ..;3]).to_owned();
    let views = [
        plain.view(),
        fortran.view(),
        strided.view(),
        wide.slice(s![1..;2, 2..;3]),
    ];
    for view in views {
        let matrix = view.as_matrix();
        assert_eq!(matrix.shape(), view.dim());
        for ((i, j), element) in view.indexed_iter() {
            assert!(std::ptr::eq(element, &matrix[(i, j)]));
        }
    }
    let line = Array1::from_iter(0..9);
    let view = line.slice(s![1..;3]);
    let column = view.as_matrix();
    assert_eq!(column.shape(), (3, 1));
    assert_eq!(column.iter().copied().collect::<Vec<_>>(), [1, 4, 7]);
    let message = message_of(|| line.slice(s![..;-1]).as_matrix().len());
    assert!(message.contains("axis 0 runs backwards"), "{message}");
    assert_eq!(line.slice(s![3..4;-1]).as_matrix()[0], 3);
    assert_eq!(
        Array2::<u8>::zeros((0, 3)).view().as_matrix().shape(),
        (0, 3)
    );
}

#[test]
fn bodies_use_regions_as_matrices() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let _ambient = runtime.enter();
    let a = DMatrix::from_fn(8, 8, |i, j| (i * 8 + j) as f64);
    let x = PArray::from(a.clone());
    let (task, mut part) = runtime.task().inout(&x.slice((Step(1.., 2), 2..5)));
    task.spawn(move || {
        part.with(|mut view| {
            let mut matrix = view.as_matrix_mut();
            matrix *= 2.0;
            matrix.column_mut(1).fill(-1.0);
        });
    });
    let expected = Array2::from_shape_fn((8, 8), |(i, j)| match (i % 2, j) {
        (1, 3) => -1.0,
        (1, 2 | 4) => 2.0 * a[(i, j)],
        _ => a[(i, j)],
    });
    let guard = x.read().wait().unwrap();
    assert_eq!(guard.view(), expected);
    assert_eq!(guard.view().as_matrix().row(0), a.row(0));
}

#[test]
fn arrays_are_made_of_matrices_without_a_copy() {
    let matrix = DMatrix::from_fn(3, 4, |i, j| i + 10 * j);
    let address = matrix.as_ptr();
    let array = PArray::from(matrix.clone_owned().clone())
        .into_array()
        .wait()
        .unwrap();
    assert_eq!(array, Array2::from_shape_fn((3, 4), |(i, j)| i + 10 * j));
    let array = PArray::from(matrix).into_array().wait().unwrap();
    assert_eq!(array.as_ptr(), address);
    let vector = DVector::from_vec(vec![1, 2, 3]);
    let address = vector.as_ptr();
    let array = PArray::from(vector).into_array().wait().unwrap();
    assert_eq!((array.as_ptr(), array.to_vec()), (address, vec![1, 2, 3]));
}
