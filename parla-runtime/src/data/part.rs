//! A region of a datum: what a handle on an array is, and what an access is of.

use std::fmt;

use super::Region;
use super::datum::Datum;
use crate::sync::Arc;

/// Handles, tasks and bodies count on it instead of the datum, which is one for all regions: threads
/// at work on different regions would count on the same line of the cache.
#[derive(Debug)]
pub(crate) struct Part {
    pub(super) datum: Arc<Datum>,
    pub(super) region: Region,
}

impl Part {
    pub(super) fn new(datum: Arc<Datum>, region: Region) -> Arc<Self> {
        Arc::new(Self { datum, region })
    }

    /// What is wrong with an access while it is in use where no runtime keeps accesses in order.
    pub(super) fn borrowed_mistake(&self) -> String {
        format!("`{self}` is in use outside of any runtime: drop what `read` or `write` has given")
    }
}

/// Its name, for people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.datum.describe(&self.region))
    }
}
