//! How a task is called in errors, traces and graphs. Plain data, cheap to clone.

use std::fmt;

use crate::graph::Index;
use crate::sync::Arc;

/// The name of a task: its label if it was given one, else its place in its task space, else a
/// number.
///
/// ```
/// # use parla_runtime::Runtime;
/// # let runtime = Runtime::builder().workers(1).build().unwrap();
/// # let _ambient = runtime.enter();
/// let t = parla_runtime::TaskSpace::new("T");
/// assert_eq!(t.task([1, 2]).name().to_string(), "T[1, 2]");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskName {
    pub(crate) space: Arc<str>,
    pub(crate) index: Index,
    pub(crate) label: Option<Arc<str>>,
}

impl TaskName {
    /// For what is no task.
    pub(crate) fn of_label(label: String) -> Self {
        Self {
            space: Arc::default(),
            index: Index::Anonymous(0),
            label: Some(label.into()),
        }
    }

    /// The name of the task space, empty for an anonymous task.
    #[must_use]
    pub fn space(&self) -> &str {
        &self.space
    }

    /// The indices in the task space; empty for an anonymous task.
    #[must_use]
    pub fn indices(&self) -> &[i64] {
        match &self.index {
            Index::Anonymous(_) => &[],
            index => index.as_slice(),
        }
    }

    /// The label given with `name`.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

impl fmt::Debug for TaskName {
    /// As `Display`: a name is easier to read in a list of events or a failed assertion than its
    /// parts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.index {
            Index::Anonymous(number) => match &self.label {
                Some(label) => f.write_str(label),
                None => write!(f, "task#{number}"),
            },
            index => {
                write!(f, "{}[", self.space)?;
                for (position, i) in index.as_slice().iter().enumerate() {
                    write!(f, "{}{i}", if position == 0 { "" } else { ", " })?;
                }
                f.write_str("]")?;
                self.label
                    .as_ref()
                    .map_or(Ok(()), |label| write!(f, " ({label})"))
            }
        }
    }
}
