//! The approximate instructions: computed in `f64` and rounded, nearer than the ISA demands.

use half::bf16;
use rustc_apfloat::Round::NearestTiesToEven;

use super::ScalarType::{Bf16, Bf16x2, F16, F16x2, F32, F64};
use super::dispatch::for_flag;
use super::format::{Float, Lanes, Pair};
use super::modes::{Mode, Modes, for_half};
use super::opcode::Opcode;
use super::rounding::Nearest;
use super::types::Register;
use super::{Function, Operation};

type Flushing<const FLUSH: bool> = Modes<Nearest, FLUSH, false, false>;

macro_rules! single {
    ($flush:expr, |$a:ident| $value:expr) => {
        for_flag!($flush, |FLUSH| |a| unary::<f32, FLUSH>(a, |$a| $value))
    };
}

pub(super) fn resolve(mut opcode: Opcode<'_>) -> Option<Operation> {
    let name = opcode.name;
    if name == "div" {
        return quotient(opcode);
    }
    if !opcode.takes("approx") {
        return None;
    }
    let flush = opcode.takes("ftz");
    let scalar = opcode.last()?;
    let function: fn(u64) -> u64 = match (name, scalar) {
        ("rcp", F32) => single!(flush, |a| 1.0 / a),
        ("sqrt", F32) => single!(flush, |a| a.sqrt()),
        ("rsqrt", F32) => single!(flush, |a| 1.0 / a.sqrt()),
        ("sin", F32) => single!(flush, |a| a.sin()),
        ("cos", F32) => single!(flush, |a| a.cos()),
        ("lg2", F32) => single!(flush, |a| a.log2()),
        ("ex2", F32) => single!(flush, |a| a.exp2()),
        ("ex2", F16 | F16x2) if !flush => {
            for_half!(scalar, |L| |a| unary::<L, false>(a, f64::exp2))
        }
        ("ex2", Bf16) if flush => |a| unary::<bf16, true>(a, f64::exp2),
        ("ex2", Bf16x2) if flush => |a| unary::<Pair<bf16>, true>(a, f64::exp2),
        ("tanh", F32) if !flush => |a| unary::<f32, false>(a, f64::tanh),
        ("tanh", _) if !flush => for_half!(scalar, |L| |a| unary::<L, false>(a, f64::tanh)),
        ("rcp", F64) if flush => |a| gross(a, |a| 1.0 / a),
        ("rsqrt", F64) if flush => |a| gross(a, |a| 1.0 / a.sqrt()),
        ("rsqrt", F64) => |a| unary::<f64, false>(a, |a| 1.0 / a.sqrt()),
        _ => return None,
    };
    Operation::of(scalar, Function::Unary(function))
}

fn unary<L: Lanes, const FLUSH: bool>(a: u64, function: fn(f64) -> f64) -> u64 {
    Flushing::<FLUSH>::apply::<L, 1>([a], |[a]| {
        L::Lane::of_f64(function(a.to_f64()), NearestTiesToEven)
    })
}

/// From the high word to the high word; the low one is zero.
fn gross(a: u64, function: fn(f64) -> f64) -> u64 {
    let high = !0 << 32;
    let a = if f64::read(a).is_nan() { a } else { a & high };
    Flushing::<true>::apply::<f64, 1>([a], |[a]| function(a)) & high
}

/// `div.approx` and `div.full`.
fn quotient(mut opcode: Opcode<'_>) -> Option<Operation> {
    let is_full = opcode.choice(|range| match range {
        "approx" => Some(false),
        "full" => Some(true),
        _ => None,
    })?;
    let flush = opcode.takes("ftz");
    (opcode.last()? == F32).then_some(())?;
    let function = for_flag!(flush, |FLUSH| if is_full {
        |a, b| Flushing::<FLUSH>::apply::<f32, 2>([a, b], |[a, b]| a / b)
    } else {
        |a, b| Flushing::<FLUSH>::apply::<f32, 2>([a, b], by_reciprocal)
    });
    Operation::of(F32, Function::Binary(function))
}

/// The reciprocal of a large divisor is flushed, as the ISA has it.
fn by_reciprocal([a, b]: [f32; 2]) -> f32 {
    let large = 2.0_f32.powi(126);
    if b.abs() > large && b.is_finite() {
        a * 0.0_f32.copysign(b)
    } else {
        a / b
    }
}
