//! What the rules found for each combination of values, and which of it is certain.

use std::collections::HashSet;

use super::INSTANCE_RULES;
use crate::diag::{Code, Diagnostics};
use crate::model::flow::{Flow, SiteId, SymbolId};
use crate::model::instance::{Instance, Turn};

/// Where the number of tasks is unknown, a task is missed only up to the largest number that was
/// tried, and at least up to this one.
const LEAST_REACH: i64 = 16;

/// One mistake in one instance.
#[derive(Debug)]
pub(super) struct Finding {
    /// What came into play if the mistake had a chance to appear.
    pub(super) about: About,
    /// Where it is shown.
    pub(super) site: SiteId,
    pub(super) message: String,
    pub(super) helps: Vec<String>,
    /// The other places that have a part in it.
    pub(super) others: Vec<(SiteId, String)>,
    /// The places of which one message is enough.
    pub(super) sites: Vec<SiteId>,
    /// The code, if it is not that of the rule.
    pub(super) code: Option<Code>,
    /// The largest index of the task that is missed: larger values than those tried may reach it.
    pub(super) reach: i64,
}

impl Finding {
    /// A mistake in the use of a place in the source.
    pub(super) fn at(site: SiteId, message: String) -> Self {
        Self {
            about: About::Use(site),
            site,
            message,
            helps: Vec::new(),
            others: Vec::new(),
            sites: vec![site],
            code: None,
            reach: 0,
        }
    }
}

/// What a mistake is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A spawn, or the naming of a task.
    Use(SiteId),
    /// Two spawns, or two turns of one.
    Spawns(SiteId, SiteId),
    /// Two accesses, or two turns of one; of different ones either those in the same turns, as
    /// counted from the first, or those in others.
    Accesses {
        first: SiteId,
        second: SiteId,
        is_across: bool,
    },
}

impl About {
    /// Whether it does where each site is used so often.
    fn comes_into_play(self, uses: &[u32]) -> bool {
        let uses = |site: SiteId| uses[site as usize];
        match self {
            Self::Use(site) => uses(site) > 0,
            Self::Spawns(first, second) if first == second => uses(first) > 1,
            Self::Spawns(first, second) => uses(first) > 0 && uses(second) > 0,
            Self::Accesses {
                first,
                second,
                is_across,
            } => {
                let turns = uses(first).max(uses(second));
                uses(first) > 0 && uses(second) > 0 && (turns > 1 || !is_across)
            }
        }
    }
}

/// One kind of mistake about one part of the source.
struct Group {
    rule: usize,
    about: About,
    /// The first one, and the values that show it.
    example: Finding,
    values: Vec<i64>,
    /// For which of the combinations it appeared, with the message.
    appeared: Vec<(usize, String)>,
}

/// All that was found.
pub(super) struct Findings<'s> {
    symbols: &'s [SymbolId],
    groups: Vec<Group>,
    /// For each combination: its values, and how often each site was used.
    combinations: Vec<(Vec<i64>, Vec<u32>)>,
    /// Those of which only a part was gone through.
    cut: Vec<usize>,
    /// The largest value for which all was gone through.
    largest: i64,
}

