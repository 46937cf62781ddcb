//! `printf` of kernels: texts and values from the memory of a kernel.

use super::memory::{Action, Memory, Request};
use crate::memory::Width;
use crate::ptx::fault::FaultKind;
use crate::ptx::syntax::Space;

/// Longer texts are cut: they have lost their end.
const LONGEST: usize = 64 * 1024;

/// The text at a generic address, up to its zero.
pub(super) fn text(
    memory: &mut Memory<'_>,
    local: &[u8],
    address: u64,
) -> Result<String, Box<FaultKind>> {
    let mut bytes = Vec::new();
    for address in (address..).take(LONGEST) {
        match read(memory, local, address, Width::Bytes1)? as u8 {
            0 => break,
            byte => bytes.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn read(
    memory: &mut Memory<'_>,
    local: &[u8],
    address: u64,
    width: Width,
) -> Result<u64, Box<FaultKind>> {
    let (action, space, bytes) = (Action::Load, Space::Generic, width.bytes());
    let place = memory.locate(
        Request {
            action,
            space,
            address,
            bytes,
            step: 0,
        },
        local,
    )?;
    Ok(memory.read(place, width, local))
}

/// What `printf` makes of a format and the arguments that lie one after the other in memory, each
/// aligned to its size.
pub(super) fn format(
    memory: &mut Memory<'_>,
    local: &[u8],
    format: u64,
    mut arguments: u64,
) -> Result<String, Box<FaultKind>> {
    let format = text(memory, local, format)?;
    let mut argument = |memory: &mut Memory<'_>, width: Width| {
        arguments = arguments.next_multiple_of(width.bytes() as u64);
        let value = read(memory, local, arguments, width);
        arguments += width.bytes() as u64;
        value
    };
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(percent) = rest.find('%') {
        out += &rest[..percent];
        rest = &rest[percent + 1..];
        let Some((mut directive, length)) = Directive::parse(rest) else {
            out.push('%');
            continue;
        };
        rest = &rest[length..];
        if directive.conversion == '%' {
            out.push('%');
            continue;
        }
        for field in [&mut directive.width, &mut directive.precision] {
            if *field == Some(Field::Argument) {
                let value = argument(memory, Width::Bytes4)? as u32;
                *field = Some(Field::Number(value.cast_signed().unsigned_abs() as usize));
            }
        }
        let wide =
            directive.long || matches!(directive.conversion, 'p' | 's') || directive.is_float();
        let value = argument(memory, if wide { Width::Bytes8 } else { Width::Bytes4 })?;
        let body = match directive.conversion {
            's' => {
                let mut text = text(memory, local, value)?;
                if let Some(Field::Number(most)) = directive.precision {
                    text = text.chars().take(most).collect();
                }
                text
            }
            _ => directive.number(value),
        };
        directive.pad(&mut out, &body);
    }
    out += rest;
    Ok(out)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Number(usize),
    /// `*`: the next argument.
    Argument,
}

/// `%[flags][width][.precision][length]conversion`
#[derive(Debug)]
struct Directive {
    left: bool,
    zeros: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: Option<Field>,
    precision: Option<Field>,
    /// 64 bits.
    long: bool,
    conversion: char,
}

impl Directive {
    /// The directive after a `%`, and its length.
    fn parse(text: &str) -> Option<(Self, usize)> {
        let mut characters = text.char_indices().peekable();
        let mut directive = Self {
            left: false,
            zeros: false,
            plus: false,
            space: false,
            alternate: false,
            width: None,
            precision: None,
            long: false,
            conversion: '%',
        };
        let mut precision = false;
        loop {
            let (index, character) = characters.next()?;
            let field = match precision {
                true => &mut directive.precision,
                false => &mut directive.width,
            };
            match character {
                '-' => directive.left = true,
                '+' => directive.plus = true,
                ' ' => directive.space = true,
                '#' => directive.alternate = true,
                '0' if !precision && field.is_none() => directive.zeros = true,
                '0'..='9' => {
                    let digit = character as usize - '0' as usize;
                    let before = match field {
                        Some(Field::Number(number)) => *number,
                        _ => 0,
                    };
                    // No line is longer.
                    *field = Some(Field::Number((before * 10 + digit).min(LONGEST)));
                }
                '*' => *field = Some(Field::Argument),
                '.' => {
                    precision = true;
                    directive.precision = Some(Field::Number(0));
                }
                'l' | 'j' | 'z' | 't' => directive.long = true,
                'h' => {}
                'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'c' | 's' | 'p' | 'f' | 'F' | 'e' | 'E'
                | 'g' | 'G' | 'a' | 'A' | '%' => {
                    directive.conversion = character;
                    return Some((directive, index + 1));
                }
                _ => return None,
            }
        }
    }

    fn is_float(&self) -> bool {
        matches!(
            self.conversion,
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'a' | 'A'
        )
    }

    fn number(&self, value: u64) -> String {
        let prefix = |prefix: &str, digits: String| match self.alternate && value != 0 {
            true => format!("{prefix}{digits}"),
            false => digits,
        };
        match self.conversion {
            'd' | 'i' => {
                let value = match self.long {
                    true => value.cast_signed(),
                    false => i64::from((value as u32).cast_signed()),
                };
                self.signed(value < 0, value.unsigned_abs().to_string())
            }
            'u' => value.to_string(),
            'x' => prefix("0x", format!("{value:x}")),
            'X' => prefix("0X", format!("{value:X}")),
            'o' => prefix("0", format!("{value:o}")),
            'p' => format!("{value:#x}"),
            'c' => char::from(value as u8).to_string(),
            _ => self.float(f64::from_bits(value)),
        }
    }

    fn signed(&self, negative: bool, digits: String) -> String {
        match (negative, self.plus, self.space) {
            (true, ..) => format!("-{digits}"),
            (_, true, _) => format!("+{digits}"),
            (_, _, true) => format!(" {digits}"),
            _ => digits,
        }
    }

    fn float(&self, value: f64) -> String {
        let precision = match self.precision {
            Some(Field::Number(precision)) => precision.min(1000),
            _ => 6,
        };
        let magnitude = value.abs();
        let digits = if !magnitude.is_finite() {
            let name = if magnitude.is_nan() { "nan" } else { "inf" };
            name.to_owned()
        } else {
            match self.conversion.to_ascii_lowercase() {
                'e' => scientific(magnitude, precision),
                'g' => general(magnitude, precision),
                _ => format!("{magnitude:.precision$}"),
            }
        };
        let digits = match self.conversion.is_ascii_uppercase() {
            true => digits.to_uppercase(),
            false => digits,
        };
        self.signed(value.is_sign_negative() && !value.is_nan(), digits)
    }

    fn pad(&self, out: &mut String, body: &str) {
        let width = match self.width {
            Some(Field::Number(width)) => width,
            _ => 0,
        };
        let missing = width.saturating_sub(body.chars().count());
        let fill = |out: &mut String, with: char| out.extend(std::iter::repeat_n(with, missing));
        let sign = body.len() - body.trim_start_matches(['-', '+', ' ']).len();
        if self.left {
            *out += body;
            fill(out, ' ');
        } else if self.zeros && !matches!(self.conversion, 's' | 'c') {
            *out += &body[..sign];
            fill(out, '0');
            *out += &body[sign..];
        } else {
            fill(out, ' ');
            *out += body;
        }
    }
}

/// As C writes it: at least two digits of exponent.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// `%g`: the shorter of `%e` and `%f`, without zeros at the end.
fn general(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let text = scientific(value, precision - 1);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let strip = |digits: &str| match digits.contains('.') {
        true => digits
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => digits.to_owned(),
    };
    if exponent < -4 || exponent >= precision as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", strip(digits), exponent.unsigned_abs());
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    strip(&format!("{value:.decimals$}"))
}
