//! The hot loop: runs nodes of one run on one worker, from a job until nothing is left to do here.

use super::block::Block;
use super::run::{LeftOut, Run};
use crate::error::TaskErrorKind;
use crate::trace::EventKind;
use crate::worker::unwind;

/// The way of one worker through a run.
pub(super) struct Walk<'a, I: ?Sized> {
    run: &'a Run<I>,
    /// The node that runs.
    current: u32,
    /// A node that is ready and runs first when the walk begins, or goes on.
    next: Option<u32>,
    /// Sources to run when nothing else is ready here.
    block: Option<Block>,
    /// How many nodes this walk has queued and not taken back; others may have taken them.
    queued: usize,
    /// How many nodes have ended on this walk.
    ended: usize,
    /// In a seeded run every choice is the queue's.
    inline: bool,
    traced: bool,
}

impl<'a, I: ?Sized + Sync> Walk<'a, I> {
    pub(super) fn new(run: &'a Run<I>) -> Self {
        Self {
            run,
            current: 0,
            next: None,
            block: None,
            queued: 0,
            ended: 0,
            inline: !run.scheduler.queues.is_seeded(),
            traced: run.scheduler.trace().is_some(),
        }
    }

    /// Runs a part and what it makes ready; yields how many nodes have ended, at least one.
    pub(super) fn go(mut self, part: u32) -> usize {
        self.block = Block::of(part, self.run.plan.sources().len());
        if self.block.is_none() {
            self.next = Some(part);
        }
        // One catch for many bodies: after a panic, the walk goes on behind the body.
        while let Err(message) = unwind::catch(|| self.walk()) {
            self.end(Some(TaskErrorKind::Panicked(message)));
        }
        self.ended
    }

    /// Panics as bodies do, in that of `current`.
    fn walk(&mut self) {
        let mut next = self.next.take();
        while let Some(node) = next.take().or_else(|| self.find()) {
            // Not before the first node: each turn must do something.
            if self.ended > 0 && self.run.gives_way(self.ended) {
                return self.give_way(node);
            }
            self.current = node;
            let predecessors = self.run.plan.links(node).predecessors;
            if predecessors > 1 {
                self.run.state.counter(node).rearm(predecessors);
            }
            if self.run.is_troubled() && self.leaves_out() {
                next = self.next.take();
                continue;
            }
            if self.traced {
                self.run.record(node, EventKind::Started);
            }
            match self.run.call(node) {
                Ok(()) if !self.traced => next = self.leave(false),
                outcome => {
                    self.end(outcome.err().map(TaskErrorKind::Failed));
                    next = self.next.take();
                }
            }
        }
    }

    /// Ends the current node, which has run.
    #[cold]
    fn end(&mut self, failure: Option<TaskErrorKind>) {
        let dooms = failure.is_some();
        if self.traced {
            let failed = dooms;
            self.run.record(self.current, EventKind::Ended { failed });
        }
        if let Some(kind) = failure {
            self.run.fail(self.current, kind);
        }
        self.next = self.leave(dooms);
    }

    /// Ends the current node without having run it, if it must not run.
    #[cold]
    fn leaves_out(&mut self) -> bool {
        let Some(reason) = self.run.leaves_out(self.current) else {
            return false;
        };
        if self.traced {
            let ended = EventKind::Ended { failed: true };
            self.run.record(self.current, ended);
        }
        self.next = self.leave(reason == LeftOut::Doomed);
        true
    }

    /// Counts the current node as ended and makes ready what waited for it last; yields what is to
    /// run next, if it made anything ready.
    #[inline]
    fn leave(&mut self, dooms: bool) -> Option<u32> {
        let Run { plan, state, .. } = self.run;
        self.ended += 1;
        let mut next = None;
        for edge in plan.successors(self.current) {
            let node = edge.to();
            if dooms {
                state.doom(node);
            }
            if !edge.is_sole() && !state.counter(node).arrive() {
                continue;
            }
            if self.inline && next.is_none() {
                next = Some(node);
            } else {
                self.queued += 1;
                self.run.queue(node);
            }
        }
        next
    }

    /// A node that is ready: the newest that this worker queued, or the next source of a block.
    fn find(&mut self) -> Option<u32> {
        let run = self.run;
        loop {
            if self.queued > 0 || self.block.is_none() {
                match run.take_back(self.block.is_some()) {
                    Some(part) => match Block::of(part, run.plan.sources().len()) {
                        None => {
                            self.queued = self.queued.saturating_sub(1);
                            return Some(part);
                        }
                        block => self.block = block,
                    },
                    None if self.block.is_none() => return None,
                    None => self.queued = 0,
                }
            }
            let Some(block) = &mut self.block else {
                continue;
            };
            // Half of the rest is for others whenever they have nothing to take from here.
            if run.is_own_queue_empty() {
                block.split().into_iter().for_each(|half| run.queue(half));
            }
            match block.next() {
                Some(source) => return Some(run.plan.sources()[source]),
                None => self.block = None,
            }
        }
    }

    /// Leaves what is left to do to the queues.
    fn give_way(&mut self, node: u32) {
        if let Some(mut block) = self.block.take() {
            while let Some(half) = block.split() {
                self.run.queue(half);
            }
            if let Some(source) = block.next() {
                self.run.queue(self.run.plan.sources()[source]);
            }
        }
        self.run.queue(node);
    }
}
