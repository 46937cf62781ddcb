//! The structures of the interface that calls are given by address.

use super::Address;
use crate::handle::Handle;

/// `CUdevprop`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct DeviceProperties {
    pub(crate) threads_per_block: i32,
    pub(crate) block: [i32; 3],
    pub(crate) grid: [i32; 3],
    pub(crate) shared_per_block: i32,
    pub(crate) constant_memory: i32,
    pub(crate) warp: i32,
    pub(crate) pitch: i32,
    pub(crate) registers_per_block: i32,
    pub(crate) clock: i32,
    pub(crate) texture_alignment: i32,
}

/// `CUDA_MEMCPY2D`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Copy2D {
    pub(crate) from: Side2D,
    pub(crate) to: Side2D,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// One side of it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Side2D {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) kind: u32,
    pub(crate) host: Address,
    pub(crate) device: Address,
    pub(crate) array: u64,
    pub(crate) pitch: usize,
}

/// `CUDA_MEMCPY3D`, and `CUDA_MEMCPY3D_PEER`, where contexts stand in the reserved places.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Copy3D {
    pub(crate) from: Side3D,
    pub(crate) to: Side3D,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) depth: usize,
}

/// One side of it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Side3D {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) z: usize,
    pub(crate) level: usize,
    pub(crate) kind: u32,
    pub(crate) host: Address,
    pub(crate) device: Address,
    pub(crate) array: u64,
    /// The context of a peer, else reserved.
    pub(crate) context: Handle,
    pub(crate) pitch: usize,
    pub(crate) height: usize,
}
