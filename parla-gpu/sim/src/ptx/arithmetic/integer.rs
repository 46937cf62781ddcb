//! Integer arithmetic of one width.
//!
//! What the ISA leaves open: by zero, quotient and remainder have all bits set, as in the code that
//! NVIDIA's assembler makes of them. Overflow wraps, in `s32::MIN / -1` too.

use super::ScalarType::{B32, S32, U32};
use super::dispatch::typed;
use super::opcode::Opcode;
use super::types::Register;
use super::{Function, Operation};

pub(super) fn resolve(opcode: Opcode<'_>) -> Option<Operation> {
    match opcode.name {
        "add" | "sub" => sum(opcode),
        "min" | "max" => extremum(opcode),
        "abs" | "neg" => sign(opcode),
        "div" | "rem" => quotient(opcode),
        "sad" => {
            let scalar = opcode.last()?;
            Operation::of(
                scalar,
                Function::Ternary(typed!(scalar, integers, |a, b, c| {
                    c.wrapping_add(a.max(b).wrapping_sub(a.min(b)))
                })),
            )
        }
        "dp4a" | "dp2a" => dot_product(opcode),
        "vabsdiff4" => differences::<8>(opcode),
        "vabsdiff2" => differences::<16>(opcode),
        _ => None,
    }
}

fn sum(mut opcode: Opcode<'_>) -> Option<Operation> {
    let saturating = opcode.takes("sat");
    if opcode.name == "add" && !saturating && (opcode.takes("u16x2") || opcode.takes("s16x2")) {
        opcode.end()?;
        return Operation::of(
            B32,
            Function::Binary(|a, b| halves(a, b, u16::wrapping_add)),
        );
    }
    let scalar = opcode.last()?;
    let function = match (opcode.name, saturating) {
        ("add", false) => typed!(scalar, integers, |a, b| a.wrapping_add(b)),
        ("add", true) => typed!(scalar, (s32), |a, b| a.saturating_add(b)),
        (_, false) => typed!(scalar, integers, |a, b| a.wrapping_sub(b)),
        (_, true) => typed!(scalar, (s32), |a, b| a.saturating_sub(b)),
    };
    Operation::of(scalar, Function::Binary(function))
}

/// The ISA has `.relu` before the type, compilers write it behind.
fn extremum(mut opcode: Opcode<'_>) -> Option<Operation> {
    let is_min = opcode.name == "min";
    let relu = opcode.takes("relu");
    let packed = opcode.choice(|part| match part {
        "u16x2" => Some(Halves::Unsigned),
        "s16x2" => Some(Halves::Signed),
        _ => None,
    });
    let scalar = if packed.is_some() {
        B32
    } else {
        opcode.scalar()?
    };
    let relu = relu || opcode.takes("relu");
    opcode.end()?;
    let function = match (is_min, packed, relu) {
        (true, Some(Halves::Unsigned), false) => |a, b| halves(a, b, u16::min),
        (false, Some(Halves::Unsigned), false) => |a, b| halves(a, b, u16::max),
        (true, Some(Halves::Signed), false) => |a, b| halves(a, b, i16::min),
        (false, Some(Halves::Signed), false) => |a, b| halves(a, b, i16::max),
        (true, Some(Halves::Signed), true) => |a, b| halves::<i16>(a, b, |a, b| a.min(b).max(0)),
        (false, Some(Halves::Signed), true) => |a, b| halves::<i16>(a, b, |a, b| a.max(b).max(0)),
        (_, Some(Halves::Unsigned), true) => return None,
        (true, None, false) => typed!(scalar, integers, |a, b| a.min(b)),
        (false, None, false) => typed!(scalar, integers, |a, b| a.max(b)),
        (true, None, true) => typed!(scalar, (s32), |a, b| a.min(b).max(0)),
        (false, None, true) => typed!(scalar, (s32), |a, b| a.max(b).max(0)),
    };
    Operation::of(scalar, Function::Binary(function))
}

/// Two numbers of 16 bits in a word.
enum Halves {
    Unsigned,
    Signed,
}

fn halves<T: Register>(a: u64, b: u64, function: fn(T, T) -> T) -> u64 {
    let half = |shift: u32| function(T::read(a >> shift), T::read(b >> shift)).bits() << shift;
    half(16) | half(0)
}

