//! The accesses of a task at its spawn: what it comes after because of them.

use smallvec::SmallVec;

use super::accessor::{Accessing, Kind, locking};
use super::clause::AccessClause;
use super::datum::Accesses;
use super::order::{Accessor, Mode};
use super::races::{Conflict, Declaring, Usage, With};
use super::reduction::Group;
use super::{Part, Region};
use crate::sync::{Arc, MutexGuard};
use crate::task::NodeRef;

/// Dependencies that are looked through for one that is there already.
const LOOKED_AT: usize = 8;

/// Notes the accesses of a task; what they come after is added to its dependencies. If races are looked
/// for, `declaring` tells of the task, and is told of those with which it may have one. Of tasks that
/// are spawned at the same time, one comes before the other in all their data.
///
/// # Errors
///
/// What is wrong with the accesses. They are noted all the same: what comes after them fails too.
pub(crate) fn declare(
    clauses: &mut [AccessClause],
    task: &NodeRef,
    dependencies: &mut Vec<NodeRef>,
    declaring: Option<&mut Declaring>,
) -> Result<(), String> {
    let mut declared = Declared {
        task,
        dependencies,
        declaring,
    };
    if let [clause] = clauses {
        return locking(|| declared.note(&mut clause.part.datum.accesses(), clause));
    }
    clauses.sort_by_key(|clause| clause.part.datum.id());
    let result = clauses
        .chunk_by(|a, b| a.part.datum.id() == b.part.datum.id())
        .map(disjoint)
        .fold(Ok(()), Result::and);
    result.and(locking(|| note_all(clauses, &mut declared)))
}

/// With all their data locked at once.
fn note_all(clauses: &[AccessClause], declared: &mut Declared<'_>) -> Result<(), String> {
    let mut locked: SmallVec<[MutexGuard<'_, Accesses>; 4]> = SmallVec::new();
    for (at, clause) in clauses.iter().enumerate() {
        if at == 0 || clauses[at - 1].part.datum.id() != clause.part.datum.id() {
            locked.push(clause.part.datum.accesses());
        }
    }
    let mut result = Ok(());
    let mut locked = locked.iter_mut();
    let mut current = locked.next();
    for (at, clause) in clauses.iter().enumerate() {
        if at > 0 && clauses[at - 1].part.datum.id() != clause.part.datum.id() {
            current = locked.next();
        }
        if let Some(accesses) = &mut current {
            result = result.and(declared.note(accesses, clause));
        }
    }
    result
}

/// A task whose accesses are noted.
struct Declared<'a> {
    task: &'a NodeRef,
    dependencies: &'a mut Vec<NodeRef>,
    declaring: Option<&'a mut Declaring>,
}

impl Declared<'_> {
    fn note(&mut self, accesses: &mut Accesses, clause: &AccessClause) -> Result<(), String> {
        match &self.declaring {
            Some(declaring) if declaring.is_explicit => self.note_explicit(accesses, clause),
            _ => self.note_ordered(accesses, clause),
        }
        if accesses.is_borrowed(clause.mode) {
            return Err(clause.part.borrowed_mistake());
        }
        Ok(())
    }

    /// It comes after all that it conflicts with.
    fn note_ordered(&mut self, accesses: &mut Accesses, clause: &AccessClause) {
        let id = self.declaring.as_ref().map(|it| it.id);
        let this = Accessing::new(self.task, Kind::Ordered, id);
        let add = |earlier: &Accessing| add(self.dependencies, earlier);
        let group = accesses.come_after(&clause.part.region, clause.mode, this, add);
        join(clause, group);
    }

    /// It comes after the program alone; with all else that it conflicts with it may have a race.
    fn note_explicit(&mut self, accesses: &mut Accesses, clause: &AccessClause) {
        let Self {
            task, dependencies, ..
        } = self;
        let Some(declaring) = &mut self.declaring else {
            return;
        };
        let (Part { datum, region }, mode) = (&*clause.part, &clause.mode);
        let conflict = |of: &Region, other: Mode, who: &Accessing| Conflict {
            mine: Usage {
                mode: *mode,
                data: datum.describe(region),
            },
            other: Usage {
                mode: other,
                data: datum.describe(of),
            },
            with: who.task().name(),
            me: task.name(),
        };
        let this = Accessing::new(task, Kind::Explicit, Some(declaring.id));
        let scheduler = &task.family().scheduler;
        // What follows from that is an error.
        let is_foreign = |who: &Accessing| !Arc::ptr_eq(&who.task().family().scheduler, scheduler);
        let mut is_settled = true;
        let noted = accesses.noted();
        let before = Some(&declaring.before);
        noted.conflicts(region, *mode, &this, before, |of, access| {
            let who = &access.who;
            // What came before one of which nothing is known, and which has failed, may go on.
            let has_failed = access.id.is_none() && who.has_ended();
            if who.kind == Kind::Program || is_foreign(who) || has_failed {
                return add(dependencies, who);
            }
            is_settled = false;
            let with = With {
                task: who.task().clone(),
                id: access.id,
            };
            let conflict = conflict(of, access.mode, who);
            declaring.conflicts.push((with, conflict));
        });
        noted.note(region, *mode, (&this, this.id()), is_settled);
        join(clause, accesses.enter_group(region, *mode));
    }
}

fn join(clause: &AccessClause, group: Option<Arc<Group>>) {
    if let (Some(member), Some(group)) = (&clause.member, group) {
        let joined = member.set(group);
        debug_assert!(joined.is_ok(), "an access is noted once");
    }
}

fn add(dependencies: &mut Vec<NodeRef>, earlier: &Accessing) {
    let earlier = earlier.task();
    let mut last = dependencies.iter().rev().take(LOOKED_AT);
    if !last.any(|known| known.is(earlier)) {
        dependencies.push(earlier.clone());
    }
}

/// A body has views of all that its task declares, so those must not overlap if one is to be written.
fn disjoint(clauses: &[AccessClause]) -> Result<(), String> {
    for (at, one) in clauses.iter().enumerate() {
        for other in &clauses[..at] {
            let both_read = one.mode == Mode::Read && other.mode == Mode::Read;
            if !both_read && one.part.region.overlaps(&other.part.region) {
                return Err(format!(
                    "`{}` and `{}` overlap, and the task declares to change one of them: declare one `inout` for both",
                    one.part, other.part
                ));
            }
        }
    }
    Ok(())
}
