//! Finds waits that can never end, once nothing can run any more, and ends them with an error.
//!
//! What counts as "nothing can run", which wait is failed and why it is the right one, who looks and
//! who acts: `docs/internals/stalls.md`.

use std::collections::HashSet;

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::wait_graph::{Remains, WaitGraph, Why};
use super::{Scheduler, WaitCell};
use crate::error::{Stalled, TaskErrorKind};
use crate::sync::Arc;
use crate::task::{NodeRef, TaskState};
use crate::worker::unwind;

/// What is to be done when nothing can run any more although somebody waits. Doing it drops values
/// of users and wakes who knows whom: only for a worker that does not rest.
#[must_use = "whoever waits would wait for ever"]
#[derive(Debug, Default)]
pub(crate) struct Stall {
    /// Awaits that are to be polled once more.
    doubted: Vec<Arc<WaitCell>>,
    ends: Ends,
    /// Has no other owner left, and so is to be dropped.
    remains: Remains,
}

type Ends = Vec<(End, Stalled)>;

/// What ends with an error.
#[derive(Debug)]
enum End {
    /// A wait.
    Wait(Arc<WaitCell>),
    /// A task that has not started.
    Unstarted(NodeRef),
    /// A suspended body.
    Lost(NodeRef),
}

impl Scheduler {
    /// Has a worker look for stalls, if there may be one. For threads that rest without a seat.
    pub(crate) fn suspect_stall(&self) {
        if self.sleep.is_quiet() && !self.has_work() && self.waits.may_be_stalled() {
            self.sleep.wake_one();
        }
    }

    /// What is to be done if nothing can run any more although somebody waits. No code of users runs
    /// and none of their values is dropped here.
    pub(crate) fn find_stall(&self) -> Option<Stall> {
        let epoch = self.sleep.quiet_epoch()?;
        if self.has_work() || !self.waits.may_be_stalled() {
            return None;
        }
        let stall = if self.waits.has_handles() {
            // A waker may be left over from something that was given up in the very poll that
            // came to await a task. Polling once more tells: what is still of use is given a new
            // waker, and those of earlier polls don't count.
            Stall {
                doubted: self.waits.ask_to_confirm(),
                ..Stall::default()
            }
        } else {
            let picture = WaitGraph::of(self);
            // Nothing has run since the epoch was read, so the picture is consistent.
            let consistent = self.is_at_rest() && self.sleep.quiet_epoch() == Some(epoch);
            let mut ends = if consistent {
                picture.ends()
            } else {
                Vec::new()
            };
            if consistent && ends.is_empty() {
                // Who has what they wait for waits for one of them.
                let starved = self.store.starved().into_iter().map(End::Unstarted);
                ends = WaitGraph::with_report(starved, || picture.report(&[]));
            }
            Stall {
                ends,
                remains: picture.let_go(),
                ..Stall::default()
            }
        };
        let is_empty =
            stall.doubted.is_empty() && stall.ends.is_empty() && stall.remains.is_empty();
        (!is_empty).then_some(stall)
    }

    /// Whether no worker, no driver and nothing outside can do anything for this scheduler.
    fn is_at_rest(&self) -> bool {
        self.sleep.is_quiet() && !self.waits.has_handles() && !self.has_work()
    }
}

impl Stall {
    /// Ends what can't end by itself. That may wake nobody and leave other waits of this kind: the
    /// worker looks again when it rests.
    pub(crate) fn resolve(self, scheduler: &Arc<Scheduler>) {
        self.doubted.iter().for_each(|cell| cell.wake());
        for (end, report) in &self.ends {
            let kind = || TaskErrorKind::Stalled(report.clone());
            match end {
                End::Wait(cell) => cell.fail(report.clone()),
                End::Unstarted(node) => scheduler.fail_unstarted(node, kind()),
                End::Lost(node) => scheduler.abandon(node, kind()),
            }
        }
        unwind::discard(self);
    }
}

impl WaitGraph {
    /// The waits that can't end, the narrowest kind alone, so that whoever learns of it can still do
    /// something about the rest.
    fn ends(&self) -> Ends {
        let cycles = self.dependency_cycles();
        let hopeless = self.hopeless(&cycles);
        let kinds: [&dyn Fn() -> Ends; 4] = [
            &|| self.awaits_of(&hopeless, &cycles),
            &|| self.hopeless_in_waited_scopes(&hopeless, &cycles),
            &|| self.breaks_of_wait_cycles(),
            &|| self.lost(),
        ];
        let mut ends = kinds.iter().map(|kind| kind());
        ends.find(|ends| !ends.is_empty()).unwrap_or_default()
    }

