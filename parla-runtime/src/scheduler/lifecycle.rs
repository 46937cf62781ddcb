//! A task from its spawn until it is queued: claims it, registers it with its dependencies, maps
//! and admits it.

use smallvec::SmallVec;

use super::descriptor::{Descriptor, Request};
use super::map::map;
use super::{Scheduler, Ticket};
use crate::data::TaskData;
use crate::device::{DeviceKinds, Placement};
use crate::error::TaskErrorKind;
use crate::graph::{Found, Slot, TooLate};
use crate::resources::{Alternative, Bytes, Demand, Wish};
use crate::sync::{Arc, Mutex, OnceLock, Ordering};
use crate::task::{
    Claimed, Family, Follow, Linked, Node, NodeRef, Options, Runnable, State, TaskState,
};
use crate::trace::EventKind;
use crate::worker::context;

type Label = Option<Arc<str>>;

impl Scheduler {
    /// Spawns a task that has got its body. Never fails: what is wrong becomes the task's outcome.
    #[inline]
    pub(crate) fn spawn(task: Claimed<'_>, descriptor: Option<Box<Descriptor>>) {
        match descriptor {
            None => Self::spawn_free(task),
            Some(descriptor) => Self::spawn_described(task, descriptor),
        }
    }

    /// Spawns a task without dependencies and requests.
    fn spawn_free(task: Claimed<'_>) {
        let scheduler = &task.node().family().scheduler;
        scheduler.races.spawned_free(task.node());
        if let Some(task) = scheduler.begin(task, None) {
            scheduler.make_ready(task.publish_ready());
        }
    }

    fn spawn_described(task: Claimed<'_>, mut descriptor: Box<Descriptor>) {
        let scheduler = &task.node().family().scheduler;
        let explicit = descriptor.is_explicit && !descriptor.accesses.is_empty();
        if explicit || scheduler.races.is_on() {
            scheduler.declare_watched(task.node(), &mut descriptor);
        } else if !descriptor.accesses.is_empty() {
            descriptor.declare(task.node(), None);
        }
        if let Some(task) = scheduler.begin(task, descriptor.request.as_deref_mut()) {
            if let Some(graph) = scheduler.graph_log() {
                // Again, with its label.
                graph.add(task.node());
                graph.add_dependencies(task.node(), &descriptor);
            }
            scheduler.publish(task, &mut descriptor);
        }
        if descriptor.clear() {
            context::put_descriptor(descriptor);
        }
    }

    /// Declares what a task uses where races are looked for.
    #[cold]
    fn declare_watched(&self, task: &NodeRef, descriptor: &mut Descriptor) {
        if descriptor.is_explicit {
            self.races.turn_on();
        }
        let Descriptor {
            dependencies,
            places,
            ..
        } = descriptor;
        let none = pending_slots(task.family(), places, dependencies, true);
        debug_assert!(none.is_empty(), "all are dependencies now");
        places.clear();
        let is_explicit = descriptor.is_explicit;
        let mut declaring = self.races.declaring(task, is_explicit, dependencies);
        if !descriptor.accesses.is_empty() {
            descriptor.declare(task, Some(&mut declaring));
        }
        self.races
            .spawned(task, &descriptor.dependencies, declaring);
    }

    /// As [`spawn`](Self::spawn), without dependencies and requests, but no worker need have been
    /// told: [`queued`](Self::queued) must follow, and before it no code of users.
    pub(crate) fn spawn_quietly(task: Claimed<'_>) {
        let scheduler = &task.node().family().scheduler;
        scheduler.races.spawned_free(task.node());
        if let Some(task) = scheduler.begin(task, None) {
            let runnable = task.publish_ready();
            if asks_for_resources(&runnable) {
                scheduler.ask_admission(runnable);
            } else {
                scheduler.enqueue_quietly(runnable);
            }
        }
    }

