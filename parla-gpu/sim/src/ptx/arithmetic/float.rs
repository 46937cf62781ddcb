//! Rounded floating-point arithmetic: `add`, `sub`, `mul`, `fma`, `mad`, `div`, `rcp`, `sqrt`.

use rustc_apfloat::Round;

use super::ScalarType::{Bf16, Bf16x2, F16, F16x2, F32, F64};
use super::dispatch::{for_flag, for_rounding};
use super::format::{Float, Lanes};
use super::modes::{Mode, Modifiers, for_half, modes};
use super::opcode::Opcode;
use super::rounding::{Rounding as _, add, divide, multiply, multiply_add, square_root};
use super::types::Register;
use super::{Function, Operation, ScalarType};

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    let modifiers = Modifiers::take(&mut opcode);
    let scalar = opcode.last()?;
    is_legal(opcode.name, modifiers, scalar).then_some(())?;
    let function = match opcode.name {
        "add" => Function::Binary(modes!(modifiers, scalar, |L, M| sum::<L, M>)),
        "sub" => Function::Binary(modes!(modifiers, scalar, |L, M| difference::<L, M>)),
        "mul" => Function::Binary(modes!(modifiers, scalar, |L, M| product::<L, M>)),
        "fma" | "mad" => Function::Ternary(modes!(modifiers, scalar, |L, M| fused::<L, M>)),
        "div" => Function::Binary(modes!(modifiers, scalar, |L, M| quotient::<L, M>)),
        "rcp" => Function::Unary(modes!(modifiers, scalar, |L, M| reciprocal::<L, M>)),
        "sqrt" => Function::Unary(modes!(modifiers, scalar, |L, M| root::<L, M>)),
        _ => return None,
    };
    Operation::of(scalar, function)
}

/// Whether an instruction can have these modifiers. Without a rounding, sums and products are
/// rounded to the nearest.
fn is_legal(name: &str, modifiers: Modifiers, scalar: ScalarType) -> bool {
    let Modifiers {
        round,
        flush,
        saturate,
        rectify,
    } = modifiers;
    let sums = matches!(name, "add" | "sub" | "mul");
    let half = (sums || name == "fma") && matches!(round, None | Some(Round::NearestTiesToEven));
    (sums || round.is_some())
        && match scalar {
            F32 => !rectify && (!saturate || sums || matches!(name, "fma" | "mad")),
            F64 => !(flush || saturate || rectify),
            F16 | F16x2 => half && !(rectify && (sums || saturate)),
            Bf16 | Bf16x2 => half && !(flush || saturate || rectify && sums),
            _ => false,
        }
}

pub(super) fn sum<L: Lanes, M: Mode>(a: u64, b: u64) -> u64 {
    M::apply::<L, 2>([a, b], |[a, b]| add(a, b, M::ROUND))
}

fn difference<L: Lanes, M: Mode>(a: u64, b: u64) -> u64 {
    M::apply::<L, 2>([a, b], |[a, b]| {
        add(a, b.with_sign(!b.is_negative()), M::ROUND)
    })
}

fn product<L: Lanes, M: Mode>(a: u64, b: u64) -> u64 {
    M::apply::<L, 2>([a, b], |[a, b]| multiply(a, b, M::ROUND))
}

fn fused<L: Lanes, M: Mode>(a: u64, b: u64, c: u64) -> u64 {
    M::apply::<L, 3>([a, b, c], |[a, b, c]| multiply_add(a, b, c, M::ROUND))
}

fn quotient<L: Lanes, M: Mode>(a: u64, b: u64) -> u64 {
    M::apply::<L, 2>([a, b], |[a, b]| divide(a, b, M::ROUND))
}

fn reciprocal<L: Lanes, M: Mode>(a: u64) -> u64 {
    M::apply::<L, 1>([a], |[a]| {
        divide(L::Lane::read(L::Lane::ONE_BITS), a, M::ROUND)
    })
}

fn root<L: Lanes, M: Mode>(a: u64) -> u64 {
    M::apply::<L, 1>([a], |[a]| square_root(a, M::ROUND))
}
