//! Streams that count what is queued, so that a point in one is a number. The protocol is in
//! `docs/internals/gpu-streams.md`.

mod event;
mod point;
mod pool;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use event::{EventPool, PooledEvent};
pub(crate) use point::Point;
pub(crate) use pool::{Direction, StreamPool};

use crate::cuda::{self, Context, Failure};
use crate::lock::Mutex;

/// Numbers what is queued on a stream. A ticket is passed when all that was queued up to it is
/// done.
pub(crate) type Ticket = u64;

/// Tells streams apart in the whole process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId(u64);

/// A stream of a device.
#[derive(Debug)]
pub(crate) struct Stream {
    id: StreamId,
    raw: cuda::Stream,
    events: Arc<EventPool>,
    queue: Mutex<Queue>,
    /// The highest ticket that is known to be passed.
    passed: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    /// The highest ticket.
    issued: Ticket,
    /// The highest ticket of each other stream that what is queued next comes after.
    after: Vec<(StreamId, Ticket)>,
    /// Events in the stream that aren't known to be passed, in its order.
    marks: VecDeque<Mark>,
    /// When the last of them was put there.
    marked: Option<Instant>,
}

/// An event behind a ticket.
#[derive(Debug, Clone)]
struct Mark {
    ticket: Ticket,
    event: Arc<PooledEvent>,
}

/// How much later than a mark the next one comes, if nobody is known to wait for what is between. An
/// event costs nearly as much as a launch; what takes long is queued with more time between.
const SPACING: Duration = Duration::from_micros(20);

/// Marks to gather before those that are passed are looked for.
const MARKS: usize = 64;

impl Stream {
    pub(crate) fn new(
        context: &Arc<Context>,
        events: &Arc<EventPool>,
        priority: i32,
    ) -> Result<Arc<Self>, Failure> {
        static NEXT: AtomicU64 = AtomicU64::new(0);

        Ok(Arc::new(Self {
            // Relaxed: only that numbers differ matters.
            id: StreamId(NEXT.fetch_add(1, Ordering::Relaxed)),
            raw: cuda::Stream::new(context, priority)?,
            events: events.clone(),
            queue: Mutex::default(),
            passed: AtomicU64::new(0),
        }))
    }

    pub(crate) fn id(&self) -> StreamId {
        self.id
    }

    pub(crate) fn raw(&self) -> &cuda::Stream {
        &self.raw
    }

