//! The error for work that can never run: what waits for what, by name.

use std::fmt;

use super::{found_by_the_compiler, write_names};
use crate::sync::Arc;
use crate::task::TaskName;

/// Tasks or waits that could never end when nothing else was left to run. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stalled(Arc<Report>);

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) never_spawned: Vec<TaskName>,
    pub(crate) cycles: Vec<Vec<TaskName>>,
    pub(crate) blocked: Vec<BlockedTask>,
    /// Whether the future of the program waits for something that is no task.
    pub(crate) program_waits: bool,
}

/// A task that could not run or go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct BlockedTask {
    /// The task.
    pub task: TaskName,
    /// The tasks it waits for. Empty for an async body that waits for something nobody will do.
    pub waits_for: Vec<TaskName>,
}

impl Stalled {
    pub(crate) fn new(report: Report) -> Self {
        Self(Arc::new(report))
    }

    /// Tasks that are waited for and were never spawned.
    #[must_use]
    pub fn never_spawned(&self) -> &[TaskName] {
        &self.0.never_spawned
    }

    /// Cycles; in each, a task waits for the next, and the last for the first.
    #[must_use]
    pub fn cycles(&self) -> &[Vec<TaskName>] {
        &self.0.cycles
    }

    /// Tasks that could not run or go on, with what each waits for.
    #[must_use]
    pub fn blocked(&self) -> &[BlockedTask] {
        &self.0.blocked
    }
}

impl Stalled {
    /// What waits for what, a line each, and what to do about it.
    pub(crate) fn details(&self) -> impl fmt::Display {
        fmt::from_fn(|f| {
            fmt::Display::fmt(&*self.0, f)?;
            f.write_str(match (&self.0.never_spawned[..], &self.0.cycles[..]) {
                ([_, ..], _) => {
                    "\n  = help: spawn what was never spawned, or remove the waits for it"
                }
                ([], [_, ..]) => "\n  = help: break the cycle by removing one of its waits",
                ([], []) => "\n  = help: see to it that somebody still can do what is waited for",
            })?;
            f.write_str(match (&self.0.never_spawned[..], &self.0.cycles[..]) {
                ([_, ..], []) => found_by_the_compiler!("P0002"),
                ([], [_, ..]) => found_by_the_compiler!("P0003"),
                ([_, ..], [_, ..]) => found_by_the_compiler!("P0002, P0003"),
                ([], []) => "",
            })
        })
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stalled: nothing can run any more{}", self.details())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        if !self.never_spawned.is_empty() {
            f.write_str("\n  never spawned: ")?;
            write_names(f, &self.never_spawned)?;
        }
        for cycle in self.cycles.iter().take(SHOWN) {
            f.write_str("\n  cycle: ")?;
            for name in cycle {
                write!(f, "`{name}` waits for ")?;
            }
            write!(f, "`{}`", cycle[0])?;
        }
        for blocked in self.blocked.iter().take(SHOWN) {
            write!(f, "\n  `{}` waits for ", blocked.task)?;
            if blocked.waits_for.is_empty() {
                f.write_str("something that nobody will do")?;
            }
            write_names(f, &blocked.waits_for)?;
        }
        if self.program_waits {
            f.write_str("\n  the program itself waits for something that nobody will do")?;
        }
        match self.blocked.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more blocked tasks"),
        }
    }
}

impl std::error::Error for Stalled {}
