//! The order of operations: what each one waits for. Pure bookkeeping, without threads or clocks.
//!
//! Operations form a graph. One that is new on a lane (a stream, or a default stream) waits for the
//! last one of the lane, for what the rules of the default stream add, and for what the caller
//! names (events). A stream is thus no more than the number of its last operation.

use crate::handle::Handle;
use std::collections::HashMap;

/// An operation's number: one that was asked for later has a larger one.
pub(crate) type Ticket = u64;

/// What of a stream matters for the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) stream: Handle,
    pub(crate) context: Handle,
    pub(crate) rule: Rule,
    pub(crate) priority: i32,
}

/// How a lane and the default stream of its context wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It is the default stream: waits for all blocking lanes of its context.
    Default,
    /// Waits for the default stream.
    Blocking,
    /// Neither waits for the other.
    NonBlocking,
}

/// Operations that have not ended, and the last one of each lane.
#[derive(Debug)]
pub(super) struct Order<W> {
    operations: HashMap<Ticket, Operation<W>>,
    last: HashMap<Handle, (Lane, Ticket)>,
}

#[derive(Debug)]
struct Operation<W> {
    lane: Lane,
    /// What it waits for and has not ended.
    waits_for: usize,
    /// What waits for it.
    dependents: Vec<Ticket>,
    work: Option<W>,
}

impl<W> Default for Order<W> {
    fn default() -> Self {
        Self {
            operations: HashMap::new(),
            last: HashMap::new(),
        }
    }
}

impl<W> Order<W> {
    /// What an operation that is new on the lane has to wait for.
    pub(super) fn before(&self, lane: &Lane) -> Vec<Ticket> {
        let waits = |other: &Lane| {
            let rules = (lane.rule, other.rule);
            let by_rule = matches!(
                rules,
                (Rule::Default, Rule::Blocking) | (Rule::Blocking, Rule::Default)
            );
            other.stream == lane.stream || other.context == lane.context && by_rule
        };
        let lanes = self.last.values().filter(|(other, _)| waits(other));
        lanes.map(|(_, ticket)| *ticket).collect()
    }

    /// Adds an operation behind those; true if it waits for nothing.
    pub(super) fn add(&mut self, ticket: Ticket, lane: Lane, after: &[Ticket], work: W) -> bool {
        let mut waits_for = 0;
        for before in after {
            if let Some(operation) = self.operations.get_mut(before) {
                operation.dependents.push(ticket);
                waits_for += 1;
            }
        }
        let operation = Operation {
            lane,
            waits_for,
            dependents: Vec::new(),
            work: Some(work),
        };
        self.operations.insert(ticket, operation);
        waits_for == 0
    }

    /// Makes an operation the last one of its lane.
    pub(super) fn set_last(&mut self, ticket: Ticket) {
        let lane = self.operations[&ticket].lane;
        self.last.insert(lane.stream, (lane, ticket));
    }

    pub(super) fn lane(&self, ticket: Ticket) -> Lane {
        self.operations[&ticket].lane
    }

    /// The work of an operation that waits for nothing, to be done.
    pub(super) fn start(&mut self, ticket: Ticket) -> W {
        let operation = self.operations.get_mut(&ticket);
        operation
            .and_then(|operation| operation.work.take())
            .expect("each operation is started once")
    }

    /// Ends an operation; those that now wait for nothing, in the order they were asked for.
    pub(super) fn end(&mut self, ticket: Ticket) -> Vec<Ticket> {
        let ended = self
            .operations
            .remove(&ticket)
            .expect("each operation ends once");
        if self
            .last
            .get(&ended.lane.stream)
            .is_some_and(|(_, last)| *last == ticket)
        {
            self.last.remove(&ended.lane.stream);
        }
        let mut ready = Vec::new();
        for dependent in ended.dependents {
            let operation = self.operations.get_mut(&dependent);
            let operation = operation.expect("a dependent waits for this");
            operation.waits_for -= 1;
            if operation.waits_for == 0 {
                ready.push(dependent);
            }
        }
        ready
    }

    pub(super) fn has_ended(&self, ticket: Ticket) -> bool {
        !self.operations.contains_key(&ticket)
    }

    /// All operations of a context.
    pub(super) fn of_context(&self, context: Handle) -> Vec<Ticket> {
        let all = self.operations.iter();
        all.filter(|(_, operation)| operation.lane.context == context)
            .map(|(ticket, _)| *ticket)
            .collect()
    }
}
