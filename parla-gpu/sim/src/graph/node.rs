//! What nodes of graphs do.

use super::Graph;
use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::event::Event;
use crate::handle::Handle;
use crate::module::Launch;
use crate::stream::Operation;
use std::sync::Arc;

/// One node and the nodes it waits for.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) content: Content,
    pub(crate) dependencies: Vec<Handle>,
}

/// What a node does.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Something that streams do too, in that context.
    Operation(Operation, Arc<Context>),
    /// Nothing but joining others.
    Empty,
    Record(Arc<Event>),
    Wait(Arc<Event>),
    /// All of another graph.
    Child(Arc<Graph>),
}

impl Content {
    /// The number of its kind, as the interface has it.
    pub(crate) fn kind(&self) -> u32 {
        match self {
            Self::Operation(Operation::Kernel(_), _) => 0,
            Self::Operation(Operation::Copy(_), _) => 1,
            Self::Operation(Operation::Set(_), _) => 2,
            Self::Operation(..) => 3,
            Self::Child(_) => 4,
            Self::Empty => 5,
            Self::Wait(_) => 6,
            Self::Record(_) => 7,
        }
    }

    /// A word for it, for pictures.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Operation(Operation::Kernel(launch), _) => launch.name().to_owned(),
            Self::Operation(Operation::Copy(_), _) => "copy".to_owned(),
            Self::Operation(Operation::Set(_), _) => "set".to_owned(),
            Self::Operation(..) => "host function".to_owned(),
            Self::Child(_) => "graph".to_owned(),
            Self::Empty => "empty".to_owned(),
            Self::Wait(_) => "wait".to_owned(),
            Self::Record(_) => "record".to_owned(),
        }
    }

    /// The launch, if it is a kernel.
    pub(crate) fn launch(&self) -> Option<&Launch> {
        match self {
            Self::Operation(Operation::Kernel(launch), _) => Some(launch),
            _ => None,
        }
    }
}

impl Node {
    /// The graph that a node is of, and the node.
    pub(crate) fn find(handle: Handle) -> Result<(Arc<Graph>, Self), Code> {
        let graph = driver().nodes.get(handle).ok_or(Code::INVALID_VALUE)?;
        let node = graph
            .nodes()
            .iter()
            .find(|node| node.handle == handle)
            .cloned();
        Ok((graph, node.ok_or(Code::INVALID_VALUE)?))
    }
}
