//! Holds a stream up until a test lets it go on.

use crate::cuda::{cuStreamSynchronize, host_function, ok, stream};
use std::sync::mpsc;

/// A stream that is held up. Dropping it opens the gate, so that a test that fails does not hang.
pub(crate) struct Gate {
    _open: mpsc::Sender<()>,
}

impl Gate {
    /// What comes on the stream from now on waits for the gate.
    pub(crate) fn new(stream: u64) -> Self {
        let (open, wait) = mpsc::channel();
        ok(host_function(stream, move || {
            let _ = wait.recv();
        }));
        Self { _open: open }
    }

    pub(crate) fn open(self) {}
}

/// Returns once all that was asked for earlier and waits for nothing has begun: older work of the
/// same priority is begun first.
pub(crate) fn let_begin_what_may() {
    const NON_BLOCKING: u32 = 1;
    let apart = stream(NON_BLOCKING);
    for _ in 0..8 {
        ok(host_function(apart, || {}));
        ok(cuStreamSynchronize(apart));
    }
}
