//! [`Shared`]: a value of any type that tasks declare to use.

use std::fmt;
use std::marker::PhantomData;

use super::datum::Datum;
use super::{Home, Part, Region};
use crate::sync::Arc;

/// A value that tasks declare to use, on the host. Its accesses order tasks as those of a
/// [`PArray`](crate::PArray) do.
///
/// ```
/// # let runtime = parla_runtime::Runtime::builder().workers(2).build()?;
/// # let _ambient = runtime.enter();
/// use parla_runtime::{Shared, TaskSpace};
/// let words = Shared::new(Vec::new());
/// let t = TaskSpace::new("T");
/// for (i, word) in ["one", "after", "the", "other"].into_iter().enumerate() {
///     let (task, mut words) = t.task(i).inout(&words);
///     task.spawn(move || words.with(|words| words.push(word)));
/// }
/// assert_eq!(words.into_inner().wait()?.join(" "), "one after the other");
/// # Ok::<(), parla_runtime::Error>(())
/// ```
pub struct Shared<T> {
    part: Arc<Part>,
    value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// The value becomes one that tasks can use.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self {
            part: Part::new(Datum::new(Home::of_value(value), []), Region::new([])),
            value: PhantomData,
        }
    }

    /// Gives the value a name for errors and traces; the first one stays.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.part.datum.set_name(name.into());
        self
    }

    pub(crate) fn into_part(self) -> Arc<Part> {
        self.part
    }
}

impl<T> Shared<T> {
    /// All of it.
    pub(crate) fn part(&self) -> &Arc<Part> {
        &self.part
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self {
            part: self.part.clone(),
            value: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.part, f)
    }
}
