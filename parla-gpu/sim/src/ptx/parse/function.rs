//! Kernels and device functions.

use super::cursor::Cursor;
use super::{constant, declaration, statement};
use crate::ptx::error::InvalidPtx;
use crate::ptx::syntax::Function;

pub(super) fn function<'a>(
    cursor: &mut Cursor<'a, '_>,
    kernel: bool,
) -> Result<Function<'a>, InvalidPtx> {
    let line = cursor.line();
    cursor.next();
    let mut returns = Vec::new();
    if !kernel && cursor.sees("(") {
        returns = declaration::parameters(cursor)?;
    }
    let name = cursor.name("a function's name")?;
    let mut parameters = Vec::new();
    if cursor.sees("(") {
        parameters = declaration::parameters(cursor)?;
    }
    let mut function = Function {
        line,
        name,
        kernel,
        returns,
        parameters,
        max_threads: None,
        required_threads: None,
        body: None,
    };
    loop {
        if cursor.skips_debug()? {
            continue;
        }
        match cursor.word() {
            Some(".maxntid") => function.max_threads = Some(extents(cursor)?),
            Some(".reqntid") => function.required_threads = Some(extents(cursor)?),
            Some(
                ".minnctapersm"
                | ".maxnctapersm"
                | ".maxnreg"
                | ".maxclusterrank"
                | ".abi_preserve"
                | ".abi_preserve_control",
            ) => {
                extents(cursor)?;
            }
            Some(".noreturn" | ".noinline" | ".unique") => {
                cursor.next();
            }
            Some(word @ (".reqnctapercluster" | ".explicitcluster" | ".blocksareclusters")) => {
                return Err(cursor.error(format!("`{word}`: clusters are not simulated")));
            }
            _ => break,
        }
    }
    if !cursor.takes(";") {
        cursor.expect("{")?;
        function.body = Some(statement::statements(cursor, constant::DEPTH)?);
    }
    Ok(function)
}

/// One to three numbers after a directive; what is missing is 1.
fn extents(cursor: &mut Cursor<'_, '_>) -> Result<[u32; 3], InvalidPtx> {
    cursor.next();
    let mut extents = [1; 3];
    for (index, extent) in extents.iter_mut().enumerate() {
        if index > 0 && !cursor.takes(",") {
            break;
        }
        *extent = u32::try_from(constant::integer(cursor)?)
            .map_err(|_| cursor.error_before("a bound is too large"))?;
    }
    Ok(extents)
}
