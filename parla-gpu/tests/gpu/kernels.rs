//! The kernels that come along, against the same computed here. The inputs are small whole numbers
//! wherever that makes the results exact, in whatever order they are added.

use parla_gpu::kernels::{blas, cholesky, gemm, grid_for_tiles, reduce, stencil, transpose};
use parla_gpu::{
    AsDeviceSlice, DeviceBuffer, DeviceCopy, Gpu, LaunchConfig, Result, grid_for, grid_for_2d,
};

use crate::machine::Machine;

/// Runs the body of a task on one device.
fn on_a_gpu(body: impl FnOnce(&Gpu) -> Result<()>) {
    let machine = Machine::one();
    let task = machine.task(0, 0);
    body(&task.gpu).unwrap();
    task.finish().unwrap();
}

/// Whole numbers from -8 to 8, the same for the same seed.
fn numbers<T: From<i8>>(seed: u64, len: usize) -> Vec<T> {
    let mut random = fastrand::Rng::with_seed(seed);
    let numbers = std::iter::repeat_with(|| T::from(random.i8(-8..=8)));
    numbers.take(len).collect()
}

/// A shape that fits nothing, with fewer threads than there is work.
const ODD: LaunchConfig = LaunchConfig::new((2, 1, 2), (7, 3, 2));

/// A line of blocks.
fn line(blocks: u32, threads: u32) -> LaunchConfig {
    LaunchConfig::new((blocks, 1, 1), (threads, 1, 1))
}

#[test]
fn vectors() {
    on_a_gpu(|gpu| {
        // A grid that fits, one with too few threads, and one with too many.
        for (n, config) in [(1000, grid_for(1000)), (1000, ODD), (5, grid_for(5))] {
            let (x, y) = (numbers::<f32>(1, 1010), numbers::<f32>(2, 1010));
            let (on_gpu, mut sum) = (gpu.upload(&x)?, gpu.upload(&y)?);
            blas::saxpy(gpu, config, n, 3.0, &on_gpu, &mut sum)?;
            blas::sscal(gpu, config, n - 1, -2.0, &mut sum)?;
            blas::sfill(gpu, config, n - 2, 7.0, &mut sum.slice_mut(1..))?;
            let expected = x
                .iter()
                .zip(&y)
                .enumerate()
                .map(|(i, (x, y))| match i as u32 {
                    0 => -2.0 * (3.0 * x + y),
                    i if i < n - 1 => 7.0,
                    i if i == n - 1 => 3.0 * x + y,
                    _ => *y,
                });
            assert_eq!(gpu.download(&sum)?, expected.collect::<Vec<_>>());

            let (x, y) = (numbers::<f64>(3, 1010), numbers::<f64>(4, 1010));
            let (on_gpu, mut sum) = (gpu.upload(&x)?, gpu.upload(&y)?);
            blas::daxpy(gpu, config, n, 0.5, &on_gpu, &mut sum)?;
            blas::dscal(gpu, config, n, 4.0, &mut sum)?;
            blas::dfill(gpu, config, 1, 7.0, &mut sum)?;
            let expected = x
                .iter()
                .zip(&y)
                .enumerate()
                .map(|(i, (x, y))| match i as u32 {
                    0 => 7.0,
                    i if i < n => 4.0 * (0.5 * x + y),
                    _ => *y,
                });
            assert_eq!(gpu.download(&sum)?, expected.collect::<Vec<_>>());
        }
        Ok(())
    });
}

/// A matrix that stands in a wider one.
#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    columns: usize,
    stride: usize,
}

impl Shape {
    fn new(rows: usize, columns: usize, beside: usize) -> Self {
        let stride = columns + beside;
        Self {
            rows,
            columns,
            stride,
        }
    }

    fn numbers<T: From<i8>>(self, seed: u64) -> Vec<T> {
        numbers(seed, self.rows * self.stride)
    }
}

