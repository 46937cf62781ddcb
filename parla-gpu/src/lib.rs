//! CUDA devices for `parla-runtime`, through `cust`: streams, memory and kernels for the bodies of
//! tasks, in the order of the tasks and of their data, without the host waiting.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `cuda` | the back end; without it there is only [`Gpus`], which finds none and says so |
//! | `sim` | `cuda`, and a driver in software for machines without a GPU |
//!
//! # Building
//!
//! No CUDA toolkit is needed, but the build script of `cust` looks for one and fails if it finds
//! none. A package outside this workspace therefore tells it, by a line in the `Cargo.toml` of
//! its own workspace, to take the stand-in that lies here:
//!
//! ```toml
//! [patch.crates-io]
//! find_cuda_helper = { path = "path/to/parla-gpu/find_cuda_helper" } # or git = "…"
//! ```
//!
//! With a toolkit in `/usr/local/cuda` or `/opt/cuda` it builds without that line too. In neither
//! case is the program linked against `libcuda`: it looks for the driver when it runs.
//!
#![cfg_attr(feature = "cuda", doc = include_str!("overview.md"))]
#![warn(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

// Defines what `cust` links against; a crate that nothing names isn't linked.
#[cfg(feature = "cuda")]
use parla_cuda_shim as _;

mod gpus;

#[cfg(feature = "cuda")]
mod access;
#[cfg(feature = "cuda")]
mod array;
#[cfg(feature = "cuda")]
mod card;
#[cfg(feature = "cuda")]
mod completion;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "cuda")]
mod device;
#[cfg(feature = "cuda")]
mod error;
#[cfg(feature = "cuda")]
mod gpu;
#[cfg(feature = "cuda")]
pub mod kernels;
#[cfg(feature = "cuda")]
mod launch;
#[cfg(feature = "cuda")]
mod lease;
#[cfg(feature = "cuda")]
mod lock;
#[cfg(feature = "cuda")]
mod memory;
#[cfg(feature = "cuda")]
mod stream;
#[cfg(feature = "cuda")]
mod variant;

pub use gpus::Gpus;

#[cfg(feature = "cuda")]
pub use self::{
    array::{DeviceView, DeviceViewMut},
    card::{GpuInfo, devices},
    error::{DriverError, GpuError, GpuErrorKind, Result},
    gpu::{Gpu, Kernel, Module, Moment, RawGpu},
    launch::{Argument, Image, LaunchConfig, grid_for, grid_for_2d},
    memory::{
        AsDeviceSlice, AsDeviceSliceMut, DeviceBuffer, DeviceCopy, DeviceSlice, DeviceSliceMut,
    },
};
#[cfg(feature = "cuda")]
pub use bytemuck;

#[cfg(feature = "cuda")]
#[doc(hidden)]
pub mod __private {
    //! What generated code names, and nothing else may: no promise of stability.
    pub use crate::access::{OnGpu, OnGpuMut};
    pub use crate::array::{device_view, device_view_mut};
    pub use crate::gpu::{launch, of_lease};
    pub use crate::launch::Argument;
    pub use crate::variant::{
        OnGpuSlice, OnGpuSliceMut, OnGpuView, OnGpuViewMut, SliceArgument, SliceArgumentMut,
        ViewArgument, ViewArgumentMut, current_gpu, current_gpus, first_gpu,
    };
    pub use crate::{AsDeviceSlice, AsDeviceSliceMut, Gpu, Image, LaunchConfig, Result};

    /// Where expansions look for all this, also those of this crate.
    pub use super::__private as gpu;
}
