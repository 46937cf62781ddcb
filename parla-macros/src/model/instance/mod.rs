//! The task graph that a [`Flow`](super::flow::Flow) makes for given values of what it doesn't know.
//!
//! [`Machine`](run::Machine) goes through the steps; here is what it leaves. Edges of the graph lead
//! from a task to what it waits for, and bear the place in the source that says so.

mod access;
mod known;
mod order;
mod region;
mod run;
mod select;
mod spaces;
mod spawn;
mod values;

use petgraph::graph::{DiGraph, NodeIndex};

use super::flow::{SiteId, SymbolId};
use run::Leave;

pub(crate) use access::Access;
pub(crate) use known::KnownGraph;
pub(crate) use run::instantiate;
pub(crate) use spaces::Space;

/// What one way through a flow makes.
#[derive(Debug)]
pub(crate) struct Instance<'f> {
    pub(crate) graph: DiGraph<Task<'f>, SiteId>,
    pub(crate) spaces: Vec<Space<'f>>,
    /// The turns of loops, each with the one of the loop around it.
    pub(crate) turns: Vec<Turn>,
    /// Tasks that were spawned a second time.
    pub(crate) duplicates: Vec<Duplicate>,
    /// Targets that name no task.
    pub(crate) outside: Vec<Outside>,
    /// Waits for tasks that had not been spawned yet.
    pub(crate) early_waits: Vec<EarlyWait>,
    /// Where accesses don't order tasks, what these use, in the order in which they are spawned.
    pub(crate) accesses: Vec<Access>,
    /// Where accesses don't order tasks, the waits of the function itself, one after the other.
    pub(crate) joins: Vec<Join>,
    /// Whether something that is not understood got at tasks, and may wait for them anywhere.
    pub(crate) has_strays: bool,
    /// For each place in the source, how often it spawned, named a task to wait for, or declared an
    /// access.
    pub(crate) uses: Vec<u32>,
    /// Symbols whose value mattered and was not given.
    pub(crate) wanted: Vec<SymbolId>,
    /// What became of each arm of a condition.
    pub(crate) arms: Vec<Seen>,
    /// Whether all was gone through, rather than a part that the budget allowed.
    pub(crate) is_complete: bool,
    /// Whether nothing in it depended on something unknown, or on what others or the bodies do.
    pub(crate) is_exact: bool,
    /// How much of the budget is left.
    pub(crate) budget: u64,
}

/// Whether an arm was ever taken, and ever refused.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) taken: bool,
    pub(crate) refused: bool,
}

/// A task that is spawned or waited for.
#[derive(Debug)]
pub(crate) struct Task<'f> {
    /// Its space, by number, and its place there.
    pub(crate) place: Option<(usize, Coordinates)>,
    /// What it is called without a place, if it has a name.
    pub(crate) label: &'f str,
    pub(crate) spawned: Option<Spawned>,
    /// The task whose body named it; `None` for the function itself, if that did, too.
    context: Option<NodeIndex>,
    /// Whether something that named it was certain to happen.
    is_certain: bool,
    /// Whether it may wait for tasks that the graph doesn't say, in front of its body or in it.
    pub(crate) may_wait: bool,
    /// Whether something runs in its body that is not seen.
    pub(crate) has_unseen: bool,
}

/// A wait of the function itself: it goes on when these have ended.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) tasks: Vec<NodeIndex>,
    /// Whether it may have waited for any others that had been spawned.
    pub(crate) is_vague: bool,
    /// How many spawns came before.
    pub(crate) order: u32,
}

/// Where and when a task is spawned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawned {
    pub(crate) site: SiteId,
    pub(crate) turn: TurnId,
    /// Whether it is spawned on every way through.
    pub(crate) is_certain: bool,
    /// The task whose body spawns it; `None` for the function itself.
    pub(crate) context: Option<NodeIndex>,
    /// How many spawns came before.
    pub(crate) order: u32,
}

/// Indices of a task: from one to [`Coordinates::MOST`], each of them small enough to be real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Coordinates {
    count: u8,
    values: [i32; Coordinates::MOST],
}

impl Coordinates {
    pub(crate) const MOST: usize = 4;

    /// `None` if there are none, or too many, or one is too large.
    fn new(indices: &[i64]) -> Option<Self> {
        let mut at = Self::default();
        for index in indices {
            at.push(*index)?;
        }
        (at.count > 0).then_some(at)
    }

    /// `None` if there is no room, or the index is too large.
    fn push(&mut self, index: i64) -> Option<()> {
        *self.values.get_mut(usize::from(self.count))? = i32::try_from(index).ok()?;
        self.count += 1;
        Some(())
    }

    pub(crate) fn as_slice(&self) -> &[i32] {
        &self.values[..usize::from(self.count)]
    }
}

/// A turn of a loop, by its number in [`Instance::turns`]; 0 is outside of all loops.
pub(crate) type TurnId = u32;

/// One turn of a loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) outer: TurnId,
    /// The variable of the loop and its value.
    pub(crate) variable: u32,
    pub(crate) value: i64,
}

/// One task, two spawns.
#[derive(Debug)]
pub(crate) struct Duplicate {
    pub(crate) task: NodeIndex,
    pub(crate) first: Spawned,
    pub(crate) second: Spawned,
}

/// A target or a dependency with indices that don't fit its space.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) space: usize,
    pub(crate) at: Coordinates,
    pub(crate) site: SiteId,
}

/// A wait for a task that nobody had spawned when it began.
#[derive(Debug)]
pub(crate) struct EarlyWait {
    pub(crate) site: SiteId,
    pub(crate) context: Option<NodeIndex>,
    /// What is waited for, and what that needs: the same, or something it depends on.
    pub(crate) awaited: NodeIndex,
    pub(crate) missing: NodeIndex,
    /// Whether it is the end of a scope.
    pub(crate) is_scope: bool,
}

impl Instance<'_> {
    /// The loops around a turn with their values, outermost first.
    pub(crate) fn turns_of(&self, turn: TurnId) -> Vec<Turn> {
        let mut found = Vec::new();
        let mut at = turn;
        while at != 0 {
            let it = self.turns[at as usize];
            found.push(it);
            at = it.outer;
        }
        found.reverse();
        found
    }

    /// Whether nobody but this function spawns in the space of a task, so that one that it doesn't
    /// spawn is never spawned.
    pub(crate) fn is_never_spawned(&self, task: NodeIndex) -> bool {
        let task = &self.graph[task];
        let Some((space, _)) = task.place else {
            return false;
        };
        let space = &self.spaces[space];
        task.spawned.is_none() && self.is_complete && !space.is_open && !space.is_escaped
    }

    /// A task as messages name it.
    pub(crate) fn name(&self, task: NodeIndex) -> String {
        let task = &self.graph[task];
        match &task.place {
            Some((space, at)) => format!("`{}`", self.spaces[*space].task_name(at)),
            None if task.label.is_empty() => "this task".to_owned(),
            None => format!("`{}`", task.label),
        }
    }
}
