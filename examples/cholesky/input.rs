//! Where matrices come from: random numbers or a Matrix Market file.

use std::path::Path;
use nalgebra::DMatrix;

pub(crate) fn random(order: usize, seed: u64) -> parla::Result<DMatrix<f64>> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut a = DMatrix::from_fn(order, order, |_, _| 2.0 * rng.f64() - 1.0);
    a.fill_lower_triangle_with_upper_triangle();
    a.set_diagonal(&nalgebra::DVector::repeat(order, order as f64));
    Ok(a)
}
pub(crate) fn matrix_market(path: &Path) -> parla::Result<DMatrix<f64>> {
    let coo = nalgebra_sparse::io::load_coo_from_matrix_market_file(path).map_err(|e| parla::Error::other(e.to_string()))?;
    Ok(DMatrix::from(&coo))
}
pub(crate) fn check_symmetric(_a: &DMatrix<f64>) -> parla::Result<()> { Ok(()) }
