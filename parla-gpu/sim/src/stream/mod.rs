//! Streams: operations in order, and what the default streams mean.

mod engine;
mod operation;
mod order;
mod sync;

pub(crate) use engine::{Engine, GraphNode, Work};
pub(crate) use operation::Operation;
pub(crate) use order::{Lane, Rule, Ticket};

use crate::codes::Code;
use crate::context::{self, Context};
use crate::driver;
use crate::event::{Event, Mark, Recorded};
use crate::graph::{self, Capture, Executable, Mode, Status};
use crate::handle::{self, Handle};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// From the most to the least urgent.
pub(crate) const PRIORITIES: RangeInclusive<i32> = -5..=0;
/// `CU_STREAM_NON_BLOCKING`
pub(crate) const NON_BLOCKING: u32 = 1;
/// `CU_STREAM_LEGACY`: the context's default stream, which null also means.
const LEGACY: Handle = 1;
/// `CU_STREAM_PER_THREAD`: the calling thread's default stream.
const PER_THREAD: Handle = 2;

/// A stream of a context.
#[derive(Debug)]
pub(crate) struct Stream {
    lane: Lane,
    flags: u32,
    context: Arc<Context>,
    /// The capture that it is or was part of.
    capture: Mutex<Option<Arc<Capture>>>,
}

impl Stream {
    /// `cuStreamCreateWithPriority`
    pub(crate) fn create(context: Arc<Context>, flags: u32, priority: i32) -> Handle {
        let rule = match flags & NON_BLOCKING {
            0 => Rule::Blocking,
            _ => Rule::NonBlocking,
        };
        let priority = priority.clamp(*PRIORITIES.start(), *PRIORITIES.end());
        let stream = Self::new(context, handle::fresh(), flags, rule, priority);
        let handle = stream.lane.stream;
        driver().streams.insert(handle, Arc::new(stream));
        handle
    }

    fn new(context: Arc<Context>, stream: Handle, flags: u32, rule: Rule, priority: i32) -> Self {
        let lane = Lane {
            stream,
            context: context.handle(),
            rule,
            priority,
        };
        Self {
            lane,
            flags,
            context,
            capture: Mutex::new(None),
        }
    }

    /// The default stream of a context.
    pub(crate) fn of_context(context: &Arc<Context>) -> Arc<Self> {
        let handle = context.handle();
        Arc::new(Self::new(Arc::clone(context), handle, 0, Rule::Default, 0))
    }

    /// The default stream of this thread in the context.
    fn of_thread(context: &Arc<Context>) -> Arc<Self> {
        let streams = driver().thread_streams.lock();
        let mut streams = streams.unwrap_or_else(PoisonError::into_inner);
        let key = (context.handle(), thread::current().id());
        let stream = streams.entry(key).or_insert_with(|| {
            let handle = handle::fresh();
            Arc::new(Self::new(Arc::clone(context), handle, 0, Rule::Blocking, 0))
        });
        Arc::clone(stream)
    }

