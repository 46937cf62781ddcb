//! The arguments of a task function on their way to its GPU variant: data on the host is copied to
//! the device, and what the variant has changed comes back; arrays that the task has declared to use are
//! there already.

mod slice;
mod view;

pub use slice::{OnGpuSlice, OnGpuSliceMut, SliceArgument, SliceArgumentMut};
pub use view::{OnGpuView, OnGpuViewMut, ViewArgument, ViewArgumentMut};

use crate::gpu::Gpu;

/// The GPU of the running task.
///
/// # Panics
///
/// If the task was not placed on one. Generated code asks only where it was, as far as the placement
/// can tell.
#[must_use]
#[track_caller]
pub fn current_gpu() -> Gpu {
    match Gpu::current() {
        Ok(gpu) => gpu,
        Err(error) => panic!("{error}"),
    }
}

/// All GPUs of the running task.
#[must_use]
pub fn current_gpus() -> Vec<Gpu> {
    Gpu::all_current()
}

/// The first GPU of the running task, of all that it has.
///
/// # Panics
///
/// If there is none, as [`current_gpu`].
#[must_use]
#[track_caller]
pub fn first_gpu(gpus: &[Gpu]) -> &Gpu {
    let Some(gpu) = gpus.first() else {
        panic!("the task has no GPU");
    };
    gpu
}
