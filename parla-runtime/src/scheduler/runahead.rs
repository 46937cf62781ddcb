//! Tasks on devices with queues of their own: their bodies only queue work, and they end when that
//! is done. Tasks on such devices that depend on them follow at once, behind fences.
//!
//! The protocol, and the races it prevents, are in `docs/internals/runahead.md`.

use smallvec::{SmallVec, smallvec};

use super::Scheduler;
use crate::device::{DeviceError, Fence, Lease, LeaseRequest};
use crate::error::TaskErrorKind;
use crate::graph::TooLate;
use crate::scheduler::{Next, OutsideWork};
use crate::sync::{Arc, Ordering};
use crate::task::{DeviceWork, Fences, Leases, Linked, Node, NodeRef, Options, Running, Settled};
use crate::trace::EventKind;
use crate::worker::unwind;

/// Tasks for which something is done that their end waits for, and how it failed.
type Unsettled = SmallVec<[(NodeRef, Option<TaskErrorKind>); 2]>;

impl Scheduler {
    /// Gets a task that is about to run what its devices give it, behind what it follows.
    #[cold] // Most tasks run on the host, whose loop is the shorter for it.
    pub(crate) fn lease_devices(self: &Arc<Self>, task: &Running) -> Result<(), TaskErrorKind> {
        let Some(options) = task.options() else {
            return Ok(());
        };
        let held = options.held.lock();
        let granted = held.grant().into_iter().flat_map(|grant| &grant.devices);
        let devices: SmallVec<[usize; 2]> = granted
            .map(|&(device, _)| device)
            .filter(|&device| self.devices[device].has_queues())
            .collect();
        let places = held.grant().map(|grant| {
            let devices = grant.devices.iter().map(|&(device, _)| device);
            devices.zip(grant.numbers.iter().copied()).collect()
        });
        drop(held);
        if devices.is_empty() {
            return Ok(());
        }
        let mut work = options.work.lock();
        let after = work.take_after();
        work.set_places(places.unwrap_or_default());
        drop(work);
        let request = LeaseRequest {
            task: task.name(),
            priority: options.priority,
            after: &after,
        };
        for device in devices {
            let lease = self.devices[device]
                .lease(&request)
                .and_then(|lease| behind(lease, &after))
                .map_err(|error| self.device_failed(device, error))?;
            lease
                .into_iter()
                .for_each(|lease| options.work.lock().add_lease(device, lease));
        }
        Ok(())
    }

    /// Ends the body of a task that has leases. The task itself ends when their work is done;
    /// what may follow it is released, unless the body failed. The first that has got what it asks
    /// for is for the calling worker to run next.
    #[cold]
    pub(crate) fn run_ahead(
        self: &Arc<Self>,
        task: Running,
        outcome: Result<(), TaskErrorKind>,
    ) -> Option<Next> {
        let node = task.reference();
        let Some(options) = node.options() else {
            unreachable!("a task with leases has options");
        };
        let leases = Leases::from(options.work.lock().leases());
        let is_awaited = node.is_awaited_by(|dependent| !follows_queues(dependent));
        let mut queued = outcome.map(|()| Fences::new());
        for (device, lease) in &leases {
            match (&mut queued, lease.clone().seal(is_awaited)) {
                (Ok(fences), Ok(fence)) => fences.push(fence),
                (Ok(_), Err(error)) => queued = Err(self.device_failed(*device, error)),
                (Err(_), _) => {}
            }
        }
        self.record(EventKind::Queued, &node);
        self.devices_may_begin(&node);
        let released = self.queue_work(options, task, queued);
        for (device, lease) in leases {
            let (scheduler, node) = (self.clone(), node.clone());
            lease.when_done(Box::new(move |result| {
                // Until this is done, the runtime does not shut down.
                scheduler.visits.task_spawned();
                let failure = result
                    .err()
                    .map(|error| scheduler.device_failed(device, error));
                scheduler.settle(node, failure);
                scheduler.visits.tasks_ended(1);
            }));
        }
        let mut next = None;
        for runnable in released.into_iter().filter_map(Linked::release) {
            if next.is_none() && !self.queues.is_seeded() {
                next = self.admit_here(runnable).map(Next::Admitted);
            } else {
                self.make_ready(runnable);
            }
        }
        self.settle(node, None);
        next
    }

