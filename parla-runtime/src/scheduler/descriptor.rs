//! What a spawn says, as the macros and the builder fill it in. Plain data.

use smallvec::SmallVec;

use crate::device::{DeviceKinds, Placement};
use crate::error::TaskErrorKind;
use crate::graph::Access;
use crate::resources::Demand;
use crate::sync::Arc;
use crate::task::Node;

/// Everything a spawn says: the descriptor that the macros and the builder fill in.
#[derive(Debug, Default)]
pub(crate) struct Descriptor {
    pub(crate) dependencies: SmallVec<[Arc<Node>; 4]>,
    /// What the body declares to use; it is ordered after the tasks that provide it.
    pub(crate) accesses: Vec<Access>,
    /// Absent for the ordinary task, which asks for nothing.
    pub(crate) request: Option<Box<Request>>,
}

impl Descriptor {
    pub(crate) fn request_mut(&mut self) -> &mut Request {
        self.request.get_or_insert_default()
    }
}

/// What a spawn asks of the scheduler beyond order.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) label: Option<Arc<str>>,
    pub(crate) priority: i32,
    pub(crate) placement: Option<Placement>,
    pub(crate) kinds: DeviceKinds,
    pub(crate) demand: Demand,
    /// The first bad clause.
    pub(crate) error: Option<TaskErrorKind>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            label: None,
            priority: 0,
            placement: None,
            kinds: DeviceKinds::ALL,
            demand: Demand::default(),
            error: None,
        }
    }
}
