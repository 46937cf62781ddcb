//! Why one task did not end well.

use std::fmt;

use super::{Stalled, found_by_the_compiler};
use crate::device::{DeviceError, DeviceId, DeviceKind};
use crate::resources::Bytes;
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::task::TaskName;

/// The failure of one task: its name and what went wrong. Cheap to clone.
#[derive(Clone)]
pub struct TaskError(Arc<Inner>);

struct Inner {
    task: TaskName,
    kind: TaskErrorKind,
    /// Whether the program was given this error or one that follows from it.
    seen: AtomicBool,
}

/// What went wrong with a task.
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The body returned an error.
    Failed(super::BodyError),
    /// The body panicked, with this message.
    Panicked(String),
    /// It was cancelled before it ended.
    Cancelled,
    /// Ctrl-C cancelled it.
    Interrupted,
    /// A dependency did not end well; the task did not run.
    DependencyFailed(TaskError),
    /// It waited, or was waited for, and nothing was left that could end the wait.
    Stalled(Stalled),
    /// A task of that name had been spawned before; this one did not run.
    AlreadySpawned,
    /// Its index names no task of the space: it is negative or outside the shape.
    OutOfSpace,
    /// Its placement names a device that does not exist, or asks for more devices than there are.
    NoSuchDevice {
        /// What the placement asked for.
        asked: String,
        /// The devices there are.
        available: Vec<DeviceId>,
        /// Why there are none of that kind, if somebody has looked for them.
        note: Option<Arc<str>>,
    },
    /// A device failed, or the work that the task queued there; or the only devices it may be placed
    /// on are lost.
    Device {
        /// The device.
        device: DeviceId,
        /// What it reports.
        error: DeviceError,
    },
    /// Its device has no room for its data, and no task there is going to leave.
    OutOfMemory {
        /// The device.
        device: DeviceId,
        /// What it takes, beside what is there already.
        asked: Bytes,
        /// What is free, or could be given up.
        free: Bytes,
        /// Data that is in use there, and its size.
        held_by: Vec<(String, Bytes)>,
    },
    /// It reads data that is nowhere any more: the only copy was on a device that was lost.
    DataLost(String),
    /// It has no body for any device its placement allows.
    NoVariant {
        /// The kinds of device the placement allows.
        placed_on: Vec<DeviceKind>,
    },
    /// It asks for more than any device it may run on has.
    TooLarge {
        /// What was asked.
        asked: String,
        /// What the largest device has.
        largest: String,
    },
    /// Another task has used the same data, and nothing orders the two, of which one is
    /// [explicit](crate::TaskRef::explicit) or both; the task did not run.
    Race {
        /// The other task.
        with: TaskName,
        /// What this one does, with which data.
        data: String,
        /// What the other one does.
        other: String,
    },
    /// A clause has a value that can't be.
    BadClause(String),
    /// A dependency belongs to another runtime.
    ForeignDependency(TaskName),
    /// A sync body tried to wait for this task, which could keep a worker from running it.
    WaitInTask,
    /// The runtime it was spawned on has shut down.
    ShutDown,
}

impl TaskError {
    pub(crate) fn new(task: TaskName, kind: TaskErrorKind) -> Self {
        Self(Arc::new(Inner {
            task,
            kind,
            seen: AtomicBool::new(false),
        }))
    }

    /// Notes that the program looks at this error, and so at all that it follows from.
    pub(crate) fn see(&self) {
        let mut error = self;
        // Relaxed: read when the scope has ended, after a synchronising wait.
        while !error.0.seen.swap(true, Ordering::Relaxed) {
            let TaskErrorKind::DependencyFailed(cause) = error.kind() else {
                return;
            };
            error = cause;
        }
    }

    pub(crate) fn is_seen(&self) -> bool {
        self.0.seen.load(Ordering::Relaxed)
    }

    /// The task that failed.
    #[must_use]
    pub fn task(&self) -> &TaskName {
        &self.0.task
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0.kind
    }

    /// The failure at the start of the chain: this one, unless it is a
    /// [`DependencyFailed`](TaskErrorKind::DependencyFailed).
    #[must_use]
    pub fn root_cause(&self) -> &Self {
        let mut error = self;
        while let TaskErrorKind::DependencyFailed(cause) = error.kind() {
            error = cause;
        }
        error
    }

    /// The error that a body returned at the start of the chain of causes, if it is an `E`.
    ///
    /// ```
    /// # let runtime = parla_runtime::Runtime::builder().workers(1).build()?;
    /// # runtime.run(|| {
    /// let t = parla_runtime::TaskSpace::new("T");
    /// let first = t.task(0).try_spawn(|| "seven".parse::<u32>());
    /// let second = t.task(1).deps(&first).spawn(|| ());
    /// let error = second.wait().unwrap_err();
    /// assert!(error.failure::<std::num::ParseIntError>().is_some());
    /// # })?;
    /// # Ok::<(), parla_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn failure<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self.root_cause().kind() {
            TaskErrorKind::Failed(source) => source.downcast_ref(),
            _ => None,
        }
    }

    /// Whether the body never ran because a dependency failed.
    #[must_use]
    pub fn is_dependency_failed(&self) -> bool {
        matches!(self.kind(), TaskErrorKind::DependencyFailed(_))
    }

    /// Whether the task was cancelled, by the program or by Ctrl-C.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.kind(),
            TaskErrorKind::Cancelled | TaskErrorKind::Interrupted
        )
    }

    /// Whether the body panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self.kind(), TaskErrorKind::Panicked(_))
    }

    /// The stall, if that is what happened.
    #[must_use]
    pub fn stalled(&self) -> Option<&Stalled> {
        match self.kind() {
            TaskErrorKind::Stalled(stalled) => Some(stalled),
            _ => None,
        }
    }
}

