//! What only simulated devices show: which calls are made, in which order work ran, what is left
//! behind, and what becomes of each call that fails.

mod arrays;
mod faults;
mod leaks;
mod lost;
#[path = "../machine/mod.rs"]
mod machine;
mod order;
mod relay;

use std::sync::{Mutex, MutexGuard, PoisonError};

use machine::Machine;
use parla_gpu::Gpus;

/// Devices that no other test uses meanwhile: what is counted and made to fail is the process's.
fn alone(devices: usize) -> (MutexGuard<'static, ()>, Machine) {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (guard, simulated(devices))
}

fn simulated(devices: usize) -> Machine {
    Machine::of(&Gpus::only_simulated(devices))
}
