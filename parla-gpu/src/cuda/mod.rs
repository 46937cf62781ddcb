//! The driver's interface: one function a call, and handles that give themselves back. Nothing
//! outside this folder names `cust`; most of it goes to `cust::sys`, since the safe layer has only
//! blocking streams and events that can be waited for once.
//!
//! Addresses of device memory are plain numbers here: what a wrong one does is between the driver
//! and the device, and can't touch the memory of the program. Host memory that the device reads or
//! writes later is always [`Pinned`], never a borrowed slice.

mod allocation;
mod context;
mod event;
mod failure;
mod kernel;
mod module;
mod pinned;
mod rows;
#[cfg(feature = "sim")]
mod simulator;
mod stream;
mod system;

pub(crate) use allocation::Allocation;
pub(crate) use context::{Context, Scope};
pub(crate) use event::Event;
pub(crate) use failure::Failure;
pub(crate) use kernel::{Kernel, Parameter};
pub(crate) use module::{LoadError, Module};
pub(crate) use pinned::Pinned;
pub(crate) use rows::{MAX_PITCH, Rows};
#[cfg(feature = "sim")]
pub(crate) use simulator::{copy_bandwidth, simulate};
pub(crate) use stream::Stream;
pub(crate) use system::{Facts, facts, is_simulated, start};

/// A place in the memory of a device.
pub(crate) type Address = u64;
