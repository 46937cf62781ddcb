//! Points in streams.

use std::fmt;
use std::sync::Arc;

use super::{Stream, Ticket};
use crate::cuda::Failure;

/// A place in the order of a stream: behind what had been queued when it was taken.
#[derive(Clone)]
pub(crate) struct Point {
    stream: Arc<Stream>,
    ticket: Ticket,
}

impl Point {
    pub(super) fn new(stream: &Arc<Stream>, ticket: Ticket) -> Self {
        Self {
            stream: stream.clone(),
            ticket,
        }
    }

    pub(crate) fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Whether it is known to be passed.
    pub(crate) fn is_passed(&self) -> bool {
        self.stream.passed() >= self.ticket
    }

    /// Asks the driver whether it is passed.
    pub(crate) fn poll(&self) -> Result<bool, Failure> {
        self.stream.poll(self.ticket)
    }

    /// Sees to it that it can be told that it is passed as soon as it is, now or at the next call.
    pub(crate) fn mark_if_due(&self) -> Result<(), Failure> {
        self.stream.mark_if_due(self.ticket)
    }

    /// Blocks until it is passed.
    pub(crate) fn wait_blocking(&self) -> Result<(), Failure> {
        self.stream.wait_blocking(self.ticket)
    }

    /// Whether this one is passed whenever the other is, by being earlier in the same stream.
    pub(crate) fn is_implied_by(&self, other: &Self) -> bool {
        self.stream.id == other.stream.id && self.ticket <= other.ticket
    }

    /// Whether nothing has been queued behind it.
    pub(crate) fn is_end(&self) -> bool {
        self.stream.queue.lock().issued == self.ticket
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ticket {} of stream {}", self.ticket, self.stream.id.0)
    }
}
