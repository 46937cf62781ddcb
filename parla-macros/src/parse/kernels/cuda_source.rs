//! The declarations of kernels in a text of CUDA C++; the rest of the text is passed over.
//!
//! Knows types of C, and nothing of macros, type definitions or templates: a parameter whose type it
//! doesn't know is [`CudaType::Unknown`], and a declaration that it can't read is left out.

use super::cuda_words::{Word, words};
use crate::abi::{CudaParam, CudaType, Number};

/// A kernel: `extern "C" __global__ void name(…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CudaKernel {
    pub(crate) name: String,
    /// The lines of the `///` comment above it.
    pub(crate) docs: Vec<String>,
    pub(crate) params: Vec<CudaParam>,
}

/// Reads the kernels with C names in `text`; of several declarations of one, the last.
pub(crate) fn cuda_source(text: &str) -> Vec<CudaKernel> {
    let words = words(text);
    let mut kernels: Vec<CudaKernel> = Vec::new();
    // The braces that are open; true for those of `extern "C" {`.
    let mut braces: Vec<bool> = Vec::new();
    let mut docs: Vec<String> = Vec::new();
    let mut is_c = false;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        match word {
            Word::Doc(line) => docs.push(line.clone()),
            Word::Name("extern") if words.get(at) == Some(&Word::Text("\"C\"")) => {
                at += 1;
                is_c = true;
            }
            Word::Name("__global__") => {
                let has_c_name = is_c || braces.contains(&true);
                if let Some((mut kernel, end)) = kernel(&words, at).filter(|_| has_c_name) {
                    kernel.docs = std::mem::take(&mut docs);
                    at = end;
                    if let Some(first) = kernels.iter().position(|it| it.name == kernel.name) {
                        let prototype = kernels.remove(first);
                        if kernel.docs.is_empty() {
                            kernel.docs = prototype.docs;
                        }
                    }
                    kernels.push(kernel);
                }
            }
            Word::Mark(mark @ ('{' | '}' | ';')) => {
                match mark {
                    // The braces of a function are none of `extern "C"`, but it had them around it.
                    '{' => braces.push(is_c && words.get(at - 2) == Some(&Word::Text("\"C\""))),
                    '}' => drop(braces.pop()),
                    _ => {}
                }
                is_c = false;
                docs.clear();
            }
            _ => {}
        }
    }
    kernels
}