/// `C = alpha A op(B) + beta C`, only on and below the diagonal if `lower`.
fn multiply(
    (alpha, beta): (f64, f64),
    (a, of_a): (&[f64], Shape),
    (b, of_b): (&[f64], Shape),
    (c, of_c): (&mut [f64], Shape),
    (transposed, lower): (bool, bool),
) {
    for i in 0..of_c.rows {
        for j in 0..if lower { i + 1 } else { of_c.columns } {
            let products = (0..of_a.columns).map(|p| {
                let (row, column) = if transposed { (j, p) } else { (p, j) };
                a[i * of_a.stride + p] * b[row * of_b.stride + column]
            });
            let sum: f64 = products.sum();
            let c = &mut c[i * of_c.stride + j];
            *c = alpha * sum + if beta == 0.0 { 0.0 } else { beta * *c };
        }
    }
}

fn narrow(wide: &[f64]) -> Vec<f32> {
    wide.iter().map(|it| *it as f32).collect()
}

#[test]
fn products_of_matrices() {
    // One element; all sides less, one more and exactly a tile; nothing to add up.
    let sizes = [(1, 1, 1), (5, 70, 17), (65, 64, 16), (3, 4, 0)];
    on_a_gpu(|gpu| {
        for (m, n, k) in sizes {
            for (transposed, beta) in [(false, 0.0), (false, 2.0), (true, 0.0), (true, -1.0)] {
                let (of_a, of_c) = (Shape::new(m, k, 2), Shape::new(m, n, 1));
                let of_b = match transposed {
                    true => Shape::new(n, k, 3),
                    false => Shape::new(k, n, 3),
                };
                let (a, b) = (of_a.numbers::<f64>(1), of_b.numbers::<f64>(2));
                let mut c = of_c.numbers::<f64>(3);
                if beta == 0.0 {
                    // It is not read, so anything may be there.
                    for row in c.chunks_mut(of_c.stride) {
                        row[..n].fill(f64::NAN);
                    }
                }
                let on_gpu = (gpu.upload(&a)?, gpu.upload(&b)?, gpu.upload(&c)?);
                let narrow_on_gpu = (
                    gpu.upload(&narrow(&a))?,
                    gpu.upload(&narrow(&b))?,
                    gpu.upload(&narrow(&c))?,
                );
                let (x, y) = ((a.as_slice(), of_a), (b.as_slice(), of_b));
                multiply((2.0, beta), x, y, (&mut c, of_c), (transposed, false));

                let (m, n, k) = (m as u32, n as u32, k as u32);
                let [lda, ldb, ldc] = [of_a, of_b, of_c].map(|it| it.stride as u32);
                // One block has to do for all tiles, too, and any number of threads for a tile.
                for config in [grid_for_tiles(m, n), line(1, 1024), ODD] {
                    let (a, b, c_before) = &on_gpu;
                    let mut out = copy_of(gpu, c_before)?;
                    let product = if transposed {
                        gemm::dgemm_nt
                    } else {
                        gemm::dgemm
                    };
                    product(
                        gpu, config, m, n, k, 2.0, a, lda, b, ldb, beta, &mut out, ldc,
                    )?;
                    assert_eq!(gpu.download(&out)?, c, "{m} {n} {k} {transposed} {beta}");

                    let (a, b, c_before) = &narrow_on_gpu;
                    let mut out = copy_of(gpu, c_before)?;
                    let product = if transposed {
                        gemm::sgemm_nt
                    } else {
                        gemm::sgemm
                    };
                    let beta = beta as f32;
                    product(
                        gpu, config, m, n, k, 2.0, a, lda, b, ldb, beta, &mut out, ldc,
                    )?;
                    assert_eq!(gpu.download(&out)?, narrow(&c), "{m} {n} {k} {transposed}");
                }
            }
        }
        Ok(())
    });
}

fn copy_of<T: DeviceCopy>(gpu: &Gpu, from: &DeviceBuffer<T>) -> Result<DeviceBuffer<T>> {
    let mut to = gpu.alloc(from.len())?;
    gpu.copy(from, &mut to)?;
    Ok(to)
}

