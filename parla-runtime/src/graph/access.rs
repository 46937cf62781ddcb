//! What a body declares to use, and the order that follows. Today that is results of other tasks;
//! arrays, with their regions and with writes, join here.

use crate::sync::Arc;
use crate::task::Node;

/// How a body uses something it declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessMode {
    /// Reads it.
    Input,
}

/// One declared access of a task.
#[derive(Debug)]
pub(crate) struct Access {
    /// The task that provides what is used; the accessing task runs after it.
    pub(crate) source: Arc<Node>,
    #[expect(dead_code, reason = "the only mode so far orders like any dependency")]
    pub(crate) mode: AccessMode,
}
