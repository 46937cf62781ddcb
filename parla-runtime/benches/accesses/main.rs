//! What it costs to find the tasks that an access comes after, by how many regions are in use.
//!
//! ```text
//! cargo bench -p parla-runtime --bench accesses                    up to 10^6 regions
//! cargo bench -p parla-runtime --bench accesses -- --most 100000   fewer
//! ```
//!
//! Figures and their machine are in `docs/internals/accesses.md`.
#![expect(
    dead_code,
    unused_imports,
    reason = "a benchmark uses only a part, and none of the tests"
)]

// The very files of the crate, which are private there.
#[path = "../../src/data/order/mod.rs"]
mod order;
#[path = "../../src/data/region/mod.rs"]
mod region;
mod tilings;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Parser;

use order::{Accessor, Mode, Order};
use region::Region;
use tilings::TILINGS;

/// Nanoseconds an access, for regions of an array of which so many are in use.
#[derive(Debug, Parser)]
struct Options {
    /// The most regions in use; less by tens from there.
    #[arg(long, default_value_t = 1_000_000)]
    most: usize,
    /// Only regions with that in their name.
    #[arg(long, default_value = "")]
    only: String,
    /// Of so many runs the fastest counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// What cargo passes to all benchmarks.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone)]
struct Task(Arc<AtomicBool>);

impl Task {
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }
}

impl Accessor for Task {
    fn has_ended_well(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn has_ended(&self) -> bool {
        self.has_ended_well()
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Nanoseconds an access of each phase of a run.
#[derive(Clone, Copy)]
struct Costs {
    first: f64,
    again: f64,
    ended: f64,
}

fn main() {
    let options = Options::parse();
    println!("ns an access: a region's first; again; again, after the tasks before have ended");
    println!(
        "{:<34}{:>10} {:>24} {:>24}",
        "regions", "in use", "in order", "shuffled"
    );
    let chosen = TILINGS
        .iter()
        .filter(|(name, _)| name.contains(&options.only));
    for (name, tiling) in chosen {
        let mut count = 1000.min(options.most);
        while count <= options.most {
            let regions = tiling(count);
            let costs = [false, true].map(|shuffled| measure(&regions, shuffled, options.runs));
            let texts = costs.map(|costs| {
                format!(
                    "{:>7.0} {:>7.0} {:>7.0}",
                    costs.first, costs.again, costs.ended
                )
            });
            println!(
                "{name:<34}{:>10} {:>24} {:>24}",
                regions.len(),
                texts[0],
                texts[1]
            );
            count *= 10;
        }
    }
}

fn measure(regions: &[Region], shuffled: bool, runs: usize) -> Costs {
    let mut regions = regions.to_vec();
    if shuffled {
        fastrand::Rng::with_seed(1).shuffle(&mut regions);
    }
    // Small ones often enough that a run takes some time.
    let runs = runs * (100_000 / regions.len()).clamp(1, 100);
    let all = (0..runs).map(|_| run(&regions));
    let least = |a: Costs, b: Costs| Costs {
        first: a.first.min(b.first),
        again: a.again.min(b.again),
        ended: a.ended.min(b.ended),
    };
    all.reduce(least).expect("there is a run at least")
}

fn run(regions: &[Region]) -> Costs {
    let mut order = Order::new();
    let rounds: [Vec<Task>; 4] =
        std::array::from_fn(|_| regions.iter().map(|_| Task::new()).collect());
    let mut time = |tasks: &[Task]| {
        let start = Instant::now();
        for (region, task) in std::iter::zip(regions, tasks) {
            order.access(region, Mode::Update, task.clone(), &mut |earlier| {
                black_box(earlier);
            });
        }
        start.elapsed().as_nanos() as f64 / regions.len() as f64
    };
    let first = time(&rounds[0]);
    // Once more to see which regions are alone.
    time(&rounds[1]);
    let again = time(&rounds[2]);
    for tasks in &rounds {
        tasks
            .iter()
            .for_each(|task| task.0.store(true, Ordering::Release));
    }
    let ended = time(&rounds[3]);
    Costs {
        first,
        again,
        ended,
    }
}
