//! Everything unfinished of a scheduler and what waits for what, as a graph; reads, never acts.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::iter;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{EdgeFiltered, EdgeRef};

use super::{Scheduler, Target, WaitCell, Waiter};
use crate::error::{BlockedTask, Report, Stalled};
use crate::sync::Arc;
use crate::task::{NodeRef, ScopeState, TaskName, TaskState};

/// Why one vertex waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It depends on it.
    Dependency,
    /// It awaits it, or blocks for it: the index of the cell.
    Await(usize),
    /// It can't end its scope before it.
    Scope,
}

/// Everything unfinished, and what waits for what. Edges go from who waits to what it waits for.
#[derive(Debug, Default)]
pub(super) struct WaitGraph {
    /// `None` is a thread or future of the program itself.
    pub(super) graph: DiGraph<Option<NodeRef>, Why>,
    vertices: HashMap<usize, NodeIndex>,
    pub(super) cells: Vec<Arc<WaitCell>>,
    /// What was met on the way and has no vertex; kept so that it does not end here.
    others: Vec<NodeRef>,
}

/// What nobody else holds any more of that which was drawn.
#[derive(Debug, Default)]
pub(super) struct Remains {
    nodes: Vec<NodeRef>,
    cells: Vec<WaitCell>,
}

impl Remains {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.cells.is_empty()
    }
}

impl WaitGraph {
    /// The picture of a scheduler; consistent if it is at rest meanwhile.
    pub(super) fn of(scheduler: &Scheduler) -> Self {
        let mut picture = Self {
            cells: scheduler.waits.cells(),
            ..Self::default()
        };
        let mut scopes: Vec<Arc<ScopeState>> = vec![scheduler.root().clone()];
        let mut nodes = scheduler.waits.suspended();
        for cell in &picture.cells {
            match &cell.target {
                Target::Scope(scope) => scopes.push(scope.clone()),
                Target::Task(node) => nodes.push(node.clone()),
                Target::Outside => {}
            }
            cell.with_waiter(|waiter| {
                if let Waiter::Task(node) | Waiter::Thread(_, Some(node)) = waiter {
                    nodes.push(node.clone());
                }
            });
        }
        picture.collect(nodes, scopes);
        picture.connect();
        picture
    }

    /// Adds all unfinished tasks that can be reached from the given tasks and scopes.
    fn collect(&mut self, mut nodes: Vec<NodeRef>, mut scopes: Vec<Arc<ScopeState>>) {
        let mut seen = HashSet::new();
        loop {
            if let Some(scope) = scopes.pop() {
                if seen.insert(Arc::as_ptr(&scope).addr()) {
                    nodes.extend(scope.nodes());
                }
            } else if let Some(node) = nodes.pop() {
                let key = node.key();
                if self.vertices.contains_key(&key) {
                    continue;
                }
                if node.outcome().is_some() {
                    self.others.push(node);
                    continue;
                }
                node.for_each_dependent(|dependent| nodes.push(dependent));
                scopes.push(node.family().scope.clone());
                let vertex = self.graph.add_node(Some(node));
                self.vertices.insert(key, vertex);
            } else {
                return;
            }
        }
    }

    fn connect(&mut self) {
        for vertex in self.graph.node_indices() {
            let Some(node) = self.graph[vertex].clone() else {
                continue;
            };
            let (mut dependents, mut others) = (Vec::new(), Vec::new());
            node.for_each_dependent(|dependent| match self.vertex(&dependent) {
                Some(vertex) => dependents.push(vertex),
                None => others.push(dependent),
            });
            self.others.extend(others);
            for dependent in dependents {
                self.graph.add_edge(dependent, vertex, Why::Dependency);
            }
        }
        for (index, cell) in self.cells.clone().iter().enumerate() {
            let waiter = cell.with_waiter(|waiter| match waiter {
                Waiter::Task(node) | Waiter::Thread(_, Some(node)) => self.vertex(node),
                Waiter::Thread(_, None) | Waiter::Waker(_) => Some(self.graph.add_node(None)),
            });
            let Some(waiter) = waiter else { continue };
            match &cell.target {
                Target::Task(node) => {
                    if let Some(target) = self.vertex(node) {
                        self.graph.add_edge(waiter, target, Why::Await(index));
                    }
                }
                Target::Scope(scope) => {
                    for target in self.members(scope) {
                        self.graph.add_edge(waiter, target, Why::Scope);
                    }
                }
                Target::Outside => {}
            }
        }
    }

    fn vertex(&self, node: &NodeRef) -> Option<NodeIndex> {
        self.vertices.get(&node.key()).copied()
    }

    pub(super) fn stage(&self, vertex: NodeIndex) -> Option<TaskState> {
        self.graph[vertex].as_ref().map(|node| node.state.stage())
    }

    /// The spawned, unfinished tasks of a scope.
    fn members(&self, scope: &Arc<ScopeState>) -> Vec<NodeIndex> {
        let is_member = |vertex: &NodeIndex| {
            self.graph[*vertex].as_ref().is_some_and(|node| {
                Arc::ptr_eq(&node.family().scope, scope)
                    && node.state.stage() != TaskState::Referenced
            })
        };
        self.graph.node_indices().filter(is_member).collect()
    }

    /// Cycles among tasks that have not started.
    pub(super) fn dependency_cycles(&self) -> Vec<Vec<NodeIndex>> {
        self.cycles(|why| why == Why::Dependency)
    }