    /// Counts and records a spawn, and keeps what it asks for. `None` if the task has failed.
    #[inline]
    fn begin<'a>(
        self: &Arc<Self>,
        task: Claimed<'a>,
        request: Option<&mut Request>,
    ) -> Option<Claimed<'a>> {
        let node = task.node();
        // Before it can end, since whoever ends the task counts it down.
        node.family().scope.task_spawned();
        self.record(EventKind::Spawned, node);
        let is_plain = request.is_none() && self.is_host_undivided;
        if is_plain && !self.is_closing() && !self.is_interrupted() {
            return Some(task);
        }
        self.keep_request(task, request)
    }

    #[cold]
    fn keep_request<'a>(
        self: &Arc<Self>,
        task: Claimed<'a>,
        request: Option<&mut Request>,
    ) -> Option<Claimed<'a>> {
        let node = task.node();
        match self.options(request.map(std::mem::take).unwrap_or_default()) {
            Ok(options) => {
                options
                    .into_iter()
                    .for_each(|options| node.set_options(options));
                Some(task)
            }
            Err((label, kind)) => {
                node.set_options(Box::new(Options {
                    label,
                    ..Options::default()
                }));
                self.publish_failed(task, kind);
                None
            }
        }
    }

    /// Makes a task fail that can't be spawned.
    pub(crate) fn refuse(self: &Arc<Self>, node: &NodeRef, kind: TaskErrorKind) {
        if let Some(mut task) = node.claim() {
            let _no_result = task.put_function(|| Ok(()));
            node.family().scope.task_spawned();
            self.publish_failed(task, kind);
        }
    }

    #[cold]
    fn publish_failed(self: &Arc<Self>, task: Claimed<'_>, kind: TaskErrorKind) {
        let node = task.node();
        let link = task.publish_linked(1).next();
        self.fail_unstarted(node, kind);
        let released = link.and_then(Linked::release);
        debug_assert!(released.is_none(), "it has ended");
    }

    /// Publishes a task and makes it wait for its dependencies.
    fn publish(self: &Arc<Self>, task: Claimed<'_>, descriptor: &mut Descriptor) {
        let node = task.node();
        let Descriptor {
            dependencies,
            places,
            ..
        } = descriptor;
        let follows =
            self.has_queues && node.options().is_some_and(|options| options.follows_queues);
        let slots = pending_slots(node.family(), places, dependencies, follows);
        let links = match u32::try_from(slots.len() + dependencies.len()) {
            Ok(0) => return self.make_ready(task.publish_ready()),
            Ok(links) if links <= State::MOST_LINKS => links,
            _ => {
                let mistake = format!("a task has at most {} dependencies", State::MOST_LINKS);
                return self.publish_failed(task, TaskErrorKind::BadClause(mistake));
            }
        };
        // All links are counted from the start, so the task can't become ready before the last of
        // them has been registered.
        let (mut unused, mut late) = (0, None);
        for (nth, link) in task.publish_linked(links).enumerate() {
            let Some(place) = nth.checked_sub(slots.len()) else {
                if let Err((link, TooLate)) = link.depend_on(nth, slots[nth]) {
                    (unused, late) = (unused + 1, Some(link));
                    if let Found::Task(dependency) = NodeRef::look(slots[nth])
                        && let Some(Err(cause)) = dependency.outcome()
                    {
                        self.fail_unstarted(node, TaskErrorKind::DependencyFailed(cause.clone()));
                    }
                }
                continue;
            };
            let dependency = &dependencies[place];
            if !std::ptr::eq(&*dependency.family().scheduler, &**self) {
                self.fail_unstarted(node, TaskErrorKind::ForeignDependency(dependency.name()));
                (unused, late) = (unused + 1, Some(link));
                continue;
            }
            if dependency.is_anonymous() && dependency.state.stage() == TaskState::Referenced {
                node.family().scope.add_loose(dependency.clone());
            }
            let registered = if follows {
                Self::follow(nth, link, dependency)
            } else {
                link.depend(nth, dependency)
            };
            if let Err((link, TooLate)) = registered {
                // It has ended, and its outcome is there, or it runs ahead.
                (unused, late) = (unused + 1, Some(link));
                if let Some(Err(cause)) = dependency.outcome() {
                    self.fail_unstarted(node, TaskErrorKind::DependencyFailed(cause.clone()));
                }
            }
        }
        if let Some(runnable) = late.and_then(|link| link.release_many(unused)) {
            self.make_ready(runnable);
        }
    }

    /// What the scheduler must keep of a request; `None` for the ordinary task.
    /// A request that can't be met gives its label back with the error, which shows it.
    fn options(&self, request: Request) -> Result<Option<Box<Options>>, (Label, TaskErrorKind)> {
        let Request {
            label,
            priority,
            placement,
            kinds,
            function,
            demand,
            data,
            error,
        } = request;
        if let Some(kind) = error.or_else(|| self.refusal()) {
            return Err((label, kind));
        }
        // A body that is the same for all devices and is not placed anywhere runs on the host.
        let is_unplaced = placement.is_none() && kinds == DeviceKinds::ALL;
        let is_undivided = self.is_host_undivided;
        let (mut alternatives, mut follow): (Arc<[Alternative]>, _) = (Arc::default(), None);
        if !(is_unplaced && demand == Demand::default() && is_undivided) {
            let placement = match placement {
                Some(placement) => placement,
                None if is_unplaced => Placement::cpu(),
                None => Placement::any(),
            };
            alternatives = match self.map(&placement, kinds, demand) {
                Ok(alternatives) => alternatives,
                Err(kind) => return Err((label, kind)),
            };
            if let Some(data) = &data {
                alternatives = match self.with_room_for(data, alternatives) {
                    Ok(alternatives) => alternatives,
                    Err(kind) => return Err((label, kind)),
                };
            }
            let is_host = |device| self.devices.is_host(device);
            // With one device that is asked for nothing there is nothing to admit.
            if is_undivided
                && alternatives
                    .iter()
                    .all(|it| it.is_free() && it.devices().all(is_host))
            {
                alternatives = Arc::default();
            } else if placement.is_known_late() {
                follow = Some(Box::new(Follow {
                    placement,
                    kinds,
                    demand,
                }));
            }
        }
        let data = data.or_else(|| {
            let takes_memory = |it: &Alternative| {
                let mut entries = it.entries.iter();
                entries.any(|(devices, demand)| {
                    demand.memory > Bytes::ZERO
                        && devices.iter().any(|it| self.store.has_memory(*it))
                })
            };
            // It has others leave for it.
            let needs_room = self.has_memory && alternatives.iter().any(takes_memory);
            needs_room.then(|| TaskData::new([]))
        });
        let is_unlabelled = label.is_none() && data.is_none();
        let plain = is_unlabelled && priority == 0 && alternatives.is_empty();
        let has_queues = |device: usize| self.devices[device].has_queues();
        // What is known late is some of what there is now; but a task that is followed may move.
        let is_fixed = |follow: &Follow| !follow.placement.follows_a_task();
        let follows_queues = !alternatives.is_empty()
            && follow.as_deref().is_none_or(is_fixed)
            && alternatives.iter().all(|it| it.devices().all(has_queues));
        Ok((!plain).then(|| {
            Box::new(Options {
                label,
                priority,
                alternatives,
                follow: Mutex::new(follow),
                function,
                data: Mutex::new(data),
                follows_queues,
                ..Options::default()
            })
        }))
    }

    fn map(
        &self,
        placement: &Placement,
        kinds: DeviceKinds,
        demand: Demand,
    ) -> Result<Arc<[Alternative]>, TaskErrorKind> {
        // The most frequent request comes to the same each time, until a device is lost.
        let kind = placement.only_kind().filter(|kind| {
            let is_free = demand == Demand::default();
            is_free && kinds.contains(*kind) && !self.has_lost.load(Ordering::Acquire)
        });
        let cell = kind.and_then(|kind| self.any_of_kind.get(kind as usize));
        if let Some(known) = cell.and_then(OnceLock::get) {
            return Ok(known.clone());
        }
        let admission = self.admission.lock();
        let mapped: Arc<[Alternative]> =
            map(placement, kinds, demand, &self.devices, &admission)?.into();
        if let Some(cell) = cell {
            let _ = cell.set(mapped.clone());
        }
        Ok(mapped)
    }

    /// Why no task can be spawned any more.
    fn refusal(&self) -> Option<TaskErrorKind> {
        if self.is_closing() {
            return Some(TaskErrorKind::ShutDown);
        }
        self.is_interrupted().then_some(TaskErrorKind::Interrupted)
    }

    /// Queues a task whose dependencies have all ended well, through admission if it asks for
    /// resources.
    #[inline]
    pub(crate) fn make_ready(self: &Arc<Self>, runnable: Runnable) {
        if asks_for_resources(&runnable) {
            self.ask_admission(runnable);
        } else if let Some(runnable) = self.fetch_if_any(runnable) {
            self.enqueue(runnable);
        }
    }

    /// As [`make_ready`](Self::make_ready), behind all tasks that are ready.
    pub(crate) fn make_ready_last(self: &Arc<Self>, runnable: Runnable) {
        if asks_for_resources(&runnable) {
            self.ask_admission(runnable);
        } else if let Some(runnable) = self.fetch_if_any(runnable) {
            self.enqueue_last(runnable);
        }
    }

    /// As [`fetch`](Self::fetch), for a task that may have no data.
    #[inline]
    fn fetch_if_any(self: &Arc<Self>, runnable: Runnable) -> Option<Runnable> {
        match runnable.options() {
            Some(options) if options.data.lock().is_some() => self.fetch(runnable),
            _ => Some(runnable),
        }
    }

    fn ask_admission(self: &Arc<Self>, runnable: Runnable) {
        if let Some((runnable, wish, priority)) = self.mapped(runnable) {
            self.request(Ticket::Task(runnable), wish, priority);
        }
    }

    /// As [`make_ready`](Self::make_ready) of a task that asks for resources; but if it gets them at
    /// once, it is not queued: the caller runs it.
    pub(crate) fn admit_here(self: &Arc<Self>, runnable: Runnable) -> Option<Runnable> {
        let (runnable, wish, priority) = self.mapped(runnable)?;
        let (ticket, grant) = self.try_request(Ticket::Task(runnable), wish, priority)?;
        let Ticket::Task(runnable) = ticket else {
            unreachable!("it is the ticket of the request");
        };
        let unused = self.give_to(&runnable, grant);
        self.give_back(unused);
        self.fetch(runnable)
    }

    /// A ready task with what it asks for by now; `None` if it has failed.
    fn mapped(self: &Arc<Self>, runnable: Runnable) -> Option<(Runnable, Wish, i32)> {
        let options = runnable.options()?;
        let alternatives = self.alternatives_now(options);
        match alternatives.and_then(|it| self.wish(&runnable, options, it)) {
            Ok(wish) => {
                let priority = options.priority;
                Some((runnable, wish, priority))
            }
            Err(kind) => {
                self.fail_unstarted(&runnable.reference(), kind);
                let started = runnable.start();
                debug_assert!(started.is_none(), "it has ended");
                None
            }
        }
    }

    /// Where a ready task may run by now.
    fn alternatives_now(&self, options: &Options) -> Result<Arc<[Alternative]>, TaskErrorKind> {
        let follow = options.follow.lock().clone();
        let Some(follow) = follow else {
            return Ok(options.alternatives.clone());
        };
        let Follow {
            placement,
            kinds,
            demand,
        } = *follow;
        self.map(&placement.located(kinds, &self.devices), kinds, demand)
    }

    /// Wakes a suspended async body.
    pub(crate) fn wake_task(node: &NodeRef) {
        if let Some(runnable) = node.wake() {
            let scheduler = &node.family().scheduler;
            scheduler.waits.remove_suspended(node);
            scheduler.make_ready(runnable);
        }
    }
}

/// The slots of those of the tasks in a space that have not ended well; the few that are in no slot
/// are added to the other dependencies, or all of them if a reference is needed.
#[inline]
fn pending_slots<'a>(
    family: &'a Family,
    places: &[u64],
    dependencies: &mut Vec<NodeRef>,
    by_reference: bool,
) -> SmallVec<[&'a Slot; 4]> {
    let mut slots = SmallVec::new();
    let Some(table) = family.table() else {
        return slots;
    };
    for &place in places {
        match table.slot_of_task(family, place) {
            Some(slot) if matches!(slot.peek(), Found::Ended) => {}
            Some(slot) if !by_reference => slots.push(slot),
            _ => dependencies.push(table.reference_at(family, place)),
        }
    }
    slots
}

#[inline]
fn asks_for_resources(node: &Node) -> bool {
    node.options()
        .is_some_and(|options| !options.alternatives.is_empty())
}
