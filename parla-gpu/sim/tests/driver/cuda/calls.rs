//! The entry points, with types that Rust can check.
#![expect(clippy::too_many_arguments, reason = "as CUDA has them")]

use super::{Access, Copy2D, Copy3D, KernelNode, PoolProperties, SetNode};
use parla_cuda_sim::{Code, lookup};
use std::ffi::{c_char, c_void};

pub(crate) type Function = extern "C" fn(*mut c_void);
pub(crate) type Callback = extern "C" fn(u64, u32, *mut c_void);

/// Calls that take numbers and references only, so that no call of them can break memory.
macro_rules! calls {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        pub(crate) fn $name($($argument: $type),*) -> Code {
            let address = lookup(stringify!($name));
            assert!(!address.is_null(), "no entry point {}", stringify!($name));
            // SAFETY: the function of that name has that signature.
            let call: extern "C" fn($($type),*) -> u32 = unsafe { std::mem::transmute(address) };
            Code(call($($argument),*))
        }
    )* };
}

calls! {
    cuInit(flags: u32);
    cuDriverGetVersion(version: Option<&mut i32>);
    cuDeviceGetCount(count: &mut i32);
    cuDeviceGet(device: &mut i32, ordinal: i32);
    cuDeviceTotalMem_v2(bytes: &mut usize, device: i32);
    cuDeviceGetAttribute(value: &mut i32, attribute: u32, device: i32);
    cuDeviceGetUuid_v2(uuid: &mut [u8; 16], device: i32);
    cuDeviceCanAccessPeer(can: &mut i32, device: i32, peer: i32);
    cuDevicePrimaryCtxRetain(context: &mut u64, device: i32);
    cuDevicePrimaryCtxRelease_v2(device: i32);
    cuDevicePrimaryCtxReset_v2(device: i32);
    cuDevicePrimaryCtxSetFlags_v2(device: i32, flags: u32);
    cuDevicePrimaryCtxGetState(device: i32, flags: &mut u32, active: &mut i32);
    cuCtxCreate_v2(context: &mut u64, flags: u32, device: i32);
    cuCtxDestroy_v2(context: u64);
    cuCtxPushCurrent_v2(context: u64);
    cuCtxPopCurrent_v2(context: Option<&mut u64>);
    cuCtxSetCurrent(context: u64);
    cuCtxGetCurrent(context: &mut u64);
    cuCtxGetDevice(device: &mut i32);
    cuCtxGetLimit(value: &mut usize, limit: u32);
    cuCtxSetLimit(limit: u32, value: usize);
    cuCtxGetStreamPriorityRange(least: Option<&mut i32>, greatest: Option<&mut i32>);
    cuCtxSynchronize();
    cuCtxEnablePeerAccess(peer: u64, flags: u32);
    cuCtxDisablePeerAccess(peer: u64);
    cuMemGetInfo_v2(free: &mut usize, total: &mut usize);
    cuMemAlloc_v2(address: Option<&mut u64>, bytes: usize);
    cuMemAllocPitch_v2(address: &mut u64, pitch: &mut usize, width: usize, height: usize, element: u32);
    cuMemFree_v2(address: u64);
    cuMemAllocAsync(address: &mut u64, bytes: usize, stream: u64);
    cuMemFreeAsync(address: u64, stream: u64);
    cuMemAllocManaged(address: &mut u64, bytes: usize, flags: u32);
    cuMemAllocHost_v2(address: &mut u64, bytes: usize);
    cuMemHostAlloc(address: &mut u64, bytes: usize, flags: u32);
    cuMemHostGetFlags(flags: &mut u32, address: u64);
    cuMemFreeHost(address: u64);
    cuMemHostUnregister(address: u64);
    cuMemHostGetDevicePointer_v2(device: &mut u64, host: u64, flags: u32);
    cuMemGetAddressRange_v2(base: &mut u64, bytes: &mut usize, address: u64);
    cuPointerGetAttribute(value: &mut u64, attribute: u32, address: u64);
    cuMemcpyDtoD_v2(to: u64, from: u64, bytes: usize);
    cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: u64);
    cuMemcpyPeer(to: u64, to_context: u64, from: u64, from_context: u64, bytes: usize);
    cuMemcpyPeerAsync(to: u64, to_context: u64, from: u64, from_context: u64, bytes: usize, stream: u64);
    cuMemsetD8_v2(to: u64, value: u8, count: usize);
    cuMemsetD8Async(to: u64, value: u8, count: usize, stream: u64);
    cuMemsetD16_v2(to: u64, value: u16, count: usize);
    cuMemsetD32_v2(to: u64, value: u32, count: usize);
    cuMemsetD32Async(to: u64, value: u32, count: usize, stream: u64);
    cuMemsetD2D8_v2(to: u64, pitch: usize, value: u8, width: usize, height: usize);
    cuStreamCreate(stream: &mut u64, flags: u32);
    cuStreamCreateWithPriority(stream: &mut u64, flags: u32, priority: i32);
    cuStreamDestroy_v2(stream: u64);
    cuStreamQuery(stream: u64);
    cuStreamSynchronize(stream: u64);
    cuStreamWaitEvent(stream: u64, event: u64, flags: u32);
    cuStreamGetFlags(stream: u64, flags: &mut u32);
    cuStreamGetPriority(stream: u64, priority: &mut i32);
    cuStreamGetCtx(stream: u64, context: &mut u64);
    cuEventCreate(event: &mut u64, flags: u32);
    cuEventDestroy_v2(event: u64);
    cuEventRecord(event: u64, stream: u64);
    cuEventQuery(event: u64);
    cuEventSynchronize(event: u64);
    cuEventElapsedTime(milliseconds: &mut f32, start: u64, end: u64);
    cuDeviceGetDefaultMemPool(pool: &mut u64, device: i32);
    cuDeviceGetMemPool(pool: &mut u64, device: i32);
    cuDeviceSetMemPool(device: i32, pool: u64);
    cuMemPoolCreate(pool: &mut u64, properties: &PoolProperties);
    cuMemPoolDestroy(pool: u64);
    cuMemPoolTrimTo(pool: u64, keep: usize);
    cuMemPoolSetAttribute(pool: u64, attribute: u32, value: &u64);
    cuMemPoolGetAttribute(pool: u64, attribute: u32, value: &mut u64);
    cuMemPoolSetAccess(pool: u64, access: &Access, count: usize);
    cuMemAllocFromPoolAsync(address: &mut u64, bytes: usize, pool: u64, stream: u64);
    cuStreamBeginCapture_v2(stream: u64, mode: u32);
    cuStreamEndCapture(stream: u64, graph: &mut u64);
    cuStreamIsCapturing(stream: u64, status: &mut u32);
    cuThreadExchangeStreamCaptureMode(mode: &mut u32);
    cuGraphCreate(graph: &mut u64, flags: u32);
    cuGraphDestroy(graph: u64);
    cuGraphClone(clone: &mut u64, graph: u64);
    cuGraphAddEmptyNode(node: &mut u64, graph: u64, dependencies: Option<&u64>, count: usize);
    cuGraphAddMemsetNode(node: &mut u64, graph: u64, dependencies: Option<&u64>, count: usize, set: &SetNode, context: u64);
    cuGraphAddChildGraphNode(node: &mut u64, graph: u64, dependencies: Option<&u64>, count: usize, child: u64);
    cuGraphAddEventRecordNode(node: &mut u64, graph: u64, dependencies: Option<&u64>, count: usize, event: u64);
    cuGraphAddEventWaitNode(node: &mut u64, graph: u64, dependencies: Option<&u64>, count: usize, event: u64);
    cuGraphAddDependencies(graph: u64, from: &u64, to: &u64, count: usize);
    cuGraphRemoveDependencies(graph: u64, from: &u64, to: &u64, count: usize);
    cuGraphDestroyNode(node: u64);
    cuGraphNodeGetType(node: u64, kind: &mut u32);
    cuGraphInstantiateWithFlags(executable: &mut u64, graph: u64, flags: u64);
    cuGraphExecUpdate(executable: u64, graph: u64, node: &mut u64, result: &mut u32);
    cuGraphExecDestroy(executable: u64);
    cuGraphLaunch(executable: u64, stream: u64);
    cuLinkDestroy(link: u64);
    cuModuleUnload(module: u64);
    cuFuncGetAttribute(value: &mut i32, attribute: u32, function: u64);
    cuFuncSetAttribute(function: u64, attribute: u32, value: i32);
    cuFuncGetModule(module: &mut u64, function: u64);
    cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks: &mut i32, function: u64, threads: i32, shared: usize);
    cuOccupancyMaxPotentialBlockSize(grid: &mut i32, block: &mut i32, function: u64, shared_of_block: Option<extern "C" fn(i32) -> usize>, shared: usize, limit: i32);
}

