//! Events, reused: making one costs more than recording it.

use std::sync::Arc;

use crate::cuda::{Context, Event, Failure};
use crate::lock::Mutex;

/// The events of a device that nobody uses at the moment. There are never more than were once in
/// use together.
#[derive(Debug)]
pub(crate) struct EventPool {
    context: Arc<Context>,
    free: Mutex<Vec<Event>>,
}

impl EventPool {
    pub(crate) fn new(context: &Arc<Context>) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            free: Mutex::default(),
        })
    }

    /// An event that nobody else uses.
    pub(super) fn take(this: &Arc<Self>) -> Result<PooledEvent, Failure> {
        let free = this.free.lock().pop();
        let event = match free {
            Some(event) => event,
            None => Event::new(&this.context)?,
        };
        Ok(PooledEvent {
            event: Some(event),
            pool: this.clone(),
        })
    }
}

/// An event that goes back to its pool. Recording it again there leaves alone those that were told
/// to wait for it before: they wait for what it was then.
#[derive(Debug)]
pub(crate) struct PooledEvent {
    event: Option<Event>,
    pool: Arc<EventPool>,
}

impl PooledEvent {
    pub(super) fn get(&self) -> &Event {
        let Some(event) = &self.event else {
            unreachable!("only dropping it takes the event");
        };
        event
    }
}

impl Drop for PooledEvent {
    fn drop(&mut self) {
        self.pool.free.lock().extend(self.event.take());
    }
}