impl<'s> Findings<'s> {
    pub(super) fn new(symbols: &'s [SymbolId]) -> Self {
        Self {
            symbols,
            groups: Vec::new(),
            combinations: Vec::new(),
            cut: Vec::new(),
            largest: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Applies all rules to an instance.
    pub(super) fn add(&mut self, instance: &Instance<'_>, flow: &Flow, values: Vec<i64>) {
        let largest = values.iter().copied().max();
        self.largest = self.largest.max(largest.unwrap_or(0));
        self.collect(instance, flow, values, true);
    }

    /// As [`add`](Self::add), for mistakes that have been found before.
    pub(super) fn confirm(&mut self, instance: &Instance<'_>, flow: &Flow, values: Vec<i64>) {
        self.cut.push(self.combinations.len());
        self.collect(instance, flow, values, false);
    }

    fn collect(
        &mut self,
        instance: &Instance<'_>,
        flow: &Flow,
        values: Vec<i64>,
        may_be_new: bool,
    ) {
        let combination = self.combinations.len();
        for (rule, it) in INSTANCE_RULES.iter().enumerate() {
            for finding in (it.find)(instance, flow) {
                let known = self
                    .groups
                    .iter_mut()
                    .find(|group| group.rule == rule && group.about == finding.about);
                match known {
                    Some(group) => {
                        let is_new = group.appeared.last().is_none_or(|it| it.0 != combination);
                        if is_new {
                            group.appeared.push((combination, finding.message));
                        }
                    }
                    None if !may_be_new => {}
                    None => self.groups.push(Group {
                        rule,
                        about: finding.about,
                        appeared: vec![(combination, finding.message.clone())],
                        example: finding,
                        values: values.clone(),
                    }),
                }
            }
        }
        self.combinations.push((values, instance.uses.clone()));
    }

    /// Whether there are values for each of two spawns without the other, so that for the values
    /// that the function really gets there may always be one of them only.
    fn exclude_each_other(&self, about: About) -> bool {
        let (About::Spawns(first, second) | About::Accesses { first, second, .. }) = about else {
            return false;
        };
        let without = |one: SiteId, other: SiteId| {
            let mut all = self.combinations.iter();
            all.any(|(_, uses)| uses[one as usize] > 0 && uses[other as usize] == 0)
        };
        without(first, second) && without(second, first)
    }

    /// Reports what appeared whenever it could.
    pub(super) fn report(mut self, flow: &Flow, diag: &mut Diagnostics) {
        let mut reported: HashSet<(usize, SiteId)> = HashSet::new();
        let mut groups = std::mem::take(&mut self.groups);
        groups.retain(|group| {
            let is_far = group.example.reach > self.largest.max(LEAST_REACH);
            if is_far && !self.symbols.is_empty() {
                return false;
            }
            // What was not come to may look another way there.
            let cut = |at: usize| self.cut.contains(&at);
            let all = self.combinations.iter().enumerate();
            let appeared = |at: usize| group.appeared.iter().any(|it| it.0 == at);
            let chances = all.filter(|(at, (_, uses))| {
                group.about.comes_into_play(uses) || appeared(*at) || cut(*at)
            });
            chances.count() == group.appeared.len() && !self.exclude_each_other(group.about)
        });
        groups.sort_by_key(|group| (group.rule, group.example.site));
        for group in groups {
            let sites = &group.example.sites;
            if sites
                .iter()
                .any(|site| reported.contains(&(group.rule, *site)))
            {
                continue;
            }
            reported.extend(sites.iter().map(|site| (group.rule, *site)));
            let shown = shown_symbols(&group, self.symbols, &self.combinations);
            let values = shown_values(&group, &shown, self.symbols, flow);
            let unseen = unseen(&group, &shown, self.symbols, flow);
            let mut example = group.example;
            example.helps.extend(unseen);
            let code = example.code.unwrap_or(INSTANCE_RULES[group.rule].code);
            let site = flow.sites[example.site as usize];
            let mistake = diag.error(site, code, values + &example.message);
            for help in example.helps {
                mistake.help(help);
            }
            for (site, message) in example.others {
                mistake.also(flow.sites[site as usize], message);
            }
        }
    }
}

/// The symbols, by their position, on which the example depends.
fn shown_symbols(
    group: &Group,
    symbols: &[SymbolId],
    combinations: &[(Vec<i64>, Vec<u32>)],
) -> Vec<usize> {
    let mut shown = Vec::new();
    for position in 0..symbols.len() {
        let differs_only_there = |values: &[i64]| {
            let mut both = values.iter().zip(&group.values).enumerate();
            both.all(|(at, (one, other))| at == position || one == other)
        };
        let says_the_same = |combination: usize| {
            let mut appeared = group.appeared.iter();
            appeared.any(|(at, message)| *at == combination && *message == group.example.message)
        };
        let mut all = combinations.iter().enumerate();
        let matters = all.any(|(at, (values, uses))| {
            let has_a_say = differs_only_there(values) && group.about.comes_into_play(uses);
            has_a_say && !says_the_same(at)
        });
        if matters {
            shown.push(position);
        }
    }
    shown
}

/// `for n = 3: `
fn shown_values(group: &Group, shown: &[usize], symbols: &[SymbolId], flow: &Flow) -> String {
    let value = |&position: &usize| {
        let name = &flow.symbols[symbols[position] as usize].name;
        format!("{name} = {}", group.values[position])
    };
    let values: Vec<_> = shown.iter().map(value).collect();
    match values.is_empty() {
        true => String::new(),
        false => format!("for {}: ", values.join(", ")),
    }
}

/// What to make of the value of a constant, which people know and the check doesn't.
fn unseen(group: &Group, shown: &[usize], symbols: &[SymbolId], flow: &Flow) -> Option<String> {
    let name = |position: usize| &flow.symbols[symbols[position] as usize].name;
    let is_constant = |position: &&usize| {
        let last = name(**position).rsplit("::").next();
        last.is_some_and(|last| last.starts_with(char::is_uppercase))
    };
    let position = *shown.iter().find(is_constant)?;
    let (name, value) = (name(position), group.values[position]);
    Some(format!(
        "read `{name} = {value}` as an example: the check doesn't see the value of `{name}`"
    ))
}

/// `i = 1, j = 2`, or nothing outside of loops.
pub(super) fn shown_turns(turns: &[Turn], flow: &Flow) -> String {
    let name = |turn: &Turn| &flow.variables[turn.variable as usize].name;
    let named = turns.iter().filter(|turn| name(turn) != "_");
    let turns: Vec<_> = named
        .map(|turn| format!("{} = {}", name(turn), turn.value))
        .collect();
    turns.join(", ")
}
