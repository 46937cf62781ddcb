//! Capturing: what streams are given becomes nodes of a graph instead of running.
//!
//! A capture begins in one stream and spreads to others that wait for events recorded in it. Each
//! stream of it has the nodes that its next one will wait for.

use super::{Content, Graph};
use crate::codes::Code;
use crate::context::Context;
use crate::driver;
use crate::handle::{self, Handle};
use crate::stream::{Lane, Operation, Rule};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Which calls that are no part of it a capture forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Calls of all threads that could disturb it.
    Global,
    /// Such calls of its own thread.
    ThreadLocal,
    /// None.
    Relaxed,
}

impl Mode {
    pub(crate) fn from_number(number: u32) -> Result<Self, Code> {
        match number {
            0 => Ok(Self::Global),
            1 => Ok(Self::ThreadLocal),
            2 => Ok(Self::Relaxed),
            _ => Err(Code::INVALID_VALUE),
        }
    }

    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Global => 0,
            Self::ThreadLocal => 1,
            Self::Relaxed => 2,
        }
    }
}

/// How a capture stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    /// Something was done that can't be captured; it can only be ended.
    Invalidated,
    Ended,
}

/// A capture.
#[derive(Debug)]
pub(crate) struct Capture {
    handle: Handle,
    graph: Arc<Graph>,
    origin: Lane,
    mode: Mode,
    thread: ThreadId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    status: Status,
    /// Of each stream, the nodes that the next one waits for.
    last: HashMap<Handle, Vec<Handle>>,
}

thread_local! {
    /// How far this thread itself minds captures: `cuThreadExchangeStreamCaptureMode`.
    static THREAD_MODE: Cell<Mode> = const { Cell::new(Mode::Global) };
}

/// Sets how far this thread minds captures; what it was.
pub(crate) fn exchange_mode(mode: Mode) -> Mode {
    THREAD_MODE.replace(mode)
}

/// Fails for calls that could disturb a capture which forbids them, and spoils that capture.
pub(crate) fn refuse_unsafe() -> Result<(), Code> {
    let me = thread::current().id();
    let forbids = |capture: &Capture| match (THREAD_MODE.get(), capture.mode) {
        (Mode::Relaxed, _) | (_, Mode::Relaxed) => false,
        (Mode::Global, Mode::Global) => true,
        _ => capture.thread == me,
    };
    refuse(forbids, Code::STREAM_CAPTURE_UNSUPPORTED)
}

/// Fails if a capture is active that the predicate names, and spoils it.
pub(crate) fn refuse(forbids: impl Fn(&Capture) -> bool, code: Code) -> Result<(), Code> {
    let mut result = Ok(());
    for capture in driver().captures.all() {
        if capture.status() == Status::Active && forbids(&capture) {
            capture.invalidate();
            result = Err(code);
        }
    }
    result
}

impl Capture {
    pub(crate) fn begin(origin: Lane, mode: Mode) -> Arc<Self> {
        let capture = Arc::new(Self {
            handle: handle::fresh(),
            graph: Graph::create(),
            origin,
            mode,
            thread: thread::current().id(),
            state: Mutex::new(State {
                status: Status::Active,
                last: HashMap::from([(origin.stream, Vec::new())]),
            }),
        });
        driver()
            .captures
            .insert(capture.handle, Arc::clone(&capture));
        capture
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.handle
    }

    pub(crate) fn context(&self) -> Handle {
        self.origin.context
    }

    pub(crate) fn status(&self) -> Status {
        self.state().status
    }

    /// Whether the default stream of that context would have to wait for it.
    pub(crate) fn blocks(&self, context: Handle) -> bool {
        self.origin.context == context && self.origin.rule == Rule::Blocking
    }

    pub(crate) fn invalidate(&self) {
        let mut state = self.state();
        if state.status == Status::Active {
            state.status = Status::Invalidated;
        }
    }

    fn check(&self) -> Result<(), Code> {
        match self.status() {
            Status::Active => Ok(()),
            Status::Invalidated | Status::Ended => Err(Code::STREAM_CAPTURE_INVALIDATED),
        }
    }

    /// Adds what one of its streams was given.
    pub(crate) fn add(
        &self,
        stream: Handle,
        operation: Operation,
        context: &Arc<Context>,
    ) -> Result<(), Code> {
        self.check()?;
        let content = match operation {
            Operation::Free(_) | Operation::Callback(..) => {
                self.invalidate();
                return Err(Code::STREAM_CAPTURE_UNSUPPORTED);
            }
            Operation::Nothing => Content::Empty,
            operation => Content::Operation(operation, Arc::clone(context)),
        };
        self.add_content(stream, content)
    }

    /// The same for any content of a node.
    pub(crate) fn add_content(&self, stream: Handle, content: Content) -> Result<(), Code> {
        self.check()?;
        let mut state = self.state();
        let last = state.last.entry(stream).or_default();
        *last = vec![self.graph.add(last, content)?];
        Ok(())
    }

    /// The nodes that the stream's next one waits for: what an event stands for.
    pub(crate) fn last(&self, stream: Handle) -> Vec<Handle> {
        self.state().last.get(&stream).cloned().unwrap_or_default()
    }

    /// Makes a stream's next node wait for those as well. The stream may be new to the capture.
    pub(crate) fn join(&self, stream: Handle, nodes: &[Handle]) -> Result<(), Code> {
        self.check()?;
        let mut state = self.state();
        let last = state.last.entry(stream).or_default();
        for node in nodes {
            if !last.contains(node) {
                last.push(*node);
            }
        }
        Ok(())
    }

    /// `cuStreamEndCapture`: the graph, if all went well.
    pub(crate) fn end(&self, stream: Handle) -> Result<Arc<Graph>, Code> {
        if stream != self.origin.stream {
            self.invalidate();
            return Err(Code::STREAM_CAPTURE_UNMATCHED);
        }
        if self.mode != Mode::Relaxed && self.thread != thread::current().id() {
            return Err(Code::STREAM_CAPTURE_WRONG_THREAD);
        }
        let is_valid = self.check();
        let mut state = self.state();
        state.status = Status::Ended;
        driver().captures.remove(self.handle);
        let is_joined = self.is_all_before(&state.last[&self.origin.stream]);
        let result = is_valid.and(if is_joined {
            Ok(())
        } else {
            Err(Code::STREAM_CAPTURE_UNJOINED)
        });
        if result.is_err() {
            self.graph.destroy();
        }
        result.map(|()| Arc::clone(&self.graph))
    }

    /// Whether those nodes, and what they wait for, are all nodes of the graph.
    fn is_all_before(&self, last: &[Handle]) -> bool {
        let nodes = self.graph.nodes();
        let mut seen: HashSet<Handle> = HashSet::new();
        let mut open = last.to_vec();
        while let Some(handle) = open.pop() {
            if seen.insert(handle) {
                let node = nodes.iter().find(|node| node.handle == handle);
                open.extend(node.into_iter().flat_map(|node| &node.dependencies));
            }
        }
        seen.len() == nodes.len()
    }
}
