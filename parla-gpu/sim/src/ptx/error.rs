//! PTX that can't be used, and why.

use std::fmt;

/// What is wrong with a module's text, and in which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidPtx {
    /// Counted from one.
    pub(crate) line: u32,
    pub(crate) message: String,
}

impl InvalidPtx {
    pub(super) fn new(line: u32, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for InvalidPtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid PTX, line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for InvalidPtx {}
