//! Which earlier accesses to an array a new one comes after, as if the program ran from top to
//! bottom. Pure: it doesn't know what a task is. See `docs/internals/accesses.md`.

mod record;

use super::region::{Key, Region, RegionIndex};
use record::Record;

/// Who accesses: a handle of a task. Handles are dropped while an access is noted, which must run
/// nothing that accesses in its turn.
pub(crate) trait Accessor: Clone {
    /// Whether it has ended, and well: nothing need come after it any more. Then all that it came
    /// after has ended well, too.
    fn has_ended_well(&self) -> bool;

    /// Whether it has ended, well or not. One that fails may do so while those that it came after go
    /// on.
    fn has_ended(&self) -> bool;

    /// Whether both are the same task.
    fn is(&self, other: &Self) -> bool;
}

/// What is done with a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// It is read, at the same time as by others.
    Read,
    /// All of it is overwritten, what was there doesn't matter.
    Write,
    /// It is read and written.
    Update,
    /// It is updated, in any order with others that do the same, but one at a time.
    Commute,
    /// Something is added to it, in any order with others that do so with the same operator.
    Reduce(u64),
}

impl Mode {
    /// Whether two accesses to the same element need no order between them.
    pub(crate) fn goes_with(self, other: Self) -> bool {
        self == other && !self.is_exclusive()
    }

    /// Whether it needs an order with all others.
    pub(crate) fn is_exclusive(self) -> bool {
        matches!(self, Self::Write | Self::Update)
    }
}

/// The accesses to one array that later ones have to come after.
#[derive(Debug)]
pub(crate) struct Order<A> {
    records: RegionIndex<Record<A>>,
    /// Accesses that need not be known any more unless some that came after them fail, if they had
    /// not ended when they were last looked through, and how many there were then.
    passed: Vec<(Region, A)>,
    passed_swept: usize,
    /// The number of accesses so far.
    time: u64,
    /// When a region was last entered.
    grown: u64,
    /// The number of accesses kept, now and when those that had ended were last looked for.
    kept: usize,
    swept: usize,
    /// The records that an access meets: memory that is used again.
    met: Vec<Key>,
}

/// So few accesses need not be searched for those that have ended.
const FEW: usize = 32;

impl<A: Accessor> Order<A> {
    pub(crate) fn new() -> Self {
        Self {
            records: RegionIndex::new(),
            passed: Vec::new(),
            passed_swept: 0,
            time: 0,
            grown: 0,
            kept: 0,
            swept: 0,
            met: Vec::new(),
        }
    }

    /// Notes an access, and calls back for the earlier ones that it must come after; not for those
    /// that come before these anyway, nor for those that have ended well. Few are called back for
    /// twice: some that conflict in several regions.
    ///
    /// All accesses of one accessor are noted before those of the next.
    pub(crate) fn access(
        &mut self,
        region: &Region,
        mode: Mode,
        who: A,
        conflicts: &mut impl FnMut(&A),
    ) {
        if region.is_empty() {
            return;
        }
        self.time += 1;
        let found = self.records.find(region);
        let alone = found.and_then(|key| Some(self.records.get(key)?.1.alone));
        let mut latest = None;
        let is_alone = alone.is_some_and(|alone| alone >= self.grown)
            || self.meet_others(region, mode, &who, &mut latest, conflicts);
        let key = found.unwrap_or_else(|| {
            self.grown = self.time;
            self.records.insert_new(region.clone(), Record::new())
        });
        let Some((_, record)) = self.records.get_mut(key) else {
            return;
        };
        self.kept -= record.len();
        record.conflicts(mode, &who, |member| {
            report(member, latest.as_ref(), conflicts);
        });
        let passed = &mut self.passed;
        record.note(mode, who, self.time, |member| {
            passed.push((region.clone(), member));
        });
        if is_alone {
            record.alone = self.time;
        }
        self.kept += record.len();
        if self.kept >= 2 * self.swept.max(FEW) {
            self.sweep();
        }
        if self.passed.len() >= 2 * self.passed_swept.max(FEW) {
            self.passed.retain(|(_, member)| !member.has_ended());
            self.passed_swept = self.passed.len();
        }
    }

