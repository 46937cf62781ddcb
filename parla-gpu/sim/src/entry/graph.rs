//! Graphs: building them, asking them, running them.

use super::copy::three_dimensions;
use super::entries;
use crate::abi::{Address, Copy3D, HostNode, In, KernelNode, Out, SetNode, Text, UpdateResult};
use crate::codes::Code;
use crate::context::Context;
use crate::event::Event;
use crate::graph::{Content, Executable, Graph, Node};
use crate::handle::Handle;
use crate::memory::Set;
use crate::module::{Function, Launch, parameters};
use crate::stream::{Operation, Stream};
use crate::{context, driver};
use std::ffi::c_char;
use std::fmt::Write;
use std::sync::Arc;

entries! { $ graph_entries;

fn cuGraphCreate(graph: Out<Handle>, flags: u32) {
    graph.check()?;
    if flags != 0 {
        return Err(Code::INVALID_VALUE);
    }
    graph.set(Graph::create().handle())
}

fn cuGraphDestroy(graph: Handle) {
    Graph::find(graph)?.destroy();
    Ok(())
}

fn cuGraphClone(clone: Out<Handle>, graph: Handle) {
    clone.check()?;
    clone.set(Graph::find(graph)?.duplicate()?.handle())
}

fn cuGraphAddKernelNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    kernel: In<KernelNode<Address>>,
) {
    let (launch, context) = launch_of(kernel)?;
    let content = Content::Operation(Operation::Kernel(launch), context);
    add(node, graph, dependencies, count, content)
}

fn cuGraphAddKernelNode_v2(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    kernel: In<KernelNode<Address>>,
) {
    // What the newer structure has more stands at its end and names the same things.
    let (launch, context) = launch_of(kernel)?;
    let content = Content::Operation(Operation::Kernel(launch), context);
    add(node, graph, dependencies, count, content)
}

fn cuGraphAddMemcpyNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    copy: In<Copy3D>,
    context: Handle,
) {
    let copy = Operation::Copy(three_dimensions(copy.get()?)?);
    let content = Content::Operation(copy, context::find(context)?);
    add(node, graph, dependencies, count, content)
}

fn cuGraphAddMemsetNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    set: In<SetNode>,
    context: Handle,
) {
    let SetNode { to, pitch, value, element, width, height } = set.get()?;
    let (width, height) = (width as u64, height as u64);
    let set = Set::new(to, pitch as u64, value, element.into(), width, height)?;
    let content = Content::Operation(Operation::Set(set), context::find(context)?);
    add(node, graph, dependencies, count, content)
}

fn cuGraphAddHostNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    host: In<HostNode>,
) {
    let HostNode { function, data } = host.get()?;
    if function.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    let host = Operation::Host(function, data);
    let content = Content::Operation(host, context::current()?);
    add(node, graph, dependencies, count, content)
}

fn cuGraphAddEmptyNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
) {
    add(node, graph, dependencies, count, Content::Empty)
}

fn cuGraphAddEventRecordNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    event: Handle,
) {
    add(node, graph, dependencies, count, Content::Record(Event::find(event)?))
}

fn cuGraphAddEventWaitNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    event: Handle,
) {
    add(node, graph, dependencies, count, Content::Wait(Event::find(event)?))
}

fn cuGraphAddChildGraphNode(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    child: Handle,
) {
    let child = Graph::find(child)?;
    if child.handle() == graph {
        return Err(Code::INVALID_VALUE);
    }
    // A graph of its own: what the program does to the child later has no effect here.
    add(node, graph, dependencies, count, Content::Child(child.duplicate()?.into_child()))
}

fn cuGraphAddDependencies(graph: Handle, from: In<Handle>, to: In<Handle>, count: usize) {
    let graph = Graph::find(graph)?;
    for (from, to) in from.get_all(count)?.into_iter().zip(to.get_all(count)?) {
        graph.add_edge(from, to)?;
    }
    Ok(())
}

fn cuGraphRemoveDependencies(graph: Handle, from: In<Handle>, to: In<Handle>, count: usize) {
    let graph = Graph::find(graph)?;
    for (from, to) in from.get_all(count)?.into_iter().zip(to.get_all(count)?) {
        graph.remove_edge(from, to)?;
    }
    Ok(())
}

fn cuGraphDestroyNode(node: Handle) {
    let (graph, _) = Node::find(node)?;
    graph.remove(node);
    Ok(())
}

fn cuGraphGetNodes(graph: Handle, nodes: Out<Handle>, count: Out<usize>) {
    let all: Vec<Handle> = Graph::find(graph)?.nodes().iter().map(|node| node.handle).collect();
    list(&all, nodes, count)
}

fn cuGraphGetRootNodes(graph: Handle, nodes: Out<Handle>, count: Out<usize>) {
    let graph = Graph::find(graph)?;
    let nodes_of = graph.nodes();
    let roots = nodes_of.iter().filter(|node| node.dependencies.is_empty());
    let roots: Vec<Handle> = roots.map(|node| node.handle).collect();
    list(&roots, nodes, count)
}

fn cuGraphGetEdges(graph: Handle, from: Out<Handle>, to: Out<Handle>, count: Out<usize>) {
    if from.is_null() != to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    let (starts, ends): (Vec<_>, Vec<_>) = Graph::find(graph)?.edges().into_iter().unzip();
    if !from.is_null() {
        for (index, start) in starts.iter().take(count.get()?).enumerate() {
            from.set_at(index, *start)?;
        }
    }
    list(&ends, to, count)
}

