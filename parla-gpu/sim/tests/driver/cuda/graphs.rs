//! Graphs and their nodes.

use super::calls::*;
use super::{Extent, KernelNode, ok};
use parla_cuda_sim::Code;
use std::ffi::c_void;

/// Describes a launch whose parameters are all of 64 bits, for as long as the function runs.
fn with_kernel_node<R>(
    function: u64,
    extent: Extent,
    parameters: &[u64],
    f: impl FnOnce(&KernelNode) -> R,
) -> R {
    let mut values = parameters.to_vec();
    let mut each: Vec<*mut c_void> = values
        .iter_mut()
        .map(|value| std::ptr::from_mut(value).cast())
        .collect();
    f(&KernelNode {
        function,
        grid: extent.grid,
        block: extent.block,
        shared: extent.shared,
        each: each.as_mut_ptr(),
        extra: std::ptr::null_mut(),
    })
}

pub(crate) fn add_kernel(
    graph: u64,
    dependencies: &[u64],
    function: u64,
    extent: Extent,
    parameters: &[u64],
) -> Result<u64, Code> {
    let mut node = 0;
    let code = with_kernel_node(function, extent, parameters, |kernel| {
        let (first, count) = (dependencies.as_ptr(), dependencies.len());
        // SAFETY: the parameters are read before the call is back.
        unsafe { cuGraphAddKernelNode(&raw mut node, graph, first, count, kernel) }
    });
    if code == Code::SUCCESS {
        Ok(node)
    } else {
        Err(code)
    }
}

pub(crate) fn set_kernel(
    executable: u64,
    node: u64,
    function: u64,
    extent: Extent,
    parameters: &[u64],
) -> Code {
    with_kernel_node(function, extent, parameters, |kernel| {
        // SAFETY: as above.
        unsafe { cuGraphExecKernelNodeSetParams(executable, node, kernel) }
    })
}

/// What a kernel's node was given: function, grid, and so many parameters of 64 bits.
pub(crate) fn kernel_of(node: u64, parameters: usize) -> (u64, [u32; 3], Vec<u64>) {
    let mut kernel = std::mem::MaybeUninit::<KernelNode>::uninit();
    // SAFETY: a place for the result.
    ok(unsafe { cuGraphKernelNodeGetParams(node, kernel.as_mut_ptr()) });
    // SAFETY: written by the call.
    let kernel = unsafe { kernel.assume_init() };
    let value = |index| {
        // SAFETY: there are that many parameters.
        let place = unsafe { kernel.each.add(index) };
        // SAFETY: each is a pointer.
        let value = unsafe { place.read() };
        // SAFETY: to a value that lives as long as the node.
        unsafe { value.cast::<u64>().read_unaligned() }
    };
    (
        kernel.function,
        kernel.grid,
        (0..parameters).map(value).collect(),
    )
}

pub(crate) fn nodes(graph: u64) -> Vec<u64> {
    let mut count = 0;
    // SAFETY: without a place for the list it is only counted.
    ok(unsafe { cuGraphGetNodes(graph, std::ptr::null_mut(), &raw mut count) });
    let mut nodes = vec![0; count];
    // SAFETY: there is room for so many.
    ok(unsafe { cuGraphGetNodes(graph, nodes.as_mut_ptr(), &raw mut count) });
    nodes
}

pub(crate) fn edges(graph: u64) -> Vec<(u64, u64)> {
    let (mut count, null) = (0, std::ptr::null_mut());
    // SAFETY: without a place for the list it is only counted.
    ok(unsafe { cuGraphGetEdges(graph, null, null, &raw mut count) });
    let (mut from, mut to) = (vec![0; count], vec![0; count]);
    // SAFETY: there is room for so many.
    ok(unsafe { cuGraphGetEdges(graph, from.as_mut_ptr(), to.as_mut_ptr(), &raw mut count) });
    from.into_iter().zip(to).collect()
}

pub(crate) fn graph() -> u64 {
    let mut graph = 0;
    ok(cuGraphCreate(&mut graph, 0));
    graph
}

pub(crate) fn instantiate(graph: u64) -> Result<u64, Code> {
    let mut executable = 0;
    match cuGraphInstantiateWithFlags(&mut executable, graph, 0) {
        Code::SUCCESS => Ok(executable),
        code => Err(code),
    }
}
