//! Which instructions there are: the ISA's grammar, and nothing beside it.

use std::collections::BTreeSet;

use super::super::{comparison, resolve};

/// In parentheses what must be chosen, in brackets what may be. An assembler agrees, but for what
/// it takes beyond the ISA: `addc.u16`, `fma.rz.bf16`, `rcp.rn.ftz.f64`, `cvt.rn.f32.bf16`.
const GRAMMAR: &[&str] = &[
    "(add|sub).INTEGER",
    "(add|sub).sat.s32",
    "(add|sub|addc|subc).cc.WORD",
    "(addc|subc).WORD",
    "(mul|mad).(lo|hi).INTEGER",
    "(mul|mad).wide.(u16|u32|s16|s32)",
    "mad.hi.sat.s32",
    "(mad|madc).(lo|hi).cc.WORD",
    "madc.(lo|hi).WORD",
    "(mul24|mad24).(lo|hi).(u32|s32)",
    "mad24.hi.sat.s32",
    "(div|rem|sad|min|max).INTEGER",
    "add.(u16x2|s16x2)",
    "(min|max).(u16x2|s16x2)",
    "(min|max).(relu.s32|s32.relu|relu.s16x2|s16x2.relu)",
    "(abs|neg).(s16|s32|s64)",
    "(popc|clz|brev|bfi).(b32|b64)",
    "bfind[.shiftamt].WORD",
    "bfe.WORD",
    "bmsk.(clamp|wrap).b32",
    "szext.(clamp|wrap).(u32|s32)",
    "fns.b32",
    "dp4a.(u32|s32).(u32|s32)",
    "dp2a.(lo|hi).(u32|s32).(u32|s32)",
    "(vabsdiff2|vabsdiff4).u32.u32.u32[.add]",
    "prmt.b32[.f4e|.b4e|.rc8|.ecl|.ecr|.rc16]",
    "lop3.b32",
    "(and|or|xor|not).(pred|b16|b32|b64)",
    "(cnot|shl|shr).(b16|b32|b64)",
    "shr.INTEGER",
    "shf.(l|r).(clamp|wrap).b32",
    "mov.(pred|MOVABLE)",
    "selp.MOVABLE",
    "slct.MOVABLE.s32",
    "slct[.ftz].MOVABLE.f32",
    "(add|sub|mul)[ROUNDING][.ftz][.sat].f32",
    "(add|sub|mul)[ROUNDING].f64",
    "(add|sub|mul)[.rn][.ftz][.sat].(f16|f16x2)",
    "(add|sub|mul)[.rn].(bf16|bf16x2)",
    "(fma|mad)(ROUNDING)[.ftz][.sat].f32",
    "(fma|mad)(ROUNDING).f64",
    "fma.rn[.ftz][.sat|.relu].(f16|f16x2)",
    "fma.rn[.relu].(bf16|bf16x2)",
    "(div|rcp|sqrt)(ROUNDING)[.ftz].f32",
    "(div|rcp|sqrt)(ROUNDING).f64",
    "div.(approx|full)[.ftz].f32",
    "(rcp|sqrt|rsqrt|sin|cos|lg2|ex2).approx[.ftz].f32",
    "(rcp|rsqrt).approx.ftz.f64",
    "rsqrt.approx.f64",
    "tanh.approx.(f16|f16x2|bf16|bf16x2|f32)",
    "ex2.approx.(f16|f16x2)",
    "ex2.approx.ftz.(bf16|bf16x2)",
    "(abs|neg)[.ftz].(f16|f16x2|f32)",
    "(abs|neg).(bf16|bf16x2|f64)",
    "(min|max)[.ftz][.NaN][.xorsign.abs].(f16|f16x2|f32)",
    "(min|max)[.NaN][.xorsign.abs].(bf16|bf16x2)",
    "(min|max).f64",
    "copysign.(f32|f64)",
    "testp.(finite|infinite|number|notanumber|normal|subnormal).(f32|f64)",
    "cvt.(u8|s8|INTEGER).(u8|s8|INTEGER)",
    "cvt.sat.u8.(s8|INTEGER)",
    "cvt.sat.s8.(u8|INTEGER)",
    "cvt.sat.u16.(s8|s16|u32|s32|u64|s64)",
    "cvt.sat.s16.(u16|u32|s32|u64|s64)",
    "cvt.sat.u32.(s8|s16|s32|u64|s64)",
    "cvt.sat.s32.(u32|u64|s64)",
    "cvt.sat.u64.(s8|s16|s32|s64)",
    "cvt.sat.s64.u64",
    "cvt.(rni|rzi|rmi|rpi)[.sat].(u8|s8|INTEGER).(f16|f64)",
    "cvt.(rni|rzi|rmi|rpi)[.ftz][.sat].(u8|s8|INTEGER).f32",
    "cvt.(rni|rzi|rmi|rpi).(u8|s8|INTEGER).bf16",
    "cvt(ROUNDING)[.sat].(f16|f64).(u8|s8|INTEGER)",
    "cvt(ROUNDING)[.ftz][.sat].f32.(u8|s8|INTEGER)",
    "cvt(ROUNDING).bf16.(u8|s8|INTEGER)",
    "cvt[.rni|.rzi|.rmi|.rpi][.sat].(f16.f16|f64.f64)",
    "cvt[.rni|.rzi|.rmi|.rpi][.ftz][.sat].f32.f32",
    "cvt[.rni|.rzi|.rmi|.rpi].bf16.bf16",
    "cvt[.ftz][.sat].(f32.f16|f64.f32)",
    "cvt[.sat].f64.f16",
    "cvt[.ftz].f32.bf16",
    "cvt.f64.bf16",
    "cvt(ROUNDING)[.ftz][.sat].(f16.f32|f32.f64)",
    "cvt(ROUNDING)[.sat].f16.f64",
    "cvt(ROUNDING)[.ftz].bf16.f32",
    "cvt(ROUNDING).(bf16.f64|bf16.f16|f16.bf16)",
    "cvt.(rn|rz).relu.(f16|bf16).f32",
    "cvt.(rn|rz)[.relu].(f16x2|bf16x2).f32",
    "setp.(eq|ne)[COMBINE].(b16|b32|b64)",
    "setp.(ORDER)[COMBINE].INTEGER",
    "setp.(lo|ls|hi|hs)[COMBINE].(u16|u32|u64)",
    "setp.(RELATION)[COMBINE][.ftz].(f16|f16x2|f32)",
    "setp.(RELATION)[COMBINE].(bf16|bf16x2|f64)",
    "set.(eq|ne)[COMBINE].(u32|s32|f16|bf16|f32).(b16|b32|b64)",
    "set.(ORDER)[COMBINE].(u32|s32|f16|bf16|f32).INTEGER",
    "set.(lo|ls|hi|hs)[COMBINE].(u32|s32|f16|bf16|f32).(u16|u32|u64)",
    "set.(RELATION)[COMBINE][.ftz].(u32|s32|f16|f32).f32",
    "set.(RELATION)[COMBINE].(u32|s32|f16|bf16|f32).f64",
    "set.(RELATION)[COMBINE].bf16.(f16|f32)",
    "set.(RELATION)[COMBINE][.ftz].(u16|s16|u32|s32|f16).f16",
    "set.(RELATION)[COMBINE].(u16|s16|u32|s32|bf16).bf16",
    "set.(RELATION)[COMBINE][.ftz].(u32|s32|f16x2).f16x2",
    "set.(RELATION)[COMBINE].(u32|s32|bf16x2).bf16x2",
];

