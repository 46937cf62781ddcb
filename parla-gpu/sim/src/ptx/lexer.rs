//! From text to tokens: words, numbers, strings and single characters, without comments.

use super::error::InvalidPtx;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name, an opcode with all its parts, or one part of a directive: `.visible`.
    Word,
    Number,
    String,
    /// One character.
    Sign,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    pub(super) line: u32,
}

/// # Errors
///
/// A comment or string without an end, or a character that PTX doesn't have.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, InvalidPtx> {
    // A driver gets C strings; some programs hand over the final zero as well.
    let mut rest = text.trim_end_matches('\0');
    let mut line = 1;
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = if first == '\n' {
            line += 1;
            1
        } else if first.is_ascii_whitespace() {
            1
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let Some(end) = rest.find("*/") else {
                return Err(InvalidPtx::new(line, "a comment without an end"));
            };
            line += newlines(&rest[..end]);
            end + 2
        } else {
            let (kind, length) = token(rest, first, line)?;
            let text = &rest[..length];
            tokens.push(Token { kind, text, line });
            line += newlines(text);
            length
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// The kind and length of the token at the beginning.
fn token(text: &str, first: char, line: u32) -> Result<(TokenKind, usize), InvalidPtx> {
    match first {
        '0'..='9' => Ok((TokenKind::Number, number(text.as_bytes()))),
        'a'..='z' | 'A'..='Z' | '_' | '$' | '%' | '.' => {
            Ok((TokenKind::Word, word(text.as_bytes())))
        }
        '"' => match text[1..].find('"') {
            Some(end) => Ok((TokenKind::String, end + 2)),
            None => Err(InvalidPtx::new(line, "a string without an end")),
        },
        '!'..='~' => Ok((TokenKind::Sign, 1)),
        _ => Err(InvalidPtx::new(
            line,
            format!("unexpected character `{}`", first.escape_debug()),
        )),
    }
}

/// A directive ends at the next dot, so that `.reg.pred` is two; an opcode keeps its parts. `::` is
/// inside a word only in parts like `.shared::cta`.
fn word(text: &[u8]) -> usize {
    let opcode = text[0] != b'.';
    let mut dotted = !opcode;
    let mut length = 1;
    while let Some(&next) = text.get(length) {
        match next {
            b'.' if opcode => dotted = true,
            b':' if dotted
                && text.get(length + 1) == Some(&b':')
                && text.get(length + 2).is_some_and(u8::is_ascii_alphanumeric) =>
            {
                length += 1;
            }
            _ if next.is_ascii_alphanumeric() || matches!(next, b'_' | b'$') => {}
            _ => break,
        }
        length += 1;
    }
    length
}

fn number(text: &[u8]) -> usize {
    let decimal = !matches!(
        text.get(1),
        Some(b'x' | b'X' | b'f' | b'F' | b'd' | b'D' | b'b' | b'B')
    );
    let mut length = 1;
    while let Some(&next) = text.get(length) {
        let exponent = decimal && matches!(text[length - 1], b'e' | b'E');
        if !(next.is_ascii_alphanumeric()
            || next == b'.'
            || exponent && matches!(next, b'+' | b'-'))
        {
            break;
        }
        length += 1;
    }
    length
}
