//! Runs a test in many schedules, and what tests need to be scheduled well.

use parla_runtime::Runtime;
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, ReplayScheduler, UncontrolledNondeterminismCheckScheduler,
};
use shuttle::{Config, Runner};

/// The schedules are the same each time, unless `SHUTTLE_RANDOM_SEED` says another number.
const SEED: u64 = 0x7061_726c;

/// Runs `test` in that many random schedules, and in as many of PCT; `PARLA_SOAK` times as many. With
/// `PARLA_SCHEDULE`, the name of a file, only in the schedule that shuttle printed for a failure.
pub(crate) fn explore(schedules: usize, test: fn()) {
    if let Ok(file) = std::env::var("PARLA_SCHEDULE") {
        let failed = ReplayScheduler::new_from_file(file).expect("a file with a schedule");
        Runner::new(failed, config()).run(test);
        return;
    }
    let soak = std::env::var("PARLA_SOAK").map_or(1, |n| n.parse().expect("a number"));
    let schedules = schedules * soak;
    let random = RandomScheduler::new_from_seed(SEED, schedules);
    Runner::new(random, config()).run(test);
    for depth in [2, 4, 10] {
        let pct = PctScheduler::new_from_seed(SEED, depth, schedules / 3);
        Runner::new(pct, config()).run(test);
    }
}

/// Fails if anything but the schedule and shuttle's random numbers decides about the course of `test`:
/// then a schedule that failed could not be repeated.
pub(crate) fn repeat(schedules: usize, test: fn()) {
    let random = RandomScheduler::new_from_seed(SEED, schedules);
    let twice = UncontrolledNondeterminismCheckScheduler::new(random);
    Runner::new(twice, config()).run(test);
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    config.silence_warnings = true;
    config
}

/// Random numbers that belong to the schedule.
pub(crate) fn draw() -> fastrand::Rng {
    use shuttle::rand::RngCore;
    fastrand::Rng::with_seed(shuttle::rand::thread_rng().next_u64())
}

/// Lets other threads go on, some times.
pub(crate) fn dawdle() {
    for _ in 0..3 {
        shuttle::thread::sleep(std::time::Duration::ZERO);
    }
}

/// Gives workers that have nothing to do the time to fall asleep, or doesn't.
pub(crate) fn doze() {
    for _ in 0..40 * draw().u32(0..2) {
        shuttle::thread::yield_now();
    }
}

/// Panics without the hook, which would print the schedule.
pub(crate) fn panic_quietly(message: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(message))
}

pub(crate) fn runtime(workers: usize) -> Runtime {
    let runtime = Runtime::builder().workers(workers).memory(1_u64 << 30);
    runtime.build().expect("shuttle refuses no threads")
}
