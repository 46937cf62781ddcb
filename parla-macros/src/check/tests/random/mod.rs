//! Random programs against an interpreter of them: what the checker says of whole graphs is what is
//! wrong with them, and nothing else.
//!
//! Programs are numbered, and a number is a seed: a failure shows both. `PARLA_SOAK=n` tries `n`
//! times as many.

mod draw;
mod mistake;
mod nudge;
mod oracle;
mod program;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use mistake::Mistake;
use nudge::nudge;
use oracle::Race;
use program::{Entry, Program, Stmt};

use super::{messages, tokens};
use crate::pipeline;

/// The seeds of a test; those of different tests are apart.
fn seeds(test: u64, count: u64) -> impl Iterator<Item = u64> {
    let soak = std::env::var("PARLA_SOAK").ok();
    let times = soak.and_then(|times| times.parse().ok()).unwrap_or(1);
    (0..count * times).map(move |number| test << 32 | number)
}

/// The codes that the checker reports.
fn reported(program: &Program, source: &str, seed: u64) -> BTreeSet<&'static str> {
    let item = tokens(source);
    let args = tokens(if program.is_explicit { "explicit" } else { "" });
    let said = messages(match program.entry {
        Entry::Main => pipeline::main(args, item),
        Entry::Test => pipeline::test(args, item),
        Entry::TaskGraph => pipeline::task_graph(args, item),
    });
    let first_lines = said.lines().filter_map(|line| line.strip_prefix("- "));
    let code = |line: &str| {
        let known = ["P0001", "P0002", "P0003", "P0004", "P0009"];
        let code = known.into_iter().find(|code| line.starts_with(code));
        code.unwrap_or_else(|| panic!("seed {seed}: {line}\n{source}"))
    };
    first_lines.map(code).collect()
}

#[test]
fn random_programs_get_the_verdict_of_the_oracle() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in seeds(1, 380) {
        let rng = &mut Rng::with_seed(seed);
        let correct = draw::correct(rng).0;
        let mut programs: Vec<Program> = (0..2).map(|_| draw::any(rng)).collect();
        for _ in 0..4 {
            let mut nudged = correct.clone();
            for _ in 0..rng.u32(1..4) {
                nudge(&mut nudged, rng);
            }
            programs.push(nudged);
        }
        for program in programs {
            // What a nudge made may not even have a meaning.
            let Some(world) = oracle::run(&program) else {
                continue;
            };
            let expected = oracle::verdict(&world);
            let source = source::source(&program);
            let said = reported(&program, &source, seed);
            assert!(
                expected.agrees(&said),
                "seed {seed}: {said:?}, but {expected:?}\n{source}"
            );
            *seen.entry("all").or_default() += 1;
            *seen.entry("none").or_default() += u32::from(said.is_empty());
            *seen.entry("vague").or_default() += u32::from(!expected.possible.is_empty());
            for code in said {
                *seen.entry(code).or_default() += 1;
            }
        }
    }
    assert!(seen["all"] >= 2000, "{seen:?}");
    assert!(seen["vague"] * 50 <= seen["all"], "{seen:?}");
    for kind in ["none", "P0001", "P0002", "P0003", "P0004"] {
        assert!(seen[kind] >= 150, "{kind}: {seen:?}");
    }
}

#[test]
fn correct_programs_are_not_rejected() {
    let mut tasks = Vec::new();
    for seed in seeds(2, 500) {
        let rng = &mut Rng::with_seed(seed);
        let (program, _) = draw::correct(rng);
        let variants: Vec<_> = (0..3).map(|_| draw::variant(&program, rng)).collect();
        for program in std::iter::once(program).chain(variants) {
            let source = source::source(&program);
            let said = reported(&program, &source, seed);
            assert!(said.is_empty(), "seed {seed}: {said:?}\n{source}");
            let world = oracle::run(&program).expect("it has been run before");
            tasks.push(world.tasks.len());
        }
    }
    tasks.sort_unstable();
    assert!(tasks[tasks.len() / 2] >= 15, "most are not trivial");
}

#[test]
fn every_injected_mistake_is_found() {
    let mut made = [0; Mistake::ALL.len()];
    for seed in seeds(3, 330) {
        let rng = &mut Rng::with_seed(seed);
        let (correct, _) = draw::correct(rng);
        for (kind, mistake) in Mistake::ALL.into_iter().enumerate() {
            let mut program = correct.clone();
            let world = oracle::run(&program).expect("it has been run before");
            if !mistake.make(&mut program, &world, rng) {
                continue;
            }
            // It may have become too large.
            let Some(world) = oracle::run(&program) else {
                continue;
            };
            let source = source::source(&program);
            let said = reported(&program, &source, seed);
            let code = mistake.code();
            assert!(
                said.contains(code),
                "seed {seed}: {said:?} for {mistake:?}\n{source}"
            );
            // The oracle is put to the same test.
            let expected = oracle::verdict(&world);
            assert!(
                expected.certain.contains(code),
                "seed {seed}: {mistake:?}\n{source}"
            );
            made[kind] += 1;
        }
    }
    assert!(made.iter().all(|count| *count >= 200), "{made:?}");
    assert!(made.iter().sum::<u32>() >= 2000, "{made:?}");
}

#[test]
fn races_are_found_where_accesses_order_nothing() {
    let (mut racy, mut clean, mut vague) = (0, 0, 0);
    for seed in seeds(4, 100) {
        let rng = &mut Rng::with_seed(seed);
        let (correct, _) = draw::correct(rng);
        for _ in 0..16 {
            let mut program = correct.clone();
            draw::accesses(&mut program, rng);
            let Some(world) = oracle::run(&program) else {
                continue;
            };
            let source = source::source(&program);
            let said = reported(&program, &source, seed);
            let is_found = said.contains("P0009");
            let is_other = said.iter().any(|code| *code != "P0009");
            assert!(!is_other, "seed {seed}: {said:?}\n{source}");
            match oracle::race(&world) {
                Race::No => {
                    assert!(!is_found, "seed {seed}: no race\n{source}");
                    clean += u32::from(world.accesses.len() > 2);
                }
                Race::Yes if is_plain(&mut program) => {
                    assert!(is_found, "seed {seed}: no report\n{source}");
                    racy += 1;
                }
                _ => vague += 1,
            }
        }
    }
    assert!(
        racy >= 150 && clean >= 100,
        "{racy} racy, {clean} clean, {vague} vague"
    );
}

/// Whether nothing is in it of which the check may think that it waits.
fn is_plain(program: &mut Program) -> bool {
    let mut is_plain = true;
    nudge::spawns(program, &mut |spawn| is_plain &= spawn.awaits.is_empty());
    program::blocks(&mut program.body, &mut |block| {
        let is_call = |it: &Stmt| match it {
            Stmt::Noise(text, _) => text.contains("compute(") || text.contains("push("),
            _ => false,
        };
        is_plain &= !block.iter().any(is_call);
    });
    is_plain
}
