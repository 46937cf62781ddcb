//! What a running body can ask about itself.

use crate::device::{DeviceId, Lease};
use crate::sync::Arc;
use crate::task::TaskName;
use crate::worker::context;

/// The name of the task whose body runs on this thread; `None` outside bodies.
#[must_use]
pub fn current_task() -> Option<TaskName> {
    context::current_task().map(|node| node.name())
}

/// The devices the running task was placed on; empty outside bodies.
#[must_use]
pub fn current_devices() -> Vec<DeviceId> {
    context::current_task()
        .map(|node| node.family().scheduler.devices_of(&node))
        .unwrap_or_default()
}

/// Whether the running task was cancelled, or the program interrupted: a long body may ask now
/// and then and return early. In the body of a prebuilt graph it tells of interrupts only.
#[must_use]
pub fn is_cancelled() -> bool {
    match context::current_task() {
        Some(node) => node.state.is_cancel_requested() || node.family().scheduler.is_interrupted(),
        None if context::is_worker() => context::ambient().is_some_and(|it| it.is_interrupted()),
        None => false,
    }
}

/// The first of the [`current_leases`].
#[must_use]
pub fn current_lease() -> Option<Arc<dyn Lease>> {
    let node = context::current_task_with_options()?;
    let work = node.options()?.work.lock();
    work.current_leases()
        .first()
        .map(|(_, lease)| lease.clone())
}

/// What the devices with queues of their own have given the running task, in the order of its
/// devices; empty elsewhere. For back ends, which know their own leases by their type.
#[must_use]
pub fn current_leases() -> Vec<Arc<dyn Lease>> {
    let leases = context::current_task_with_options().and_then(|node| {
        let options = node.options()?;
        let work = options.work.lock();
        Some(
            work.current_leases()
                .iter()
                .map(|(_, lease)| lease.clone())
                .collect(),
        )
    });
    leases.unwrap_or_default()
}