/// What is most often out of place.
const MODIFIERS: &[&str] = &[
    "rn", "rz", "rni", "approx", "ftz", "sat", "relu", "NaN", "cc", "lo", "hi", "wide",
];

const NAMES: &[(&str, &str)] = &[
    ("INTEGER", "(u16|u32|u64|s16|s32|s64)"),
    ("WORD", "(u32|u64|s32|s64)"),
    ("MOVABLE", "(b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64)"),
    ("ROUNDING", ".rn|.rz|.rm|.rp"),
    ("COMBINE", ".and|.or|.xor"),
    ("ORDER", "eq|ne|lt|le|gt|ge"),
    (
        "RELATION",
        "eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan",
    ),
];

/// All that a rule of the grammar stands for.
fn expand(rule: &str, expanded: &mut BTreeSet<String>) {
    // The innermost choice: the first that closes.
    let Some(end) = rule.find([')', ']']) else {
        expanded.insert(rule.to_owned());
        return;
    };
    let start = rule[..end].rfind(['(', '[']).unwrap();
    let may_lack = (&rule[start..=start] == "[").then_some("");
    for choice in rule[start + 1..end].split('|').chain(may_lack) {
        expand(
            &format!("{}{choice}{}", &rule[..start], &rule[end + 1..]),
            expanded,
        );
    }
}

fn legal() -> BTreeSet<String> {
    let mut expanded = BTreeSet::new();
    for rule in GRAMMAR {
        let named = |rule: String, (name, choices): &(&str, &str)| rule.replace(name, choices);
        expand(&NAMES.iter().fold((*rule).to_owned(), named), &mut expanded);
    }
    expanded
}

fn exists(opcode: &str) -> bool {
    let parts: Vec<&str> = opcode.split('.').collect();
    resolve(&parts).is_some() || comparison(&parts).is_some()
}

#[test]
fn every_legal_opcode_exists() {
    let missing: Vec<_> = legal()
        .into_iter()
        .filter(|opcode| !exists(opcode))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_other_opcode_exists() {
    let legal = legal();
    let parts: Vec<&str> = legal
        .iter()
        .flat_map(|opcode| opcode.split('.'))
        .chain(["b8", "b128", "tf32", "rna", "satfinite", "", "f8"])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut random = fastrand::Rng::with_seed(0x1e9a1);
    let mut tried = 0;
    for opcode in &legal {
        for _ in 0..super::operands::count() / 2 {
            let mut mutant: Vec<&str> = opcode.split('.').collect();
            let at = random.usize(..mutant.len());
            let parts = if random.bool() { &parts } else { MODIFIERS };
            let part = *random.choice(parts).unwrap();
            match random.u8(..3) {
                0 => mutant[at] = part,
                1 => mutant.insert(at + 1, part),
                _ => drop(mutant.remove(at)),
            }
            let mutant = mutant.join(".");
            assert_eq!(
                exists(&mutant),
                legal.contains(&mutant),
                "`{mutant}` from `{opcode}`"
            );
            tried += 1;
        }
    }
    assert!(tried > 10_000);
}

#[test]
fn nothing_is_no_opcode() {
    assert!(resolve(&[]).is_none());
    assert!(comparison(&[]).is_none());
    assert!(resolve(&[""]).is_none());
    assert!(resolve(&["ld", "global", "f32"]).is_none());
}
