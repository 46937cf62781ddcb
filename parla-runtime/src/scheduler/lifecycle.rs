//! A task from its spawn until it is queued: claims it, registers it with its dependencies, maps
//! and admits it.

use super::descriptor::{Descriptor, Request};
use super::map::map;
use super::{Scheduler, Ticket};
use crate::device::{DeviceKinds, Placement};
use crate::error::TaskErrorKind;
use crate::graph::Index;
use crate::resources::{Alternative, Demand};
use crate::sync::{Arc, Ordering};
use crate::task::{Body, Follow, Node, Options, Successor, TaskState};
use crate::trace::EventKind;

type Label = Option<Arc<str>>;

impl Scheduler {
    /// Spawns `node` with a body. Never fails: what is wrong becomes the task's outcome. Returns
    /// the node that carries the outcome, another one if `node` had been spawned before.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        node: &Arc<Node>,
        body: Body,
        descriptor: Descriptor,
    ) -> Arc<Node> {
        // Before the claim, since whoever ends the task counts it down.
        node.family.scope.task_spawned();
        {
            let mut slot = node.body.lock();
            if !node.state.spawn() {
                // Read under the lock under which it is written.
                let spawned = node.spawned.load(Ordering::Relaxed);
                drop(slot);
                drop(body);
                return self.spawned_before(node, spawned);
            }
            node.spawned.store(true, Ordering::Relaxed);
            // Under the lock since the claim: who cancels the task now finds the body to discard.
            *slot = Some(body);
        }
        self.record(EventKind::Spawned, node);
        match self.options(descriptor.request) {
            Ok(None) => {}
            Ok(Some(options)) => {
                let _ = node.options.set(options);
            }
            Err((label, kind)) => {
                let _ = node.options.set(Box::new(Options {
                    label,
                    ..Options::default()
                }));
                self.fail_unstarted(node, kind);
                return node.clone();
            }
        }
        let accessed = descriptor.accesses.iter().map(|access| &access.source);
        for dependency in descriptor.dependencies.iter().chain(accessed) {
            self.depend(node, dependency);
        }
        if node.pending.release() && node.state.make_ready() {
            self.make_ready(node.clone());
        }
        node.clone()
    }

    /// A second task of the same name: fails, and leaves the first alone. A task that was
    /// cancelled before it was ever spawned keeps that outcome.
    fn spawned_before(self: &Arc<Self>, node: &Arc<Node>, spawned: bool) -> Arc<Node> {
        if !spawned {
            node.family.scope.tasks_ended(1);
            return node.clone();
        }
        let second = Arc::new(Node::new(node.family.clone(), node.index.clone()));
        if second.state.spawn() {
            self.fail_unstarted(&second, TaskErrorKind::AlreadySpawned);
        }
        second
    }

    /// A spawn at an index that names no task: `node` carries the error.
    pub(crate) fn refuse(self: &Arc<Self>, node: &Arc<Node>, body: Body, kind: TaskErrorKind) {
        drop(body);
        node.family.scope.task_spawned();
        if node.state.spawn() {
            self.fail_unstarted(node, kind);
        }
    }

    /// What the scheduler must keep of a descriptor; `None` for the ordinary task.
    /// A request that can't be met gives its label back with the error, which shows it.
    fn options(
        &self,
        request: Option<Box<Request>>,
    ) -> Result<Option<Box<Options>>, (Label, TaskErrorKind)> {
        let request = match request {
            Some(request) => *request,
            None if self.devices.len() == 1 => {
                return self.refusal().map_or(Ok(None), |kind| Err((None, kind)));
            }
            None => Request::default(),
        };
        let Request {
            label,
            priority,
            placement,
            kinds,
            demand,
            error,
        } = request;
        if let Some(kind) = error.or_else(|| self.refusal()) {
            return Err((label, kind));
        }
        let everywhere = placement.is_none() && kinds == DeviceKinds::ALL;
        let (mut alternatives, mut follow) = (Vec::new(), None);
        if !(everywhere && demand == Demand::default() && self.devices.len() == 1) {
            let placement = placement.unwrap_or_default();
            alternatives = match self.map(&placement, kinds, demand) {
                Ok(alternatives) => alternatives,
                Err(kind) => return Err((label, kind)),
            };
            // With one device that is asked for nothing there is nothing to admit.
            if self.devices.len() == 1 && alternatives.iter().all(Alternative::is_free) {
                alternatives.clear();
            } else if placement.follows_a_task() {
                follow = Some(Follow {
                    placement,
                    kinds,
                    demand,
                });
            }
        }
        let plain = label.is_none() && priority == 0 && alternatives.is_empty();
        let alternatives = alternatives.into();
        Ok((!plain).then(|| {
            Box::new(Options {
                label,
                priority,
                alternatives,
                follow,
                ..Options::default()
            })
        }))
    }

    fn map(
        &self,
        placement: &Placement,
        kinds: DeviceKinds,
        demand: Demand,
    ) -> Result<Vec<Alternative>, TaskErrorKind> {
        map(
            placement,
            kinds,
            demand,
            &self.devices,
            self.admission.lock().pool(),
        )
    }

    /// Why no task can be spawned any more.
    fn refusal(&self) -> Option<TaskErrorKind> {
        if self.is_closing() {
            return Some(TaskErrorKind::ShutDown);
        }
        self.is_interrupted().then_some(TaskErrorKind::Interrupted)
    }

    /// Makes `node` wait for `dependency`. The caller holds the guard of `node`.
    fn depend(self: &Arc<Self>, node: &Arc<Node>, dependency: &Arc<Node>) {
        if !Arc::ptr_eq(&dependency.family.scheduler, self) {
            self.fail_unstarted(node, TaskErrorKind::ForeignDependency(dependency.name()));
            return;
        }
        if matches!(dependency.index, Index::Anonymous(_))
            && dependency.state.stage() == TaskState::Referenced
        {
            node.family.scope.add_loose(dependency.clone());
        }
        node.pending.acquire();
        if dependency
            .successors
            .push(Successor::Task(node.clone()))
            .is_ok()
        {
            return;
        }
        // It has ended: its outcome is there.
        let last = node.pending.release();
        debug_assert!(!last, "the guard is held");
        if let Some(Err(cause)) = dependency.outcome() {
            self.fail_unstarted(node, TaskErrorKind::DependencyFailed(cause.clone()));
        }
    }

    /// Queues a task whose dependencies have all ended well, through admission if it asks for
    /// resources.
    pub(crate) fn make_ready(self: &Arc<Self>, node: Arc<Node>) {
        match node
            .options
            .get()
            .filter(|options| !options.alternatives.is_empty())
        {
            None => self.enqueue(node),
            Some(_) => self.ask_admission(node),
        }
    }

    /// As [`make_ready`](Self::make_ready), behind all tasks that are ready.
    pub(crate) fn make_ready_last(self: &Arc<Self>, node: Arc<Node>) {
        match node
            .options
            .get()
            .filter(|options| !options.alternatives.is_empty())
        {
            None => self.enqueue_last(node),
            Some(_) => self.ask_admission(node),
        }
    }

    fn ask_admission(self: &Arc<Self>, node: Arc<Node>) {
        let Some(options) = node.options.get() else {
            return;
        };
        let mut alternatives = options.alternatives.clone();
        if let Some(Follow {
            placement,
            kinds,
            demand,
        }) = &options.follow
        {
            match self.map(placement, *kinds, *demand) {
                Ok(mapped) => alternatives = mapped.into(),
                Err(kind) => return self.fail_unstarted(&node, kind),
            }
        }
        let priority = options.priority;
        let granted = self
            .admission
            .lock()
            .request(Ticket::Task(node), alternatives, priority);
        self.admit(granted);
    }

    /// Wakes a suspended async body.
    pub(crate) fn wake_task(node: &Arc<Node>) {
        if node.state.wake() {
            let scheduler = &node.family.scheduler;
            scheduler.waits.remove_suspended(node);
            scheduler.make_ready(node.clone());
        }
    }
}
