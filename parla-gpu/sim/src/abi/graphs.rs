//! The structures of the interface that graphs and pools are described with.

use super::{Address, HostFunction, Opaque};
use crate::handle::Handle;

/// `CUDA_KERNEL_NODE_PARAMS`, with addresses of that type.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct KernelNode<A> {
    pub(crate) function: Handle,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) shared: u32,
    pub(crate) each: A,
    pub(crate) extra: A,
}

/// `CUDA_MEMSET_NODE_PARAMS`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct SetNode {
    pub(crate) to: Address,
    pub(crate) pitch: usize,
    pub(crate) value: u32,
    pub(crate) element: u32,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// `CUDA_HOST_NODE_PARAMS`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct HostNode {
    pub(crate) function: HostFunction,
    pub(crate) data: Opaque,
}

/// `CUgraphExecUpdateResultInfo`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct UpdateResult {
    pub(crate) result: u32,
    pub(crate) node: Handle,
    pub(crate) from: Handle,
}

/// `CUmemLocation`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Location {
    pub(crate) kind: u32,
    pub(crate) id: i32,
}

/// `CUmemAccessDesc`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Access {
    pub(crate) location: Location,
    pub(crate) flags: u32,
}

/// `CUmemPoolProps`
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct PoolProperties {
    pub(crate) allocation: u32,
    pub(crate) handles: u32,
    pub(crate) location: Location,
    pub(crate) security: u64,
    pub(crate) reserved: [u8; 64],
}