/// Calls that are given memory of the host, wrapped below.
macro_rules! unsafe_calls {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => { $(
        /// # Safety
        ///
        /// Pointers must be good for what the call does with them, for as long as it does.
        pub(crate) unsafe fn $name($($argument: $type),*) -> Code {
            let address = lookup(stringify!($name));
            assert!(!address.is_null(), "no entry point {}", stringify!($name));
            // SAFETY: the function of that name has that signature.
            let call: extern "C" fn($($type),*) -> u32 = unsafe { std::mem::transmute(address) };
            Code(call($($argument),*))
        }
    )* };
}

unsafe_calls! {
    cuDeviceGetName(name: *mut c_char, room: i32, device: i32);
    cuGetProcAddress(name: *const c_char, address: *mut *const c_void, version: i32, flags: u64);
    cuGetProcAddress_v2(name: *const c_char, address: *mut *const c_void, version: i32, flags: u64, status: *mut u32);
    cuGetErrorName(code: u32, name: *mut *const c_char);
    cuMemcpyHtoD_v2(to: u64, from: *const u8, bytes: usize);
    cuMemcpyDtoH_v2(to: *mut u8, from: u64, bytes: usize);
    cuMemcpyHtoDAsync_v2(to: u64, from: *const u8, bytes: usize, stream: u64);
    cuMemcpyDtoHAsync_v2(to: *mut u8, from: u64, bytes: usize, stream: u64);
    cuMemcpy2D_v2(copy: *const Copy2D);
    cuMemcpy2DAsync_v2(copy: *const Copy2D, stream: u64);
    cuMemcpy3D_v2(copy: *const Copy3D);
    cuPointerGetAttributes(count: u32, attributes: *const u32, values: *const *mut u64, address: u64);
    cuMemHostRegister_v2(address: *mut u8, bytes: usize, flags: u32);
    cuLaunchHostFunc(stream: u64, function: Option<Function>, data: *mut c_void);
    cuStreamAddCallback(stream: u64, function: Option<Callback>, data: *mut c_void, flags: u32);
    cuGraphAddKernelNode(node: *mut u64, graph: u64, dependencies: *const u64, count: usize, kernel: *const KernelNode);
    cuGraphExecKernelNodeSetParams(executable: u64, node: u64, kernel: *const KernelNode);
    cuGraphKernelNodeGetParams(node: u64, kernel: *mut KernelNode);
    cuGraphGetNodes(graph: u64, nodes: *mut u64, count: *mut usize);
    cuGraphGetEdges(graph: u64, from: *mut u64, to: *mut u64, count: *mut usize);
    cuLinkCreate_v2(count: u32, options: *mut u32, values: *mut *mut c_void, link: *mut u64);
    cuLinkAddData_v2(link: u64, kind: u32, data: *const u8, bytes: usize, name: *const c_char, count: u32, options: *mut u32, values: *mut *mut c_void);
    cuLinkComplete(link: u64, image: *mut *const c_void, bytes: *mut usize);
    cuModuleLoadData(module: *mut u64, image: *const c_char);
    cuModuleLoadDataEx(module: *mut u64, image: *const c_char, count: u32, options: *mut u32, values: *mut *mut c_void);
    cuModuleGetFunction(function: *mut u64, module: u64, name: *const c_char);
    cuModuleGetGlobal_v2(address: *mut u64, bytes: *mut usize, module: u64, name: *const c_char);
    cuLaunchKernel(function: u64, gx: u32, gy: u32, gz: u32, bx: u32, by: u32, bz: u32, shared: u32, stream: u64, each: *mut *mut c_void, extra: *mut *mut c_void);
}
