//! Where accesses don't order tasks, something else does if they conflict.
//!
//! What is not known of the length of an array is taken for what makes the program right: ranges may
//! be clipped to nothing, but for those in [`sure_to_have`].

use std::collections::{BTreeMap, HashSet};

use petgraph::graph::NodeIndex;

use super::findings::{About, Finding, shown_turns};
use super::order::Order;
use crate::model::Mode;
use crate::model::flow::{Flow, SiteId, SymbolId};
use crate::model::instance::{Access, Instance};

/// How many pairs of accesses are compared, and how many tasks are looked at to see what is ordered.
const BUDGET: usize = 2_000_000;

/// Accesses of the same data of which one may change what the other sees, and nothing orders them.
pub(super) fn races(instance: &Instance<'_>, flow: &Flow) -> Vec<Finding> {
    let mut search = Search {
        instance,
        flow,
        order: None,
        budget: BUDGET,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    let mut arrays: BTreeMap<SymbolId, Vec<&Access>> = BTreeMap::new();
    for access in &instance.accesses {
        arrays.entry(access.array).or_default().push(access);
    }
    for accesses in arrays.values() {
        let is_written = |it: &&Access| it.mode != Mode::Input;
        if accesses.iter().any(is_written) && search.array(accesses).is_none() {
            break;
        }
    }
    search.found
}

struct Search<'i, 'f> {
    instance: &'i Instance<'f>,
    flow: &'i Flow,
    /// Made when it is needed.
    order: Option<Order>,
    budget: usize,
    seen: HashSet<(SiteId, SiteId, bool)>,
    found: Vec<Finding>,
}

impl Search<'_, '_> {
    /// Compares all accesses of one array; `None` if the budget is spent.
    fn array(&mut self, accesses: &[&Access]) -> Option<()> {
        let sure = sure_to_have(accesses);
        let starts = starts(accesses, sure.len());
        for (position, later) in accesses.iter().enumerate() {
            let mut neighbours = None;
            for earlier in &accesses[..position] {
                self.pay(1)?;
                if earlier.task == later.task || !conflict(earlier.mode, later.mode) {
                    continue;
                }
                let about = about(earlier, later);
                if self.seen.contains(&about) {
                    continue;
                }
                let Some(common) = earlier.region.first_common(&later.region) else {
                    continue;
                };
                let both_start = both_start(&starts, earlier.site, later.site);
                let is_sure = |(axis, at): (usize, &i64)| *at <= sure[axis].max(both_start[axis]);
                if !common.iter().enumerate().all(is_sure) {
                    continue;
                }
                if neighbours.is_none() {
                    self.pay(self.instance.graph.node_count())?;
                }
                let order = self
                    .order
                    .get_or_insert_with(|| Order::of(self.instance, self.flow));
                let of_later = neighbours.get_or_insert_with(|| order.neighbours(later.task));
                if order.is_open(self.instance, of_later, earlier.task) {
                    self.seen.insert(about);
                    self.found.push(self.finding(earlier, later));
                }
            }
        }
        Some(())
    }

    fn pay(&mut self, units: usize) -> Option<()> {
        self.budget = self.budget.checked_sub(units)?;
        Some(())
    }

    fn finding(&self, earlier: &Access, later: &Access) -> Finding {
        let [one, other] = [earlier, later].map(|it| self.subject(it.task));
        let [first, second] = [earlier, later].map(|it| self.data(it));
        let [does, also] = [earlier, later].map(|it| verb(it.mode));
        let message = if first == second && does == also {
            let both = match one == other {
                true => format!("two runs of {one}"),
                false => format!("{one} and {other} both"),
            };
            let does = does.strip_suffix('s').unwrap_or(does);
            format!("{both} {does} {first}, and nothing orders them")
        } else {
            format!("{one} {does} {first}, {other} {also} {second}, and nothing orders them")
        };
        let help = match one == other {
            true => "order them with `deps`".to_owned(),
            false => format!("make {other} wait for {one} with `deps`"),
        };
        let mut others = Vec::new();
        if earlier.site != later.site {
            others.push((earlier.site, format!("{one} {does} {first} here")));
        }
        let (first, second, is_across) = about(earlier, later);
        Finding {
            about: About::Accesses {
                first,
                second,
                is_across,
            },
            helps: vec![format!(
                "{help}, or leave `explicit` out: then accesses order tasks"
            )],
            others,
            sites: vec![earlier.site, later.site],
            ..Finding::at(later.site, message)
        }
    }

    /// The task, with the turns of the loops around it if it has no place that tells it apart.
    fn subject(&self, task: NodeIndex) -> String {
        let name = self.instance.name(task);
        let task = &self.instance.graph[task];
        let turn = task.spawned.map_or(0, |it| it.turn);
        let turns = shown_turns(&self.instance.turns_of(turn), self.flow);
        match task.place {
            None if !turns.is_empty() => format!("{name} for {turns}"),
            _ => name,
        }
    }

    /// `x[4..8]`, by the name that the access has for it.
    fn data(&self, access: &Access) -> String {
        let name = &self.flow.variables[access.variable as usize].name;
        format!("`{name}{}`", access.region)
    }
}

/// What tells one kind of conflict from others: the places of both, and whether these are used in
/// different turns.
fn about(earlier: &Access, later: &Access) -> (SiteId, SiteId, bool) {
    let (one, other) = (earlier.site, later.site);
    let is_across = earlier.ordinal != later.ordinal;
    (one.min(other), one.max(other), is_across)
}

fn conflict(one: Mode, other: Mode) -> bool {
    one != other || matches!(one, Mode::Output | Mode::Inout)
}

fn verb(mode: Mode) -> &'static str {
    match mode {
        Mode::Input => "reads",
        Mode::Output => "writes",
        Mode::Inout | Mode::Commute => "changes",
        Mode::Reduce => "adds to",
    }
}

/// For each axis an index that the array has if the program works: no array is empty, none is asked
/// for an index that it doesn't have, and no range with two ends that somebody writes to is nothing.
fn sure_to_have(accesses: &[&Access]) -> Vec<i64> {
    let axes = accesses.iter().map(|it| it.region.axes()).max();
    let sure = |axis: usize| {
        let of = |it: &&Access| it.region.sure(axis, it.mode != Mode::Input);
        accesses.iter().map(of).max().unwrap_or(0)
    };
    (0..axes.unwrap_or(0)).map(sure).collect()
}

/// For each place in the source and each axis the two lowest starts of regions: if both turns of it
/// have elements, the array has these.
fn starts(accesses: &[&Access], axes: usize) -> BTreeMap<SiteId, Vec<[i64; 2]>> {
    let mut starts: BTreeMap<SiteId, Vec<[i64; 2]>> = BTreeMap::new();
    for access in accesses {
        let lowest = starts
            .entry(access.site)
            .or_insert_with(|| vec![[i64::MAX; 2]; axes]);
        for (axis, lowest) in lowest.iter_mut().enumerate() {
            let start = access.region.first(axis);
            if start < lowest[0] {
                *lowest = [start, lowest[0]];
            } else if start < lowest[1] {
                lowest[1] = start;
            }
        }
    }
    starts
}

/// For each axis what the array has at least if both places select something there.
fn both_start(starts: &BTreeMap<SiteId, Vec<[i64; 2]>>, one: SiteId, other: SiteId) -> Vec<i64> {
    let both = starts[&one].iter().zip(&starts[&other]);
    let second = usize::from(one == other);
    both.map(|(one, other)| one[second].max(other[second]))
        .collect()
}
