//! What a spawn says, as the macros and the builder fill it in. Plain data.

use crate::data::{self, AccessClause, Declaring, Mode, TaskData};
use crate::device::{DeviceKind, DeviceKinds, Placement};
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
    /// The data that its body declares to use.
    pub(crate) accesses: Vec<AccessClause>,
    /// Whether those leave the order of tasks to `dependencies`.
    pub(crate) is_explicit: bool,
    /// Absent for the ordinary task, which asks for nothing.
    pub(crate) request: Option<Box<Request>>,
    /// One that is as good as new.
    spare: Option<Box<Request>>,
}

impl Descriptor {
    pub(crate) fn request_mut(&mut self) -> &mut Request {
        let spare = &mut self.spare;
        (self.request).get_or_insert_with(|| spare.take().unwrap_or_default())
    }

    /// Puts the task, whose descriptor this is, after those that use its data. If it is known to
    /// whom races matter, `declaring` tells of it.
    pub(crate) fn declare(&mut self, task: &NodeRef, declaring: Option<&mut Declaring>) {
        let declared = data::declare(&mut self.accesses, task, &mut self.dependencies, declaring);
        if let Err(mistake) = declared {
            let error = &mut self.request_mut().error;
            error.get_or_insert(TaskErrorKind::BadClause(mistake));
        }
        let has_memory = task.family().scheduler.has_memory;
        if has_memory && let Some(mistake) = self.reduce_on_host() {
            let error = &mut self.request_mut().error;
            error.get_or_insert(TaskErrorKind::BadClause(mistake));
        }
        let takes_turns = |access: &AccessClause| access.mode == Mode::Commute;
        if has_memory || self.accesses.iter().any(takes_turns) {
            let data = TaskData::new(self.accesses.drain(..));
            self.request_mut().data = Some(data);
        }
    }

    /// Private copies for a reduction are on the host, so the task is placed there if it has one.
    /// What is wrong if it can't be.
    fn reduce_on_host(&mut self) -> Option<String> {
        let is_reduced = |it: &&AccessClause| matches!(it.mode, Mode::Reduce(_));
        let data = self.accesses.iter().find(is_reduced)?.part.to_string();
        let request = self.request_mut();
        let placed_on = request.placement.as_ref().and_then(Placement::only_kind);
        let is_elsewhere = placed_on.is_some_and(|kind| kind != DeviceKind::Cpu);
        if is_elsewhere || !request.kinds.contains(DeviceKind::Cpu) {
            return Some(format!(
                "`{data}` is reduced on the host only: place the task on `cpu`"
            ));
        }
        request.kinds = DeviceKinds::CPU;
        None
    }

    /// Makes it as good as new for another spawn; false if it is not worth keeping.
    #[inline]
    pub(crate) fn clear(&mut self) -> bool {
        self.dependencies.clear();
        self.places.clear();
        self.accesses.clear();
        self.is_explicit = false;
        if let Some(mut request) = self.request.take() {
            *request = Request::default();
            self.spare = Some(request);
        }
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
    /// The task function that is called, if one is.
    pub(crate) function: Option<&'static str>,
    pub(crate) demand: Demand,
    /// The data that it uses, where that has to be looked after until it ends.
    pub(crate) data: Option<Arc<TaskData>>,
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
            function: None,
            demand: Demand::default(),
            data: None,
            error: None,
        }
    }
}
