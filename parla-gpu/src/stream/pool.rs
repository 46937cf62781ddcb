//! The streams of a device, and which of them a task gets.

use std::sync::Arc;

use super::{EventPool, Point, Stream};
use crate::cuda::{Context, Failure};
use crate::lock::Mutex;

/// The streams of a device.
#[derive(Debug)]
pub(crate) struct StreamPool {
    context: Arc<Context>,
    events: Arc<EventPool>,
    /// The lowest and the highest priority; higher is smaller.
    priorities: (i32, i32),
    slots: Mutex<Slots>,
    /// By direction.
    copying: Mutex<[Option<Arc<Stream>>; 3]>,
}

/// Which way a copy goes. Devices have engines of their own for each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// From the host.
    In,
    /// To the host.
    Out,
    /// Within the device, or from another one.
    Across,
}

#[derive(Debug, Default)]
struct Slots {
    slots: Vec<Slot>,
    /// Where to go on when all are busy.
    next: usize,
}

#[derive(Debug)]
struct Slot {
    stream: Arc<Stream>,
    priority: i32,
    /// Tasks whose bodies may still queue something here.
    open: usize,
}

/// Streams of one priority. More than a few don't run at once on any device, and each costs memory
/// in the driver.
const STREAMS: usize = 8;

impl StreamPool {
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self, Failure> {
        Ok(Self {
            context: context.clone(),
            events: EventPool::new(context),
            priorities: context.priorities()?,
            slots: Mutex::default(),
            copying: Mutex::default(),
        })
    }

    /// A stream for a task that comes after these points, best first:
    /// 1. the stream in which one of them is the last thing queued: the task goes on there, and
    ///    needs no event to wait for;
    /// 2. one with nothing to do;
    /// 3. a new one, as long as there are few;
    /// 4. one that no body queues to at the moment;
    /// 5. any: the order of a stream is only more order than needed.
    pub(crate) fn open<'a>(
        &self,
        priority: i32,
        after: impl IntoIterator<Item = &'a Point>,
    ) -> Result<Arc<Stream>, Failure> {
        let priority = self.device_priority(priority);
        let mut slots = self.slots.lock();
        let follows = after.into_iter().find_map(|point| {
            slots.find(|slot| {
                slot.priority == priority
                    && slot.open == 0
                    && slot.stream.id() == point.stream().id()
                    && point.is_end()
            })
        });
        let found = follows.or_else(|| {
            slots.find(|slot| slot.priority == priority && slot.open == 0 && !slot.stream.is_busy())
        });
        let index = match found {
            Some(index) => index,
            None if slots.count(priority) < STREAMS => self.add(&mut slots, priority)?,
            None => slots
                .find(|slot| slot.priority == priority && slot.open == 0)
                .or_else(|| slots.find(|slot| slot.priority == priority))
                .unwrap_or_default(),
        };
        Ok(slots.open(index))
    }

    /// The stream for what the runtime copies that way, in which no task queues anything.
    pub(crate) fn copying(&self, direction: Direction) -> Result<Arc<Stream>, Failure> {
        let mut streams = self.copying.lock();
        let stream = &mut streams[direction as usize];
        if let Some(stream) = stream {
            return Ok(stream.clone());
        }
        let made = Stream::new(&self.context, &self.events, self.device_priority(0))?;
        Ok(stream.insert(made).clone())
    }

    /// A new stream; another if the driver has no more.
    fn add(&self, slots: &mut Slots, priority: i32) -> Result<usize, Failure> {
        match Stream::new(&self.context, &self.events, priority) {
            Ok(stream) => slots.slots.push(Slot {
                stream,
                priority,
                open: 0,
            }),
            Err(failure) => {
                return slots.find(|slot| slot.priority == priority).ok_or(failure);
            }
        }
        Ok(slots.slots.len() - 1)
    }

    /// The body of a task queues nothing more on the stream.
    pub(crate) fn close(&self, stream: &Arc<Stream>) {
        let mut slots = self.slots.lock();
        let slot = slots
            .slots
            .iter_mut()
            .find(|slot| slot.stream.id() == stream.id());
        if let Some(slot) = slot {
            slot.open -= 1;
        }
    }

    fn device_priority(&self, priority: i32) -> i32 {
        let (lowest, highest) = self.priorities;
        // Ordinary tasks get the lowest, so that there is room above.
        lowest.saturating_sub(priority.max(0)).max(highest)
    }
}

impl Slots {
    /// A slot of that kind; the next one round, so that work spreads.
    fn find(&self, fits: impl Fn(&Slot) -> bool) -> Option<usize> {
        let count = self.slots.len();
        (self.next..self.next + count)
            .map(|index| index % count)
            .find(|index| fits(&self.slots[*index]))
    }

    fn count(&self, priority: i32) -> usize {
        let same = self.slots.iter().filter(|slot| slot.priority == priority);
        same.count()
    }

    fn open(&mut self, index: usize) -> Arc<Stream> {
        self.next = (index + 1) % self.slots.len();
        let slot = &mut self.slots[index];
        slot.open += 1;
        slot.stream.clone()
    }
}
