//! Why a graph can't be built: every mistake in it, by names.

use std::fmt;

use super::{found_by_the_compiler, write_names};
use crate::task::TaskName;

/// All mistakes in a [`Graph`](crate::Graph) that could not be built.
#[derive(Clone, PartialEq, Eq)]
pub struct GraphError(Vec<GraphMistake>);

/// One mistake in a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphMistake {
    /// The task was spawned more than once.
    SpawnedTwice(TaskName),
    /// Tasks depend on one that nobody spawned.
    NeverSpawned {
        /// The one that is missing.
        task: TaskName,
        /// Those that depend on it.
        dependents: Vec<TaskName>,
    },
    /// Each of the tasks depends on the next, and the last on the first.
    Cycle(Vec<TaskName>),
    /// The task was spawned at an index that is negative or outside the shape of its space.
    OutOfSpace(TaskName),
    /// What a spawn asked for can't be.
    BadClause {
        /// The task.
        task: TaskName,
        /// What is wrong.
        mistake: String,
    },
    /// A task depends on one that is not of the same graph.
    ForeignDependency {
        /// The task.
        task: TaskName,
        /// What it depends on.
        dependency: TaskName,
    },
}

impl GraphError {
    pub(crate) fn new(mistakes: Vec<GraphMistake>) -> Self {
        Self(mistakes)
    }

    /// The mistakes; at least one.
    #[must_use]
    pub fn mistakes(&self) -> &[GraphMistake] {
        &self.0
    }
}

impl fmt::Display for GraphMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpawnedTwice(task) => write!(
                f,
                "task `{task}` is spawned twice\n  = help: give each task of a space its own index{}",
                found_by_the_compiler!("P0001")
            ),
            Self::NeverSpawned { task, dependents } => {
                write!(
                    f,
                    "task `{task}` is never spawned, but these depend on it: "
                )?;
                write_names(f, dependents)?;
                f.write_str(concat!(
                    "\n  = help: spawn it, or remove the dependency",
                    found_by_the_compiler!("P0002")
                ))
            }
            Self::Cycle(tasks) => {
                f.write_str("cycle: ")?;
                for task in tasks {
                    write!(f, "`{task}` waits for ")?;
                }
                write!(f, "`{}`", tasks[0])?;
                f.write_str(concat!(
                    "\n  = help: break the cycle by removing one of its dependencies",
                    found_by_the_compiler!("P0003")
                ))
            }
            Self::OutOfSpace(task) => write!(
                f,
                "task `{task}` can't be spawned: its index is negative or outside the shape of its space{}",
                found_by_the_compiler!("P0004")
            ),
            Self::BadClause { task, mistake } => {
                write!(f, "task `{task}` can't be spawned: {mistake}")
            }
            Self::ForeignDependency { task, dependency } => write!(
                f,
                "task `{task}` depends on `{dependency}`, which is not of the same graph\n  = help: have the run of the graph depend on it: spawn `Graph::run_async` as a task"
            ),
        }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        f.write_str("the graph can't be built")?;
        for mistake in self.0.iter().take(SHOWN) {
            write!(f, "\n  {mistake}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            1 => f.write_str("\n  and 1 more mistake"),
            more => write!(f, "\n  and {more} more mistakes"),
        }
    }
}

impl fmt::Debug for GraphError {
    /// As `Display`, since Rust prints the `Debug` form of an error that `main` returns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for GraphError {}
