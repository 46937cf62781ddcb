//! Which tasks of a function end before others start, and of which that is unknown.

use std::collections::HashSet;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed, Walker};

use crate::model::Mode;
use crate::model::flow::{Flow, Kind, SymbolId};
use crate::model::instance::{Access, Instance, Spawned, Task};

/// What each task comes after.
pub(super) struct Order {
    /// The tasks, by their numbers in the instance, and behind them the waits of the function. Edges
    /// lead to what must have ended; the weight says what else may have to.
    graph: DiGraph<Unknown, ()>,
}

/// The tasks that may have to end first, beside those that the graph says: those with fewer spawns
/// before them than this number.
type Unknown = u32;

/// The tasks that come before or after one.
pub(super) struct Neighbours {
    task: NodeIndex,
    found: Vec<bool>,
}

impl Order {
    pub(super) fn of(instance: &Instance<'_>, flow: &Flow) -> Self {
        let graph = instance.graph.map(
            |_, task| match says_all(task, instance.has_strays) {
                true => 0,
                false => Unknown::MAX,
            },
            |_, _| (),
        );
        let mut order = Self { graph };
        let is_changed = |it: &&Access| it.mode != Mode::Input;
        let changed = instance.accesses.iter().filter(is_changed);
        let data: HashSet<SymbolId> = changed.map(|it| it.array).collect();
        for access in &instance.accesses {
            let is_data = flow.symbols[access.array as usize].kind == Kind::Data;
            // What is only read may be a task of somebody else.
            if !is_data && !data.contains(&access.array) {
                order.graph[access.task] = Unknown::MAX;
            }
        }
        let mut joins: Vec<NodeIndex> = Vec::new();
        for join in &instance.joins {
            // What has ended when it goes on has been spawned before.
            let node = order.graph.add_node(match join.is_vague {
                true => join.order,
                false => 0,
            });
            for earlier in join.tasks.iter().chain(joins.last()) {
                order.graph.add_edge(node, *earlier, ());
            }
            joins.push(node);
        }
        for task in instance.graph.node_indices() {
            let Some(spawned) = instance.graph[task].spawned else {
                continue;
            };
            let before = instance
                .joins
                .partition_point(|it| it.order <= spawned.order);
            if let Some(last) = before.checked_sub(1) {
                order.graph.add_edge(task, joins[last], ());
            }
        }
        order.spread(instance);
        order
    }

    /// What is unknown of a task is unknown of all that come after it, up to a wait, which tells
    /// nothing of what is spawned behind it.
    fn spread(&mut self, instance: &Instance<'_>) {
        let tasks = instance.graph.node_count();
        let unknown = |node: &NodeIndex| self.graph[*node] > 0;
        let mut left: Vec<_> = self.graph.node_indices().filter(unknown).collect();
        while let Some(node) = left.pop() {
            let before = self.graph[node];
            let mut after = self
                .graph
                .neighbors_directed(node, Direction::Incoming)
                .detach();
            while let Some(next) = after.next_node(&self.graph) {
                let most = match next.index().checked_sub(tasks) {
                    Some(join) => instance.joins[join].order,
                    None => Unknown::MAX,
                };
                let at_next = before.min(most);
                if at_next > self.graph[next] {
                    self.graph[next] = at_next;
                    left.push(next);
                }
            }
        }
    }

    pub(super) fn neighbours(&self, task: NodeIndex) -> Neighbours {
        let mut found = vec![false; self.graph.node_count()];
        let before = Dfs::new(&self.graph, task).iter(&self.graph);
        before.for_each(|it| found[it.index()] = true);
        let reversed = Reversed(&self.graph);
        let after = Dfs::new(reversed, task).iter(reversed);
        after.for_each(|it| found[it.index()] = true);
        Neighbours { task, found }
    }

    /// Whether it is certain that neither of the two tasks waits for the other.
    pub(super) fn is_open(
        &self,
        instance: &Instance<'_>,
        one: &Neighbours,
        other: NodeIndex,
    ) -> bool {
        let may_wait = |for_task: NodeIndex, task: NodeIndex| {
            let spawned = instance.graph[for_task].spawned;
            spawned.is_none_or(|it| it.order < self.graph[task])
        };
        !one.found[other.index()] && !may_wait(one.task, other) && !may_wait(other, one.task)
    }
}

/// Whether a task waits only for what the graph says. Of tasks of bodies that is not followed.
fn says_all(task: &Task<'_>, has_strays: bool) -> bool {
    let is_ours = |it: Spawned| it.is_certain && it.context.is_none();
    let may_wait = task.may_wait || task.has_unseen && has_strays;
    task.spawned.is_some_and(is_ours) && !may_wait
}
