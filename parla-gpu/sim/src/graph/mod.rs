//! Graphs of operations: built by calls or by capturing streams, run as a whole.

mod capture;
mod executable;
mod node;

pub(crate) use capture::{Capture, Mode, Status, exchange_mode, refuse, refuse_unsafe};
pub(crate) use executable::Executable;
pub(crate) use node::{Content, Node};

use crate::codes::Code;
use crate::driver;
use crate::handle::{self, Handle};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A graph that can still be changed.
#[derive(Debug)]
pub(crate) struct Graph {
    handle: Handle,
    nodes: Mutex<Vec<Node>>,
}

impl Graph {
    pub(crate) fn create() -> Arc<Self> {
        let graph = Arc::new(Self {
            handle: handle::fresh(),
            nodes: Mutex::default(),
        });
        driver().graphs.insert(graph.handle, Arc::clone(&graph));
        graph
    }

    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        driver().graphs.get(handle).ok_or(Code::INVALID_VALUE)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    /// `cuGraphDestroy`
    pub(crate) fn destroy(&self) {
        driver().graphs.remove(self.handle);
        for node in self.nodes().iter() {
            driver().nodes.remove(node.handle);
        }
    }

    pub(crate) fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a node behind those.
    pub(crate) fn add(
        self: &Arc<Self>,
        dependencies: &[Handle],
        content: Content,
    ) -> Result<Handle, Code> {
        let mut nodes = self.nodes();
        let is_here = |handle: &Handle| nodes.iter().any(|node| node.handle == *handle);
        let mut unique = HashSet::new();
        if !dependencies
            .iter()
            .all(|node| is_here(node) && unique.insert(*node))
        {
            return Err(Code::INVALID_VALUE);
        }
        let handle = handle::fresh();
        nodes.push(Node {
            handle,
            content,
            dependencies: dependencies.to_vec(),
        });
        driver().nodes.insert(handle, Arc::clone(self));
        Ok(handle)
    }

    /// Adds an edge between nodes, which must not be there.
    pub(crate) fn add_edge(&self, from: Handle, to: Handle) -> Result<(), Code> {
        let mut nodes = self.nodes();
        let has_from = nodes.iter().any(|node| node.handle == from);
        let to = nodes.iter_mut().find(|node| node.handle == to);
        match to {
            Some(node) if has_from && from != node.handle && !node.dependencies.contains(&from) => {
                node.dependencies.push(from);
                Ok(())
            }
            _ => Err(Code::INVALID_VALUE),
        }
    }

    /// Takes an edge between nodes away, which must be there.
    pub(crate) fn remove_edge(&self, from: Handle, to: Handle) -> Result<(), Code> {
        let mut nodes = self.nodes();
        let to = nodes.iter_mut().find(|node| node.handle == to);
        let to = to.ok_or(Code::INVALID_VALUE)?;
        let edge = to.dependencies.iter().position(|node| *node == from);
        to.dependencies.remove(edge.ok_or(Code::INVALID_VALUE)?);
        Ok(())
    }

    /// Takes a node away, with its edges.
    pub(crate) fn remove(&self, handle: Handle) {
        let mut nodes = self.nodes();
        nodes.retain(|node| node.handle != handle);
        for node in nodes.iter_mut() {
            node.dependencies.retain(|dependency| *dependency != handle);
        }
        driver().nodes.remove(handle);
    }

    /// All edges, from the node that is waited for to the one that waits.
    pub(crate) fn edges(&self) -> Vec<(Handle, Handle)> {
        let nodes = self.nodes();
        let edges = nodes.iter().flat_map(|node| {
            let from = node.dependencies.iter();
            from.map(|from| (*from, node.handle))
        });
        edges.collect()
    }

    /// All nodes, each behind those it waits for. Fails for a cycle.
    pub(crate) fn in_order(&self) -> Result<Vec<Node>, Code> {
        let nodes = self.nodes();
        let mut sorted: Vec<Node> = Vec::with_capacity(nodes.len());
        let mut done = HashSet::new();
        while sorted.len() < nodes.len() {
            let before = sorted.len();
            for node in nodes.iter() {
                let is_ready = node.dependencies.iter().all(|node| done.contains(node));
                if is_ready && done.insert(node.handle) {
                    sorted.push(node.clone());
                }
            }
            if sorted.len() == before {
                return Err(Code::INVALID_VALUE);
            }
        }
        Ok(sorted)
    }

    /// A graph of its own with the same nodes and edges.
    pub(crate) fn duplicate(&self) -> Result<Arc<Self>, Code> {
        let copy = Self::create();
        let mut names = HashMap::new();
        for node in self.in_order()? {
            let dependencies = node.dependencies.iter();
            let dependencies: Vec<_> = dependencies.map(|node| names[node]).collect();
            names.insert(node.handle, copy.add(&dependencies, node.content)?);
        }
        Ok(copy)
    }

    /// Takes it and its nodes out of the program's hands, as part of another graph.
    pub(crate) fn into_child(self: Arc<Self>) -> Arc<Self> {
        self.destroy();
        self
    }
}
