//! What devices did and in what order, for tests to assert.

use crate::driver;
use crate::handle::Handle;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// One count for everything that happens: a later thing has a larger number.
pub(crate) fn next_instant() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // AcqRel: what a thread has numbered earlier is numbered lower than what its reader numbers.
    NEXT.fetch_add(1, Ordering::AcqRel)
}

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Ran a kernel.
    Kernel,
    /// Copied from the host to a device.
    HostToDevice,
    /// Copied from a device to the host.
    DeviceToHost,
    /// Copied inside a device.
    DeviceToDevice,
    /// Copied from one device to another.
    PeerToPeer,
    /// Copied from the host to the host (or to or from managed memory).
    HostToHost,
    /// Filled memory with a value.
    Set,
    /// Ran a function of the program.
    Host,
    /// Freed memory in stream order.
    Free,
}

/// An operation that ran.
///
/// `submitted`, `started` and `ended` are of one count that the whole process shares, so that they
/// tell the order of operations without clocks.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The ordinal of the device.
    pub device: usize,
    /// The stream's handle; for a context's default stream, the context's.
    pub stream: u64,
    /// What it did.
    pub kind: Kind,
    /// The kernel's name.
    pub name: Option<String>,
    /// Bytes moved or set.
    pub bytes: u64,
    /// A copy of pageable memory: its bytes were taken over when it was asked for, or the caller
    /// had to wait for it.
    pub pageable: bool,
    /// When it was asked for.
    pub submitted: u64,
    /// When it began to run.
    pub started: u64,
    /// When it had ended; nothing that waits for it starts before.
    pub ended: u64,
    /// When it began, by the clock.
    pub started_at: Instant,
    /// When it had ended, by the clock.
    pub ended_at: Instant,
    /// Whether it ended with a fault.
    pub failed: bool,
}

impl Operation {
    /// Whether it had ended before the other began.
    #[must_use]
    pub fn is_before(&self, other: &Self) -> bool {
        self.ended < other.started
    }

    /// Whether there was a time when both ran.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.is_before(other) && !other.is_before(self)
    }
}

/// The operations of all devices from [`start`] on, for as long as this lives.
#[derive(Debug)]
pub struct Recording(Arc<Operations>);

type Operations = Mutex<Vec<Operation>>;

/// Begins to record. Any number of recordings may go on at once, each for itself; tests that run at
/// the same time see each other's operations, and tell them by their device or stream.
///
/// ```
/// use parla_cuda_sim::trace;
///
/// let recording = trace::start();
/// // run what is to be tested
/// for pair in recording.take().windows(2) {
///     assert!(pair[0].started < pair[1].started);
/// }
/// ```
#[must_use]
pub fn start() -> Recording {
    let operations = Arc::new(Mutex::default());
    let mut recordings = driver().trace.recordings();
    recordings.retain(|recording| recording.strong_count() > 0);
    recordings.push(Arc::downgrade(&operations));
    Recording(operations)
}

impl Recording {
    /// The operations that have ended since the start or the last call, in the order they began.
    ///
    /// An operation is here before a call that waits for it (`cuStreamSynchronize`) returns.
    #[must_use]
    pub fn take(&self) -> Vec<Operation> {
        let mut operations = std::mem::take(&mut *lock(&self.0));
        operations.sort_by_key(|operation| operation.started);
        operations
    }

    /// Those of one device; the others are forgotten.
    #[must_use]
    pub fn take_of(&self, device: usize) -> Vec<Operation> {
        let mut operations = self.take();
        operations.retain(|operation| operation.device == device);
        operations
    }
}

/// All recordings of the process.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Vec<Weak<Operations>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of an operation before it runs.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) kind: Kind,
    pub(crate) name: Option<String>,
    pub(crate) bytes: u64,
    pub(crate) pageable: bool,
}

impl Trace {
    fn recordings(&self) -> MutexGuard<'_, Vec<Weak<Operations>>> {
        lock(&self.0)
    }

    /// Runs an operation and records it; the work returns whether it went well.
    pub(crate) fn record(
        &self,
        device: usize,
        stream: Handle,
        submitted: u64,
        description: impl FnOnce() -> Description,
        work: impl FnOnce() -> bool,
    ) {
        if self.recordings().is_empty() {
            work();
            return;
        }
        let description = description();
        let started_at = Instant::now();
        let started = next_instant();
        let failed = !work();
        let operation = Operation {
            device,
            stream,
            kind: description.kind,
            name: description.name,
            bytes: description.bytes,
            pageable: description.pageable,
            submitted,
            started,
            ended: next_instant(),
            started_at,
            ended_at: Instant::now(),
            failed,
        };
        self.recordings().retain(|recording| {
            let Some(operations) = recording.upgrade() else {
                return false;
            };
            lock(&operations).push(operation.clone());
            true
        });
    }
}
