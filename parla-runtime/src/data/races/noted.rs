//! All accesses to one array by tasks that have not ended well, once the order of accesses doesn't
//! say it all: explicit ones are in no order with others. Pure.

use smallvec::SmallVec;

use super::ancestry::{Ids, TaskId};
use crate::data::order::{Accessor, Mode, Order};
use crate::data::region::{Region, RegionIndex};

/// The accesses, by their regions.
#[derive(Debug)]
pub(crate) struct Noted<A> {
    records: RegionIndex<Record<A>>,
    /// The number of accesses so far.
    time: u64,
    /// The number of accesses kept, now and after the last sweep.
    kept: usize,
    swept: usize,
}

/// The accesses to one region, by what they go with; each group in order of time.
#[derive(Debug)]
struct Record<A> {
    exclusive: Vec<Access<A>>,
    others: SmallVec<[(Mode, Vec<Access<A>>); 1]>,
}

/// One access.
#[derive(Debug)]
pub(crate) struct Access<A> {
    time: u64,
    pub(crate) who: A,
    /// None if nothing is known of what the task comes after.
    pub(crate) id: Option<TaskId>,
    pub(crate) mode: Mode,
    /// Whether it is certain to come after all that it conflicts with and that was noted before.
    is_settled: bool,
}

/// So few accesses need not be searched for those that have ended.
const FEW: usize = 32;

impl<A: Accessor> Noted<A> {
    /// With what was noted of the order so far. What those come after that are left there is not known.
    pub(crate) fn of(order: &Order<A>) -> Self {
        let mut noted = Self {
            records: RegionIndex::new(),
            time: 0,
            kept: 0,
            swept: 0,
        };
        for (region, mode, who) in order.accesses() {
            noted.note(region, mode, (who, None), false);
        }
        noted
    }

    /// Visits accesses that conflict with such a one and have not ended, but for those of which it is
    /// known that they come before it: because their tasks are in `before`, or come before such a
    /// task. With `None`, it is going to come after all that are visited, of which those that have
    /// failed are some.
    pub(crate) fn conflicts(
        &self,
        region: &Region,
        mode: Mode,
        who: &A,
        before: Option<&Ids>,
        mut visit: impl FnMut(&Region, &Access<A>),
    ) {
        let is_known = |access: &Access<A>| {
            let is_in = |ids: &Ids| access.id.is_some_and(|id| ids.contains(&id));
            before.is_some_and(is_in)
        };
        let is_before = |access: &Access<A>| access.who.has_ended_well() || is_known(access);
        // A failure says that to those alone that are going to come after it.
        let is_over = |access: &Access<A>| match before {
            Some(_) if access.id.is_some() => access.who.has_ended() || is_known(access),
            // What came before it may go on.
            _ => access.who.has_ended_well(),
        };
        // Whoever comes after a settled exclusive access to all of the region comes after what that
        // came after.
        let mut since = 0;
        self.records.overlapping(region, |_, of, record| {
            if of.covers(region) {
                let is_last = |it: &&Access<A>| {
                    it.is_settled && !it.who.is(who) && (before.is_none() || is_before(it))
                };
                let last = record.exclusive.iter().rfind(is_last);
                since = last.map_or(since, |last| since.max(last.time));
            }
        });
        self.records.overlapping(region, |_, of, record| {
            for access in record.in_conflict_with(mode, since) {
                if !access.who.is(who) && !is_over(access) {
                    visit(of, access);
                }
            }
        });
    }

    /// Visits all accesses that conflict with such a one and have not ended, as [`Order::live`] does.
    pub(crate) fn live(&self, region: &Region, mode: Mode, mut visit: impl FnMut(&A)) {
        self.records.overlapping(region, |_, _, record| {
            let live = record.in_conflict_with(mode, 0).map(|access| &access.who);
            live.filter(|who| !who.has_ended()).for_each(&mut visit);
        });
    }

