//! A graph in the form in which it runs: nodes, successors and sources, each in one array.

use super::names::Names;
use super::nodes::{Links, Nodes};
use super::state::RunState;
use crate::error::BodyError;
use crate::sync::Mutex;
use crate::task::TaskName;

/// A graph, immutable but for what its runs leave to later ones.
pub(super) struct Plan<I: ?Sized> {
    /// In the order in which one worker runs them, and one more that ends the list of successors.
    nodes: Nodes<I>,
    edges: Vec<Edge>,
    /// The nodes in the order in which their tasks were spawned.
    spawned: Vec<u32>,
    /// The nodes without predecessors.
    sources: Vec<u32>,
    /// Where each node stands in `names`.
    references: Vec<u32>,
    names: Names,
    spare: Mutex<Vec<RunState>>,
}

/// The successor of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge(u32);

impl Edge {
    /// Marks a successor with one predecessor: it needs no counter.
    const SOLE: u32 = 1 << 31;

    pub(super) fn to(self) -> u32 {
        self.0 & !Self::SOLE
    }

    pub(super) fn is_sole(self) -> bool {
        self.0 & Self::SOLE != 0
    }
}

/// A list for each task, one after the other. Here tasks are numbered as they were spawned.
struct Lists {
    begins: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    /// The successors of each task, from the predecessors of each.
    fn of_successors<'a>(predecessors: impl Iterator<Item = &'a [u32]> + Clone) -> Self {
        let mut begins = vec![0; predecessors.clone().count() + 1];
        for &predecessor in predecessors.clone().flatten() {
            begins[predecessor as usize] += 1;
        }
        // From how many there are to where they begin.
        let mut end = 0;
        for list in &mut begins {
            end += std::mem::replace(list, end);
        }
        let mut all = vec![0; end as usize];
        // Each list is filled from its begin, which so moves to its end: where the next begins.
        for (task, predecessors) in (0..).zip(predecessors) {
            for &predecessor in predecessors {
                let at = &mut begins[predecessor as usize];
                all[*at as usize] = task;
                *at += 1;
            }
        }
        begins.rotate_right(1);
        begins[0] = 0;
        Self { begins, all }
    }

    fn of(&self, task: u32) -> &[u32] {
        let [begin, end] = [task, task + 1].map(|task| self.begins[task as usize] as usize);
        &self.all[begin..end]
    }
}

/// The tasks in the order in which one worker alone runs them, as `Walk` chooses: what follows in
/// time shall follow in memory. `left` is the number of predecessors of each.
fn order_of_one_worker(successors: &Lists, mut left: Vec<u32>) -> Vec<u32> {
    let count = left.len() as u32;
    let sources: Vec<u32> = (0..count)
        .filter(|&task| left[task as usize] == 0)
        .collect();
    let mut order = Vec::with_capacity(left.len());
    let mut queued = Vec::new();
    for source in sources {
        let mut next = Some(source);
        while let Some(task) = next.take().or_else(|| queued.pop()) {
            order.push(task);
            for &to in successors.of(task) {
                let left = &mut left[to as usize];
                *left -= 1;
                if *left > 0 {
                    continue;
                }
                if next.is_none() {
                    next = Some(to);
                } else {
                    queued.push(to);
                }
            }
        }
    }
    order
}

impl<I: ?Sized> Plan<I> {
    /// A graph of these nodes, each with its predecessors.
    pub(super) fn new<'a>(
        mut nodes: Nodes<I>,
        predecessors: impl Iterator<Item = &'a [u32]> + Clone,
        references: &[u32],
        names: Names,
    ) -> Self {
        let successors = Lists::of_successors(predecessors.clone());
        let predecessors: Vec<u32> = predecessors.map(|list| list.len() as u32).collect();
        let order = order_of_one_worker(&successors, predecessors.clone());
        let mut spawned = vec![0; order.len()];
        for (node, &task) in (0..).zip(&order) {
            spawned[task as usize] = node;
        }
        let mut edges = Vec::with_capacity(successors.all.len());
        nodes.arrange(&order, |task| {
            let begin = edges.len() as u32;
            edges.extend(successors.of(task).iter().map(|&to| {
                let is_sole = predecessors[to as usize] == 1;
                Edge(spawned[to as usize] | if is_sole { Edge::SOLE } else { 0 })
            }));
            Links {
                successors: begin,
                predecessors: predecessors[task as usize],
            }
        });
        nodes.end(edges.len() as u32);
        let sources = spawned.iter().zip(&predecessors);
        Self {
            sources: sources
                .filter_map(|(&node, &predecessors)| (predecessors == 0).then_some(node))
                .collect(),
            references: (order.iter().map(|&task| references[task as usize])).collect(),
            nodes,
            edges,
            spawned,
            names,
            spare: Mutex::default(),
        }
    }

    /// How many tasks there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// The nodes in the order in which their tasks were spawned.
    pub(super) fn spawned(&self) -> &[u32] {
        &self.spawned
    }

    pub(super) fn sources(&self) -> &[u32] {
        &self.sources
    }

    pub(super) fn links(&self, node: u32) -> Links {
        self.nodes.links(node)
    }

    pub(super) fn successors(&self, node: u32) -> &[Edge] {
        let [begin, end] = [node, node + 1].map(|node| self.nodes.links(node).successors as usize);
        &self.edges[begin..end]
    }

    /// Runs the body of a node. Panics as the body does.
    pub(super) fn call(&self, node: u32, input: &I) -> Result<(), BodyError> {
        self.nodes.call(node, input)
    }

    pub(super) fn name(&self, node: u32) -> TaskName {
        self.names.of(self.references[node as usize])
    }

    /// What a run changes: left by an earlier run if possible, else new.
    pub(super) fn take_state(&self) -> RunState {
        let spare = self.spare.lock().pop();
        spare.unwrap_or_else(|| {
            let nodes = 0..self.len() as u32;
            RunState::new(nodes.map(|node| self.links(node).predecessors))
        })
    }

    /// Keeps the state of a run that is over for a later one.
    pub(super) fn keep_state(&self, state: RunState) {
        self.spare.lock().push(state);
    }
}
