//! Constant expressions, and what variables begin with.

use super::cursor::Cursor;
use crate::ptx::error::InvalidPtx;
use crate::ptx::lexer::TokenKind;
use crate::ptx::syntax::{Constant, Initial, Literal};

/// Deeper nesting of parentheses, braces and scopes is refused: each level is a call.
pub(super) const DEPTH: u32 = 64;

pub(super) fn begins_constant(cursor: &Cursor<'_, '_>) -> bool {
    cursor
        .peek()
        .is_some_and(|token| token.kind == TokenKind::Number)
        || ["-", "+", "~", "("].iter().any(|sign| cursor.sees(sign))
}

/// A number or an expression of integers.
pub(super) fn literal(cursor: &mut Cursor<'_, '_>) -> Result<Literal, InvalidPtx> {
    expression(cursor, 0, DEPTH)
}

/// An expression that is an integer, in two's complement.
pub(super) fn integer(cursor: &mut Cursor<'_, '_>) -> Result<u64, InvalidPtx> {
    match literal(cursor)? {
        Literal::Integer(value) => Ok(value),
        Literal::Single(_) | Literal::Double(_) => {
            Err(cursor.error_before("expected an integer, found a number with a point"))
        }
    }
}

/// A plain number: before `>`, which an expression would take for an operator.
pub(super) fn count(cursor: &mut Cursor<'_, '_>) -> Result<u64, InvalidPtx> {
    let token = cursor.number()?;
    match number(token.text) {
        Some(Literal::Integer(value)) => Ok(value),
        _ => Err(cursor.error_before(format!("`{}` is no count", token.text))),
    }
}

/// `+ n` or `- n` after a name; 0 if there is none.
pub(super) fn addend(cursor: &mut Cursor<'_, '_>) -> Result<i64, InvalidPtx> {
    if cursor.takes("+") || cursor.sees("-") {
        return integer(cursor).map(u64::cast_signed);
    }
    Ok(0)
}

/// `value` or `{ initial, … }`.
pub(super) fn initial<'a>(
    cursor: &mut Cursor<'a, '_>,
    depth: u32,
) -> Result<Initial<'a>, InvalidPtx> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(cursor.error("braces are nested too deeply"));
    };
    if !cursor.takes("{") {
        return constant(cursor).map(Initial::Value);
    }
    let mut list = Vec::new();
    while !cursor.takes("}") {
        list.push(initial(cursor, depth)?);
        if !cursor.takes(",") {
            cursor.expect("}")?;
            break;
        }
    }
    Ok(Initial::List(list))
}

/// A number, `variable + n` or `generic(variable) + n`.
fn constant<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Constant<'a>, InvalidPtx> {
    if begins_constant(cursor) {
        return literal(cursor).map(Constant::Literal);
    }
    let mut name = cursor.name("a number or a variable")?;
    if name == "generic" && cursor.takes("(") {
        name = cursor.name("a variable")?;
        cursor.expect(")")?;
    }
    let addend = addend(cursor)?;
    Ok(Constant::Address { name, addend })
}

/// The binary operators from the loosest to the tightest.
const OPERATORS: [&[&str]; 6] = [
    &["|"],
    &["^"],
    &["&"],
    &["<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

fn expression(
    cursor: &mut Cursor<'_, '_>,
    level: usize,
    depth: u32,
) -> Result<Literal, InvalidPtx> {
    let Some(operators) = OPERATORS.get(level) else {
        return unary(cursor, depth);
    };
    let mut left = expression(cursor, level + 1, depth)?;
    while let Some(operator) = operators.iter().find(|sign| cursor.sees(sign)) {
        cursor.next();
        if matches!(*operator, "<" | ">") {
            cursor.expect(operator)?;
        }
        let right = expression(cursor, level + 1, depth)?;
        let (Literal::Integer(a), Literal::Integer(b)) = (left, right) else {
            return Err(cursor.error_before(format!("`{operator}` is for integers only")));
        };
        let value = match *operator {
            "|" => Some(a | b),
            "^" => Some(a ^ b),
            "&" => Some(a & b),
            "<" => Some(
                u32::try_from(b)
                    .ok()
                    .and_then(|b| a.checked_shl(b))
                    .unwrap_or(0),
            ),
            ">" => Some(
                u32::try_from(b)
                    .ok()
                    .and_then(|b| a.checked_shr(b))
                    .unwrap_or(0),
            ),
            "+" => Some(a.wrapping_add(b)),
            "-" => Some(a.wrapping_sub(b)),
            "*" => Some(a.wrapping_mul(b)),
            "/" => a
                .cast_signed()
                .checked_div(b.cast_signed())
                .map(i64::cast_unsigned),
            _ => a
                .cast_signed()
                .checked_rem(b.cast_signed())
                .map(i64::cast_unsigned),
        };
        left = Literal::Integer(
            value.ok_or_else(|| cursor.error_before("a constant is divided by zero"))?,
        );
    }
    Ok(left)
}

fn unary(cursor: &mut Cursor<'_, '_>, depth: u32) -> Result<Literal, InvalidPtx> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(cursor.error("an expression is nested too deeply"));
    };
    if cursor.takes("-") {
        return Ok(match unary(cursor, depth)? {
            Literal::Integer(value) => Literal::Integer(value.wrapping_neg()),
            Literal::Single(value) => Literal::Single(-value),
            Literal::Double(value) => Literal::Double(-value),
        });
    }
    if cursor.takes("+") {
        return unary(cursor, depth);
    }
    if cursor.takes("~") {
        return match unary(cursor, depth)? {
            Literal::Integer(value) => Ok(Literal::Integer(!value)),
            _ => Err(cursor.error_before("`~` is for integers only")),
        };
    }
    if cursor.takes("(") {
        let value = expression(cursor, 0, depth)?;
        cursor.expect(")")?;
        return Ok(value);
    }
    let token = cursor.number()?;
    number(token.text).ok_or_else(|| cursor.error_before(format!("`{}` is no number", token.text)))
}

/// `42`, `42U`, `0x2A`, `052`, `0b101010`, `0f3F800000`, `0d3FF0000000000000`, `1.5e-3`.
fn number(text: &str) -> Option<Literal> {
    let digits = |radix: &str| text.strip_prefix(radix);
    if let Some(digits) = digits("0f").or_else(|| digits("0F")) {
        let bits = u32::from_str_radix(digits, 16).ok()?;
        return (digits.len() == 8).then_some(Literal::Single(f32::from_bits(bits)));
    }
    if let Some(digits) = digits("0d").or_else(|| digits("0D")) {
        let bits = u64::from_str_radix(digits, 16).ok()?;
        return (digits.len() == 16).then_some(Literal::Double(f64::from_bits(bits)));
    }
    let plain = text.trim_end_matches(['U', 'u']);
    let integer = |radix: [&str; 2], base| {
        let digits = radix.iter().find_map(|radix| plain.strip_prefix(radix))?;
        Some(u64::from_str_radix(digits, base))
    };
    let integer = integer(["0x", "0X"], 16)
        .or_else(|| integer(["0b", "0B"], 2))
        .unwrap_or_else(|| match plain.strip_prefix('0') {
            Some(octal) if !octal.is_empty() && octal.bytes().all(|b| b.is_ascii_digit()) => {
                u64::from_str_radix(octal, 8)
            }
            _ => plain.parse(),
        });
    match integer {
        Ok(value) => Some(Literal::Integer(value)),
        Err(_) if text.contains('.') => text.parse().ok().map(Literal::Double),
        Err(_) => None,
    }
}
