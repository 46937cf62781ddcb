//! Finds waits that can never end, once nothing can run any more, and ends them with an error.
//!
//! What counts as "nothing can run", which wait is failed and why it is the right one:
//! `docs/internals/stalls.md`.

use std::collections::HashSet;

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::Scheduler;
use super::wait_graph::{WaitGraph, Why};
use crate::error::{Stalled, TaskErrorKind};
use crate::sync::Arc;
use crate::task::TaskState;
use crate::worker::context;

impl Scheduler {
    /// If nothing can run any more although somebody waits: ends the waits that can't end. Ending
    /// one kind may wake nobody and leave another, so looks again as long as all is at rest.
    pub(crate) fn look_for_stall(self: &Arc<Self>) {
        if self.waits.has_handles() && self.sleep.is_quiet() && !self.has_work() {
            // A waker may be left over from something that was given up in the very poll that
            // came to await a task. Polling once more tells: what is still of use is given a new
            // waker, and those of earlier polls don't count.
            let cells = self.waits.cells();
            cells.iter().for_each(|cell| cell.ask_to_confirm());
            return;
        }
        while self.is_at_rest() && self.waits.is_anybody_waiting() && self.resolve_stall() {
            // A worker that ended tasks here goes on to sleep: what it keeps back must be counted.
            context::flush_ended(None);
        }
    }

    /// True if a wait or a task was ended.
    fn resolve_stall(self: &Arc<Self>) -> bool {
        let _one_at_a_time = self.stall.lock();
        let Some(epoch) = self.sleep.quiet_epoch() else {
            return false;
        };
        let graph = WaitGraph::of(self);
        // Nothing has run since the epoch was read, so the picture is consistent.
        let consistent = self.is_at_rest() && self.sleep.quiet_epoch() == Some(epoch);
        consistent && graph.resolve(self)
    }

    /// Whether no worker, no driver and nothing outside can do anything for this scheduler.
    fn is_at_rest(&self) -> bool {
        self.sleep.is_quiet() && !self.waits.has_handles() && !self.has_work()
    }
}

impl WaitGraph {
    /// Ends the waits that can't end, the narrowest kind first, so that whoever learns of it can
    /// still do something about the rest.
    /// True if a wait or a task was ended.
    fn resolve(&self, scheduler: &Arc<Scheduler>) -> bool {
        let cycles = self.dependency_cycles();
        let hopeless = self.hopeless(&cycles);
        self.fail_awaits_of(&hopeless, &cycles)
            || self.end_hopeless_in_waited_scopes(scheduler, &hopeless, &cycles)
            || self.break_wait_cycles(scheduler)
            || self.end_lost(scheduler)
    }

    fn fail_awaits_of(&self, hopeless: &HashSet<NodeIndex>, cycles: &[Vec<NodeIndex>]) -> bool {
        let hopeless_awaits = self
            .graph
            .edge_references()
            .filter_map(|edge| match edge.weight() {
                Why::Await(cell) if hopeless.contains(&edge.target()) => Some(&self.cells[*cell]),
                _ => None,
            });
        let hopeless_awaits: Vec<_> = hopeless_awaits.collect();
        if hopeless_awaits.is_empty() {
            return false;
        }
        let report = self.report(cycles);
        let failed = hopeless_awaits
            .iter()
            .filter(|cell| cell.fail(report.clone()));
        failed.count() > 0
    }

    fn end_hopeless_in_waited_scopes(
        &self,
        scheduler: &Arc<Scheduler>,
        hopeless: &HashSet<NodeIndex>,
        cycles: &[Vec<NodeIndex>],
    ) -> bool {
        let mut waited = self.waited_in_scopes();
        waited.retain(|vertex| hopeless.contains(vertex));
        if waited.is_empty() {
            return false;
        }
        let report = self.report(cycles);
        let end = |vertex: &&NodeIndex| self.end_waiting(scheduler, **vertex, &report);
        waited.iter().filter(end).count() > 0
    }

    /// Tasks that somebody waits for at the end of their scope.
    fn waited_in_scopes(&self) -> HashSet<NodeIndex> {
        let edges = self.graph.edge_references();
        let scopes = edges.filter(|edge| *edge.weight() == Why::Scope);
        scopes.map(|edge| edge.target()).collect()
    }

    fn end_waiting(&self, scheduler: &Arc<Scheduler>, vertex: NodeIndex, report: &Stalled) -> bool {
        match &self.graph[vertex] {
            Some(node) if node.state.stage() == TaskState::Waiting => {
                scheduler.fail_unstarted(node, TaskErrorKind::Stalled(report.clone()));
                true
            }
            _ => false,
        }
    }

    /// Breaks cycles that lead through awaits or scopes.
    fn break_wait_cycles(&self, scheduler: &Arc<Scheduler>) -> bool {
        let mut broken = false;
        for component in self.cycles(|_| true) {
            let members: HashSet<_> = component.iter().copied().collect();
            let report = self.report(&[component]);
            let inner = || {
                self.graph.edge_references().filter(|edge| {
                    members.contains(&edge.source()) && members.contains(&edge.target())
                })
            };
            let mut failed = false;
            for edge in inner() {
                if let Why::Await(cell) = edge.weight() {
                    failed |= self.cells[*cell].fail(report.clone());
                }
            }
            // Without an await to fail, a task that its own scope waits for is ended.
            if !failed {
                for edge in inner().filter(|edge| *edge.weight() == Why::Scope) {
                    failed |= self.end_waiting(scheduler, edge.target(), &report);
                }
            }
            broken |= failed;
        }
        broken
    }

    /// Ends bodies and futures that wait for something nobody holds a waker for.
    fn end_lost(&self, scheduler: &Arc<Scheduler>) -> bool {
        let report = self.report(&[]);
        let mut ended = false;
        for vertex in self.graph.node_indices() {
            let waits_for_a_task = self.graph.edges(vertex).next().is_some();
            if let (Some(node), false) = (&self.graph[vertex], waits_for_a_task)
                && node.state.stage() == TaskState::Suspended
            {
                ended |= scheduler.abandon(node, TaskErrorKind::Stalled(report.clone()));
            }
        }
        if !ended {
            let alone = self
                .cells
                .iter()
                .filter(|cell| self.waits_outside_alone(cell));
            ended = alone.filter(|cell| cell.fail(report.clone())).count() > 0;
        }
        ended
    }
}
