//! Admission: ready tasks that ask for resources wait here until they get all of it at once.
//! Plain data, driven by the scheduler under a lock.
//!
//! Later requests may overtake a waiting one that does not fit, but only [`PATIENCE`] times on the
//! devices it waits for: then it becomes a *barrier*, and nobody behind it gets anything of those
//! devices until it has been served. So a large request does not hold up smaller ones for ever, and
//! they do not starve it; requests for other devices are none of its business.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::device::DeviceError;
use crate::resources::{Alternative, DeviceMask, Grant, Pool, Wish};

/// How often a waiting request may be overtaken.
const PATIENCE: u32 = 32;
/// How many waiting requests for the same devices are tried when something is given back; bounds
/// the cost of a give.
const WINDOW: usize = 64;

/// The order of service: higher priorities first, then by arrival.
type Rank = (Reverse<i32>, u64);

/// The waiting requests and the pool they wait for.
#[derive(Debug)]
pub(crate) struct Admission<T> {
    pool: Pool,
    /// By the devices they may use, so that those who wait for one device hide nobody who waits
    /// for another.
    waiting: BTreeMap<DeviceMask, BTreeMap<Rank, Request<T>>>,
    /// Devices that are given to nobody any more, and why.
    lost: BTreeMap<usize, DeviceError>,
    /// The devices that barriers wait for.
    reserved: DeviceMask,
    arrivals: u64,
    turns: usize,
}

#[derive(Debug)]
struct Request<T> {
    who: T,
    wish: Wish,
    overtaken: u32,
}

impl<T> Request<T> {
    fn is_barrier(&self) -> bool {
        self.overtaken >= PATIENCE
    }
}

impl<T> Admission<T> {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            waiting: BTreeMap::new(),
            lost: BTreeMap::new(),
            reserved: DeviceMask::default(),
            arrivals: 0,
            turns: 0,
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many have asked this before: for those who take turns.
    pub(crate) fn next_turn(&mut self) -> usize {
        self.turns = self.turns.wrapping_add(1);
        self.turns
    }

    /// Takes a device out of use; yields those who wait for it alone.
    pub(crate) fn close(&mut self, device: usize, error: &DeviceError) -> Vec<T> {
        self.lost.entry(device).or_insert_with(|| error.clone());
        self.pool.close(device);
        let requests = self.waiting.iter().flat_map(|(mask, requests)| {
            let is_hopeless = |it: &Request<T>| self.why_hopeless(&it.wish.alternatives).is_some();
            let hopeless = requests.iter().filter(move |(_, it)| is_hopeless(it));
            hopeless.map(|(rank, _)| (*mask, *rank))
        });
        let hopeless: Vec<_> = requests.collect();
        hopeless
            .into_iter()
            .filter_map(|(mask, rank)| self.remove(mask, rank))
            .collect()
    }

    /// The lost device for want of which a request can never be served.
    pub(crate) fn why_hopeless(
        &self,
        alternatives: &[Alternative],
    ) -> Option<(usize, &DeviceError)> {
        let mut devices = alternatives.iter().flat_map(Alternative::devices);
        let lost = devices.find_map(|device| self.lost.get_key_value(&device))?;
        let mut alternatives = alternatives.iter();
        let is_hopeless = !alternatives.any(|it| self.pool.could_ever_fit(it));
        is_hopeless.then_some((*lost.0, lost.1))
    }

    /// Takes what `who` asks for, or lets it wait. Higher priorities wait in front.
    pub(crate) fn request(
        &mut self,
        who: T,
        wish: impl Into<Wish>,
        priority: i32,
    ) -> Option<(T, Grant)> {
        let wish = wish.into();
        if let Some(grant) = self.pool.try_take(&wish, self.reserved) {
            self.overtake(self.window(), &grant);
            return Some((who, grant));
        }
        let mask = DeviceMask::of(&wish.alternatives);
        let rank = (Reverse(priority), self.arrivals);
        self.arrivals += 1;
        let request = Request {
            who,
            wish,
            overtaken: 0,
        };
        self.waiting.entry(mask).or_default().insert(rank, request);
        None
    }

    /// Gives back a grant and serves those who can run now.
    pub(crate) fn give_back(&mut self, grant: Grant) -> Vec<(T, Grant)> {
        self.pool.give_back(grant);
        let (mut served, mut passed) = (Vec::new(), Vec::new());
        self.reserved = DeviceMask::default();
        for (mask, rank) in self.window() {
            let request = &self.waiting[&mask][&rank];
            let is_barrier = request.is_barrier();
            if let Some(mut grant) = self.pool.try_take(&request.wish, self.reserved) {
                grant.is_late = true;
                self.overtake(passed.iter().copied(), &grant);
                served.extend(self.remove(mask, rank).map(|who| (who, grant)));
                continue;
            }
            if is_barrier {
                self.reserved = self.reserved.with(mask);
            }
            passed.push((mask, rank));
        }
        served
    }

    /// Who waits, for whatever device.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting
            .values()
            .flat_map(BTreeMap::values)
            .map(|request| &request.who)
    }

    /// The first waiting requests of each kind, in the order of service.
    fn window(&self) -> Vec<(DeviceMask, Rank)> {
        let first = |(mask, requests): (&DeviceMask, &BTreeMap<Rank, Request<T>>)| {
            let mask = *mask;
            requests
                .keys()
                .take(WINDOW)
                .map(move |rank| (mask, *rank))
                .collect::<Vec<_>>()
        };
        let mut window: Vec<_> = self.waiting.iter().flat_map(first).collect();
        if self.waiting.len() > 1 {
            window.sort_by_key(|(_, rank)| *rank);
        }
        window
    }

    /// Somebody got `grant` before these: they are overtaken if they wait for any of its devices.
    fn overtake(&mut self, waiting: impl IntoIterator<Item = (DeviceMask, Rank)>, grant: &Grant) {
        for (mask, rank) in waiting
            .into_iter()
            .filter(|(mask, _)| mask.has_any_of(grant))
        {
            if let Some(request) = self.waiting.get_mut(&mask).and_then(|of| of.get_mut(&rank)) {
                request.overtaken = request.overtaken.saturating_add(1);
                if request.is_barrier() {
                    self.reserved = self.reserved.with(mask);
                }
            }
        }
    }

    fn remove(&mut self, mask: DeviceMask, rank: Rank) -> Option<T> {
        let requests = self.waiting.get_mut(&mask)?;
        let request = requests.remove(&rank)?;
        if requests.is_empty() {
            self.waiting.remove(&mask);
        }
        Some(request.who)
    }
}

#[cfg(test)]
mod tests;
