//! Variables, parameters and registers.

use super::constant;
use super::cursor::Cursor;
use crate::ptx::arithmetic::ScalarType;
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::{Parameter, Space, StatementKind, Variable};

/// More than any device has: sizes beyond are mistakes, and sums of them can't overflow.
const LARGEST: u64 = 1 << 40;

/// The memory of a declaration that begins so.
pub(super) fn space(word: &str) -> Option<Space> {
    Some(match word {
        ".global" => Space::Global,
        ".const" => Space::Constant,
        ".shared" => Space::Shared,
        ".local" => Space::Local,
        ".param" => Space::Parameter,
        _ => return None,
    })
}

/// `space kind name … [ = initial ] { , name … } ;`
pub(super) fn variables<'a>(
    cursor: &mut Cursor<'a, '_>,
    external: bool,
    each: &mut dyn FnMut(Variable<'a>),
) -> Result<(), InvalidPtx> {
    let Some(space) = cursor.word().and_then(space) else {
        return Err(cursor.unexpected("a variable"));
    };
    cursor.next();
    let Kind {
        scalar,
        bytes,
        alignment,
    } = kind(cursor)?;
    loop {
        let line = cursor.line();
        let name = cursor.name("a variable's name")?;
        let dimensions = dimensions(cursor)?;
        let initial = match cursor.takes("=") {
            true => Some(constant::initial(cursor, constant::DEPTH)?),
            false => None,
        };
        each(Variable {
            line,
            name,
            space,
            external,
            scalar,
            bytes: array_bytes(cursor, bytes, &dimensions)?,
            alignment,
            dimensions,
            initial,
        });
        if !cursor.takes(",") {
            return cursor.expect(";");
        }
    }
}

/// `( [ parameter { , parameter } ] )`
pub(super) fn parameters<'a>(
    cursor: &mut Cursor<'a, '_>,
) -> Result<Vec<Parameter<'a>>, InvalidPtx> {
    let mut parameters = Vec::new();
    cursor.expect("(")?;
    while !cursor.takes(")") {
        if !parameters.is_empty() {
            cursor.expect(",")?;
        }
        let register = cursor.takes(".reg");
        if !register {
            cursor.expect(".param")?;
        }
        let Kind {
            scalar,
            bytes,
            alignment,
        } = kind(cursor)?;
        let name = cursor.name("a parameter's name")?;
        let dimensions = dimensions(cursor)?;
        parameters.push(Parameter {
            name,
            scalar,
            register,
            bytes: array_bytes(cursor, bytes, &dimensions)?,
            alignment,
        });
    }
    Ok(parameters)
}

/// `.reg type name [ < n > ] { , … } ;`
pub(super) fn registers<'a>(cursor: &mut Cursor<'a, '_>) -> Result<StatementKind<'a>, InvalidPtx> {
    cursor.expect(".reg")?;
    let Some(scalar) = cursor.word().and_then(scalar) else {
        return Err(cursor.unexpected("a register's type"));
    };
    cursor.next();
    let mut names = Vec::new();
    loop {
        let name = cursor.name("a register's name")?;
        let mut count = None;
        if cursor.takes("<") {
            count = Some(constant::count(cursor)?);
            cursor.expect(">")?;
        }
        names.push((name, count));
        if !cursor.takes(",") {
            cursor.expect(";")?;
            return Ok(StatementKind::Registers(scalar, names));
        }
    }
}

fn scalar(word: &str) -> Option<ScalarType> {
    word.strip_prefix('.').and_then(ScalarType::parse)
}

/// What stands between the memory and the name.
struct Kind {
    scalar: ScalarType,
    /// Of one value: a vector's are all of its parts'.
    bytes: u64,
    alignment: u64,
}

fn kind(cursor: &mut Cursor<'_, '_>) -> Result<Kind, InvalidPtx> {
    let mut alignment = None;
    let mut parts = 1;
    let scalar = loop {
        let Some(word) = cursor.word() else {
            return Err(cursor.unexpected("a type"));
        };
        cursor.next();
        match word {
            ".align" => alignment = Some(self::alignment(cursor)?),
            ".v2" => parts = 2,
            ".v4" => parts = 4,
            ".attribute" => {
                cursor.expect("(")?;
                while !cursor.takes(")") {
                    if cursor.next().is_none() {
                        return Err(cursor.unexpected("`)`"));
                    }
                }
            }
            _ => match scalar(word) {
                Some(ScalarType::Pred) | None => {
                    let message = format!("`{word}` is no type for a variable");
                    return Err(cursor.error_before(message));
                }
                Some(scalar) => break scalar,
            },
        }
    };
    if cursor.takes(".ptr") {
        // What the parameter points to: an optimiser's business.
        if cursor.word().is_some_and(|word| space(word).is_some()) {
            cursor.next();
        }
        if cursor.takes(".align") {
            self::alignment(cursor)?;
        }
    }
    let bytes = parts * scalar.size() as u64;
    Ok(Kind {
        scalar,
        bytes,
        alignment: alignment.unwrap_or(bytes),
    })
}

fn alignment(cursor: &mut Cursor<'_, '_>) -> Result<u64, InvalidPtx> {
    let value = constant::integer(cursor)?;
    if value.is_power_of_two() && value <= 4096 {
        return Ok(value);
    }
    Err(cursor.error_before(format!("`{value}` is no alignment")))
}

/// `{ [ n ] }`; without a number, 0.
fn dimensions(cursor: &mut Cursor<'_, '_>) -> Result<Vec<u64>, InvalidPtx> {
    let mut dimensions = Vec::new();
    while cursor.takes("[") {
        if cursor.takes("]") {
            dimensions.push(0);
        } else {
            dimensions.push(constant::integer(cursor)?);
            cursor.expect("]")?;
        }
    }
    Ok(dimensions)
}

fn array_bytes(cursor: &Cursor<'_, '_>, one: u64, dimensions: &[u64]) -> Result<u64, InvalidPtx> {
    dimensions
        .iter()
        .try_fold(one, |bytes, length| bytes.checked_mul(*length))
        .filter(|bytes| *bytes <= LARGEST)
        .ok_or_else(|| cursor.error_before("an array is larger than any memory"))
}