    fn awaits_of(&self, hopeless: &HashSet<NodeIndex>, cycles: &[Vec<NodeIndex>]) -> Ends {
        let edges = self.graph.edge_references();
        let awaits = edges.filter_map(|edge| match edge.weight() {
            Why::Await(cell) if hopeless.contains(&edge.target()) => self.wait(*cell),
            _ => None,
        });
        Self::with_report(awaits, || self.report(cycles))
    }

    fn hopeless_in_waited_scopes(
        &self,
        hopeless: &HashSet<NodeIndex>,
        cycles: &[Vec<NodeIndex>],
    ) -> Ends {
        let waited = self.waited_in_scopes();
        let both = |vertex: &NodeIndex| waited.contains(vertex) && hopeless.contains(vertex);
        let vertices = self.graph.node_indices().filter(both);
        let tasks = vertices.filter_map(|vertex| self.unstarted(vertex));
        Self::with_report(tasks, || self.report(cycles))
    }

    /// Tasks that somebody waits for at the end of their scope.
    fn waited_in_scopes(&self) -> HashSet<NodeIndex> {
        let edges = self.graph.edge_references();
        let scopes = edges.filter(|edge| *edge.weight() == Why::Scope);
        scopes.map(|edge| edge.target()).collect()
    }

    /// Breaks cycles that lead through awaits or scopes.
    fn breaks_of_wait_cycles(&self) -> Ends {
        let mut breaks = Vec::new();
        for component in self.cycles(|_| true) {
            let members: HashSet<_> = component.iter().copied().collect();
            let inner = || {
                self.graph.edge_references().filter(|edge| {
                    members.contains(&edge.source()) && members.contains(&edge.target())
                })
            };
            let awaits = inner().filter_map(|edge| match edge.weight() {
                Why::Await(cell) => self.wait(*cell),
                _ => None,
            });
            let mut ends: Vec<_> = awaits.collect();
            // Without an await to fail, a task that its own scope waits for is ended.
            if ends.is_empty() {
                let scopes = inner().filter(|edge| *edge.weight() == Why::Scope);
                ends.extend(scopes.filter_map(|edge| self.unstarted(edge.target())));
            }
            breaks.extend(Self::with_report(ends, || self.report(&[component])));
        }
        breaks
    }

    /// Bodies, or else the program's future, that wait for something nobody holds a waker for.
    fn lost(&self) -> Ends {
        let bodies = self.graph.node_indices().filter_map(|vertex| {
            let waits_for_a_task = self.graph.edges(vertex).next().is_some();
            let is_lost = !waits_for_a_task && self.stage(vertex) == Some(TaskState::Suspended);
            let node = self.graph[vertex].as_ref().filter(|_| is_lost)?;
            Some(End::Lost(node.clone()))
        });
        let mut ends: Vec<_> = bodies.collect();
        if ends.is_empty() {
            let cells = (0..self.cells.len()).filter_map(|cell| {
                let alone = self.waits_outside_alone(&self.cells[cell]);
                self.wait(cell).filter(|_| alone)
            });
            ends = cells.collect();
        }
        Self::with_report(ends, || self.report(&[]))
    }

    /// The end of a wait, unless it has been ended already and nobody has come to see it.
    fn wait(&self, cell: usize) -> Option<End> {
        let cell = &self.cells[cell];
        let is_open = cell.stalled().is_none();
        is_open.then(|| End::Wait(cell.clone()))
    }

    fn unstarted(&self, vertex: NodeIndex) -> Option<End> {
        let is_waiting = self.stage(vertex) == Some(TaskState::Waiting);
        let node = self.graph[vertex].as_ref().filter(|_| is_waiting)?;
        Some(End::Unstarted(node.clone()))
    }

    fn with_report(ends: impl IntoIterator<Item = End>, report: impl FnOnce() -> Stalled) -> Ends {
        let ends: Vec<_> = ends.into_iter().collect();
        if ends.is_empty() {
            return Vec::new();
        }
        let report = report();
        ends.into_iter().map(|end| (end, report.clone())).collect()
    }
}
