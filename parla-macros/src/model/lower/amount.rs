//! Reads literals as amounts, and texts such as `"2 GiB"` as sizes.

use syn::{Expr, Lit, UnOp};

use crate::diag::{Site, shown};
use crate::model::{Amount, Number, Size};

/// The units of memory and their bytes.
const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// The amount that `expr` is.
pub(crate) fn amount(expr: Expr) -> Amount {
    Amount {
        site: Site::of_expr(&expr),
        number: number(&expr),
        expr,
    }
}

fn number(expr: &Expr) -> Number {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().map_or(Number::Unknown, Number::Integer),
            Lit::Float(float) => float
                .base10_parse()
                .map_or(Number::Unknown, Number::Decimal),
            _ => Number::Text,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match number(&unary.expr) {
            Number::Integer(it) => Number::Integer(-it),
            Number::Decimal(it) => Number::Decimal(-it),
            other => other,
        },
        Expr::Paren(paren) => number(&paren.expr),
        Expr::Group(group) => number(&group.expr),
        _ => Number::Unknown,
    }
}

/// `expr` without the parentheses around it.
fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(it) => plain(&it.expr),
        Expr::Group(it) => plain(&it.expr),
        other => other,
    }
}

/// The size that `expr` is.
pub(crate) fn size(expr: Expr) -> Size {
    let site = Site::of_expr(&expr);
    let bytes = match plain(&expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => parse_size(&text.value()),
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        _ if number(&expr) == Number::Unknown => return Size::Unknown(expr),
        _ => None,
    };
    match bytes {
        Some(bytes) => Size::Bytes { bytes, site },
        None => Size::Wrong {
            site,
            shown: shown(&expr),
        },
    }
}

/// The bytes of `"1.5 GiB"`; a unit is needed, since a bare number in a text is more likely a slip
/// than a count of bytes.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|it: char| !it.is_ascii_digit() && it != '.')?;
    let (number, unit) = (text[..split].trim(), text[split..].trim());
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 18 {
        return None;
    }
    // Integers throughout: "0.1 GiB" must not depend on the rounding of a float.
    let whole = whole
        .parse::<u128>()
        .ok()?
        .checked_mul(u128::from(*factor))?;
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let digits = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()?
    };
    let part = digits.checked_mul(u128::from(*factor))? / scale;
    u64::try_from(whole.checked_add(part)?).ok()
}
