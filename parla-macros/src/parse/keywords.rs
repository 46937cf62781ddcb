//! The words of each macro, and the nearest valid one for a misspelt word.

use proc_macro2::Ident;

use crate::diag::{Code, Diagnostics};

/// The clauses of `#[spawn]`, in the order in which messages list them.
pub(crate) const CLAUSES: &[&str] = &[
    "deps",
    "placement",
    "input",
    "output",
    "inout",
    "commute",
    "reduce",
    "vcus",
    "memory",
    "priority",
    "clone",
    "name",
    "crate",
];

/// Those whose elements are data that the body uses.
pub(crate) const ACCESSES: &[&str] = &["input", "output", "inout", "commute", "reduce"];

/// Whether several values of a clause can be put into one list.
pub(crate) fn takes_a_list(clause: &Ident) -> bool {
    let mut lists = ["deps", "placement", "clone"].iter().chain(ACCESSES);
    lists.any(|list| clause == list)
}

/// What the value of a clause looks like.
pub(crate) fn example(clause: &Ident) -> &'static str {
    match takes_a_list(clause) {
        true => "[…]",
        false => "…",
    }
}

/// Clauses that are planned: a message of their own is kinder than "unknown".
pub(crate) const PLANNED_CLAUSES: &[&str] = &["retries", "timeout"];

/// The clauses of the braces after a placement.
pub(crate) const SHARES: &[&str] = &["vcus", "memory"];

/// The options of `#[parla::main]` and `#[parla::test]`.
pub(crate) const ENTRY_OPTIONS: &[&str] = &[
    "workers",
    "pin_workers",
    "gpus",
    "sim_gpus",
    "seed",
    "explicit",
    "check",
    "crate",
];

/// The options of `#[task_graph]`.
pub(crate) const GRAPH_OPTIONS: &[&str] = &["prebuilt", "explicit", "check", "data", "crate"];

/// The options of `#[task]` and `#[variant]`.
pub(crate) const TASK_OPTIONS: &[&str] = &["crate"];

/// The kinds of device.
pub(crate) const DEVICES: &[&str] = &["cpu", "gpu"];

/// Words of other systems, and what they are called here.
const ALIASES: &[(&str, &str)] = &[
    ("after", "deps"),
    ("depend", "deps"),
    ("dependencies", "deps"),
    ("depends", "deps"),
    ("depends_on", "deps"),
    ("cores", "vcus"),
    ("cpus", "vcus"),
    ("device", "placement"),
    ("devices", "placement"),
    ("place", "placement"),
    ("inputs", "input"),
    ("in", "input"),
    ("read", "input"),
    ("reads", "input"),
    ("out", "output"),
    ("outputs", "output"),
    ("write", "output"),
    ("writes", "output"),
    ("modifies", "inout"),
    ("modify", "inout"),
    ("mutates", "inout"),
    ("readwrite", "inout"),
    ("read_write", "inout"),
    ("rw", "inout"),
    ("update", "inout"),
    ("updates", "inout"),
    ("commutative", "commute"),
    ("commutes", "commute"),
    ("mutexinoutset", "commute"),
    ("in_reduction", "reduce"),
    ("reduces", "reduce"),
    ("reduction", "reduce"),
    ("label", "name"),
    ("gpu", "gpus"),
    ("simulated_gpus", "sim_gpus"),
    ("thread", "workers"),
    ("threads", "workers"),
    ("worker_threads", "workers"),
    ("affinity", "pin_workers"),
    ("bind", "pin_workers"),
    ("pin", "pin_workers"),
    ("proc_bind", "pin_workers"),
    ("cuda", "gpu"),
    ("host", "cpu"),
];

/// Records an unknown `word` (a `kind` such as "clause") and says which of `valid` was probably
/// meant.
pub(crate) fn unknown<'a>(
    word: &Ident,
    kind: &str,
    valid: &[&'a str],
    diag: &mut Diagnostics,
) -> Option<&'a str> {
    let near = nearest(&word.to_string(), valid);
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => all(kind, valid),
    };
    diag.error(word.span(), Code::P0007, format!("unknown {kind} `{word}`"))
        .help(help);
    near
}

/// All words there are, as a sentence.
pub(crate) fn all(kind: &str, valid: &[&str]) -> String {
    match valid {
        [] => format!("there are no {kind}s"),
        [only] => format!("the only {kind} is `{only}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("the {kind}s are {} and `{last}`", first.join(", "))
        }
    }
}

/// The valid word nearest to `word`, unless every one of them is too far away to be a slip.
pub(crate) fn nearest<'a>(word: &str, valid: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let alias = ALIASES
        .iter()
        .find(|(from, _)| *from == word)
        .map(|(_, to)| *to);
    if let Some(found) = valid.iter().find(|it| Some(**it) == alias) {
        return Some(found);
    }
    let limit = (word.chars().count().max(3) / 3).max(1);
    let near = valid.iter().map(|it| (distance(&word, it), *it));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|it| it.0)
        .map(|it| it.1)
}

/// How many letters must be added, removed, changed or swapped with a neighbour to get from `a` to
/// `b`.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}
