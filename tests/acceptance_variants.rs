//! Variants that take arrays with a shape: what is on the host is staged, arrays are there already.

mod common;
#[path = "common/gpus.rs"]
mod gpus;

use parla::kernels::{gemm, grid_for_tiles};
use parla::ndarray::{
    Array2, ArrayRef, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, Ix2, ShapeBuilder, linalg, s,
};
use parla::prelude::*;
use parla::{DeviceView, DeviceViewMut, Gpu};

const N: usize = 12;

/// `c += a b`.
#[task]
fn multiply(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, mut c: ArrayViewMut2<'_, f64>) {
    linalg::general_mat_mul(1.0, &a, &b, 1.0, &mut c);
}

#[variant(multiply, gpu)]
fn multiply_gpu(
    gpu: &Gpu,
    a: &DeviceView<'_, f64, Ix2>,
    b: DeviceView<'_, f64, Ix2>,
    c: &mut DeviceViewMut<'_, f64, Ix2>,
) -> parla::Result<()> {
    let ((m, k), (_, n)) = (a.dim(), b.dim());
    let [of_a, of_b] = [a.leading_dimension()? as u32, b.leading_dimension()? as u32];
    let (m, n, k, of_c) = (m as u32, n as u32, k as u32, c.leading_dimension()? as u32);
    let shape = grid_for_tiles(m, n);
    Ok(gemm::dgemm(
        gpu, shape, m, n, k, 1.0, a, of_a, &b, of_b, 1.0, c, of_c,
    )?)
}

/// Doubles what is there; says where that was.
#[task]
fn double(x: &mut ArrayRef2<f64>) -> &'static str {
    *x *= 2.0;
    "host"
}

#[variant(double, gpu)]
fn double_gpu(gpu: &Gpu, mut x: DeviceViewMut<'_, f64, Ix2>) -> parla::Result<&'static str> {
    let (rows, columns) = x.dim();
    let ld = x.leading_dimension()?;
    for row in 0..rows {
        let mut row = x.span_mut().into_slice(row * ld..row * ld + columns);
        parla::kernels::blas::dscal(gpu, parla::grid_for(columns), columns as u32, 2.0, &mut row)?;
    }
    Ok("device")
}

fn matrix(seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((N, N), |(i, j)| ((7 * i + 5 * j + seed) % 11) as f64)
}

/// All four tiles of a product, from tiles of a 2 by 2 grid.
#[task_graph]
fn tiled(a: &PArray<f64, Ix2>, b: &PArray<f64, Ix2>, c: &PArray<f64, Ix2>, place: Placement) {
    let t = TaskSpace::new("T");
    // The whole is there before its tiles are used: they lie within it, with strides.
    #[spawn(inout = [a], placement = place.clone())]
    double(&mut a);
    let half = |of: &PArray<f64, Ix2>, i: usize, j: usize| {
        let h = N / 2;
        of.slice((i * h..(i + 1) * h, j * h..(j + 1) * h))
    };
    for i in 0..2 {
        for j in 0..2 {
            for k in 0..2 {
                #[spawn(
                    t[i, j, k],
                    placement = place.clone(),
                    input = [x = half(a, i, k), y = half(b, k, j)],
                    inout = [z = half(c, i, j)],
                )]
                multiply(x, y, z);
            }
        }
    }
}

#[test]
fn tiles_of_arrays_have_their_shape_wherever_the_task_runs() {
    gpus::on_each(|builder, _| {
        let runtime = common::build(builder);
        let (a, b) = (matrix(1), matrix(2));
        for place in [Placement::cpu(), Placement::gpu(), Placement::any()] {
            let c = runtime.run(|| {
                let [x, y, z] = [a.clone(), b.clone(), Array2::zeros((N, N))].map(PArray::from);
                tiled(&x, &y, &z, place.clone());
                z.read().wait().map(|z| z.view().to_owned())
            });
            let c = c.expect("all ends well").expect("all ends well");
            assert_eq!(c, 2.0 * a.dot(&b), "{place:?}");
        }
    });
}

#[task_graph]
fn staged<'a>(
    t: &TaskSpace<'a>,
    a: &'a Array2<f64>,
    c: &'a mut Array2<f64>,
    part: ArrayViewMut2<'a, f64>,
    place: Placement,
) -> Task<&'static str> {
    // Neither is packed: a transposed one, and every second column.
    #[spawn(t[0], placement = place.clone())]
    multiply(a.t(), a.slice(s![.., ..;2]), part);
    #[spawn(t[1], placement = place.clone())]
    double(c)
}

#[test]
fn arrays_on_the_host_are_staged_and_come_back() {
    gpus::on(1, |builder, _| {
        let runtime = common::build(builder);
        let a = matrix(3);
        for (place, expected) in [(Placement::cpu(), "host"), (Placement::gpu(), "device")] {
            let mut c = matrix(4);
            let mut large = Array2::from_elem((2 * N, N).f(), 1.0);
            let part = large.slice_mut(s![..;2, ..N / 2]);
            let ran = runtime.run(|| {
                parla::scope(|s| {
                    let task = staged(&s.task_space("T"), &a, &mut c, part, place);
                    task.wait().copied().expect("it ends well")
                })
            });
            assert_eq!(
                ran.expect("all ends well").expect("all ends well"),
                expected
            );
            assert_eq!(c, 2.0 * matrix(4));
            let product = a.t().dot(&a.slice(s![.., ..;2]));
            for (index, row) in large.axis_iter(Axis(0)).enumerate() {
                let (here, beside) = row.split_at(Axis(0), N / 2);
                match index % 2 {
                    0 => assert_eq!(here, 1.0 + &product.row(index / 2)),
                    _ => assert!(here.iter().all(|it| *it == 1.0), "it is between the rows"),
                }
                assert!(beside.iter().all(|it| *it == 1.0), "it is beside the part");
            }
        }
    });
}

/// Reads it, whatever holds it.
#[task]
fn total(x: &ArrayRef<f64, Ix2>) -> parla::Result<f64> {
    Ok(x.sum())
}

#[variant(total, gpu)]
fn total_gpu(gpu: &Gpu, x: &DeviceView<'_, f64, Ix2>) -> parla::Result<f64> {
    let all = x
        .as_slice()
        .ok_or_else(|| parla::Error::other("it is packed"))?;
    Ok(gpu.download(&all)?.iter().sum())
}

#[parla::test(sim_gpus = 1)]
async fn a_variant_may_read_what_the_task_changes() -> parla::Result<()> {
    common::watch();
    let t = TaskSpace::new("T");
    let x = PArray::from(matrix(5));
    let empty: PArray<f64, Ix2> = PArray::zeros((0, 7));
    let expected = matrix(5).sum();
    let of_all = #[spawn(t[0], inout = [x], placement = gpu)]
    total(&mut x);
    assert_eq!(of_all.await?, expected);
    let of_none = #[spawn(t[1], input = [empty], placement = gpu)]
    total(&empty);
    assert_eq!(of_none.await?, 0.0);
    Ok(())
}
