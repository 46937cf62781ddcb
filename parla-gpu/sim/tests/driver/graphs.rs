//! Graphs that are built by calls.

use crate::cuda::*;
use crate::gate::{Gate, let_begin_what_may};
use parla_cuda_sim::Code;
use parla_cuda_sim::trace::{self, Kind};

fn multiples() -> u64 {
    function(load(include_str!("kernels.ptx")).unwrap(), "multiples").unwrap()
}

fn add_set(graph: u64, after: Option<u64>, gpu: &Gpu, to: u64, value: u8) -> u64 {
    let set = SetNode {
        to,
        pitch: 0,
        value: value.into(),
        element: 1,
        width: 1,
        height: 1,
    };
    let mut node = 0;
    let count = usize::from(after.is_some());
    ok(cuGraphAddMemsetNode(
        &mut node,
        graph,
        after.as_ref(),
        count,
        &set,
        gpu.context,
    ));
    node
}

fn kind(node: u64) -> u32 {
    let mut kind = u32::MAX;
    ok(cuGraphNodeGetType(node, &mut kind));
    kind
}

#[test]
fn a_graph_runs_in_the_order_of_its_edges_each_time() {
    let gpu = Gpu::new();
    let (graph, memory) = (graph(), alloc(64));
    let first = add_set(graph, None, &gpu, memory, 1);
    let second = add_kernel(
        graph,
        &[first],
        multiples(),
        Extent::new(1, 4),
        &[memory, 7],
    )
    .unwrap();
    let third = add_set(graph, Some(second), &gpu, memory + 4, 9);
    assert_eq!([first, second, third].map(kind), [2, 0, 2]);
    assert_eq!(nodes(graph), [first, second, third]);
    assert_eq!(edges(graph), [(first, second), (second, third)]);
    let executable = instantiate(graph).unwrap();
    ok(cuGraphDestroy(graph));
    for _ in 0..3 {
        let recording = trace::start();
        ok(cuMemsetD8_v2(memory, 0xFF, 64));
        ok(cuGraphLaunch(executable, 0));
        assert_eq!(read(memory, 9), Ok(vec![0, 0, 0, 0, 9, 0, 0, 0, 14]));
        let operations = recording.take_of(gpu.ordinal);
        let kinds: Vec<Kind> = operations.iter().map(|operation| operation.kind).collect();
        use Kind::{DeviceToHost, Kernel, Set};
        assert_eq!(kinds, [Set, Set, Kernel, Set, DeviceToHost]);
        assert!(
            operations
                .windows(2)
                .all(|pair| pair[0].is_before(&pair[1]))
        );
    }
    ok(cuGraphExecDestroy(executable));
    assert_eq!(cuGraphLaunch(executable, 0), Code::INVALID_VALUE);
}

#[test]
fn a_graph_is_one_operation_of_its_stream() {
    let gpu = Gpu::new();
    let (graph, stream, memory) = (graph(), stream(1), alloc(2));
    add_set(graph, None, &gpu, memory, 1);
    add_set(graph, None, &gpu, memory + 1, 1);
    let executable = instantiate(graph).unwrap();
    let recording = trace::start();
    let gate = Gate::new(stream);
    ok(cuGraphLaunch(executable, stream));
    ok(cuGraphLaunch(executable, stream));
    ok(cuMemsetD8Async(memory, 2, 1, stream));
    assert_eq!(cuStreamQuery(stream), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(stream));
    let mut sets = recording.take_of(gpu.ordinal);
    sets.retain(|operation| operation.kind == Kind::Set);
    assert_eq!(sets.len(), 5);
    assert!(
        sets[..2]
            .iter()
            .all(|first| sets[2..].iter().all(|later| first.is_before(later)))
    );
    assert!(sets[..4].iter().all(|first| first.is_before(&sets[4])));
}

