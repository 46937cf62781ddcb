//! Each instruction against other arithmetic, and which instructions there are.
//!
//! Seeds are fixed; `PARLA_SOAK=n` tries `n` times as many operands.

mod approximate;
mod bits;
mod carry;
mod compare;
mod compiled;
mod convert;
mod exact;
mod float;
mod integer;
mod legality;
mod logic;
mod operands;
mod reduce;
mod sign;

use super::{Function, Operation, ScalarType, resolve};

fn operation(opcode: &str) -> Operation {
    let parts: Vec<&str> = opcode.split('.').collect();
    resolve(&parts).unwrap_or_else(|| panic!("there is no `{opcode}`"))
}

/// The result of an instruction. Whatever lies above its operands' widths must not matter, and
/// nothing may lie above the result's.
fn evaluate(opcode: &str, operands: &[u64]) -> u64 {
    let operation = operation(opcode);
    assert_eq!(operation.operands.len(), operands.len(), "{opcode}");
    let clean = masked(&operation, operands, 0);
    let result = apply(operation.function, &clean);
    let dirty = masked(&operation, operands, 0xa5a5_5a5a_c33c_9696);
    assert_eq!(
        apply(operation.function, &dirty),
        result,
        "{opcode} of {dirty:x?}"
    );
    assert_eq!(
        result & !operation.result.mask(),
        0,
        "{opcode} of {clean:x?}"
    );
    result
}

/// As [`evaluate`], of the carry flag too.
fn evaluate_carry(opcode: &str, operands: &[u64], carry: bool) -> (u64, bool) {
    let operation = operation(opcode);
    let apply = |operands: &[u64]| match (operation.function, operands) {
        (Function::BinaryCarry(function), &[a, b]) => function(a, b, carry),
        (Function::TernaryCarry(function), &[a, b, c]) => function(a, b, c, carry),
        (function, _) => panic!("{opcode} is {function:?}"),
    };
    let result = apply(&masked(&operation, operands, 0));
    let dirty = masked(&operation, operands, 0xa5a5_5a5a_c33c_9696);
    assert_eq!(apply(&dirty), result, "{opcode} of {dirty:x?}");
    assert_eq!(
        result.0 & !operation.result.mask(),
        0,
        "{opcode} of {operands:x?}"
    );
    result
}

fn apply(function: Function, operands: &[u64]) -> u64 {
    match (function, operands) {
        (Function::Unary(function), &[a]) => function(a),
        (Function::Binary(function), &[a, b]) => function(a, b),
        (Function::Ternary(function), &[a, b, c]) => function(a, b, c),
        (Function::Quaternary(function), &[a, b, c, d]) => function(a, b, c, d),
        (function, _) => panic!("{operands:?} for {function:?}"),
    }
}

/// The operands within their widths, and `above` over them.
fn masked(operation: &Operation, operands: &[u64], above: u64) -> Vec<u64> {
    let mask =
        |(operand, scalar): (&u64, &ScalarType)| operand & scalar.mask() | above & !scalar.mask();
    operands.iter().zip(&operation.operands).map(mask).collect()
}