    /// Sets of vertices that wait for each other, or one that waits for itself, by edges of some
    /// kinds alone.
    pub(super) fn cycles(&self, kinds: impl Fn(Why) -> bool) -> Vec<Vec<NodeIndex>> {
        let only = EdgeFiltered::from_fn(&self.graph, |edge| kinds(*edge.weight()));
        let waits_for_itself = |vertex: NodeIndex| {
            let mut edges = self.graph.edges_connecting(vertex, vertex);
            edges.any(|edge| kinds(*edge.weight()))
        };
        let mut components = tarjan_scc(&only);
        components.retain(|component| component.len() > 1 || waits_for_itself(component[0]));
        components
    }

    /// Tasks that were never spawned but are waited for, tasks in cycles of dependencies, and all
    /// that depend on those.
    pub(super) fn hopeless(&self, cycles: &[Vec<NodeIndex>]) -> HashSet<NodeIndex> {
        let unspawned = self.unspawned();
        let mut hopeless: HashSet<_> = unspawned.into_iter().chain(cycles.concat()).collect();
        let mut next: Vec<_> = hopeless.iter().copied().collect();
        while let Some(vertex) = next.pop() {
            for edge in self.graph.edges_directed(vertex, petgraph::Incoming) {
                if *edge.weight() == Why::Dependency && hopeless.insert(edge.source()) {
                    next.push(edge.source());
                }
            }
        }
        hopeless
    }

    fn unspawned(&self) -> Vec<NodeIndex> {
        let is_waited_for = |vertex: &NodeIndex| {
            self.graph
                .edges_directed(*vertex, petgraph::Incoming)
                .next()
                .is_some()
        };
        self.graph
            .node_indices()
            .filter(|vertex| self.stage(*vertex) == Some(TaskState::Referenced))
            .filter(is_waited_for)
            .collect()
    }

    /// Whether the cell belongs to the program's own future and that waits for no task.
    pub(super) fn waits_outside_alone(&self, cell: &WaitCell) -> bool {
        let parker = |cell: &WaitCell| {
            cell.with_waiter(|waiter| match waiter {
                Waiter::Thread(parker, _) => Some(Arc::as_ptr(parker)),
                Waiter::Task(_) | Waiter::Waker(_) => None,
            })
        };
        let is_outside = |cell: &WaitCell| matches!(cell.target, Target::Outside);
        let program = parker(cell).filter(|_| is_outside(cell));
        let waits_for_task = |other: &Arc<WaitCell>| !is_outside(other) && parker(other) == program;
        program.is_some() && !self.cells.iter().any(waits_for_task)
    }

    /// Gives up what was held for the picture, but for what nobody else holds any more: values of
    /// users may go with that, so it is for the caller to drop.
    pub(super) fn let_go(mut self) -> Remains {
        let nodes = self.graph.node_weights_mut().filter_map(Option::take);
        Remains {
            nodes: nodes
                .chain(self.others)
                .filter_map(NodeRef::let_go)
                .collect(),
            cells: self.cells.into_iter().filter_map(Arc::into_inner).collect(),
        }
    }

    /// The picture by names.
    pub(super) fn report(&self, cycles: &[Vec<NodeIndex>]) -> Stalled {
        Stalled::new(Report {
            never_spawned: self.names(self.unspawned()),
            cycles: cycles
                .iter()
                .map(|members| self.cycle_names(members))
                .collect(),
            blocked: self.blocked(),
            program_waits: self.cells.iter().any(|cell| self.waits_outside_alone(cell)),
        })
    }

    /// Every spawned task that waits, with what it waits for, in order of names.
    pub(super) fn blocked(&self) -> Vec<BlockedTask> {
        let waits = |vertex: &NodeIndex| {
            matches!(
                self.stage(*vertex),
                Some(TaskState::Waiting | TaskState::Suspended)
            ) || (self.graph[*vertex].is_some() && self.graph.edges(*vertex).next().is_some())
        };
        let describe = |vertex: NodeIndex| {
            let task = self.graph[vertex].as_ref()?.name();
            let waits_for = self.names(self.graph.neighbors(vertex));
            Some(BlockedTask { task, waits_for })
        };
        let mut blocked: Vec<_> = self
            .graph
            .node_indices()
            .filter(waits)
            .filter_map(describe)
            .collect();
        blocked.sort();
        blocked
    }

    /// The unfinished tasks in a state, in order of names.
    pub(super) fn in_state(&self, state: TaskState) -> Vec<TaskName> {
        self.names(
            self.graph
                .node_indices()
                .filter(|vertex| self.stage(*vertex) == Some(state)),
        )
    }

    pub(super) fn never_spawned(&self) -> Vec<TaskName> {
        self.names(self.unspawned())
    }

    fn names(&self, vertices: impl IntoIterator<Item = NodeIndex>) -> Vec<TaskName> {
        let mut names: Vec<_> = vertices
            .into_iter()
            .filter_map(|vertex| self.graph[vertex].as_ref().map(|node| node.name()))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// One concrete cycle through the component, from its first name on.
    fn cycle_names(&self, component: &[NodeIndex]) -> Vec<TaskName> {
        let members: HashSet<_> = component.iter().copied().collect();
        let name = |vertex: NodeIndex| self.graph[vertex].as_ref().map(|node| node.name());
        let Some(start) = component.iter().copied().min_by_key(|vertex| name(*vertex)) else {
            return Vec::new();
        };
        // Breadth first from the start along the waits, until an edge leads back to it.
        let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(vertex) = queue.pop_front() {
            for next in self
                .graph
                .neighbors(vertex)
                .filter(|next| members.contains(next))
            {
                if next == start {
                    let path = iter::successors(Some(vertex), |at| came_from.get(at).copied());
                    let mut names: Vec<_> = path.filter_map(name).collect();
                    names.reverse();
                    return names;
                }
                if let Entry::Vacant(entry) = came_from.entry(next) {
                    entry.insert(vertex);
                    queue.push_back(next);
                }
            }
        }
        self.names(component.iter().copied())
    }
}