    /// Notes what a body has queued. Yields the links of those that may follow it.
    fn queue_work(
        self: &Arc<Self>,
        options: &Options,
        task: Running,
        queued: Result<Fences, TaskErrorKind>,
    ) -> SmallVec<[Linked; 2]> {
        // Under the lock until the task can be followed: see `follow`.
        let mut work = options.work.lock();
        let late = work.queue(queued);
        let mut released = SmallVec::new();
        if work.is_queued() {
            released = task.detach(follows_queues);
            for link in &released {
                add_follower(&mut work, link);
            }
        }
        work.await_leases(task, OutsideWork::new(self));
        drop(work);
        unwind::discard(late);
        released
    }

    /// Registers a task that may follow others with a dependency: behind its fences if that is
    /// ahead, else as usual.
    #[cold]
    pub(crate) fn follow(
        nth: usize,
        link: Linked,
        dependency: &Node,
    ) -> Result<(), (Linked, TooLate)> {
        let Some(of_dependency) = dependency.options() else {
            return link.depend(nth, dependency);
        };
        // The lock is held over the registration: who queues the work of the dependency, under the
        // same lock, either finds the link or has been seen here.
        let mut work = of_dependency.work.lock();
        if !work.is_ahead() {
            return link.depend(nth, dependency);
        }
        add_follower(&mut work, &link);
        Err((link, TooLate))
    }

    /// Something that the end of a task waits for is done: its leases, what it follows, its body.
    fn settle(self: &Arc<Self>, node: NodeRef, failure: Option<TaskErrorKind>) {
        // A list in place of recursion bears chains of any length.
        let mut pending: Unsettled = smallvec![(node, failure)];
        while let Some((node, failure)) = pending.pop() {
            let Some(options) = node.options() else {
                continue;
            };
            let (settled, late) = options.work.lock().settle(failure);
            unwind::discard(late);
            if let Some(settled) = settled {
                self.end_settled(&node, settled, &mut pending);
            }
        }
    }

    fn end_settled(self: &Arc<Self>, node: &NodeRef, settled: Settled, pending: &mut Unsettled) {
        let Settled {
            running,
            failure,
            followers,
            leases,
            fences,
            outside,
        } = settled;
        drop((leases, fences));
        self.learn_from_devices(node, failure.is_none());
        match failure {
            Some(kind) => self.end_badly(running, kind),
            None => {
                let next = self.end_well(running, false);
                next.into_iter().for_each(|next| self.queue_next(next));
            }
        }
        for follower in followers {
            let cause = node.outcome().and_then(Result::err).cloned();
            if let Some(cause) = &cause {
                let kind = TaskErrorKind::DependencyFailed(cause.clone());
                // If it has not started. Else that is what becomes of it when it settles.
                self.fail_unstarted(&follower, kind);
            }
            self.devices_may_begin(&follower);
            pending.push((follower, cause.map(TaskErrorKind::DependencyFailed)));
        }
        drop(outside);
    }

    /// What the failure of a device means for a task. A lost device is given to no task any more.
    fn device_failed(self: &Arc<Self>, device: usize, error: DeviceError) -> TaskErrorKind {
        if error.is_lost() {
            self.quarantine(device, &error);
        }
        self.failure_of(device, &error)
    }

    pub(super) fn failure_of(&self, device: usize, error: &DeviceError) -> TaskErrorKind {
        TaskErrorKind::Device {
            device: self.devices[device].id(),
            error: error.clone(),
        }
    }

    /// Takes a device out of use. Tasks that wait for it alone fail.
    pub(super) fn quarantine(self: &Arc<Self>, device: usize, error: &DeviceError) {
        // Before the device is closed: who maps after that does not use what was mapped before. Who
        // was faster is refused when it asks for admission.
        self.has_lost.store(true, Ordering::Release);
        let hopeless = self.admission.lock().close(device, error);
        self.store.lose(device, error);
        for ticket in hopeless {
            self.refuse_admission(ticket, self.failure_of(device, error));
        }
    }
}

fn follows_queues(task: &Node) -> bool {
    task.options().is_some_and(|options| options.follows_queues)
}

/// Puts a task that follows queues behind the work of another; that is locked before this one, as
/// the edge leads.
fn add_follower(work: &mut DeviceWork, follower: &Node) {
    if let Some(options) = follower.options() {
        work.add_follower(NodeRef::of(follower), &mut options.work.lock());
    }
}

/// Has a lease wait for those fences.
fn behind(
    lease: Option<Arc<dyn Lease>>,
    fences: &[Arc<dyn Fence>],
) -> Result<Option<Arc<dyn Lease>>, DeviceError> {
    match &lease {
        Some(lease) => fences.iter().try_for_each(|fence| lease.wait_for(fence))?,
        None => fences.iter().try_for_each(|fence| fence.wait_blocking())?,
    }
    Ok(lease)
}
