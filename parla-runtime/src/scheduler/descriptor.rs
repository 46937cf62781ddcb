//! What a spawn says, as the macros and the builder fill it in. Plain data.

use crate::device::{DeviceKinds, Placement};
use crate::error::TaskErrorKind;
use crate::resources::Demand;
use crate::sync::Arc;
use crate::task::NodeRef;

/// A recycled descriptor keeps room for so many dependencies.
const ROOM_KEPT: usize = 64;

/// Everything a spawn says: the descriptor that the macros and the builder fill in.
#[derive(Debug, Default)]
pub(crate) struct Descriptor {
    /// What it is ordered after: the tasks it depends on, and those that provide what its body
    /// declares to use.
    pub(crate) dependencies: Vec<NodeRef>,
    /// More of those: tasks of the same space, by the numbers of their places in its table.
    pub(crate) places: Vec<u64>,
    /// Absent for the ordinary task, which asks for nothing.
    pub(crate) request: Option<Box<Request>>,
}

impl Descriptor {
    pub(crate) fn request_mut(&mut self) -> &mut Request {
        self.request.get_or_insert_default()
    }

    /// Makes it as good as new for another spawn; false if it is not worth keeping.
    #[inline]
    pub(crate) fn clear(&mut self) -> bool {
        self.dependencies.clear();
        self.places.clear();
        self.request = None;
        self.dependencies.capacity().max(self.places.capacity()) <= ROOM_KEPT
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
