//! Arrays in every form and clause, without a warning.
#![forbid(unsafe_code)]
#![deny(warnings)]

use std::sync::Arc;

use parla::ndarray::{ArrayView, ArrayViewMut, Ix1, Ix2};
use parla::prelude::*;

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Particle {
    position: [f32; 3],
    mass: f32,
}

struct Grid {
    cells: PArray<f32, Ix2>,
}

#[task]
fn axpy(a: f32, x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

#[task]
fn copy(from: ArrayView<'_, f32, Ix2>, mut to: ArrayViewMut<'_, f32, Ix2>) -> parla::Result<usize> {
    to.assign(&from);
    Ok(to.len())
}

#[task]
async fn later(x: &[f32], words: &str) -> usize {
    x.len() + words.len()
}

macro_rules! scale {
    ($array:ident, $by:expr) => {
        #[spawn(inout = [$array])]
        fn scale() {
            $array *= $by;
        }
    };
}

#[task_graph(explicit)]
fn explicit(grid: &Grid, n: usize) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        #[spawn(t[i], deps = [t[i - 1]], inout = [row = grid.cells[i, ..]])]
        move || row.fill(i as f32);
    }
}

#[parla::main(explicit)]
async fn main() -> parla::Result<()> {
    let x = PArray::from(vec![1.0_f32; 8]);
    let y = Arc::new(PArray::<f32, Ix1>::zeros(8));
    let z = PArray::<f32, Ix2>::zeros((4, 4));
    let grid = Grid { cells: z.clone() };
    let particles = PArray::from(vec![Particle { position: [0.0; 3], mass: 1.0 }]);
    let words = Shared::new(String::from("words"));
    let t = TaskSpace::new("T");
    #[spawn(t[0], input = x, output = y)]
    fn assign() {
        y.assign(&x);
    }
    #[spawn(t[1], deps = [t[0]], inout = [y[..; 2]], commute = [all = grid.cells, words])]
    || {
        y[0] = 2.0;
        all[[0, 0]] = 1.0;
        words.push('!');
    };
    #[spawn(t[2], deps = [t[1]], input = [x], inout = [part = y[4..]])]
    axpy(2.0, x.as_slice().unwrap_or(&[]), &mut part);
    #[spawn(t[3], deps = [t[2]], input = [left = z[.., 0..2]], inout = [right = z[.., 2..]])]
    copy(left, right);
    let length = #[spawn(t[4], deps = [t[3]], input = [y, words])]
    later(&y, &words)
    .await;
    let sum = #[spawn(t[5], deps = [t[4]], input = [length, particles])]
    async move { *length as f32 + particles[0].mass + particles[0].position[0] };
    assert_eq!(sum.await?, 15.0);
    scale!(x, 2.0);
    explicit(&grid, 4);
    Ok(())
}