#[test]
fn symmetric_products() {
    on_a_gpu(|gpu| {
        for (n, k) in [(1, 1), (64, 16), (150, 20)] {
            let (of_a, of_c) = (Shape::new(n, k, 1), Shape::new(n, n, 2));
            let (a, mut c) = (of_a.numbers::<f64>(1), of_c.numbers::<f64>(2));
            let (on_gpu, mut out) = (gpu.upload(&a)?, gpu.upload(&c)?);
            let mut narrow_out = gpu.upload(&narrow(&c))?;
            let narrow_on_gpu = gpu.upload(&narrow(&a))?;
            let of = (a.as_slice(), of_a);
            multiply((-1.0, 1.0), of, of, (&mut c, of_c), (true, true));
            let [lda, ldc] = [of_a, of_c].map(|it| it.stride as u32);
            let (n, k) = (n as u32, k as u32);
            let config = grid_for_tiles(n, n);
            gemm::dsyrk(gpu, config, n, k, -1.0, &on_gpu, lda, 1.0, &mut out, ldc)?;
            assert_eq!(gpu.download(&out)?, c);
            gemm::ssyrk(
                gpu,
                config,
                n,
                k,
                -1.0,
                &narrow_on_gpu,
                lda,
                1.0,
                &mut narrow_out,
                ldc,
            )?;
            assert_eq!(gpu.download(&narrow_out)?, narrow(&c));
        }
        Ok(())
    });
}

#[test]
fn a_jacobi_step() {
    on_a_gpu(|gpu| {
        let sizes = [(1, 1), (2, 5), (3, 3), (40, 33)];
        for (rows, columns) in sizes {
            let from = numbers::<f64>(1, rows * columns);
            let mut expected = from.clone();
            for i in 1..rows.saturating_sub(1) {
                for j in 1..columns.saturating_sub(1) {
                    let at = |i: usize, j: usize| from[i * columns + j];
                    let sum = at(i - 1, j) + at(i + 1, j) + at(i, j - 1) + at(i, j + 1);
                    expected[i * columns + j] = sum / 4.0;
                }
            }
            for config in [grid_for_2d(columns, rows), ODD] {
                let (rows, columns) = (rows as u32, columns as u32);
                let mut to = gpu.zeros(from.len())?;
                stencil::jacobi_f64(gpu, config, rows, columns, &gpu.upload(&from)?, &mut to)?;
                assert_eq!(gpu.download(&to)?, expected);
                let mut to = gpu.zeros(from.len())?;
                let from = gpu.upload(&narrow(&from))?;
                stencil::jacobi_f32(gpu, config, rows, columns, &from, &mut to)?;
                assert_eq!(gpu.download(&to)?, narrow(&expected));
            }
        }
        Ok(())
    });
}

/// A kernel of [`reduce`], launched twice: in a shape, then with one block of it.
macro_rules! reduced {
    ($kernel:ident, $gpu:expr, $x:expr, $shape:expr) => {{
        let (gpu, x, shape): (&Gpu, &[_], LaunchConfig) = ($gpu, $x, $shape);
        let blocks = shape.grid.0 * shape.grid.1 * shape.grid.2;
        let mut partial = gpu.alloc(blocks as usize)?;
        let mut out = gpu.alloc(1)?;
        reduce::$kernel(gpu, shape, x.len() as u32, &gpu.upload(x)?, &mut partial)?;
        let one = LaunchConfig::new((1, 1, 1), shape.block);
        reduce::$kernel(gpu, one, blocks, &partial, &mut out)?;
        gpu.download(&out)?[0]
    }};
}

