//! The operations of `atom`, `red` and `redux`.

use super::ScalarType::{self, Bf16, Bf16x2, F16, F16x2, F32, F64};
use super::dispatch::typed;
use super::float::sum;
use super::modes::{Modes, for_half};
use super::rounding::Nearest;
use super::sign::Extremum;

/// Half-precision and double-precision operands are never flushed; whether `f32` is depends on
/// the hardware and the memory: here not.
type Plain = Modes<Nearest, false, false, false>;

/// The operation on the old value and the operand: its result is the new value.
pub(crate) fn reduction(op: &str, scalar: ScalarType) -> Option<fn(u64, u64) -> u64> {
    let is_half = matches!(scalar, F16 | F16x2 | Bf16 | Bf16x2);
    Some(match op {
        "add" if scalar == F32 => sum::<f32, Plain>,
        "add" if scalar == F64 => sum::<f64, Plain>,
        "add" if is_half => for_half!(scalar, |L| sum::<L, Plain>),
        "min" if is_half => for_half!(scalar, |L| Extremum::<false, false, false, false>::of::<L>),
        "max" if is_half => for_half!(scalar, |L| Extremum::<true, false, false, false>::of::<L>),
        "add" => typed!(scalar, (u32, s32, u64), |old, operand| old
            .wrapping_add(operand)),
        "min" => typed!(scalar, (u32, s32, u64, s64), |old, operand| old
            .min(operand)),
        "max" => typed!(scalar, (u32, s32, u64, s64), |old, operand| old
            .max(operand)),
        "inc" => typed!(scalar, (u32), |old, last| if old >= last {
            0
        } else {
            old + 1
        }),
        "dec" => typed!(scalar, (u32), |old, last| if old == 0 || old > last {
            last
        } else {
            old - 1
        }),
        "and" => typed!(scalar, (b32, b64), |old, operand| old & operand),
        "or" => typed!(scalar, (b32, b64), |old, operand| old | operand),
        "xor" => typed!(scalar, (b32, b64), |old, operand| old ^ operand),
        "exch" => typed!(scalar, (b32, b64), |_old, operand| operand),
        _ => return None,
    })
}