#[test]
fn a_graph_does_not_run_beside_itself() {
    let gpu = Gpu::new();
    let recording = trace::start();
    let (graph, one, two) = (graph(), stream(1), stream(1));
    add_set(graph, None, &gpu, alloc(1), 1);
    let executable = instantiate(graph).unwrap();
    let gate = Gate::new(one);
    ok(cuGraphLaunch(executable, one));
    ok(cuGraphLaunch(executable, two));
    let_begin_what_may();
    gate.open();
    ok(cuStreamSynchronize(two));
    let mut operations = recording.take_of(gpu.ordinal);
    operations.retain(|operation| [one, two].contains(&operation.stream));
    assert_eq!(operations.len(), 3);
    assert!(
        operations
            .windows(2)
            .all(|pair| pair[0].is_before(&pair[1]))
    );
}

#[test]
fn a_graph_may_be_wider_than_anything_that_runs_at_once() {
    let gpu = Gpu::new();
    let (graph, memory) = (graph(), alloc(500));
    for index in 0..500 {
        add_set(graph, None, &gpu, memory + index, 3);
    }
    ok(cuGraphLaunch(instantiate(graph).unwrap(), 0));
    assert_eq!(read(memory, 500), Ok(vec![3; 500]));
}

#[test]
fn cycles_and_bad_edges_are_refused() {
    let gpu = Gpu::new();
    let (graph, memory) = (graph(), alloc(4));
    let one = add_set(graph, None, &gpu, memory, 1);
    let two = add_set(graph, Some(one), &gpu, memory, 2);
    assert_eq!(
        cuGraphAddDependencies(graph, &one, &two, 1),
        Code::INVALID_VALUE,
        "again"
    );
    assert_eq!(
        cuGraphAddDependencies(graph, &one, &one, 1),
        Code::INVALID_VALUE
    );
    assert_eq!(
        cuGraphAddDependencies(graph, &77, &one, 1),
        Code::INVALID_VALUE
    );
    ok(cuGraphAddDependencies(graph, &two, &one, 1));
    assert_eq!(instantiate(graph), Err(Code::INVALID_VALUE));
    ok(cuGraphRemoveDependencies(graph, &two, &one, 1));
    instantiate(graph).unwrap();
    ok(cuGraphDestroyNode(one));
    assert_eq!((nodes(graph), edges(graph)), (vec![two], vec![]));
    assert_eq!(cuGraphDestroyNode(one), Code::INVALID_VALUE);
    let mut node = 0;
    let code = cuGraphAddEmptyNode(&mut node, graph, Some(&one), 1);
    assert_eq!(code, Code::INVALID_VALUE);
}

#[test]
fn a_child_graph_runs_as_a_node() {
    let gpu = Gpu::new();
    let memory = alloc(1);
    let (inner, outer) = (graph(), graph());
    let one = add_set(inner, None, &gpu, memory, 2);
    add_set(inner, Some(one), &gpu, memory, 3);
    let before = add_set(outer, None, &gpu, memory, 1);
    let mut child = 0;
    ok(cuGraphAddChildGraphNode(
        &mut child,
        outer,
        Some(&before),
        1,
        inner,
    ));
    add_set(outer, Some(child), &gpu, memory, 4);
    ok(cuGraphDestroy(inner));
    let recording = trace::start();
    ok(cuGraphLaunch(instantiate(outer).unwrap(), 0));
    assert_eq!(read(memory, 1), Ok(vec![4]));
    let sets = recording.take_of(gpu.ordinal);
    assert_eq!(sets.len(), 5);
    assert!(sets.windows(2).all(|pair| pair[0].is_before(&pair[1])));
    assert_eq!(kind(child), 4);
}

#[test]
fn a_copy_of_a_graph_is_apart() {
    let gpu = Gpu::new();
    let (graph, memory) = (graph(), alloc(1));
    add_set(graph, None, &gpu, memory, 1);
    let mut copy = 0;
    ok(cuGraphClone(&mut copy, graph));
    ok(cuGraphDestroy(graph));
    ok(cuGraphLaunch(instantiate(copy).unwrap(), 0));
    assert_eq!(read(memory, 1), Ok(vec![1]));
}

