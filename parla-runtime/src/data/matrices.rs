//! Arrays as matrices of nalgebra: views of what bodies see, and arrays made of matrices.
#![expect(
    unsafe_code,
    reason = "views of the same elements by the pointer and strides of another view"
)]

use nalgebra::{
    DMatrix, DVector, Dyn, MatrixView, MatrixViewMut, Scalar, ViewStorage, ViewStorageMut,
};
use ndarray::{
    Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Ix1, Ix2, ShapeBuilder,
};

use super::{Element, PArray};

/// The same elements, as a matrix of nalgebra. An array with one axis is a column.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use nalgebra::DMatrix;
/// use parla_runtime::{AsMatrix, AsMatrixMut, PArray};
/// let a = PArray::from(DMatrix::from_fn(3, 3, |i, j| if i == j { 2.0 } else { 1.0 }));
/// let x = PArray::from(vec![4.0, 4.0, 4.0]);
/// let (task, a) = runtime.task().input(&a);
/// let (task, mut of_task) = task.inout(&x);
/// task.spawn(move || {
///     let factor = a.with(|a| a.as_matrix().clone_owned().cholesky().unwrap());
///     of_task.with(|mut x| factor.solve_mut(&mut x.as_matrix_mut()));
/// });
/// let x = x.read().wait()?;
/// assert!(x.view().iter().all(|it| (it - 1.0_f64).abs() < 1e-12));
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub trait AsMatrix<T> {
    /// A view of the elements, with the strides that they have.
    ///
    /// # Panics
    ///
    /// If an axis runs backwards, which those of a [`PArray`] don't.
    #[must_use]
    #[track_caller]
    fn as_matrix(&self) -> MatrixView<'_, T, Dyn, Dyn, Dyn, Dyn>;
}

/// As [`AsMatrix`], to change the elements.
pub trait AsMatrixMut<T>: AsMatrix<T> {
    /// A view of the elements, with the strides that they have.
    ///
    /// # Panics
    ///
    /// As [`AsMatrix::as_matrix`].
    #[must_use]
    #[track_caller]
    fn as_matrix_mut(&mut self) -> MatrixViewMut<'_, T, Dyn, Dyn, Dyn, Dyn>;
}

/// Rows and columns, and the strides along each.
#[track_caller]
fn shape(lens: &[usize], strides: &[isize]) -> ((Dyn, Dyn), (Dyn, Dyn)) {
    let stride = |axis: usize| match usize::try_from(strides[axis]) {
        Ok(stride) => Dyn(stride),
        Err(_) if lens[axis] < 2 => Dyn(0),
        Err(_) => panic!("axis {axis} runs backwards, which that of a matrix can't"),
    };
    match lens {
        [rows] => ((Dyn(*rows), Dyn(1)), (stride(0), Dyn(0))),
        _ => ((Dyn(lens[0]), Dyn(lens[1])), (stride(0), stride(1))),
    }
}

macro_rules! views {
    ($($view:ident)*) => {$(
        impl<T: Scalar> AsMatrix<T> for $view<'_, T> {
            fn as_matrix(&self) -> MatrixView<'_, T, Dyn, Dyn, Dyn, Dyn> {
                let (lens, strides) = shape(self.shape(), self.strides());
                // SAFETY: the view reaches these elements as long as it is borrowed.
                let storage = unsafe { ViewStorage::from_raw_parts(self.as_ptr(), lens, strides) };
                MatrixView::from_data(storage)
            }
        }
    )*};
}

views!(ArrayView1 ArrayView2 ArrayViewMut1 ArrayViewMut2);

macro_rules! views_mut {
    ($($view:ident)*) => {$(
        impl<T: Scalar> AsMatrixMut<T> for $view<'_, T> {
            fn as_matrix_mut(&mut self) -> MatrixViewMut<'_, T, Dyn, Dyn, Dyn, Dyn> {
                let (lens, strides) = shape(self.shape(), self.strides());
                let first = self.as_mut_ptr();
                // SAFETY: the view alone reaches these elements as long as it is borrowed, and no
                // two indices mean the same one.
                let storage = unsafe { ViewStorageMut::from_raw_parts(first, lens, strides) };
                MatrixViewMut::from_data(storage)
            }
        }
    )*};
}

views_mut!(ArrayViewMut1 ArrayViewMut2);

/// Column by column, as it is: nothing is copied.
impl<T: Element + Scalar> From<DMatrix<T>> for PArray<T, Ix2> {
    fn from(matrix: DMatrix<T>) -> Self {
        let shape = matrix.shape().f();
        let elements: Vec<T> = matrix.data.into();
        Self::new(Array2::from_shape_vec(shape, elements).expect("a matrix has its elements"))
    }
}

/// As it is: nothing is copied.
impl<T: Element + Scalar> From<DVector<T>> for PArray<T, Ix1> {
    fn from(vector: DVector<T>) -> Self {
        Self::new(Array1::from_vec(vector.data.into()))
    }
}
