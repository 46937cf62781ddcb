//! What stands in a function's body.

use super::cursor::Cursor;
use super::{constant, declaration};
use crate::ptx::error::InvalidPtx;
use crate::ptx::lexer::TokenKind;
use crate::ptx::syntax::{Call, Guard, Instruction, Operand, Statement, StatementKind};

/// Everything up to the closing brace.
pub(super) fn statements<'a>(
    cursor: &mut Cursor<'a, '_>,
    depth: u32,
) -> Result<Vec<Statement<'a>>, InvalidPtx> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(cursor.error("scopes are nested too deeply"));
    };
    let mut statements = Vec::new();
    while !cursor.takes("}") {
        let line = cursor.line();
        if cursor.takes(";") || cursor.skips_debug()? {
            continue;
        }
        let mut push = |kind| statements.push(Statement { line, kind });
        if cursor.takes("{") {
            push(StatementKind::Scope(self::statements(cursor, depth)?));
            continue;
        }
        match cursor.word() {
            Some(".reg") => push(declaration::registers(cursor)?),
            Some(word) if declaration::space(word).is_some() => {
                declaration::variables(cursor, false, &mut |variable| {
                    push(StatementKind::Variable(variable));
                })?;
            }
            Some(".extern") => {
                cursor.next();
                declaration::variables(cursor, true, &mut |variable| {
                    push(StatementKind::Variable(variable));
                })?;
            }
            Some(".branchtargets") => {
                return Err(cursor.error("`.branchtargets` has no label"));
            }
            Some(word) if cursor.sees_second(":") => {
                cursor.name("a label")?;
                cursor.expect(":")?;
                if cursor.takes(".branchtargets") {
                    push(StatementKind::BranchTargets(word, cursor.names("a label")?));
                    cursor.expect(";")?;
                } else if let Some(".callprototype" | ".calltargets") = cursor.word() {
                    // Only indirect calls look at these.
                    while cursor.next().is_some_and(|token| token.text != ";") {}
                } else {
                    push(StatementKind::Label(word));
                }
            }
            _ => push(instruction(cursor)?),
        }
    }
    Ok(statements)
}

fn instruction<'a>(cursor: &mut Cursor<'a, '_>) -> Result<StatementKind<'a>, InvalidPtx> {
    let mut guard = None;
    if cursor.takes("@") {
        let negated = cursor.takes("!");
        let predicate = cursor.name("a predicate")?;
        guard = Some(Guard { predicate, negated });
    }
    let opcode = cursor.name("an instruction")?;
    if matches!(opcode, "call" | "call.uni") {
        return call(cursor, guard).map(StatementKind::Call);
    }
    let operands = operands(cursor).map_err(|error| InvalidPtx {
        message: format!("`{opcode}`: {}", error.message),
        ..error
    })?;
    Ok(StatementKind::Instruction(Instruction {
        guard,
        opcode,
        operands,
    }))
}

/// Up to the semicolon.
fn operands<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Vec<Operand<'a>>, InvalidPtx> {
    let mut operands = Vec::new();
    while !cursor.takes(";") {
        if !operands.is_empty() {
            cursor.expect(",")?;
        }
        operands.push(operand(cursor)?);
    }
    Ok(operands)
}

/// `[ ( returns ) , ] callee [ , ( arguments ) ] [ , prototype ] ;`
fn call<'a>(cursor: &mut Cursor<'a, '_>, guard: Option<Guard<'a>>) -> Result<Call<'a>, InvalidPtx> {
    let mut returns = Vec::new();
    if cursor.sees("(") {
        returns = list(cursor, "(", ")")?;
        cursor.expect(",")?;
    }
    let callee = cursor.name("a function's name")?;
    let mut arguments = Vec::new();
    if cursor.takes(",") {
        arguments = list(cursor, "(", ")")?;
    }
    if callee.starts_with('%') || cursor.sees(",") {
        return Err(cursor.error_before(
            "calls through a register, of function pointers and virtual functions, are not simulated",
        ));
    }
    cursor.expect(";")?;
    Ok(Call {
        guard,
        returns,
        callee,
        arguments,
    })
}

fn list<'a>(
    cursor: &mut Cursor<'a, '_>,
    open: &str,
    close: &str,
) -> Result<Vec<Operand<'a>>, InvalidPtx> {
    let mut operands = Vec::new();
    cursor.expect(open)?;
    while !cursor.takes(close) {
        if !operands.is_empty() {
            cursor.expect(",")?;
        }
        operands.push(simple_operand(cursor)?);
    }
    Ok(operands)
}

fn operand<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Operand<'a>, InvalidPtx> {
    if cursor.sees("{") {
        return list(cursor, "{", "}").map(Operand::Vector);
    }
    if cursor.takes("[") {
        let mut base = None;
        if cursor.word().is_some() {
            base = Some(cursor.name("an address")?);
        }
        let offset = match base {
            Some(_) => constant::addend(cursor)?,
            None => constant::integer(cursor)?.cast_signed(),
        };
        cursor.expect("]")?;
        return Ok(Operand::Address(base, offset));
    }
    simple_operand(cursor)
}

/// Anything but an address or a vector.
fn simple_operand<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Operand<'a>, InvalidPtx> {
    if constant::begins_constant(cursor) {
        return constant::literal(cursor).map(Operand::Literal);
    }
    if cursor.takes("!") {
        return cursor.name("a predicate").map(Operand::Not);
    }
    if cursor
        .peek()
        .is_some_and(|token| token.kind != TokenKind::Word)
    {
        return Err(cursor.unexpected("an operand"));
    }
    let name = cursor.name("an operand")?;
    if cursor.takes("|") {
        return Ok(Operand::Pair(name, cursor.name("a predicate")?));
    }
    match constant::addend(cursor)? {
        0 => Ok(Operand::Name(name)),
        addend => Ok(Operand::Sum(name, addend)),
    }
}