    /// Notes an access, which `is_settled` if [`conflicts`](Self::conflicts) has visited nothing that
    /// it does not come after.
    pub(crate) fn note(
        &mut self,
        region: &Region,
        mode: Mode,
        (who, id): (&A, Option<TaskId>),
        is_settled: bool,
    ) {
        if region.is_empty() {
            return;
        }
        self.time += 1;
        let key = self.records.find(region);
        let new = || {
            let record = Record {
                exclusive: Vec::new(),
                others: SmallVec::new(),
            };
            self.records.insert_new(region.clone(), record)
        };
        let key = key.unwrap_or_else(new);
        if let Some((_, record)) = self.records.get_mut(key) {
            record.group(mode).push(Access {
                time: self.time,
                who: who.clone(),
                id,
                mode,
                is_settled,
            });
            self.kept += 1;
        }
        if self.kept >= 2 * self.swept.max(FEW) {
            self.retain(Record::sweep);
            self.swept = self.kept;
        }
    }

    /// Forgets such accesses to elements of that region.
    pub(crate) fn forget(&mut self, region: &Region, is_such: impl Fn(&A) -> bool) {
        let mut met = Vec::new();
        (self.records).overlapping(region, |key, _, _| met.push(key));
        for key in met {
            if let Some((_, record)) = self.records.get_mut(key) {
                self.kept -= record.len();
                record.retain(|access| !is_such(&access.who));
                self.kept += record.len();
            }
        }
    }

    /// Whoever has not ended, and some that have.
    pub(crate) fn users(&self) -> impl Iterator<Item = &A> {
        let records = self.records.iter();
        records.flat_map(|(_, record)| record.accesses().map(|access| &access.who))
    }

    /// Any accessor of those that are kept.
    pub(crate) fn any(&self) -> Option<&A> {
        let mut records = self.records.iter();
        records.find_map(|(_, record)| record.accesses().next().map(|it| &it.who))
    }

    fn retain(&mut self, sweep: impl Fn(&mut Record<A>)) {
        let mut kept = 0;
        self.records.retain(|record| {
            sweep(record);
            kept += record.len();
            record.len() > 0
        });
        self.kept = kept;
    }
}

impl<A: Accessor> Record<A> {
    fn group(&mut self, mode: Mode) -> &mut Vec<Access<A>> {
        if mode.is_exclusive() {
            return &mut self.exclusive;
        }
        let at = self.others.iter().position(|(of, _)| *of == mode);
        let at = at.unwrap_or_else(|| {
            self.others.push((mode, Vec::new()));
            self.others.len() - 1
        });
        &mut self.others[at].1
    }

    fn in_conflict_with(&self, mode: Mode, since: u64) -> impl Iterator<Item = &Access<A>> {
        let others = self
            .others
            .iter()
            .filter(move |(of, _)| !of.goes_with(mode));
        let groups = others.map(|(_, group)| group).chain([&self.exclusive]);
        groups.flat_map(move |group| group.iter().rev().take_while(move |it| it.time >= since))
    }

    fn accesses(&self) -> impl Iterator<Item = &Access<A>> {
        let others = self.others.iter().flat_map(|(_, group)| group);
        self.exclusive.iter().chain(others)
    }

    fn len(&self) -> usize {
        self.accesses().count()
    }

    /// Forgets what has ended well, and what has failed before a settled exclusive access: who comes
    /// after that fails or not with it.
    fn sweep(&mut self) {
        let last = self.exclusive.iter().rfind(|it| it.is_settled);
        let since = last.map_or(0, |last| last.time);
        self.retain(|it| !it.who.has_ended_well() && (it.time >= since || !it.who.has_ended()));
    }

    fn retain(&mut self, is_needed: impl Fn(&Access<A>) -> bool) {
        self.exclusive.retain(&is_needed);
        for (_, group) in &mut self.others {
            group.retain(&is_needed);
        }
        self.others.retain(|(_, group)| !group.is_empty());
    }
}