#[test]
fn reductions() {
    on_a_gpu(|gpu| {
        // Blocks of one thread, that are no power of two, and the largest.
        for shape in [line(1, 1), line(5, 100), ODD, line(2, 1024)] {
            let floats = numbers::<f32>(1, 3001);
            let sum: f32 = floats.iter().sum();
            assert_eq!(reduced!(sum_f32, gpu, &floats, shape), sum);
            let mut doubles = numbers::<f64>(2, 3001);
            let sum: f64 = doubles.iter().sum();
            assert_eq!(reduced!(sum_f64, gpu, &doubles, shape), sum);
            // The least and the greatest stand at the ends, where they are missed most easily.
            (doubles[0], doubles[3000]) = (-9.5, 9.5);
            doubles[1500] = f64::NAN;
            assert_eq!(reduced!(min_f64, gpu, &doubles, shape), -9.5);
            assert_eq!(reduced!(max_f64, gpu, &doubles, shape), 9.5);
            let floats = narrow(&doubles);
            assert_eq!(reduced!(min_f32, gpu, &floats, shape), -9.5);
            assert_eq!(reduced!(max_f32, gpu, &floats, shape), 9.5);

            let mut random = fastrand::Rng::with_seed(3);
            let ints: Vec<i32> = (0..3001).map(|_| random.i32(..)).collect();
            let sum = ints.iter().fold(0, |a: i32, b| a.wrapping_add(*b));
            assert_eq!(reduced!(sum_i32, gpu, &ints, shape), sum);
            assert_eq!(
                Some(&reduced!(min_i32, gpu, &ints, shape)),
                ints.iter().min()
            );
            assert_eq!(
                Some(&reduced!(max_i32, gpu, &ints, shape)),
                ints.iter().max()
            );
            let ints: Vec<u32> = ints.iter().map(|it| it.cast_unsigned()).collect();
            assert_eq!(reduced!(sum_u32, gpu, &ints, shape), sum.cast_unsigned());
            assert_eq!(
                Some(&reduced!(min_u32, gpu, &ints, shape)),
                ints.iter().min()
            );
            assert_eq!(
                Some(&reduced!(max_u32, gpu, &ints, shape)),
                ints.iter().max()
            );
        }
        assert_eq!(reduced!(sum_f32, gpu, &[], line(2, 32)), 0.0);
        assert_eq!(reduced!(min_f64, gpu, &[], line(2, 32)), f64::INFINITY);
        assert_eq!(reduced!(max_f32, gpu, &[], line(2, 32)), f32::NEG_INFINITY);
        assert_eq!(reduced!(max_i32, gpu, &[], line(2, 32)), i32::MIN);
        assert_eq!(reduced!(min_u32, gpu, &[], line(2, 32)), u32::MAX);
        Ok(())
    });
}

#[test]
fn a_sum_has_the_same_bits_each_time() {
    on_a_gpu(|gpu| {
        let mut random = fastrand::Rng::with_seed(5);
        let x: Vec<f32> = (0..10_000).map(|_| random.f32() - 0.3).collect();
        let first = reduced!(sum_f32, gpu, &x, line(7, 128));
        for _ in 0..5 {
            assert_eq!(
                reduced!(sum_f32, gpu, &x, line(7, 128)).to_bits(),
                first.to_bits()
            );
        }
        Ok(())
    });
}

#[test]
fn transposition() {
    on_a_gpu(|gpu| {
        for (rows, columns) in [(1, 1), (16, 16), (17, 40), (70, 3)] {
            let from = numbers::<f64>(1, rows * columns);
            let at = |i: usize| from[i % rows * columns + i / rows];
            let expected: Vec<_> = (0..from.len()).map(at).collect();
            for config in [grid_for_2d(columns, rows), ODD] {
                let (rows, columns) = (rows as u32, columns as u32);
                let mut to = gpu.zeros(from.len())?;
                let on_gpu = gpu.upload(&from)?;
                transpose::transpose_f64(gpu, config, rows, columns, &on_gpu, &mut to)?;
                assert_eq!(gpu.download(&to)?, expected);
                let mut to = gpu.zeros(from.len())?;
                let on_gpu = gpu.upload(&narrow(&from))?;
                transpose::transpose_f32(gpu, config, rows, columns, &on_gpu, &mut to)?;
                assert_eq!(gpu.download(&to)?, narrow(&expected));
            }
        }
        Ok(())
    });
}

/// A lower triangular matrix with a heavy diagonal, and what stands above it: `above`.
fn triangle(n: usize, stride: usize, above: f64) -> Vec<f64> {
    let numbers = numbers::<f64>(n as u64, n * stride);
    let element = |at: usize| match (at / stride, at % stride) {
        (i, j) if j < i => numbers[at] / 16.0,
        (i, j) if j == i => 2.0 + numbers[at] / 16.0,
        _ => above,
    };
    (0..n * stride).map(element).collect()
}

