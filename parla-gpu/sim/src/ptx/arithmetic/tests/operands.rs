//! Operands: the edges of a type, all of them together, and random ones.

use super::super::ScalarType;

/// How many random operands a test tries.
pub(super) fn count() -> usize {
    let factor = std::env::var("PARLA_SOAK").map_or(1, |value| value.parse().unwrap());
    200 * factor
}

/// Sets of operands of the types: combinations of edges, then random ones.
pub(super) fn sets<const N: usize>(types: [ScalarType; N]) -> Vec<[u64; N]> {
    let mut random = fastrand::Rng::with_seed(0x5eed + N as u64);
    let edges = types.map(edges);
    let all = edges.iter().map(Vec::len).product::<usize>();
    // Of two operands all pairs, of more a part.
    let step = if N < 3 { 1 } else { 1 + all / 2000 };
    let combination = |index: usize| {
        let mut index = index;
        edges.each_ref().map(|edges| {
            let edge = edges[index % edges.len()];
            index /= edges.len();
            edge
        })
    };
    let mut sets: Vec<[u64; N]> = (0..all).step_by(step).map(combination).collect();
    for _ in 0..count() {
        sets.push(std::array::from_fn(|index| any(types[index], &mut random)));
        // An edge beside what is not one.
        let mut mixed: [u64; N] = std::array::from_fn(|index| any(types[index], &mut random));
        let at = random.usize(..N);
        mixed[at] = random.choice(&edges[at]).copied().unwrap();
        sets.push(mixed);
        if let Some(near) = near(types, &mut random) {
            sets.push(near);
        }
    }
    sets
}

/// Any bits of the width, often with a leading run of zeros or ones.
fn any(scalar: ScalarType, random: &mut fastrand::Rng) -> u64 {
    let bits = random.u64(..);
    let shift = random.u32(..8 * scalar.size() as u32);
    let bits = match random.u8(..3) {
        0 => bits,
        1 => (bits & scalar.mask()) >> shift,
        _ => !((bits & scalar.mask()) >> shift),
    };
    bits & scalar.mask()
}

/// Floats of like size with few digits: sums that cancel, products at halfway.
fn near<const N: usize>(types: [ScalarType; N], random: &mut fastrand::Rng) -> Option<[u64; N]> {
    let (digits, bias) = layout(types[0]).filter(|_| types.iter().all(|t| *t == types[0]))?;
    let exponent = random.u64(1..2 * bias);
    Some(std::array::from_fn(|_| {
        let spread = random.u64(..2 * u64::from(digits) + 4);
        let exponent = (exponent + spread)
            .saturating_sub(u64::from(digits))
            .min(2 * bias);
        let cut = random.u32(..=digits);
        let significand = random.u64(..1 << digits) >> cut << cut;
        let sign = u64::from(random.bool()) << (8 * types[0].size() - 1);
        sign | exponent << digits | significand
    }))
}

/// The stored digits of a format, and its bias.
pub(super) fn layout(scalar: ScalarType) -> Option<(u32, u64)> {
    Some(match scalar {
        ScalarType::F16 => (10, 15),
        ScalarType::Bf16 => (7, 127),
        ScalarType::F32 => (23, 127),
        ScalarType::F64 => (52, 1023),
        _ => return None,
    })
}

fn edges(scalar: ScalarType) -> Vec<u64> {
    let mask = scalar.mask();
    let Some((digits, bias)) = layout(scalar) else {
        let top = mask ^ mask >> 1;
        return vec![
            0,
            1,
            2,
            3,
            7,
            8,
            31,
            32,
            33,
            63,
            64,
            0xff,
            mask,
            mask - 1,
            top,
            top - 1,
            top + 1,
        ]
        .into_iter()
        .map(|edge| edge & mask)
        .collect();
    };
    let one = bias << digits;
    let infinity = (2 * bias + 1) << digits;
    let magnitudes = [
        0,
        1,
        2,
        (1 << digits) - 1,
        1 << digits,
        (1 << digits) + 1,
        one - 1,
        one,
        one + 1,
        one - (1 << digits),
        one + (1 << (digits - 1)),
        one + (1 << digits) + (1 << (digits - 2)),
        one + (u64::from(digits) << digits),
        one + ((u64::from(digits) + 1) << digits) + 1,
        infinity - 1,
        infinity,
        infinity + 1,
        infinity | 1 << (digits - 1),
        infinity | ((1 << digits) - 1),
    ];
    let sign = mask ^ mask >> 1;
    magnitudes
        .into_iter()
        .flat_map(|edge| [edge, edge | sign])
        .collect()
}
