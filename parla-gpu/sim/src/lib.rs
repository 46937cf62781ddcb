//! A CUDA driver in software, for tests of CUDA programs on machines without a GPU.
//!
#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

#[doc(hidden)]
pub mod abi;
mod codes;
mod context;
mod device;
mod driver;
mod entry;
mod event;
pub mod faults;
mod graph;
mod handle;
mod live;
mod memory;
mod module;
mod ptx;
mod settings;
mod stream;
pub mod trace;

pub use codes::Code;
pub use entry::{entry_points, lookup};
pub use faults::{FaultReport, last_fault};
pub use live::{Live, live, live_on};
pub use settings::{Settings, configure, ensure_devices, settings};

use driver::driver;
