//! What a spawn asked for beyond running after its dependencies; most tasks have none of it.

use crate::resources::Alternative;
use crate::sync::Arc;

/// The parts of a descriptor that the scheduler keeps with the task.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The label given with `name`.
    pub(crate) label: Option<Arc<str>>,
    /// Higher runs first; zero is the ordinary queue.
    pub(crate) priority: i32,
    /// Where it may run and what it takes there; empty if it needs no admission.
    pub(crate) alternatives: Arc<[Alternative]>,
}
