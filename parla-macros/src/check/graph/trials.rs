//! Which values are tried for what a function doesn't know.

use super::findings::Findings;
use crate::diag::Diagnostics;
use crate::model::KnownGraph;
use crate::model::flow::{Flow, Kind, SymbolId};
use crate::model::instance::{Instance, Seen, instantiate};

/// How much may be done for one function: enough for 100,000 tasks with three dependencies each,
/// and little enough not to be felt while compiling.
const BUDGET: u64 = 1_000_000;

/// How many symbols are tried; the others stay unknown.
const MOST_SYMBOLS: usize = 4;

/// The largest value that is tried of each symbol; larger ones are where they are written out.
const MOST: i64 = 200;

/// Values to try, the most telling first, by the number of symbols.
const VALUES: [&[i64]; MOST_SYMBOLS + 1] = [
    &[],
    &[3, 2, 4, 1, 5, 6, 0, 8, 16],
    &[3, 2, 4, 1, 0],
    &[3, 2, 1, 0],
    &[3, 2, 1],
];

/// Checks the graph that `flow` makes; the result is the graph, if it is the same in every run.
pub(in crate::check) fn instances(
    flow: &Flow,
    gives_data: bool,
    diag: &mut Diagnostics,
) -> Option<KnownGraph> {
    let mut budget = BUDGET;
    let mut symbols: Vec<SymbolId> = Vec::new();
    // What matters shows when it is met, and may hide what comes behind it.
    while symbols.len() < MOST_SYMBOLS {
        let values = vec![VALUES[1][0]; symbols.len()];
        let instance = instantiate(flow, &trial(flow, &symbols, &values), &[], budget);
        let is_known = instance.wanted.is_empty() || instance.budget == 0;
        if is_known && symbols.is_empty() {
            let mut findings = Findings::new(&symbols);
            findings.add(&instance, flow, values);
            findings.report(flow, diag);
            return gives_data.then(|| instance.known_graph())?;
        }
        let before = symbols.len();
        let room = MOST_SYMBOLS - before;
        symbols.extend(instance.wanted.iter().take(room));
        budget = instance.budget;
        if symbols.len() == before {
            break;
        }
    }
    let (findings, never_taken) = try_all(flow, &symbols, budget, &[]);
    if findings.is_empty() || !never_taken.contains(&true) {
        findings.report(flow, diag);
        return None;
    }
    // Others than the values that were tried may lead there.
    let (findings, _) = try_all(flow, &symbols, budget, &never_taken);
    findings.report(flow, diag);
    None
}

/// What is found for each combination, and which arms all of them came to and none took.
fn try_all<'s>(
    flow: &Flow,
    symbols: &'s [SymbolId],
    mut budget: u64,
    possible: &[bool],
) -> (Findings<'s>, Vec<bool>) {
    let mut findings = Findings::new(symbols);
    let mut arms = vec![Seen::default(); flow.arms];
    let mut see = |instance: &Instance<'_>| {
        for (all, one) in arms.iter_mut().zip(&instance.arms) {
            all.taken |= one.taken;
            all.refused |= one.refused;
        }
    };
    for values in combinations(symbols.len()) {
        let instance = instantiate(flow, &trial(flow, symbols, &values), possible, budget);
        see(&instance);
        budget = instance.budget;
        findings.add(&instance, flow, values);
        if budget == 0 {
            break;
        }
    }
    for values in unusual_combinations(flow, symbols) {
        let share = budget.min(BUDGET / 8);
        let mut instance = instantiate(flow, &trial(flow, symbols, &values), possible, share);
        see(&instance);
        budget -= share - instance.budget;
        // A part can show that a mistake is none, but not that there is one.
        let is_whole = std::mem::replace(&mut instance.is_complete, true);
        if is_whole {
            findings.add(&instance, flow, values);
        } else {
            findings.confirm(&instance, flow, values);
        }
        if budget == 0 {
            break;
        }
    }
    let never_taken = arms.iter().map(|it| it.refused && !it.taken);
    (findings, never_taken.collect())
}

/// The value of each symbol of `flow`, where `symbols` have `values` and the others are unknown.
fn trial(flow: &Flow, symbols: &[SymbolId], values: &[i64]) -> Vec<Option<i64>> {
    let mut trial = vec![None; flow.symbols.len()];
    for (symbol, value) in symbols.iter().zip(values) {
        trial[*symbol as usize] = Some(*value);
    }
    trial
}

/// Numbers that are large, seen from the integers that are written out in `flow`: a function that
/// names `t[20]` may be meant for more than 20 tasks.
fn large(flow: &Flow) -> Vec<i64> {
    let written = flow.literals.iter().copied();
    let sum = written.fold(1, i64::saturating_add);
    let mut large = vec![sum.clamp(20, MOST)];
    if sum > MOST {
        large.push(sum);
    }
    large
}

/// Combinations with one value that is out of the ordinary.
fn unusual_combinations(flow: &Flow, symbols: &[SymbolId]) -> Vec<Vec<i64>> {
    let mut unusual = Vec::new();
    let Some(others) = symbols.len().checked_sub(1) else {
        return unusual;
    };
    let others = combinations_of(VALUES[symbols.len()], others);
    for (position, symbol) in symbols.iter().enumerate() {
        for ordinary in &others {
            let mut with = |value| {
                let mut values = ordinary.clone();
                values.insert(position, value);
                unusual.push(values);
            };
            large(flow).into_iter().for_each(&mut with);
            if flow.symbols[*symbol as usize].kind != Kind::Unsigned {
                with(-1);
            }
        }
    }
    unusual
}

/// All combinations of the values to try, the most telling ones first.
fn combinations(symbols: usize) -> Vec<Vec<i64>> {
    combinations_of(VALUES[symbols], symbols)
}

fn combinations_of(values: &[i64], symbols: usize) -> Vec<Vec<i64>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..symbols {
        let longer = |ranks: &Vec<usize>| {
            let ranks = ranks.clone();
            (0..values.len()).map(move |rank| {
                let mut longer = ranks.clone();
                longer.push(rank);
                longer
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.sort_by_key(|ranks| ranks.iter().sum::<usize>());
    let to_values = |ranks: Vec<usize>| ranks.into_iter().map(|rank| values[rank]).collect();
    all.into_iter().map(to_values).collect()
}
