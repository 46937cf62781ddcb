//! The device layer, without a scheduler: leases are asked of the devices directly. Runs on real
//! GPUs if there are some, else on simulated ones; `PARLA_REQUIRE_GPU=1` has it fail without real
//! ones.

mod arrays;
mod buffers;
mod completions;
mod kernels;
mod launches;
#[path = "../machine/mod.rs"]
mod machine;
mod memory;
mod several;
mod streams;
