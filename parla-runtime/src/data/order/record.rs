//! The accesses to one region that later ones have to come after. Pure.

use smallvec::{SmallVec, smallvec};

use super::{Accessor, Mode};

/// The latest accesses to one region that need no order among them, and those that they came after.
///
/// ```text
///   before ◄── current
/// ```
///
/// Each in `current` came after all in `before`, and those after whatever was there before. So who
/// comes after `current` need not know of `before`; who joins `current` must know of it.
#[derive(Debug)]
pub(super) struct Record<A> {
    before: Group<A>,
    current: Group<A>,
    /// When an access was last noted.
    pub(super) changed: u64,
    /// When an exclusive one was last noted.
    pub(super) exclusive: u64,
    /// When no other region in use overlapped this one.
    pub(super) alone: u64,
}

/// Accesses in one mode. An exclusive one is alone.
#[derive(Debug)]
struct Group<A> {
    mode: Mode,
    members: SmallVec<[A; 2]>,
}

impl<A: Accessor> Record<A> {
    pub(super) fn new() -> Self {
        Self {
            before: Group::empty(),
            current: Group::empty(),
            changed: 0,
            exclusive: 0,
            alone: 0,
        }
    }

    /// The number of accesses.
    pub(super) fn len(&self) -> usize {
        self.before.members.len() + self.current.members.len()
    }

    /// Whether all accesses have ended well, as far as has been seen.
    pub(super) fn is_over(&self) -> bool {
        self.current.members.is_empty()
    }

    pub(super) fn accesses(&self) -> impl Iterator<Item = (Mode, &A)> {
        let groups = [&self.before, &self.current];
        groups
            .into_iter()
            .flat_map(|group| group.members.iter().map(|member| (group.mode, member)))
    }

    /// The accesses that one in that mode conflicts with and that have not ended.
    pub(super) fn live(&self, mode: Mode) -> impl Iterator<Item = &A> {
        let conflicts = self.accesses().filter(move |(of, _)| !of.goes_with(mode));
        conflicts
            .map(|(_, member)| member)
            .filter(|member| !member.has_ended())
    }

    /// Visits the accesses that one in that mode must come after, and forgets those of them that
    /// have ended well. Returns the last one visited.
    pub(super) fn conflicts(
        &mut self,
        mode: Mode,
        who: &A,
        mut visit: impl FnMut(&A),
    ) -> Option<&A> {
        let group = match self.current.mode.goes_with(mode) {
            true => &mut self.before,
            false => &mut self.current,
        };
        group.members.retain(|member| {
            if member.is(who) {
                return true;
            }
            let is_live = !member.has_ended_well();
            if is_live {
                visit(member);
            }
            is_live
        });
        group.members.iter().rfind(|member| !member.is(who))
    }

    /// Notes an access that came after its conflicts. Those that it takes the place of are given up,
    /// unless they have ended.
    pub(super) fn note(&mut self, mode: Mode, who: A, time: u64, mut passed: impl FnMut(A)) {
        let is_last = |last: &A| last.is(&who);
        if mode.is_exclusive() {
            self.give_up(passed);
            self.current = Group::of(mode, who);
            self.exclusive = time;
        } else if self.is_over() {
            self.before.give_up(passed);
            self.current = Group::of(mode, who);
        } else if self.current.mode != mode {
            self.before.give_up(&mut passed);
            self.before = std::mem::replace(&mut self.current, Group::of(mode, who));
        } else if !self.current.members.last().is_some_and(is_last) {
            self.current.members.push(who);
        }
        self.changed = time;
    }

    /// Forgets all accesses, and yields those that have not ended.
    pub(super) fn give_up(&mut self, mut passed: impl FnMut(A)) {
        self.before.give_up(&mut passed);
        self.current.give_up(passed);
    }

    /// Forgets the accesses that have ended well.
    pub(super) fn sweep(&mut self) {
        self.retain(|member| !member.has_ended_well());
    }

    /// Forgets all others.
    pub(super) fn retain(&mut self, is_needed: impl Fn(&A) -> bool) {
        self.current.members.retain(|member| is_needed(member));
        self.before.members.retain(|member| is_needed(member));
        if self.is_over() {
            // What failed may have ended before what it came after.
            self.current = std::mem::replace(&mut self.before, Group::empty());
        }
    }
}

impl<A: Accessor> Group<A> {
    /// As [`Record::give_up`].
    fn give_up(&mut self, mut passed: impl FnMut(A)) {
        for member in self.members.drain(..) {
            if !member.has_ended() {
                passed(member);
            }
        }
    }

    fn empty() -> Self {
        Self {
            mode: Mode::Read,
            members: SmallVec::new(),
        }
    }

    fn of(mode: Mode, who: A) -> Self {
        Self {
            mode,
            members: smallvec![who],
        }
    }
}
