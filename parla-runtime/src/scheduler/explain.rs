//! Why the unfinished tasks have not run yet, as data and as text.

use std::fmt;

use super::wait_graph::WaitGraph;
use super::{Scheduler, Ticket};
use crate::error::{BlockedTask, write_names};
use crate::task::{TaskName, TaskState};

/// What a runtime is doing, and what waits for what. A snapshot; while tasks run it may mix
/// moments that are close to each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// Tasks whose bodies run.
    pub running: Vec<TaskName>,
    /// Tasks that need nothing but a worker, or resources.
    pub ready: Vec<TaskName>,
    /// Those of them that wait for resources, in the order in which they will be served.
    pub waiting_for_resources: Vec<TaskName>,
    /// Those of them that wait for room in the memory of a device, or for their turn on data that others
    /// change in any order; in order of names.
    pub waiting_for_data: Vec<TaskName>,
    /// Tasks that are waited for and have not been spawned.
    pub not_spawned: Vec<TaskName>,
    /// Tasks that wait for other tasks or for something outside.
    pub blocked: Vec<BlockedTask>,
    /// What went wrong without anything failing for it, such as a file of run times that could not
    /// be read.
    pub notes: Vec<String>,
}

impl Scheduler {
    pub(crate) fn explain(&self) -> Explanation {
        let picture = WaitGraph::of(self);
        let starved = self.store.starved();
        let mut waiting_for_data: Vec<_> = starved.iter().map(|task| task.name()).collect();
        waiting_for_data.sort();
        let admission = self.admission.lock();
        let waiting_for_resources = admission.waiting().filter_map(|ticket| match ticket {
            Ticket::Task(node) => Some(node.name()),
            Ticket::Thread(_) => None,
        });
        Explanation {
            running: picture.in_state(TaskState::Running),
            ready: picture.in_state(TaskState::Ready),
            waiting_for_resources: waiting_for_resources.collect(),
            waiting_for_data,
            not_spawned: picture.never_spawned(),
            blocked: picture.blocked(),
            notes: self.mapper.notes(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("running", &self.running),
            ("ready", &self.ready),
            ("waiting for resources", &self.waiting_for_resources),
            ("waiting for data", &self.waiting_for_data),
            ("not spawned", &self.not_spawned),
        ];
        for (what, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
            write!(f, "{what}: ")?;
            write_names(f, names)?;
            writeln!(f)?;
        }
        for BlockedTask { task, waits_for } in &self.blocked {
            write!(f, "`{task}` waits for ")?;
            if waits_for.is_empty() {
                f.write_str("something outside the task graph")?;
            }
            write_names(f, waits_for)?;
            writeln!(f)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let is_idle = lists.iter().all(|(_, names)| names.is_empty()) && self.blocked.is_empty();
        match is_idle {
            true => f.write_str("nothing is unfinished"),
            false => Ok(()),
        }
    }
}
