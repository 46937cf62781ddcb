//! The software CUDA driver as a shared library: its entry points under their own names.
//!
//! Put under the name `libcuda.so.1` where the loader finds it first (`LD_LIBRARY_PATH`), it stands
//! in for a driver for programs that know nothing of it. It must not be unloaded: threads of its
//! own run in it.
#![expect(
    unsafe_code,
    reason = "exports symbols, and calls functions by their address"
)]

use parla_cuda_sim::abi::*;
use std::ffi::{c_char, c_void};

type Handle = u64;

macro_rules! export {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => { $(
        // The name is the driver's, which this library is in the place of.
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $type),*) -> u32 {
            let address = parla_cuda_sim::lookup(stringify!($name));
            // SAFETY: the function of that name has these arguments.
            let function: extern "C" fn($($type),*) -> u32 = unsafe { std::mem::transmute(address) };
            function($($argument),*)
        }
    )* };
}

parla_cuda_sim::capture_entries!(export);
parla_cuda_sim::context_entries!(export);
parla_cuda_sim::copy_entries!(export);
parla_cuda_sim::device_entries!(export);
parla_cuda_sim::error_entries!(export);
parla_cuda_sim::event_entries!(export);
parla_cuda_sim::graph_entries!(export);
parla_cuda_sim::launch_entries!(export);
parla_cuda_sim::link_entries!(export);
parla_cuda_sim::memory_entries!(export);
parla_cuda_sim::module_entries!(export);
parla_cuda_sim::occupancy_entries!(export);
parla_cuda_sim::pool_entries!(export);
parla_cuda_sim::stream_entries!(export);