    /// Visits all earlier accesses that have not ended and conflict with such a one, also those that
    /// [`access`](Self::access) leaves out: if what comes between fails, it ends before them. And those
    /// that what came between has taken the place of elsewhere, where it may be forgotten too.
    pub(crate) fn live(&self, region: &Region, mode: Mode, mut visit: impl FnMut(&A)) {
        let mut regions = vec![region.clone()];
        self.records.overlapping(region, |_, of, record| {
            record.live(mode).for_each(&mut visit);
            if !region.covers(of) {
                regions.push(of.clone());
            }
        });
        for (of, member) in &self.passed {
            if !member.has_ended() && regions.iter().any(|region| of.overlaps(region)) {
                visit(member);
            }
        }
    }

    /// What the records of other regions that overlap this one have to say, and which of them have
    /// nothing to say any more. Returns whether there are none left.
    fn meet_others(
        &mut self,
        region: &Region,
        mode: Mode,
        who: &A,
        latest: &mut Option<A>,
        conflicts: &mut impl FnMut(&A),
    ) -> bool {
        let mut met = std::mem::take(&mut self.met);
        // Who accesses this region comes after the last exclusive access to all of it, and so after
        // what that came after.
        let mut since = 0;
        self.records.overlapping(region, |key, of, record| {
            if record.exclusive > since && of.covers(region) {
                since = record.exclusive;
            }
            if of != region {
                met.push(key);
            }
        });
        let mut left = 0;
        for key in met.drain(..) {
            let Some((of, record)) = self.records.get_mut(key) else {
                continue;
            };
            self.kept -= record.len();
            if record.changed >= since {
                let last = record.conflicts(mode, who, |member| {
                    report(member, latest.as_ref(), conflicts);
                });
                *latest = last.cloned().or(latest.take());
            }
            if record.is_over() || mode.is_exclusive() && region.covers(of) {
                let of = of.clone();
                record.give_up(|member| self.passed.push((of.clone(), member)));
                self.records.remove(key);
            } else {
                self.kept += record.len();
                left += 1;
            }
        }
        self.met = met;
        left == 0
    }

    /// All accesses that are kept.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = (&Region, Mode, &A)> {
        let records = self.records.iter();
        records.flat_map(|(of, record)| record.accesses().map(move |(mode, who)| (of, mode, who)))
    }

    fn sweep(&mut self) {
        let mut kept = 0;
        self.records.retain(|record| {
            record.sweep();
            kept += record.len();
            !record.is_over()
        });
        self.kept = kept;
        self.swept = kept;
    }

    /// The number of accesses that are kept.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.kept
    }

    /// Whoever has not ended, and some that have.
    pub(crate) fn users(&self) -> impl Iterator<Item = &A> {
        let kept = self.accesses().map(|(_, _, who)| who);
        kept.chain(self.passed.iter().map(|(_, who)| who))
    }

    /// Any accessor of those that are kept.
    pub(crate) fn any(&self) -> Option<&A> {
        let mut records = self.records.iter();
        records.find_map(|(_, record)| record.accesses().next().map(|(_, accessor)| accessor))
    }

    /// Forgets such accesses to elements of that region, unless one that has not ended is known only
    /// by what came after it.
    pub(crate) fn forget(&mut self, region: &Region, is_such: impl Fn(&A) -> bool) {
        self.passed.retain(|(_, member)| !member.has_ended());
        self.passed_swept = self.passed.len();
        let mut met = Vec::new();
        self.records.overlapping(region, |key, of, record| {
            let mut members = record.accesses().map(|(_, member)| member);
            let mut passed = self.passed.iter();
            if members.any(&is_such) && !passed.any(|(passed, _)| passed.overlaps(of)) {
                met.push(key);
            }
        });
        for key in met {
            if let Some((_, record)) = self.records.get_mut(key) {
                self.kept -= record.len();
                record.retain(|accessor| !is_such(accessor));
                // Who comes now comes after none that is gone.
                record.exclusive = 0;
                self.kept += record.len();
                if record.is_over() {
                    self.records.remove(key);
                }
            }
        }
    }
}

/// Tells of a conflict, unless it is the latest that was told of.
fn report<A: Accessor>(member: &A, latest: Option<&A>, conflicts: &mut impl FnMut(&A)) {
    if !latest.is_some_and(|latest| latest.is(member)) {
        conflicts(member);
    }
}

#[cfg(test)]
mod tests;
