//! Heat in a plate: Jacobi steps on blocks of rows of two arrays, in turns. Who waits for whom, and what
//! is copied to which GPU, follows from the rows that a task reads and writes.
//!
//! ```text
//!              block 0        block 1        block 2
//!
//! step 0       T[0, 0] ─┬──►  T[0, 1] ─┬──►  T[0, 2]       reads a block of one array with a row
//!                 │  ┌──┼────────┘  ┌──┼────────┘          of each neighbour,
//!                 ▼  ▼  └─────►▼    ▼  └─────►▼
//! step 1       T[1, 0]        T[1, 1]        T[1, 2]       writes the block of the other
//! ```
//!
//! ```text
//! cargo run --release --example heat
//! cargo run --release --example heat -- --n 64 --steps 4 --on gpu      # simulated, if there is none
//! ```

use clap::{Parser, ValueEnum};
use parla::kernels::stencil;
use parla::ndarray::{Array2, ArrayView2, ArrayViewMut2, Ix2};
use parla::prelude::*;
use parla::{DeviceView, DeviceViewMut, Gpu, Gpus, Runtime, grid_for_2d};

/// Jacobi steps on a square plate whose upper edge is hot.
#[derive(Debug, Parser)]
struct Options {
    /// Rows and columns.
    #[arg(long, default_value_t = 1000)]
    n: usize,
    /// Blocks of rows.
    #[arg(long, default_value_t = 8)]
    blocks: usize,
    /// How often the plate is gone over.
    #[arg(long, default_value_t = 100)]
    steps: usize,
    /// Where tasks may run.
    #[arg(long, value_enum, default_value_t = On::Cpu)]
    on: On,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum On {
    Cpu,
    Gpu,
    Any,
}

/// A step for the rows `to`; `from` has the same with a row of each neighbour. So before the first of
/// `to` there are `above` rows in `from`: one, or none at the edge of the plate.
#[task]
fn step(from: ArrayView2<'_, f64>, mut to: ArrayViewMut2<'_, f64>, above: usize) {
    let (rows, columns) = from.dim();
    for (mut to, row) in to.rows_mut().into_iter().zip(above..) {
        to.assign(&from.row(row));
        if row == 0 || row + 1 == rows {
            continue;
        }
        for j in 1..columns - 1 {
            let sum = from[[row - 1, j]] + from[[row + 1, j]];
            to[j] = (sum + from[[row, j - 1]] + from[[row, j + 1]]) * 0.25;
        }
    }
}

#[variant(step, gpu)]
fn step_on_gpu(
    gpu: &Gpu,
    from: &DeviceView<'_, f64, Ix2>,
    to: &mut DeviceViewMut<'_, f64, Ix2>,
    above: usize,
) -> parla::Result<()> {
    let (rows, columns) = from.dim();
    let mut next = gpu.alloc(rows * columns)?;
    let shape = grid_for_2d(columns, rows);
    stencil::jacobi_f64(gpu, shape, rows as u32, columns as u32, from, &mut next)?;
    let first = above * columns;
    gpu.copy(&next.slice(first..first + to.len()), to)?;
    Ok(())
}

#[task_graph]
fn diffuse(plates: &[PArray<f64, Ix2>; 2], options: &Options, place: Placement) {
    let t = TaskSpace::new("T");
    let (n, height) = (options.n, options.n.div_ceil(options.blocks));
    for i in 0..options.steps {
        let (x, y) = (&plates[i % 2], &plates[(i + 1) % 2]);
        for block in 0..n.div_ceil(height) {
            let (first, end) = (block * height, n.min((block + 1) * height));
            let above = first.min(1);
            #[spawn(
                t[i, block],
                input = [from = x.slice((first - above..n.min(end + 1), ..))],
                output = [to = y.slice((first..end, ..))],
                placement = place.clone(),
            )]
            step(from, to, above);
        }
    }
}

fn plate(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, n), |(i, _)| if i == 0 { 100.0 } else { 0.0 })
}

fn main() -> parla::Result<()> {
    let options = Options::parse();
    if options.n == 0 || options.blocks == 0 {
        return Err(parla::Error::other("a plate has rows, and blocks of them"));
    }
    let place = match options.on {
        On::Cpu => Placement::cpu(),
        On::Gpu => Placement::gpu(),
        On::Any => Placement::any(),
    };
    let runtime = Runtime::builder()
        .devices(Gpus::all().simulated(2))
        .build()?;
    let start = std::time::Instant::now();
    let hot = runtime.run(|| {
        let plates = [
            PArray::from(plate(options.n)),
            PArray::from(plate(options.n)),
        ];
        diffuse(&plates, &options, place);
        let hot = plates[options.steps % 2].read().wait()?;
        Ok::<_, parla::Error>(hot.view().to_owned())
    })??;
    println!(
        "{} steps on {} × {} points in {:.1?}: {:.3} degrees on average",
        options.steps,
        options.n,
        options.n,
        start.elapsed(),
        hot.mean().unwrap_or_default()
    );

    let (mut x, mut y) = (plate(options.n), plate(options.n));
    for _ in 0..options.steps {
        step(x.view(), y.view_mut(), 0);
        std::mem::swap(&mut x, &mut y);
    }
    if hot != x {
        return Err(parla::Error::other(
            "the same steps one by one give something else",
        ));
    }
    println!("the same as one by one");
    Ok(())
}
