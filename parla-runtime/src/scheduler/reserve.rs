//! Admission: ready tasks that ask for resources wait here until they get all of it at once.
//! Plain data, driven by the scheduler under a lock.
//!
//! Later requests may overtake a waiting one that does not fit, but only [`PATIENCE`] times: then
//! the waiting one becomes a *barrier*, and nobody behind it gets anything until it has been
//! served. So a large request does not hold up smaller ones for ever, and they do not starve it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::resources::{Alternative, Grant, Pool};
use crate::sync::Arc;

/// How often a waiting request may be overtaken.
const PATIENCE: u32 = 32;
/// How many waiting requests are tried when something is given back; bounds the cost of a give.
const WINDOW: usize = 64;

/// The waiting requests and the pool they wait for.
#[derive(Debug)]
pub(crate) struct Admission<T> {
    pool: Pool,
    waiting: BTreeMap<(Reverse<i32>, u64), Request<T>>,
    next: u64,
    barriers: usize,
}

#[derive(Debug)]
struct Request<T> {
    who: T,
    alternatives: Arc<[Alternative]>,
    overtaken: u32,
}

impl<T> Admission<T> {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            waiting: BTreeMap::new(),
            next: 0,
            barriers: 0,
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Takes what `who` asks for, or lets it wait. Higher priorities wait in front.
    pub(crate) fn request(
        &mut self,
        who: T,
        alternatives: Arc<[Alternative]>,
        priority: i32,
    ) -> Option<(T, Grant)> {
        if self.barriers == 0
            && let Some(grant) = self.pool.try_take(&alternatives)
        {
            self.overtake_all();
            return Some((who, grant));
        }
        let key = (Reverse(priority), self.next);
        self.next += 1;
        self.waiting.insert(
            key,
            Request {
                who,
                alternatives,
                overtaken: 0,
            },
        );
        None
    }

    /// Gives back a grant and serves those who can run now.
    pub(crate) fn give_back(&mut self, grant: Grant) -> Vec<(T, Grant)> {
        self.pool.give_back(grant);
        self.serve()
    }

    /// Who waits, in order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values().map(|request| &request.who)
    }

    fn serve(&mut self) -> Vec<(T, Grant)> {
        let mut served = Vec::new();
        let mut passed = Vec::new();
        for (key, request) in self.waiting.iter().take(WINDOW) {
            match self.pool.try_take(&request.alternatives) {
                Some(grant) => {
                    served.push((*key, grant));
                    // Those passed over so far have been overtaken by this one.
                    passed.iter_mut().for_each(|(_, times)| *times += 1);
                }
                None if request.overtaken >= PATIENCE => break,
                None => passed.push((*key, 0)),
            }
        }
        for (key, times) in passed {
            if let Some(request) = self.waiting.get_mut(&key) {
                Self::age(&mut self.barriers, request, times);
            }
        }
        served
            .into_iter()
            .filter_map(|(key, grant)| {
                let request = self.waiting.remove(&key)?;
                self.barriers -= usize::from(request.overtaken >= PATIENCE);
                Some((request.who, grant))
            })
            .collect()
    }

    /// A newcomer was served at once: everybody in the window has been overtaken.
    fn overtake_all(&mut self) {
        for request in self.waiting.values_mut().take(WINDOW) {
            Self::age(&mut self.barriers, request, 1);
        }
    }

    fn age(barriers: &mut usize, request: &mut Request<T>, times: u32) {
        let before = request.overtaken;
        request.overtaken = before.saturating_add(times);
        *barriers += usize::from(before < PATIENCE && request.overtaken >= PATIENCE);
    }
}

#[cfg(test)]
mod tests;