#[test]
fn events_in_graphs_are_recorded_and_waited_for() {
    let _gpu = Gpu::new();
    let (recorder, waiter) = (graph(), graph());
    let (one, two, event) = (stream(1), stream(1), event());
    let mut node = 0;
    ok(cuGraphAddEventRecordNode(
        &mut node, recorder, None, 0, event,
    ));
    ok(cuGraphAddEventWaitNode(&mut node, waiter, None, 0, event));
    let (record, wait) = (instantiate(recorder).unwrap(), instantiate(waiter).unwrap());
    let gate = Gate::new(one);
    ok(cuGraphLaunch(record, one));
    assert_eq!(cuEventQuery(event), Code::NOT_READY);
    ok(cuGraphLaunch(wait, two));
    assert_eq!(cuStreamQuery(two), Code::NOT_READY);
    gate.open();
    ok(cuStreamSynchronize(two));
    ok(cuEventQuery(event));
}

#[test]
fn what_kernels_of_an_executable_are_given_can_be_changed() {
    let _gpu = Gpu::new();
    let (graph, memory, multiples) = (graph(), alloc(8), multiples());
    let extent = Extent::new(1, 2);
    let node = add_kernel(graph, &[], multiples, extent, &[memory, 3]).unwrap();
    assert_eq!(kernel_of(node, 2), (multiples, [1, 1, 1], vec![memory, 3]));
    let executable = instantiate(graph).unwrap();
    ok(set_kernel(
        executable,
        node,
        multiples,
        extent,
        &[memory, 5],
    ));
    ok(cuGraphLaunch(executable, 0));
    assert_eq!(read(memory + 4, 1), Ok(vec![5]));
    let code = set_kernel(executable, 99, multiples, extent, &[memory, 5]);
    assert_eq!(code, Code::INVALID_VALUE);
}

#[test]
fn an_executable_is_updated_from_a_graph_of_the_same_shape() {
    let gpu = Gpu::new();
    let memory = alloc(2);
    let (old, new, other) = (graph(), graph(), graph());
    add_set(old, None, &gpu, memory, 1);
    add_set(new, None, &gpu, memory, 2);
    let first = add_set(other, None, &gpu, memory, 3);
    add_set(other, Some(first), &gpu, memory, 4);
    let executable = instantiate(old).unwrap();
    let (mut node, mut result) = (0, 9);
    ok(cuGraphExecUpdate(executable, new, &mut node, &mut result));
    ok(cuGraphLaunch(executable, 0));
    assert_eq!((result, read(memory, 1)), (0, Ok(vec![2])));
    let code = cuGraphExecUpdate(executable, other, &mut node, &mut result);
    assert_eq!((code, result), (Code::GRAPH_EXEC_UPDATE_FAILURE, 2));
    ok(cuGraphLaunch(executable, 0));
    assert_eq!(read(memory, 1), Ok(vec![2]));
}

#[test]
fn a_fault_in_a_graph_ends_what_waits_for_it() {
    let gpu = Gpu::new();
    let (graph, memory) = (graph(), alloc(4));
    let set = add_set(graph, None, &gpu, memory, 1);
    let extent = Extent::new(1, 2);
    let bad = add_kernel(graph, &[set], multiples(), extent, &[memory, 1]).unwrap();
    add_set(graph, Some(bad), &gpu, memory, 2);
    let recording = trace::start();
    ok(cuGraphLaunch(instantiate(graph).unwrap(), 0));
    assert_eq!(cuStreamSynchronize(0), Code::ILLEGAL_ADDRESS);
    let failed = recording.take_of(gpu.ordinal).into_iter();
    let failed: Vec<bool> = failed.map(|operation| operation.failed).collect();
    assert_eq!(failed, [false, true, true]);
}
