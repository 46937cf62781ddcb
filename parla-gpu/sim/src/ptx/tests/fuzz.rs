//! Broken text never breaks the parser, and broken kernels never the interpreter.

use std::sync::Arc;

use fastrand::Rng;

use super::{Call, Memory, NEVER};
use crate::ptx::{Launch, Module};

/// Modules to start from: what compilers emit, and by hand what they seldom do.
const SEEDS: [&str; 2] = [
    include_str!("kernels/basic.ptx"),
    include_str!("kernels/rare.ptx"),
];

const SPARE: [&str; 32] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "@",
    "!",
    "|",
    "+",
    "-",
    "<",
    ">",
    ":",
    "=",
    ".reg",
    ".param",
    ".shared",
    ".b8",
    "ld",
    "%r1",
    "%p1",
    "0",
    "-1",
    "0x7FFFFFFF",
    "0f7FC00000",
    "4294967295",
    "_",
    "ret",
    "bra",
];

/// Pieces of words, numbers, space and signs.
fn pieces(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        _ if c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%' | '.') => 0,
        _ if c.is_ascii_whitespace() => 1,
        _ => 2,
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (index, c) in text.char_indices() {
        let now = kind(c);
        if last.is_some_and(|last| last != now || now == 2) {
            pieces.push(&text[start..index]);
            start = index;
        }
        last = Some(now);
    }
    pieces.push(&text[start..]);
    pieces
}

/// A module with a few mistakes.
fn mutated(random: &mut Rng) -> String {
    let seed = *random.choice(&SEEDS).unwrap();
    let mut pieces: Vec<&str> = pieces(seed);
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..pieces.len());
        let other = random.usize(..pieces.len());
        match random.u8(..8) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[other]),
            2 => pieces.swap(at, other),
            // Near ones more often make sense.
            3 | 4 => {
                let near = (at + random.usize(..12)).min(pieces.len() - 1);
                pieces.swap(at, near);
            }
            5 => pieces[at] = random.choice(&SPARE).unwrap(),
            6 => pieces[at] = pieces[other],
            _ if random.u8(..8) == 0 => pieces.truncate(at.max(1)),
            _ => {}
        }
        if pieces.is_empty() {
            break;
        }
    }
    let mut text = pieces.concat();
    if random.u8(..16) == 0 && !text.is_empty() {
        let at = random.usize(..text.len());
        text.replace_range(
            at..=at,
            random
                .choice(&["\0", "\"", "\\", "/*", "{", "\u{7f}"])
                .unwrap(),
        );
    }
    text
}

/// Runs every kernel for a while; what it does is its own affair.
fn try_all(module: Module, random: &mut Rng) {
    let mut memory = Memory::default();
    if module
        .variables()
        .iter()
        .any(|variable| variable.bytes > 1 << 20)
    {
        return;
    }
    let addresses = module
        .variables()
        .iter()
        .map(|variable| memory.allocate(variable.bytes))
        .collect();
    let instance = Arc::new(module).instantiate(addresses);
    for (address, bytes) in instance.initial() {
        memory.block(address).write(0, &bytes);
    }
    let data = memory.allocate(4096);
    for kernel in instance.module().kernels() {
        if kernel.static_shared_bytes > 1 << 20 {
            continue;
        }
        let mut parameters = vec![0; kernel.parameter_bytes];
        for parameter in &kernel.parameters {
            let value = if parameter.bytes == 8 {
                data
            } else {
                random.u64(..64)
            };
            let bytes = &mut parameters[parameter.offset..][..parameter.bytes.min(8)];
            bytes.copy_from_slice(&value.to_le_bytes()[..bytes.len()]);
        }
        let launch = Launch {
            instance: &instance,
            kernel,
            grid: [2, 1, 1],
            block: [random.u32(1..40), 1, 1],
            dynamic_shared_bytes: 64,
            parameters: &parameters,
            space: &memory,
            workers: 1,
            cancel: &NEVER,
            step_limit: Some(20_000),
            print: &|_| {},
            grid_id: 1,
        };
        // Formats what it finds as well.
        let _ = launch.run().map_err(|fault| fault.to_string());
    }
}

#[test]
fn mutated_modules() {
    let mut valid = 0;
    let rounds = 800;
    for seed in 0..rounds {
        let mut random = Rng::with_seed(seed);
        let text = mutated(&mut random);
        if let Ok(module) = Module::parse(&text) {
            valid += 1;
            try_all(module, &mut random);
        }
    }
    // Else the interpreter was hardly tried.
    assert!(valid > rounds / 20, "{valid} of {rounds} were valid");
}

#[test]
fn the_rare_instructions_run() {
    let mut memory = Memory::default();
    let instance = memory.load(SEEDS[1]);
    let out = memory.allocate(64 * 16);
    let mut call = Call::new(&instance, "rare").of(1, 64).with(out).with(1u32);
    call.arguments.push(vec![0; 16]);
    call.dynamic_shared_bytes = 64;
    let ran = memory.run(&call).unwrap();
    assert_eq!(ran.printed, "0 %d %s\n\n1 %d %s\n\n");
    // Of thread 1: a number of Fibonacci, its number twice, nobody's vote, not the last branch.
    assert_eq!(memory.download::<u32>(out)[4..8], [21, 2, 0, 0]);
}

#[test]
fn truncated_modules() {
    let text = SEEDS[1];
    for end in (0..text.len()).step_by(7) {
        let _ = Module::parse(&text[..end]);
    }
}

#[test]
fn random_tokens() {
    let mut random = Rng::with_seed(1);
    let words: Vec<&str> = SEEDS.iter().flat_map(|seed| pieces(seed)).collect();
    for _ in 0..2000 {
        let body: Vec<&str> = (0..random.usize(..30))
            .map(|_| *random.choice(&words).unwrap())
            .collect();
        let body = body.join(" ");
        let _ = Module::parse(&format!(".version 7.0 {body}"));
        let _ = Module::parse(&format!(
            ".version 7.0 .entry k() {{ .reg .b32 %r<9>; .reg .b64 %rd<9>; {body} }}"
        ));
    }
}
