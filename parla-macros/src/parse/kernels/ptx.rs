//! The signatures of the entries in a text of PTX; the rest of the text is passed over.
//!
//! Reads what NVRTC, `nvcc` and LLVM write, and never fails: the driver judges the text as a whole.

use crate::abi::PtxParam;

/// What a text of PTX says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ptx {
    pub(crate) entries: Vec<Entry>,
    /// The hash of its source, from the line `// source: sha256:…`.
    pub(crate) source: Option<String>,
}

/// One kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) params: Vec<PtxParam>,
}

/// The beginning of the line that says what the text was built from; the hash in hexadecimal
/// follows.
pub(crate) const SOURCE_LINE: &str = "// source: sha256:";

/// Reads the signatures in `text`.
pub(crate) fn ptx(text: &str) -> Ptx {
    let source = text.lines().find_map(|line| line.strip_prefix(SOURCE_LINE));
    let without_comments = blank_comments(text);
    let mut words = Words::new(&without_comments);
    let mut entries = Vec::new();
    while let Some(word) = words.next() {
        if word == ".entry" {
            entries.extend(entry(&mut words));
        }
    }
    Ptx {
        entries,
        source: source.map(|hash| hash.trim().to_owned()),
    }
}

/// What follows `.entry`: a name, and the parameters in parentheses, if there are any.
fn entry(words: &mut Words<'_>) -> Option<Entry> {
    let name = words
        .next()
        .filter(|it| !it.starts_with(is_mark))?
        .to_owned();
    let mut params = Vec::new();
    if words.peek() == Some("(") {
        words.next();
        let mut declaration = Vec::new();
        loop {
            match words.next()? {
                "," => params.extend(param(&std::mem::take(&mut declaration))),
                ")" => break,
                word => declaration.push(word),
            }
        }
        params.extend(param(&declaration));
    }
    Some(Entry { name, params })
}

/// `.param .align 8 .b8 name[24]`, `.param .u64 .ptr .global .align 4 name`, `.param .f32 name`.
fn param(words: &[&str]) -> Option<PtxParam> {
    let is_kind = |word: &&&str| {
        let digits = word
            .strip_prefix(['.'])
            .and_then(|it| it.strip_prefix(['u', 's', 'f', 'b']));
        digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if words.is_empty() {
        return None;
    }
    let Some(kind) = words.iter().find(is_kind) else {
        let kind = words.iter().find(|word| **word != ".param");
        return Some(PtxParam::Other(kind.map_or("", |it| it).to_owned()));
    };
    let bits = kind[2..].parse().unwrap_or(0);
    if let Some(open) = words.iter().position(|word| *word == "[") {
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
        let align = words.iter().position(|word| *word == ".align");
        let align = align.and_then(|at| number(at + 1)).unwrap_or(1);
        let Some(size) = number(open + 1).and_then(|n| n.checked_mul(u64::from(bits) / 8)) else {
            return Some(PtxParam::Other(words.join(" ")));
        };
        return Some(PtxParam::Bytes { size, align });
    }
    Some(match kind.as_bytes()[1] {
        _ if words.contains(&".ptr") => PtxParam::Pointer,
        b'f' => PtxParam::Float(bits),
        b'b' => PtxParam::Bits(bits),
        _ => PtxParam::Integer(bits),
    })
}

/// The text with spaces where comments were.
fn blank_comments(text: &str) -> String {
    let mut rest = text;
    let mut clean = String::with_capacity(text.len());
    while let Some(at) = rest.find(['/', '"']) {
        let (before, found) = rest.split_at(at);
        clean.push_str(before);
        // Strings stand in `.file` and `.pragma`; what looks like a comment in them is none.
        let (kept, length) = if let Some(string) = found.strip_prefix('"') {
            let end = string.find('"').map_or(found.len(), |end| end + 2);
            (&found[..end], end)
        } else if found.starts_with("//") {
            (" ", found.find('\n').unwrap_or(found.len()))
        } else if let Some(comment) = found.strip_prefix("/*") {
            (" ", comment.find("*/").map_or(found.len(), |end| end + 4))
        } else {
            ("/", 1)
        };
        clean.push_str(kept);
        rest = &found[length..];
    }
    clean.push_str(rest);
    clean
}

/// Whether a character stands in no name.
fn is_mark(it: char) -> bool {
    !it.is_alphanumeric() && !matches!(it, '_' | '$' | '%')
}

/// Words and single punctuation marks of PTX.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn peek(&self) -> Option<&'a str> {
        Words { rest: self.rest }.next()
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next()?;
        let in_word = |it| !is_mark(it);
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            // A directive or a type begins with a dot.
            '.' => 1 + rest[1..].find(|it| !in_word(it)).unwrap_or(rest.len() - 1),
            _ if in_word(first) => rest.find(|it| !in_word(it)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, rest) = rest.split_at(length);
        self.rest = rest;
        Some(word)
    }
}
