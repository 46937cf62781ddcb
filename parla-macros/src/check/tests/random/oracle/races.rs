//! Which accesses conflict though nothing orders their tasks.

use super::{Access, World};

/// The extent of arrays along each axis.
pub(super) const EXTENT: i64 = 64;

/// Whether there are two such accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Race {
    No,
    /// Only if the array is long enough, of which the program says nothing.
    Perhaps,
    Yes,
}

pub(crate) fn race(world: &World) -> Race {
    let before = ended_before(world);
    let all: Vec<_> = world.accesses.iter().map(Elements::of).collect();
    let mut found = Race::No;
    for (number, one) in all.iter().enumerate() {
        for other in &all[..number] {
            let (first, second) = (one.access, other.access);
            let is_ordered = first.task == second.task
                || before[first.task][second.task]
                || before[second.task][first.task];
            let is_shared = first.mode == second.mode && !["output", "inout"].contains(&first.mode);
            if first.array != second.array || is_shared || is_ordered {
                continue;
            }
            let Some(common) = one.lowest_common(other) else {
                continue;
            };
            let is_there = |axis: usize| common[axis] <= known(&all, first.array, axis);
            if (0..AXES).all(is_there) {
                return Race::Yes;
            }
            found = Race::Perhaps;
        }
    }
    found
}

const AXES: usize = 2;

/// For each axis a bit for each element, in arrays of that extent.
struct Elements<'w> {
    access: &'w Access,
    bits: [u64; AXES],
}

impl<'w> Elements<'w> {
    fn of(access: &'w Access) -> Self {
        let bits = |axis: usize| match access.choices.get(axis) {
            Some(choice) => {
                let indices = choice.indices(EXTENT).into_iter();
                indices.fold(0, |bits, index| bits | 1 << index)
            }
            None => u64::MAX,
        };
        Self {
            access,
            bits: std::array::from_fn(bits),
        }
    }

    /// For each axis the lowest element that both have.
    fn lowest_common(&self, other: &Self) -> Option<[u32; AXES]> {
        let common: [u64; AXES] = std::array::from_fn(|axis| self.bits[axis] & other.bits[axis]);
        let is_any = common.iter().all(|it| *it != 0);
        is_any.then(|| common.map(u64::trailing_zeros))
    }
}

/// The highest index that the array must have: of those by which somebody selects, and of those
/// with which ranges begin that have an end and that somebody writes to.
fn known(all: &[Elements<'_>], array: &str, axis: usize) -> u32 {
    let firsts = all.iter().filter_map(|it| {
        let choice = it.access.choices.get(axis)?;
        let is_sure = choice.is_index() || it.access.mode != "input" && !choice.is_open();
        // What has nothing along another axis may be nowhere along this one.
        let is_any = it.bits.iter().all(|it| *it != 0);
        let counts = is_sure && is_any && it.access.array == array;
        counts.then(|| it.bits[axis].trailing_zeros())
    });
    firsts.max().unwrap_or(0)
}

/// For each task those that have ended when it begins; with those that its body awaits, which is the
/// order in which the function means them.
fn ended_before(world: &World) -> Vec<Vec<bool>> {
    let count = world.tasks.len();
    let mut direct = vec![Vec::new(); count];
    for edge in &world.edges {
        direct[edge.waiting].push(edge.before);
    }
    for wait in &world.waits {
        let later = |it: &usize| world.tasks[*it].spawned.is_some_and(|it| wait.time < it);
        for task in (0..count).filter(later) {
            direct[task].extend(&wait.tasks);
        }
    }
    let ended_before = |task| {
        let (mut ended, mut open) = (vec![false; count], vec![task]);
        while let Some(task) = open.pop() {
            for &before in &direct[task] {
                if !std::mem::replace(&mut ended[before], true) {
                    open.push(before);
                }
            }
        }
        ended
    };
    (0..count).map(ended_before).collect()
}
