//! The errors users see: what was wrong, which task, what to do.

mod graph;
mod stalled;
mod task;

use std::fmt;

pub use graph::{GraphError, GraphMistake};
pub(crate) use stalled::Report;
pub use stalled::{BlockedTask, Stalled};
pub use task::{TaskError, TaskErrorKind};

use crate::task::TaskName;

/// What `parla` functions and most `main` functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error, as a body may return it.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Why a program, a scope or a runtime did not end well.
///
/// `Debug` prints the same text as `Display`, since Rust prints the `Debug` form of an error that
/// `main` returns.
#[non_exhaustive]
pub enum Error {
    /// A task failed and nobody looked at its failure. If there are several, the first to fail.
    Task {
        /// That failure.
        error: TaskError,
        /// How many other tasks failed unseen, dependents of failed tasks not counted.
        others: usize,
    },
    /// Tasks were left that could never run.
    Stalled(Stalled),
    /// A prebuilt graph has mistakes.
    Graph(GraphError),
    /// Ctrl-C was pressed: running tasks finished, the rest was cancelled.
    Interrupted {
        /// How many tasks were cancelled.
        cancelled: usize,
    },
    /// The runtime could not start.
    Start(std::io::Error),
    /// The program's own error.
    Other(BodyError),
}

impl Error {
    /// Wraps any error of the program's own, so that `main` or a body may return it.
    ///
    /// ```
    /// let error = parla_runtime::Error::other("no such file: a.mtx");
    /// assert_eq!(error.to_string(), "no such file: a.mtx");
    /// ```
    pub fn other(error: impl Into<BodyError>) -> Self {
        Self::Other(error.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task { error, others: 0 } => error.fmt(f),
            Self::Task { error, others: 1 } => write!(f, "{error}\n(1 more task failed)"),
            Self::Task { error, others } => write!(f, "{error}\n({others} more tasks failed)"),
            Self::Stalled(stalled) => stalled.fmt(f),
            Self::Graph(error) => error.fmt(f),
            Self::Interrupted { cancelled } => {
                let were = if *cancelled == 1 {
                    "task was"
                } else {
                    "tasks were"
                };
                write!(
                    f,
                    "interrupted: running tasks finished, {cancelled} {were} cancelled"
                )
            }
            Self::Start(error) => write!(f, "the runtime could not start: {error}"),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Task { error, .. } => error.source(),
            Self::Start(error) => Some(error),
            Self::Other(error) => error.source(),
            Self::Stalled(_) | Self::Graph(_) | Self::Interrupted { .. } => None,
        }
    }
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        Self::Task { error, others: 0 }
    }
}

impl From<Stalled> for Error {
    fn from(stalled: Stalled) -> Self {
        Self::Stalled(stalled)
    }
}

impl From<GraphError> for Error {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

/// Writes names as a list, cut off where it would get long.
pub(crate) fn write_names(f: &mut fmt::Formatter<'_>, names: &[TaskName]) -> fmt::Result {
    const SHOWN: usize = 8;
    for (position, name) in names.iter().take(SHOWN).enumerate() {
        write!(f, "{}`{name}`", if position == 0 { "" } else { ", " })?;
    }
    match names.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// Says that a mistake could have been found before the program ran, under that code.
macro_rules! found_by_the_compiler {
    ($code:literal) => {
        concat!(
            "\n  = note: the compiler finds this (",
            $code,
            ") in graphs that it sees whole"
        )
    };
}
pub(crate) use found_by_the_compiler;
