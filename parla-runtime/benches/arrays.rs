//! What a task costs whose order comes from its accesses, over one with the same order by `deps`.
//!
//! ```text
//! cargo bench -p parla-runtime --bench arrays
//! ```
//!
//! Figures and their machine are in `docs/benchmarks.md`.

use std::time::Instant;

use clap::Parser;
use ndarray::Ix1;
use parla_runtime::{PArray, Runtime, TaskSpace};

/// Nanoseconds a task, spawned and run, with empty bodies.
#[derive(Debug, Parser)]
struct Options {
    /// Tiles of the array: tasks side by side.
    #[arg(long, default_value_t = 64)]
    width: i64,
    /// Tasks of each tile, one after the other.
    #[arg(long, default_value_t = 2000)]
    steps: i64,
    /// Worker threads.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Of so many interleaved runs the median counts.
    #[arg(long, default_value_t = 11)]
    runs: usize,
    /// Only the programs with that in their name.
    #[arg(long, default_value = "")]
    only: String,
    /// What cargo passes to all benchmarks.
    #[arg(long, hide = true)]
    bench: bool,
}

type Tiles = [PArray<f64, Ix1>];
type Program = fn(&TaskSpace<'static>, &Tiles, i64);

fn own_by_deps(t: &TaskSpace<'static>, tiles: &Tiles, steps: i64) {
    for step in 0..steps {
        for tile in 0..tiles.len() as i64 {
            t.task((step, tile))
                .deps(t.at((step - 1, tile)))
                .spawn(|| ());
        }
    }
}

fn own_by_accesses(t: &TaskSpace<'static>, tiles: &Tiles, steps: i64) {
    for step in 0..steps {
        for (tile, own) in (0..).zip(tiles) {
            let (task, own) = t.task((step, tile)).inout(own);
            task.spawn(move || drop(own));
        }
    }
}

fn neighbour_by_deps(t: &TaskSpace<'static>, tiles: &Tiles, steps: i64) {
    let last = tiles.len() as i64 - 1;
    for step in 0..steps {
        for tile in 0..=last {
            let right = last.min(tile + 1);
            let before = [t.at((step, tile - 1)), t.at((step - 1, right))];
            t.task((step, tile)).deps(before).spawn(|| ());
        }
    }
}

fn neighbour_by_accesses(t: &TaskSpace<'static>, tiles: &Tiles, steps: i64) {
    for step in 0..steps {
        for (tile, own) in (0_usize..).zip(tiles) {
            let (task, own) = t.task((step, tile as i64)).inout(own);
            match tile.checked_sub(1) {
                None => drop(task.spawn(move || drop(own))),
                Some(left) => {
                    let (task, left) = task.input(&tiles[left]);
                    task.spawn(move || drop((own, left)));
                }
            }
        }
    }
}

const PAIRS: [(&str, Program, Program); 2] = [
    ("inout", own_by_deps, own_by_accesses),
    ("inout and input", neighbour_by_deps, neighbour_by_accesses),
];

fn main() -> parla_runtime::Result<()> {
    let options = Options::parse();
    let runtime = Runtime::builder().workers(options.workers).build()?;
    let array: PArray<f64, Ix1> = PArray::zeros(64 * options.width as usize);
    let tiles = (0..options.width).map(|tile| array.slice(64 * tile..64 * (tile + 1)));
    let tiles: Vec<_> = tiles.collect();
    println!(
        "{:>16} {:>8} {:>9} {:>6}",
        "", "by deps", "accesses", "more"
    );
    for (name, by_deps, by_accesses) in PAIRS {
        if !name.contains(&options.only) {
            continue;
        }
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..options.runs {
            for (program, times) in [by_deps, by_accesses].into_iter().zip(&mut times) {
                times.push(run(&runtime, program, &tiles, options.steps)?);
            }
        }
        let [deps, accesses] = times.map(median);
        println!(
            "{name:>16} {deps:>8.0} {accesses:>9.0} {:>6.0}",
            accesses - deps
        );
    }
    Ok(())
}

/// Nanoseconds a task.
fn run(
    runtime: &Runtime,
    program: Program,
    tiles: &Tiles,
    steps: i64,
) -> parla_runtime::Result<f64> {
    let start = Instant::now();
    runtime.run(|| {
        let t = TaskSpace::with_shape("T", [steps as usize, tiles.len()]);
        program(&t, tiles, steps);
    })?;
    let tasks = steps as f64 * tiles.len() as f64;
    Ok(start.elapsed().as_secs_f64() * 1e9 / tasks)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