fn sign(opcode: Opcode<'_>) -> Option<Operation> {
    let scalar = opcode.last()?;
    let function = match opcode.name {
        "abs" => typed!(scalar, signed, |a| a.wrapping_abs()),
        _ => typed!(scalar, signed, |a| a.wrapping_neg()),
    };
    Operation::of(scalar, Function::Unary(function))
}

fn quotient(opcode: Opcode<'_>) -> Option<Operation> {
    let scalar = opcode.last()?;
    let function = match opcode.name {
        "div" => typed!(scalar, integers, |a, b| {
            if b == 0 { !0 } else { a.wrapping_div(b) }
        }),
        _ => typed!(scalar, integers, |a, b| {
            if b == 0 { !0 } else { a.wrapping_rem(b) }
        }),
    };
    Operation::of(scalar, Function::Binary(function))
}

/// `dp4a`: four bytes by four bytes; `dp2a`: two halves by the low or high two bytes.
fn dot_product(mut opcode: Opcode<'_>) -> Option<Operation> {
    let high = match opcode.name {
        "dp4a" => None,
        _ => Some(opcode.choice(|half| match half {
            "lo" => Some(false),
            "hi" => Some(true),
            _ => None,
        })?),
    };
    let first = opcode.scalar()?;
    let second = opcode.last()?;
    let function: fn(u64, u64, u64) -> u64 = match (high, first, second) {
        (None, U32, U32) => |a, b, c| dot::<u8, u8, 4>(a, b, c),
        (None, U32, S32) => |a, b, c| dot::<u8, i8, 4>(a, b, c),
        (None, S32, U32) => |a, b, c| dot::<i8, u8, 4>(a, b, c),
        (None, S32, S32) => |a, b, c| dot::<i8, i8, 4>(a, b, c),
        (Some(false), U32, U32) => |a, b, c| dot::<u16, u8, 2>(a, b, c),
        (Some(false), U32, S32) => |a, b, c| dot::<u16, i8, 2>(a, b, c),
        (Some(false), S32, U32) => |a, b, c| dot::<i16, u8, 2>(a, b, c),
        (Some(false), S32, S32) => |a, b, c| dot::<i16, i8, 2>(a, b, c),
        (Some(true), U32, U32) => |a, b, c| dot::<u16, u8, 2>(a, b >> 16, c),
        (Some(true), U32, S32) => |a, b, c| dot::<u16, i8, 2>(a, b >> 16, c),
        (Some(true), S32, U32) => |a, b, c| dot::<i16, u8, 2>(a, b >> 16, c),
        (Some(true), S32, S32) => |a, b, c| dot::<i16, i8, 2>(a, b >> 16, c),
        _ => return None,
    };
    let result = if (first, second) == (U32, U32) {
        U32
    } else {
        S32
    };
    Operation::new(&[B32, B32, result], result, Function::Ternary(function))
}

fn dot<A: Register + Into<i64>, B: Register + Into<i64>, const N: usize>(
    a: u64,
    b: u64,
    c: u64,
) -> u64 {
    let product = |lane: usize| {
        let a: i64 = A::read(a >> (lane * 8 * size_of::<A>())).into();
        let b: i64 = B::read(b >> (lane * 8 * size_of::<B>())).into();
        a * b
    };
    let sum = (0..N).map(product).sum::<i64>();
    u64::from((c as u32).wrapping_add(sum as u32))
}

/// How far the unsigned lanes of two words are apart: each in its lane, or `.add`ed up. Compilers
/// write these forms, for intrinsics such as `__vsadu4`.
fn differences<const BITS: u32>(mut opcode: Opcode<'_>) -> Option<Operation> {
    for _ in 0..3 {
        (opcode.scalar()? == U32).then_some(())?;
    }
    let function = match opcode.takes("add") {
        true => |a, b, c: u64| {
            let sum: u64 = lanes::<BITS>(a, b).map(|(_, difference)| difference).sum();
            c.wrapping_add(sum) & 0xffff_ffff
        },
        false => |a, b, _| {
            let lanes = lanes::<BITS>(a, b);
            lanes.map(|(shift, difference)| difference << shift).sum()
        },
    };
    opcode.end()?;
    Operation::of(U32, Function::Ternary(function))
}

/// Where each lane of two words begins, and how far they are apart there.
fn lanes<const BITS: u32>(a: u64, b: u64) -> impl Iterator<Item = (u32, u64)> {
    (0..32).step_by(BITS as usize).map(move |shift| {
        let lane = |word: u64| word >> shift & ((1 << BITS) - 1);
        (shift, lane(a).abs_diff(lane(b)))
    })
}
