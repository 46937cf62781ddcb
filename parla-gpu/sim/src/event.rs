//! Events: points in a stream that others wait for.

use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::graph::Capture;
use crate::handle::{self, Handle};
use crate::stream::{Stream, Ticket};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// When a point of a stream was reached.
#[derive(Debug, Default)]
pub(crate) struct Mark(OnceLock<Instant>);

impl Mark {
    pub(crate) fn set(&self, at: Instant) {
        // Each mark is of one operation, which ends once.
        let _ = self.0.set(at);
    }
}

/// An event and what it was last recorded as.
#[derive(Debug)]
pub(crate) struct Event {
    handle: Handle,
    context: Handle,
    has_timing: bool,
    recorded: Mutex<Recorded>,
}

/// What an event stands for.
#[derive(Debug, Clone)]
pub(crate) enum Recorded {
    Never,
    /// A point in a stream.
    Run(Record),
    /// A point in a capture: all after those nodes.
    Captured(Arc<Capture>, Vec<Handle>),
}

/// What an event was last recorded as.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) ticket: Ticket,
    mark: Arc<Mark>,
}

impl Event {
    pub(crate) fn create(context: &Context, has_timing: bool) -> Handle {
        let event = Self {
            handle: handle::fresh(),
            context: context.handle(),
            has_timing,
            recorded: Mutex::new(Recorded::Never),
        };
        let handle = event.handle;
        driver().events.insert(handle, Arc::new(event));
        handle
    }

    /// An event by its handle, or the error that is left in its context.
    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        let event = driver().events.get(handle).ok_or(Code::INVALID_HANDLE)?;
        event.check()?;
        Ok(event)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    pub(crate) fn context(&self) -> Handle {
        self.context
    }

    fn check(&self) -> Result<(), Code> {
        let context = driver().contexts.get(self.context);
        context.ok_or(Code::CONTEXT_IS_DESTROYED)?.check()
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it stands for now; later records don't change what this one waits for.
    pub(crate) fn state(&self) -> Recorded {
        self.lock().clone()
    }

    /// The point in a stream that it stands for.
    pub(crate) fn recorded(&self) -> Option<Record> {
        match self.state() {
            Recorded::Run(record) => Some(record),
            Recorded::Never | Recorded::Captured(..) => None,
        }
    }

    /// `cuEventRecord`: from now on it stands for what the stream has been given so far.
    pub(crate) fn record(&self, stream: &Stream) -> Result<(), Code> {
        if stream.context().handle() != self.context {
            return Err(Code::INVALID_HANDLE);
        }
        // Held meanwhile, so that of two records at once the later one stays.
        let mut state = self.lock();
        if let Some(capture) = stream.capture() {
            let nodes = capture.last(stream.handle());
            *state = Recorded::Captured(capture, nodes);
            return Ok(());
        }
        stream.refuse_implicit()?;
        let mark = Arc::new(Mark::default());
        let ticket = stream.mark(&[], Some(Arc::clone(&mark)))?;
        *state = Recorded::Run(Record { ticket, mark });
        Ok(())
    }

    /// Takes note that a graph records it.
    pub(crate) fn set_recorded(&self, ticket: Ticket, mark: Arc<Mark>) {
        *self.lock() = Recorded::Run(Record { ticket, mark });
    }

    /// Fails if it stands for a point in a capture, which no host can wait for.
    fn refuse_captured(&self) -> Result<(), Code> {
        match self.state() {
            Recorded::Captured(capture, _) => {
                capture.invalidate();
                Err(Code::CAPTURED_EVENT)
            }
            _ => Ok(()),
        }
    }

    /// `cuEventQuery`: one that was never recorded is done.
    pub(crate) fn query(&self) -> Result<(), Code> {
        self.refuse_captured()?;
        match self.recorded() {
            Some(record) if !driver().engine.has_ended(record.ticket) => Err(Code::NOT_READY),
            _ => self.check(),
        }
    }

    /// `cuEventSynchronize`.
    pub(crate) fn synchronize(&self) -> Result<(), Code> {
        self.refuse_captured()?;
        if let Some(record) = self.recorded() {
            driver().engine.wait(&[record.ticket]);
        }
        self.check()
    }

    /// `cuEventElapsedTime`: milliseconds from this event to the other.
    pub(crate) fn milliseconds_until(&self, end: &Self) -> Result<f32, Code> {
        if !self.has_timing || !end.has_timing || self.context != end.context {
            return Err(Code::INVALID_HANDLE);
        }
        let at = |event: &Self| {
            let record = event.recorded().ok_or(Code::INVALID_HANDLE)?;
            record.mark.0.get().copied().ok_or(Code::NOT_READY)
        };
        let (start, end) = (at(self)?, at(end)?);
        let span = end.saturating_duration_since(start).as_secs_f32();
        let before = start.saturating_duration_since(end).as_secs_f32();
        Ok((span - before) * 1e3)
    }
}