/// `L Lᵀ` on and below the diagonal; `above` elsewhere.
fn square(l: &[f64], n: usize, stride: usize, above: f64) -> Vec<f64> {
    let element = |at: usize| {
        let (i, j) = (at / stride, at % stride);
        let product = |p: usize| l[i * stride + p] * l[j * stride + p];
        if j <= i {
            (0..=j).map(product).sum()
        } else {
            above
        }
    };
    (0..n * stride).map(element).collect()
}

fn assert_near(left: &[f64], right: &[f64], tolerance: f64) {
    assert_eq!(left.len(), right.len());
    for (at, (left, right)) in left.iter().zip(right).enumerate() {
        let far = (left - right).abs();
        assert!(far <= tolerance, "{left} is not {right}, at {at}");
    }
}

fn wide(narrow: &[f32]) -> Vec<f64> {
    narrow.iter().map(|it| f64::from(*it)).collect()
}

fn all(gpu: &Gpu, of: &(impl AsDeviceSlice<f32> + ?Sized)) -> Result<Vec<f64>> {
    gpu.download(of).map(|it| wide(&it))
}

#[test]
fn a_factor_of_a_tile() {
    on_a_gpu(|gpu| {
        for (n, stride, threads) in [(1, 1, 1), (20, 23, 7), (64, 64, 256), (33, 40, 32)] {
            let l = triangle(n, stride, 9.0);
            let a = square(&l, n, stride, 9.0);
            let (tile, lda) = (n as u32, stride as u32);
            let mut out = gpu.upload(&a)?;
            let mut info = gpu.upload(&[-1])?;
            cholesky::dpotrf(gpu, line(1, threads), tile, &mut out, lda, &mut info)?;
            assert_eq!(gpu.download(&info)?, [0]);
            assert_near(&gpu.download(&out)?, &l, 1e-12);
            let mut out = gpu.upload(&narrow(&a))?;
            cholesky::spotrf(gpu, line(2, threads), tile, &mut out, lda, &mut info)?;
            assert_near(&all(gpu, &out)?, &l, 1e-4);
        }
        Ok(())
    });
}

#[test]
fn a_tile_that_is_not_positive_definite() {
    on_a_gpu(|gpu| {
        for bad in [-1.0, 0.0, f64::NAN] {
            let mut a = square(&triangle(8, 8, 0.0), 8, 8, 0.0);
            a[5 * 8 + 5] = bad;
            let (mut out, mut info) = (gpu.upload(&a)?, gpu.upload(&[-1])?);
            cholesky::dpotrf(gpu, line(1, 4), 8, &mut out, 8, &mut info)?;
            assert_eq!(gpu.download(&info)?, [6], "{bad}");
        }
        Ok(())
    });
}

#[test]
fn a_triangular_solve() {
    on_a_gpu(|gpu| {
        for (m, n) in [(1, 1), (50, 20), (7, 33)] {
            let (ldl, of_b) = (n + 2, Shape::new(m, n, 1));
            let (l, x) = (triangle(n, ldl, f64::NAN), of_b.numbers::<f64>(1));
            let b = x.iter().enumerate().map(|(at, x_at)| {
                let (i, j) = (at / of_b.stride, at % of_b.stride);
                let product = |p: usize| x[i * of_b.stride + p] * l[j * ldl + p];
                if j < n {
                    (0..=j).map(product).sum()
                } else {
                    *x_at
                }
            });
            let b: Vec<f64> = b.collect();
            let (rows, columns) = (m as u32, n as u32);
            let (ldl, ldb) = (ldl as u32, of_b.stride as u32);
            for config in [grid_for(m), ODD] {
                let (on_gpu, mut out) = (gpu.upload(&l)?, gpu.upload(&b)?);
                cholesky::dtrsm(gpu, config, rows, columns, &on_gpu, ldl, &mut out, ldb)?;
                assert_near(&gpu.download(&out)?, &x, 1e-10);
                let (on_gpu, mut out) = (gpu.upload(&narrow(&l))?, gpu.upload(&narrow(&b))?);
                cholesky::strsm(gpu, config, rows, columns, &on_gpu, ldl, &mut out, ldb)?;
                assert_near(&all(gpu, &out)?, &x, 1e-2);
            }
        }
        Ok(())
    });
}
