//! Whose turn it is on data that several tasks change in any order, one at a time.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{Store, data_of};
use crate::data::Region;
use crate::data::datum::DatumId;
use crate::data::task_data::{TaskData, Use};
use crate::task::Runnable;

/// By the data. A task has its turn on all that it declares to `commute`, or on nothing.
#[derive(Debug, Default)]
pub(super) struct Turns(FxHashMap<DatumId, Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// The regions of those whose turn it is.
    taken: Vec<Region>,
    /// Those that found one of them taken, first come, first served.
    waiting: VecDeque<Runnable>,
}

/// So many tasks that must wait on are passed over to find one that need not.
const WINDOW: usize = 64;

impl Store {
    /// Takes the turns of a task, if all can be had; else it waits, and is not given back.
    pub(super) fn take_turns(&self, task: Runnable, data: &TaskData) -> Option<Runnable> {
        if data.commuting().next().is_none() || data.held.lock().has_turns() {
            return Some(task);
        }
        let mut turns = self.turns.lock();
        match turns.try_take(data) {
            Ok(()) => Some(task),
            Err(taken) => {
                turns.0.entry(taken).or_default().waiting.push_back(task);
                None
            }
        }
    }

    /// Ends the turns of a task. Those whose turn it is now are given back.
    pub(super) fn give_turns_back(&self, data: &TaskData) -> Vec<Runnable> {
        if !data.held.lock().set_turns(false) {
            return Vec::new();
        }
        let mut turns = self.turns.lock();
        for it in data.commuting() {
            turns.give_back(it);
        }
        let mut next = Vec::new();
        for it in data.commuting() {
            turns.serve(it.part.datum.id(), &mut next);
        }
        next
    }
}

impl Turns {
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Runnable> {
        self.0.values().flat_map(|queue| &queue.waiting)
    }

    /// Takes all turns of a task, or says for which datum it has to wait.
    fn try_take(&mut self, data: &TaskData) -> Result<(), DatumId> {
        if let Some(taken) = data.commuting().find(|it| self.is_taken(it)) {
            return Err(taken.part.datum.id());
        }
        for it in data.commuting() {
            let queue = self.0.entry(it.part.datum.id()).or_default();
            queue.taken.push(it.part.region.clone());
        }
        data.held.lock().set_turns(true);
        Ok(())
    }

    fn is_taken(&self, it: &Use) -> bool {
        let queue = self.0.get(&it.part.datum.id());
        queue.is_some_and(|queue| {
            queue
                .taken
                .iter()
                .any(|taken| taken.overlaps(&it.part.region))
        })
    }

    fn give_back(&mut self, it: &Use) {
        if let Some(queue) = self.0.get_mut(&it.part.datum.id())
            && let Some(at) = queue
                .taken
                .iter()
                .position(|region| *region == it.part.region)
        {
            queue.taken.swap_remove(at);
        }
    }

    /// Gives turns to those who wait for a datum.
    fn serve(&mut self, datum: DatumId, next: &mut Vec<Runnable>) {
        let Some(queue) = self.0.get_mut(&datum) else {
            return;
        };
        let mut waiting = std::mem::take(&mut queue.waiting);
        let mut still = VecDeque::new();
        while still.len() < WINDOW
            && let Some(task) = waiting.pop_front()
        {
            match data_of(&task).filter(|_| !task.state.is_ended()) {
                // Whoever gets it sees that.
                None => next.push(task),
                Some(data) => match self.try_take(&data) {
                    Ok(()) => next.push(task),
                    Err(taken) if taken == datum => still.push_back(task),
                    Err(taken) => self.0.entry(taken).or_default().waiting.push_back(task),
                },
            }
        }
        still.append(&mut waiting);
        let queue = self.0.entry(datum).or_default();
        queue.waiting = still;
        if queue.taken.is_empty() && queue.waiting.is_empty() {
            self.0.remove(&datum);
        }
    }
}
