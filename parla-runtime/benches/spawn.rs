//! What it costs to spawn and run empty tasks, and what a live task takes in memory.
//!
//! `cargo bench -p parla-runtime --bench spawn [-- WORKERS]` prints, for each shape and size, the
//! median and the spread of several rounds. The first round of a process is cold: it is shown
//! apart. Figures and their machine are in `docs/benchmarks.md`.

use std::hint::black_box;
use std::time::Instant;

use parla_runtime::{Handle, Runtime, TaskSpace};

const ROUNDS: usize = 9;
const SIZES: [i64; 3] = [10_000, 100_000, 1_000_000];

/// Spawns `n` tasks of a shape.
type Shape = fn(n: i64);

fn independent(n: i64) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        t.task(i).spawn(|| black_box(()));
    }
}

fn anonymous(n: i64) {
    let runtime = Handle::current();
    for _ in 0..n {
        runtime.task().spawn(|| black_box(()));
    }
}

fn chain(n: i64) {
    let t = TaskSpace::new("T");
    for i in 0..n {
        t.task(i).deps(t.task(i - 1)).spawn(|| black_box(()));
    }
}

/// Two dependencies a task, as in a wavefront over a square.
fn wavefront(n: i64) {
    let side = n.isqrt();
    let extent = usize::try_from(side).unwrap_or(0);
    let t = TaskSpace::with_shape("T", [extent, extent]);
    for i in 0..side {
        for j in 0..side {
            let above = t.task([i - 1, j]);
            t.task([i, j])
                .deps([above, t.task([i, j - 1])])
                .spawn(|| black_box(()));
        }
    }
}

fn main() {
    let is_number = |argument: String| argument.parse().ok();
    let workers = std::env::args().skip(1).find_map(is_number).unwrap_or(2);
    let runtime = Runtime::builder()
        .workers(workers)
        .build()
        .expect("the runtime starts");
    // First, while the allocator holds no memory of earlier rounds that could serve these tasks.
    measure_memory(&runtime);
    println!("{workers} workers, ns a task: spawn and run, {ROUNDS} rounds after a cold one");
    println!(
        "{:<12} {:>9} {:>8} {:>8} {:>8} {:>8}",
        "shape", "tasks", "cold", "median", "min", "max"
    );
    let shapes: [(&str, Shape); 4] = [
        ("independent", independent),
        ("anonymous", anonymous),
        ("chain", chain),
        ("wavefront", wavefront),
    ];
    for (name, shape) in shapes {
        for n in SIZES {
            let mut rounds = (0..=ROUNDS).map(|_| measure(&runtime, shape, n));
            let cold = rounds.next().unwrap_or_default();
            let mut warm: Vec<f64> = rounds.collect();
            warm.sort_by(f64::total_cmp);
            let (min, median, max) = (warm[0], warm[warm.len() / 2], warm[warm.len() - 1]);
            println!("{name:<12} {n:>9} {cold:>8.0} {median:>8.0} {min:>8.0} {max:>8.0}");
        }
    }
}

fn measure(runtime: &Runtime, shape: Shape, n: i64) -> f64 {
    let start = Instant::now();
    runtime.run(|| shape(n)).expect("empty tasks do not fail");
    start.elapsed().as_nanos() as f64 / n as f64
}

/// Bytes of resident memory a task takes while a million wait for one.
fn measure_memory(runtime: &Runtime) {
    const LIVE: i64 = 1_000_000;
    let grown = runtime.run(|| {
        let (t, gate) = (TaskSpace::new("T"), TaskSpace::new("gate"));
        let before = resident_bytes();
        for i in 0..LIVE {
            t.task(i).deps(gate.task(0)).spawn(|| black_box(()));
        }
        let grown = resident_bytes()
            .zip(before)
            .map(|(after, before)| after - before);
        gate.task(0).spawn(|| ());
        grown
    });
    match grown {
        Ok(Some(bytes)) => println!("live task: {:.0} bytes", bytes / LIVE as f64),
        _ => println!("live task: unknown here (no /proc/self/statm)"),
    }
}

fn resident_bytes() -> Option<f64> {
    const PAGE: f64 = 4096.0;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace()
        .nth(1)?
        .parse::<f64>()
        .ok()
        .map(|pages| pages * PAGE)
}