/// What follows `__global__`, up to and with the parameters, and where that ends.
fn kernel(words: &[Word<'_>], mut at: usize) -> Option<(CudaKernel, usize)> {
    loop {
        match (words.get(at)?, words.get(at + 1)?) {
            // Attributes with arguments, such as `__launch_bounds__(256)`.
            (Word::Name(name), Word::Mark('(')) if name.starts_with("__") => {
                at = closing(words, at + 1)?;
            }
            (Word::Name(name), Word::Mark('(')) => {
                let end = closing(words, at + 1)?;
                let inner = &words[at + 2..end - 1];
                let kernel = CudaKernel {
                    name: (*name).to_owned(),
                    docs: Vec::new(),
                    params: params(inner),
                };
                return Some((kernel, end));
            }
            (Word::Mark(';' | '{' | '}'), _) => return None,
            _ => at += 1,
        }
    }
}

/// Behind the parenthesis that closes the one at `open`.
fn closing(words: &[Word<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word {
            Word::Mark('(') => depth += 1,
            Word::Mark(')') if depth == 1 => return Some(at + 1),
            Word::Mark(')') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn params(words: &[Word<'_>]) -> Vec<CudaParam> {
    let mut params = Vec::new();
    let mut current = Vec::new();
    let mut depth = 0_i32;
    for word in words {
        match word {
            Word::Doc(_) => continue,
            Word::Mark('(' | '<' | '[' | '{') => depth += 1,
            Word::Mark(')' | '>' | ']' | '}') => depth -= 1,
            Word::Mark(',') if depth == 0 => {
                params.push(param(&current));
                current.clear();
                continue;
            }
            _ => {}
        }
        current.push(word);
    }
    match current.as_slice() {
        // `f()` and `f(void)` take nothing.
        [] | [Word::Name("void")] if params.is_empty() => {}
        _ => params.push(param(&current)),
    }
    params
}

/// One parameter, such as `const float* __restrict__ x`.
fn param(words: &[&Word<'_>]) -> CudaParam {
    let default = words.iter().position(|word| **word == Word::Mark('='));
    let words = &words[..default.unwrap_or(words.len())];
    let mut at = 0;
    let mut base = Vec::new();
    let mut is_constant = false;
    while let Some(Word::Name(name)) = words.get(at) {
        let had_type = !base.is_empty();
        match *name {
            "const" => is_constant = true,
            name if QUALIFIERS.contains(&name) => {}
            name if !had_type || TYPE_WORDS.contains(&name) => base.push(name),
            _ => break,
        }
        at += 1;
        if words.get(at) == Some(&&Word::Mark(':')) {
            // `std::uint32_t`: what counts is the last part.
            base.clear();
            at += 2;
        }
    }
    let mut indirections = 0;
    let mut name = None;
    let mut is_strange = false;
    while let Some(word) = words.get(at) {
        at += 1;
        match word {
            Word::Mark('*') => indirections += 1,
            Word::Mark('[') => {
                indirections += 1;
                let end = words[at..].iter().position(|it| **it == Word::Mark(']'));
                at += end.map_or(0, |end| end + 1);
            }
            Word::Name(it) if *it == "const" || QUALIFIERS.contains(it) => {}
            Word::Name(it) if name.is_none() => name = Some((*it).to_owned()),
            _ => is_strange = true,
        }
    }
    let ty = match (indirections, number(&base)) {
        (0, Some(number)) if !is_strange => CudaType::Number(number),
        (1, to) if !is_strange => CudaType::Pointer { to, is_constant },
        _ => CudaType::Unknown,
    };
    let text = text(words);
    CudaParam { name, ty, text }
}

/// Words in a declaration that change nothing about how a value is passed.
const QUALIFIERS: [&str; 7] = [
    "volatile",
    "restrict",
    "__restrict__",
    "__restrict",
    "__grid_constant__",
    "struct",
    "register",
];

/// Words that types of numbers are made of; a name may follow any of them.
const TYPE_WORDS: [&str; 8] = [
    "signed", "unsigned", "char", "short", "int", "long", "float", "double",
];

/// The number that these words name. `long` alone has 32 or 64 bits, so nobody should pass it.
fn number(words: &[&str]) -> Option<Number> {
    if let [word] = words {
        let fixed = match *word {
            "float" => Some(Number::Float(32)),
            "double" => Some(Number::Float(64)),
            "int8_t" => Some(Number::Signed(8)),
            "int16_t" => Some(Number::Signed(16)),
            "int32_t" => Some(Number::Signed(32)),
            "int64_t" | "ptrdiff_t" => Some(Number::Signed(64)),
            "uint8_t" => Some(Number::Unsigned(8)),
            "uint16_t" => Some(Number::Unsigned(16)),
            "uint32_t" => Some(Number::Unsigned(32)),
            "uint64_t" | "size_t" => Some(Number::Unsigned(64)),
            _ => None,
        };
        if fixed.is_some() {
            return fixed;
        }
    }
    let is_integer =
        |word: &&str| !matches!(*word, "float" | "double") && TYPE_WORDS.contains(word);
    let longs = words.iter().filter(|word| **word == "long").count();
    if words.is_empty() || !words.iter().all(is_integer) || longs == 1 {
        return None;
    }
    let bits = match longs {
        0 if words.contains(&"char") => 8,
        0 if words.contains(&"short") => 16,
        0 => 32,
        _ => 64,
    };
    Some(match words.contains(&"unsigned") {
        true => Number::Unsigned(bits),
        false => Number::Signed(bits),
    })
}

/// The words as one would write them.
fn text(words: &[&Word<'_>]) -> String {
    let mut text = String::new();
    for word in words {
        match word {
            Word::Name(name) | Word::Text(name) => {
                if text.ends_with(|it: char| it.is_alphanumeric() || matches!(it, '_' | '*' | '&'))
                {
                    text.push(' ');
                }
                text.push_str(name);
            }
            Word::Mark(mark) => text.push(*mark),
            Word::Doc(_) => {}
        }
    }
    text
}