    /// Queues something; the point behind it. If the driver refuses, nothing is known of what it
    /// has taken, so it counts as queued all the same.
    pub(crate) fn submit<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&cuda::Stream) -> Result<T, Failure>,
    ) -> (Point, Result<T, Failure>) {
        let mut queue = self.queue.lock();
        queue.issued += 1;
        let result = work(&self.raw);
        (Point::new(self, queue.issued), result)
    }

    /// The point behind all that is queued.
    pub(crate) fn end(self: &Arc<Self>) -> Point {
        Point::new(self, self.queue.lock().issued)
    }

    /// Whether something is queued that isn't known to be done.
    pub(crate) fn is_busy(&self) -> bool {
        self.queue.lock().issued > self.passed()
    }

    /// What is queued from now on begins when the point is passed. Costs nothing where that is so
    /// anyway.
    pub(crate) fn wait_for(&self, point: &Point) -> Result<(), Failure> {
        let other = point.stream();
        if other.id == self.id || point.is_passed() || self.queue.lock().is_after(point) {
            return Ok(());
        }
        // Two streams that wait for each other at once must not hold their locks meanwhile.
        let mark = other.mark(point.ticket())?;
        let mut queue = self.queue.lock();
        queue.issued += 1;
        self.raw.wait_for(mark.event.get())?;
        queue.note_after(other.id, mark.ticket);
        Ok(())
    }

    /// Puts an event behind all that is queued, so that its end can be told. Of ends that nobody
    /// is known to wait for, those that come soon after a mark get none.
    pub(crate) fn mark_end(&self, is_awaited: bool) -> Result<(), Failure> {
        let queue = self.queue.lock();
        let (ticket, marked) = (queue.issued, queue.marked);
        drop(queue);
        let is_soon = || marked.is_some_and(|at| at.elapsed() < SPACING);
        if ticket > self.passed() && (is_awaited || !is_soon()) {
            self.mark(ticket)?;
        }
        Ok(())
    }

    fn mark(&self, ticket: Ticket) -> Result<Mark, Failure> {
        let mut queue = self.queue.lock();
        let position = queue.marks.partition_point(|mark| mark.ticket < ticket);
        if let Some(mark) = queue.marks.get(position) {
            return Ok(mark.clone());
        }
        if queue.marks.len() >= MARKS {
            self.forget_passed(&mut queue)?;
        }
        let event = EventPool::take(&self.events)?;
        self.raw.record(event.get())?;
        let mark = Mark {
            ticket: queue.issued,
            event: Arc::new(event),
        };
        queue.marks.push_back(mark.clone());
        queue.marked = Some(Instant::now());
        Ok(mark)
    }

    /// Sees to it that the passing of the ticket can be told before the stream is idle, now or, if a
    /// mark has just been put there, at the next call.
    fn mark_if_due(&self, ticket: Ticket) -> Result<(), Failure> {
        let queue = self.queue.lock();
        let is_marked = queue.marks.back().is_some_and(|mark| mark.ticket >= ticket);
        let is_due = || queue.marked.is_none_or(|at| at.elapsed() >= SPACING);
        if !is_marked && is_due() {
            drop(queue);
            self.mark(ticket)?;
        }
        Ok(())
    }

    /// Asks the driver how far the stream is; whether the ticket is passed.
    fn poll(&self, ticket: Ticket) -> Result<bool, Failure> {
        if self.passed() >= ticket {
            return Ok(true);
        }
        let mut queue = self.queue.lock();
        self.forget_passed(&mut queue)?;
        if self.passed() >= ticket {
            return Ok(true);
        }
        let is_marked = queue.marks.back().is_some_and(|mark| mark.ticket >= ticket);
        // Without an event there, all that can be asked is whether the whole stream is done.
        if !is_marked && self.raw.is_idle()? {
            queue.marks.clear();
            self.note_passed(queue.issued);
            return Ok(true);
        }
        Ok(false)
    }

    /// Blocks until the ticket is passed.
    fn wait_blocking(&self, ticket: Ticket) -> Result<(), Failure> {
        if self.passed() >= ticket {
            return Ok(());
        }
        match self.mark(ticket) {
            Ok(mark) => {
                mark.event.get().synchronize()?;
                self.note_passed(mark.ticket);
            }
            // No event could be put there: wait for all of it.
            Err(_) => {
                let issued = self.queue.lock().issued;
                self.raw.synchronize()?;
                self.note_passed(issued);
            }
        }
        Ok(())
    }

    fn forget_passed(&self, queue: &mut Queue) -> Result<(), Failure> {
        while let Some(mark) = queue.marks.front() {
            if self.passed() < mark.ticket {
                if !mark.event.get().is_passed()? {
                    break;
                }
                self.note_passed(mark.ticket);
            }
            queue.marks.pop_front();
        }
        Ok(())
    }

    fn passed(&self) -> Ticket {
        // Acquire: pairs with `note_passed`; what the device wrote to the host before is visible.
        self.passed.load(Ordering::Acquire)
    }

    fn note_passed(&self, ticket: Ticket) {
        // Release: pairs with `passed`, for those that haven't asked the driver themselves.
        self.passed.fetch_max(ticket, Ordering::Release);
    }
}

impl Queue {
    fn is_after(&self, point: &Point) -> bool {
        let id = point.stream().id;
        self.after
            .iter()
            .any(|(other, ticket)| *other == id && *ticket >= point.ticket())
    }

    fn note_after(&mut self, id: StreamId, ticket: Ticket) {
        match self.after.iter_mut().find(|(other, _)| *other == id) {
            Some((_, known)) => *known = ticket.max(*known),
            None => self.after.push((id, ticket)),
        }
    }
}
