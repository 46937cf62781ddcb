//! Blocked Cholesky factorisation: a symmetric positive definite matrix `A` becomes `L·Lᵀ`.
//!
//! The matrix is cut into square tiles, and each step on a tile is a task. For 3 × 3 tiles, with
//! the tasks that update the same tile written as one:
//!
//! ```text
//!   POTRF[0] ──┬──► TRSM[1, 0] ──┬──► SYRK[1, 0] ──► POTRF[1] ──┐
//!              │                 │                              ▼
//!              │                 ├──► GEMM[2, 1, 0] ──────► TRSM[2, 1] ──► SYRK[2, 1]
//!              │                 │                                             ▲   │
//!              └──► TRSM[2, 0] ──┴──► SYRK[2, 0] ──────────────────────────────┘   ▼
//!                                                                              POTRF[2]
//! ```
//!
//! It shows task spaces of one to three dimensions, dependencies by index, functions that are
//! tasks in one place and ordinary calls in another (`#[task]`), tasks that borrow (`scope`), and
//! how the failure of a task reaches the program. The graph is in `graph.rs`.
//!
//! ```text
//! cargo run --release --example cholesky
//! cargo run --release --example cholesky -- --n 3000 --block 150 --workers 4
//! cargo run --release --example cholesky -- --matrix some.mtx
//! ```

mod graph;
mod input;
mod kernels;
mod options;
mod tiles;

use std::time::{Duration, Instant};

use nalgebra::DMatrix;

use options::{Options, Source};
use tiles::TiledMatrix;

/// The backward error of a stable factorisation is a small multiple of the rounding error, 1e-16.
const TOLERANCE: f64 = 1e-12;

fn main() -> parla::Result<()> {
    run(&Options::from_command_line())
}

fn run(options: &Options) -> parla::Result<()> {
    let (a, name) = match &options.source {
        Source::Random { order, seed } => (
            input::random(*order, *seed)?,
            format!("random, seed {seed}"),
        ),
        Source::File(path) => (input::matrix_market(path)?, path.display().to_string()),
    };
    input::check_symmetric(&a)?;
    println!("matrix:         {name}, {} × {}", a.nrows(), a.ncols());

    let l = TiledMatrix::lower_part_of(&a, options.block);
    println!(
        "tiles:          {0} × {0}, of order {1}",
        l.len(),
        l.block()
    );

    let runtime = workers(options.workers).build()?;
    let (counts, parallel) = timed(|| runtime.run(|| graph::factorise(&l)));
    println!("tasks:          {}", counts??);
    println!(
        "task graph:     {}, on {} workers",
        seconds(parallel),
        runtime.workers()
    );

    if options.serial {
        let again = TiledMatrix::lower_part_of(&a, options.block);
        let (result, serial) = timed(|| graph::factorise_serially(&again));
        result.map_err(parla::Error::other)?;
        println!("one by one:     {}", seconds(serial));
        println!(
            "speed-up:       {:.2}",
            serial.as_secs_f64() / parallel.as_secs_f64()
        );
    }
    check(&a, &l)
}

fn workers(workers: Option<usize>) -> parla::RuntimeBuilder {
    let builder = parla::Runtime::builder();
    match workers {
        Some(workers) => builder.workers(workers),
        None => builder,
    }
}

/// Prints the backward error and insists that it is small.
fn check(a: &DMatrix<f64>, l: &TiledMatrix) -> parla::Result<()> {
    let error = l.backward_error(a);
    println!("backward error: {error:.1e}");
    // Written so that an error that is not a number fails as well.
    if error <= TOLERANCE {
        return Ok(());
    }
    let message = format!("‖A − L·Lᵀ‖ / ‖A‖ is {error:.1e}, but should be below {TOLERANCE:.0e}");
    Err(parla::Error::other(message))
}

fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
