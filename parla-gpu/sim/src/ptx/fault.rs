//! How a kernel fails, told as a sanitizer tells it.

use std::fmt;

use super::memory::AccessError;

/// Where and why a kernel was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kernel: String,
    pub(crate) block: [u32; 3],
    pub(crate) thread: [u32; 3],
    /// In the text of the module, counted from one.
    pub(crate) line: u32,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Memory that isn't there. The text says what was done: `global store of 4 bytes`.
    Access {
        what: String,
        address: u64,
        error: AccessError,
    },
    /// An address that is no multiple of what was to be read or written there.
    Misaligned {
        what: String,
        address: u64,
    },
    /// Nobody can go on. The text says what this thread waits for.
    Deadlock(String),
    /// What an instruction was given makes no sense.
    InvalidOperand(String),
    /// More calls within calls, or more local memory, than a thread may have.
    StackOverflow(String),
    Trap,
    Breakpoint,
    /// `assert` of CUDA C.
    Assertion(String),
    /// The launch was cancelled.
    Cancelled,
    /// The kernel ran more steps than it was given.
    StepLimit(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kernel,
            block,
            thread,
            line,
            kind,
        } = self;
        write!(
            f,
            "kernel `{kernel}`, block ({},{},{}), thread ({},{},{}), line {line}: {kind}",
            block[0], block[1], block[2], thread[0], thread[1], thread[2],
        )
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access {
                what,
                address,
                error,
            } => write!(f, "{what} at {address:#x} {error}"),
            Self::Misaligned { what, address } => write!(f, "{what} at {address:#x} is misaligned"),
            Self::Deadlock(what) => write!(f, "deadlock: {what}"),
            Self::InvalidOperand(what) | Self::StackOverflow(what) => f.write_str(what),
            Self::Trap => f.write_str("`trap` was executed"),
            Self::Breakpoint => f.write_str("`brkpt` was executed, and there is no debugger"),
            Self::Assertion(message) => write!(f, "assertion failed: {message}"),
            Self::Cancelled => f.write_str("the launch was cancelled"),
            Self::StepLimit(limit) => write!(f, "the kernel ran more than {limit} steps"),
        }
    }
}

impl std::error::Error for Fault {}