    /// A stream by its handle, or the error that is left in its context.
    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        match handle {
            0 | LEGACY => Ok(Self::of_context(&context::current()?)),
            PER_THREAD => Ok(Self::of_thread(&context::current()?)),
            _ => {
                // A current context is asked for even though the stream has its own.
                context::current_even_failed()?;
                let stream = driver().streams.get(handle).ok_or(Code::INVALID_HANDLE)?;
                stream.context.check()?;
                Ok(stream)
            }
        }
    }

    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub(crate) fn handle(&self) -> Handle {
        self.lane.stream
    }

    pub(crate) fn flags(&self) -> u32 {
        self.flags
    }

    pub(crate) fn priority(&self) -> i32 {
        self.lane.priority
    }

    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }

    /// The capture that it is part of.
    pub(crate) fn capture(&self) -> Option<Arc<Capture>> {
        let capture = self.capture.lock().unwrap_or_else(PoisonError::into_inner);
        capture
            .clone()
            .filter(|capture| capture.status() != Status::Ended)
    }

    fn set_capture(&self, capture: Arc<Capture>) {
        let mut current = self.capture.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(capture);
    }

    /// `cuStreamBeginCapture`
    pub(crate) fn begin_capture(&self, mode: Mode) -> Result<(), Code> {
        if self.lane.rule == Rule::Default {
            return Err(Code::STREAM_CAPTURE_UNSUPPORTED);
        }
        if self.capture().is_some() {
            return Err(Code::ILLEGAL_STATE);
        }
        self.set_capture(Capture::begin(self.lane, mode));
        Ok(())
    }

    /// Adds an operation, to run or to be captured.
    pub(crate) fn submit(&self, operation: Operation) -> Result<(), Code> {
        if let Some(capture) = self.capture() {
            return capture.add(self.lane.stream, operation, &self.context);
        }
        self.refuse_implicit()?;
        let work = operation.into_work(self.lane.stream, Arc::clone(&self.context));
        driver().engine.submit(self.lane, &[], work)?;
        Ok(())
    }

    /// `cuGraphLaunch`
    pub(crate) fn launch(&self, executable: &Executable) -> Result<(), Code> {
        self.refuse_capture()?;
        executable.launch(self)
    }

    /// Fails if this is the default stream and would have to wait for one that is captured.
    pub(crate) fn refuse_implicit(&self) -> Result<(), Code> {
        if self.lane.rule != Rule::Default {
            return Ok(());
        }
        let waits = |capture: &Capture| capture.blocks(self.lane.context);
        graph::refuse(waits, Code::STREAM_CAPTURE_IMPLICIT)
    }

    /// Fails if it is captured, and spoils the capture, for what can't be part of one.
    pub(crate) fn refuse_capture(&self) -> Result<(), Code> {
        match self.capture() {
            None => self.refuse_implicit(),
            Some(capture) => {
                capture.invalidate();
                Err(Code::STREAM_CAPTURE_UNSUPPORTED)
            }
        }
    }

    /// Adds a point that also waits for those operations.
    pub(crate) fn mark(&self, after: &[Ticket], mark: Option<Arc<Mark>>) -> Result<Ticket, Code> {
        driver().engine.submit(self.lane, after, Work::Mark(mark))
    }

    /// `cuStreamWaitEvent`: what comes later waits for what the event stands for now. One that was
    /// never recorded is no reason to wait.
    pub(crate) fn wait(&self, event: &Event) -> Result<(), Code> {
        match (self.capture(), event.state()) {
            (_, Recorded::Never) => Ok(()),
            (None, Recorded::Run(record)) => {
                self.refuse_implicit()?;
                self.mark(&[record.ticket], None)?;
                Ok(())
            }
            (None, Recorded::Captured(capture, nodes)) => {
                if self.lane.rule == Rule::Default {
                    capture.invalidate();
                    return Err(Code::STREAM_CAPTURE_IMPLICIT);
                }
                capture.join(self.lane.stream, &nodes)?;
                self.set_capture(capture);
                Ok(())
            }
            (Some(mine), Recorded::Captured(capture, nodes)) if Arc::ptr_eq(&mine, &capture) => {
                capture.join(self.lane.stream, &nodes)
            }
            (Some(mine), Recorded::Captured(other, _)) => {
                mine.invalidate();
                other.invalidate();
                Err(Code::STREAM_CAPTURE_MERGE)
            }
            (Some(mine), Recorded::Run(_)) => {
                mine.invalidate();
                Err(Code::STREAM_CAPTURE_ISOLATION)
            }
        }
    }

    /// `cuStreamQuery`
    pub(crate) fn query(&self) -> Result<(), Code> {
        self.refuse_capture()?;
        if !driver().engine.pending(&self.lane).is_empty() {
            return Err(Code::NOT_READY);
        }
        self.context.check()
    }

    /// `cuStreamSynchronize`
    pub(crate) fn synchronize(&self) -> Result<(), Code> {
        self.refuse_capture()?;
        let engine = &driver().engine;
        engine.wait(&engine.pending(&self.lane));
        self.context.check()
    }
}