impl Drop for Inner {
    /// Takes a chain of causes apart from its end, so that a long one can't overflow the stack.
    fn drop(&mut self) {
        let mut next = std::mem::replace(&mut self.kind, TaskErrorKind::Cancelled);
        while let TaskErrorKind::DependencyFailed(cause) = next {
            next = match Arc::into_inner(cause.0) {
                Some(mut inner) => std::mem::replace(&mut inner.kind, TaskErrorKind::Cancelled),
                None => break,
            };
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let (mut error, mut shown) = (self, 0);
        while let TaskErrorKind::DependencyFailed(cause) = error.kind() {
            match shown {
                0 => write!(f, "task `{}` did not run because ", error.task())?,
                1..SHOWN => write!(f, "`{}` did not run because ", error.task())?,
                SHOWN => f.write_str("… because ")?,
                _ => {}
            }
            shown += 1;
            error = cause;
        }
        write!(f, "task `{}` ", error.task())?;
        match error.kind() {
            TaskErrorKind::DependencyFailed(_) => unreachable!("the loop ends past these"),
            TaskErrorKind::Failed(source) => write!(f, "failed: {source}"),
            TaskErrorKind::Panicked(message) => write!(f, "panicked: {message}"),
            TaskErrorKind::Cancelled => f.write_str("was cancelled"),
            TaskErrorKind::Interrupted => f.write_str("was cancelled by Ctrl-C"),
            TaskErrorKind::Stalled(stalled) => write!(f, "can never end: nothing can run any more{}", stalled.details()),
            TaskErrorKind::AlreadySpawned => f.write_str(concat!(
                "was spawned before, so this one did not run\n  = help: give each task of a space its own index",
                found_by_the_compiler!("P0001")
            )),
            TaskErrorKind::OutOfSpace => f.write_str(concat!(
                "can't be spawned: its index is negative or outside the shape of its space",
                found_by_the_compiler!("P0004")
            )),
            TaskErrorKind::NoSuchDevice { asked, available, note } => {
                write!(f, "asks for {asked}, but the devices are: ")?;
                write_list(f, available)?;
                note.iter().try_for_each(|note| write!(f, "\n  = note: {note}"))
            }
            TaskErrorKind::Device { device, error } if error.is_lost() => {
                write!(f, "failed, since `{device}` is lost: {error}")
            }
            TaskErrorKind::Device { device, error } => write!(f, "failed on `{device}`: {error}"),
            TaskErrorKind::OutOfMemory { device, asked, free, held_by } => {
                write!(f, "finds no room on `{device}`: its data takes {asked}, and {free} could be free")?;
                let mut separator = "; in use are ";
                for (data, bytes) in held_by {
                    write!(f, "{separator}`{data}` with {bytes}")?;
                    separator = ", ";
                }
                Ok(())
            }
            TaskErrorKind::DataLost(data) => write!(
                f,
                "uses `{data}`, of which the only copy was on a device that was lost"
            ),
            TaskErrorKind::NoVariant { placed_on } => {
                f.write_str("has no body for the devices it may be placed on: ")?;
                write_list(f, placed_on)
            }
            TaskErrorKind::TooLarge { asked, largest } => {
                write!(f, "asks for {asked}, but the largest device it may run on has {largest}")
            }
            TaskErrorKind::Race { with, data, other } => write!(
                f,
                concat!(
                    "did not run: it {}, `{}` {}, and nothing orders them\n",
                    "  = help: make `{}` wait for `{}`, or that for it, with `deps`; or leave `explicit` out: then accesses order tasks",
                    found_by_the_compiler!("P0009")
                ),
                data, with, other, error.task(), with
            ),
            TaskErrorKind::BadClause(message) => write!(f, "has a bad clause: {message}"),
            TaskErrorKind::ForeignDependency(dependency) => {
                write!(f, "depends on `{dependency}`, which belongs to another runtime")
            }
            TaskErrorKind::WaitInTask => f.write_str(
                "can't be waited for in a sync body, which would keep a worker from running it\n  = help: make it a dependency, or await it in an async body",
            ),
            TaskErrorKind::ShutDown => f.write_str("was spawned after its runtime had shut down"),
        }
    }
}

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    f.write_str(&items.join(", "))
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.kind() {
            TaskErrorKind::Failed(source) => Some(&**source),
            TaskErrorKind::DependencyFailed(cause) => Some(cause),
            TaskErrorKind::Device { error, .. } => Some(error),
            _ => None,
        }
    }
}
