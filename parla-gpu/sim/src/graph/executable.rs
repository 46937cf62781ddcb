//! Graphs that are ready to run: fixed in their shape, run any number of times.

use super::{Content, Graph, Node};
use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::event::Mark;
use crate::handle::{self, Handle};
use crate::module::Launch;
use crate::stream::{GraphNode, Lane, Operation, Stream, Ticket, Work};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A graph that can run.
#[derive(Debug)]
pub(crate) struct Executable {
    handle: Handle,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    steps: Vec<Step>,
    /// The end of the last run: the next one waits for it.
    last: Option<Ticket>,
}

/// A node, behind the nodes it waits for, which are named by their index.
#[derive(Debug, Clone)]
struct Step {
    node: Handle,
    content: Content,
    dependencies: Vec<usize>,
}

impl Executable {
    /// `cuGraphInstantiate`: a cycle is an error.
    pub(crate) fn create(graph: &Graph) -> Result<Handle, Code> {
        let mut steps = Vec::new();
        flatten(graph, &[], &mut steps)?;
        let executable = Self {
            handle: handle::fresh(),
            state: Mutex::new(State { steps, last: None }),
        };
        let handle = executable.handle;
        driver().executables.insert(handle, Arc::new(executable));
        Ok(handle)
    }

    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        driver().executables.get(handle).ok_or(Code::INVALID_VALUE)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `cuGraphLaunch`: as one operation of the stream, which is not capturing.
    pub(crate) fn launch(&self, stream: &Stream) -> Result<(), Code> {
        let mut state = self.state();
        let mut marks = Vec::new();
        let nodes = state.steps.iter().enumerate().map(|(index, step)| {
            let mut after = Vec::new();
            let (work, context) = match &step.content {
                Content::Operation(operation, context) => {
                    let work = operation
                        .clone()
                        .into_work(stream.handle(), Arc::clone(context));
                    (work, context)
                }
                Content::Record(event) => {
                    let mark = Arc::new(Mark::default());
                    marks.push((index, Arc::clone(event), Arc::clone(&mark)));
                    (Work::Mark(Some(mark)), stream.context())
                }
                Content::Wait(event) => {
                    after.extend(event.recorded().map(|record| record.ticket));
                    (Work::Mark(None), stream.context())
                }
                Content::Empty | Content::Child(_) => (Work::Mark(None), stream.context()),
            };
            GraphNode {
                lane: lane_in(stream, context),
                work,
                dependencies: step.dependencies.clone(),
                after,
            }
        });
        let nodes = nodes.collect();
        let last: Vec<Ticket> = state.last.into_iter().collect();
        let tickets = driver().engine.submit_graph(stream.lane(), &last, nodes)?;
        for (index, event, mark) in marks {
            event.set_recorded(tickets[index], mark);
        }
        state.last = tickets.last().copied();
        Ok(())
    }

    /// Gives a kernel's node another launch of the same function.
    pub(crate) fn set_launch(&self, node: Handle, launch: Launch) -> Result<(), Code> {
        let mut state = self.state();
        let step = state.steps.iter_mut().find(|step| step.node == node);
        let Some(Content::Operation(Operation::Kernel(old), _)) =
            step.map(|step| &mut step.content)
        else {
            return Err(Code::INVALID_VALUE);
        };
        *old = launch;
        Ok(())
    }

    /// `cuGraphExecUpdate`: takes over what the nodes of a graph of the same shape do. Returns the
    /// number of the result, as the interface has it.
    pub(crate) fn update(&self, graph: &Graph) -> Result<(), u32> {
        const ERROR: u32 = 1;
        const TOPOLOGY_CHANGED: u32 = 2;
        const KIND_CHANGED: u32 = 3;
        let mut steps = Vec::new();
        flatten(graph, &[], &mut steps).map_err(|_| ERROR)?;
        let mut state = self.state();
        let same_shape = |(old, new): (&Step, &Step)| old.dependencies == new.dependencies;
        if state.steps.len() != steps.len() || !state.steps.iter().zip(&steps).all(same_shape) {
            return Err(TOPOLOGY_CHANGED);
        }
        let same_kind = |(old, new): (&Step, &Step)| old.content.kind() == new.content.kind();
        if !state.steps.iter().zip(&steps).all(same_kind) {
            return Err(KIND_CHANGED);
        }
        for (old, new) in state.steps.iter_mut().zip(steps) {
            old.content = new.content;
        }
        Ok(())
    }
}

/// The lane of the stream, for work in another context.
fn lane_in(stream: &Stream, context: &Context) -> Lane {
    Lane {
        context: context.handle(),
        ..stream.lane()
    }
}

/// Appends all nodes of a graph, those of its child graphs included. Those that wait for nothing
/// wait for the steps in `start`.
fn flatten(graph: &Graph, start: &[usize], steps: &mut Vec<Step>) -> Result<(), Code> {
    let mut indexes = HashMap::new();
    for Node {
        handle,
        content,
        dependencies,
    } in graph.in_order()?
    {
        let mut dependencies: Vec<usize> = dependencies.iter().map(|node| indexes[node]).collect();
        if dependencies.is_empty() {
            dependencies.extend_from_slice(start);
        }
        if let Content::Child(child) = &content {
            let first = steps.len();
            flatten(child, &dependencies, steps)?;
            dependencies.extend(first..steps.len());
        }
        indexes.insert(handle, steps.len());
        steps.push(Step {
            node: handle,
            content,
            dependencies,
        });
    }
    Ok(())
}