fn cuGraphNodeGetType(node: Handle, kind: Out<u32>) {
    kind.check()?;
    kind.set(Node::find(node)?.1.content.kind())
}

fn cuGraphNodeGetDependencies(node: Handle, nodes: Out<Handle>, count: Out<usize>) {
    list(&Node::find(node)?.1.dependencies, nodes, count)
}

fn cuGraphNodeGetDependentNodes(node: Handle, nodes: Out<Handle>, count: Out<usize>) {
    let (graph, _) = Node::find(node)?;
    let edges = graph.edges().into_iter();
    let dependents: Vec<Handle> = edges.filter(|(from, _)| *from == node).map(|(_, to)| to).collect();
    list(&dependents, nodes, count)
}

fn cuGraphKernelNodeGetParams(node: Handle, kernel: Out<KernelNode<u64>>) {
    kernel.check()?;
    let (graph, _) = Node::find(node)?;
    // The node itself, not a copy: the program is given pointers into it.
    let nodes = graph.nodes();
    let node = nodes.iter().find(|other| other.handle == node);
    let launch = node.and_then(|node| node.content.launch()).ok_or(Code::INVALID_VALUE)?;
    kernel.set(KernelNode {
        function: launch.function().handle(),
        grid: launch.grid(),
        block: launch.block(),
        shared: launch.shared(),
        each: launch.pointers().as_ptr() as u64,
        extra: 0,
    })
}

fn cuGraphDebugDotPrint(graph: Handle, path: Text, _flags: u32) {
    let picture = dot(&*Graph::find(graph)?);
    std::fs::write(path.get()?, picture).map_err(|_| Code::OPERATING_SYSTEM)
}

fn cuGraphInstantiateWithFlags(executable: Out<Handle>, graph: Handle, _flags: u64) {
    executable.check()?;
    executable.set(Executable::create(&*Graph::find(graph)?)?)
}

fn cuGraphInstantiate_v2(
    executable: Out<Handle>,
    graph: Handle,
    node: Out<Handle>,
    log: Out<c_char>,
    room: usize,
) {
    executable.check()?;
    node.set_if_wanted(0);
    let made = Executable::create(&*Graph::find(graph)?);
    if !log.is_null() && room > 0 {
        log.set_text(if made.is_err() { "the graph has a cycle" } else { "" }, room)?;
    }
    executable.set(made?)
}

fn cuGraphExecKernelNodeSetParams(
    executable: Handle,
    node: Handle,
    kernel: In<KernelNode<Address>>,
) {
    let (launch, _) = launch_of(kernel)?;
    Executable::find(executable)?.set_launch(node, launch)
}

fn cuGraphExecUpdate(executable: Handle, graph: Handle, node: Out<Handle>, result: Out<u32>) {
    result.check()?;
    let updated = Executable::find(executable)?.update(&*Graph::find(graph)?);
    node.set_if_wanted(0);
    result.set(updated.err().unwrap_or(0))?;
    updated.map_err(|_| Code::GRAPH_EXEC_UPDATE_FAILURE)
}

fn cuGraphExecUpdate_v2(executable: Handle, graph: Handle, result: Out<UpdateResult>) {
    result.check()?;
    let updated = Executable::find(executable)?.update(&*Graph::find(graph)?);
    let number = updated.err().unwrap_or(0);
    result.set(UpdateResult { result: number, node: 0, from: 0 })?;
    updated.map_err(|_| Code::GRAPH_EXEC_UPDATE_FAILURE)
}

fn cuGraphExecDestroy(executable: Handle) {
    driver().executables.remove(executable).map(drop).ok_or(Code::INVALID_VALUE)
}

fn cuGraphLaunch(executable: Handle, stream: Handle) {
    let executable = Executable::find(executable)?;
    Stream::find(stream)?.launch(&executable)
}

fn cuGraphUpload(executable: Handle, stream: Handle) {
    Executable::find(executable)?;
    Stream::find(stream).map(drop)
}
}

fn add(
    node: Out<Handle>,
    graph: Handle,
    dependencies: In<Handle>,
    count: usize,
    content: Content,
) -> Result<(), Code> {
    node.check()?;
    let dependencies = dependencies.get_all(count)?;
    node.set(Graph::find(graph)?.add(&dependencies, content)?)
}

fn launch_of(kernel: In<KernelNode<Address>>) -> Result<(Launch, Arc<Context>), Code> {
    let KernelNode {
        function,
        grid,
        block,
        shared,
        each,
        extra,
    } = kernel.get()?;
    let function = Function::find(function)?;
    let context = context::find(function.context())?;
    let values = parameters(function.kernel(), each.follow(), extra.follow())?;
    Ok((Launch::new(function, grid, block, shared, values)?, context))
}

/// Writes as much of a list as there is room for. Without a place for it, only says how long it is.
fn list(all: &[Handle], into: Out<Handle>, count: Out<usize>) -> Result<(), Code> {
    if into.is_null() {
        return count.set(all.len());
    }
    let room = count.get()?;
    for index in 0..room {
        into.set_at(index, all.get(index).copied().unwrap_or(0))?;
    }
    count.set(all.len().min(room))
}

fn dot(graph: &Graph) -> String {
    let mut text = "digraph {\n".to_owned();
    for node in graph.nodes().iter() {
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "    n{} [label=\"{}\"]",
            node.handle,
            node.content.label()
        );
    }
    for (from, to) in graph.edges() {
        let _ = writeln!(text, "    n{from} -> n{to}");
    }
    text + "}\n"
}
