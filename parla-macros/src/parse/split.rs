//! Cuts an argument list into chunks at its commas, so that one bad chunk does not hide the next.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// The tokens between two commas; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) tokens: Vec<TokenTree>,
}

/// A chunk of the form `name = value`.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: Ident,
    pub(crate) equals: Span,
    pub(crate) value: Vec<TokenTree>,
}

impl Chunk {
    pub(crate) fn stream(&self) -> TokenStream {
        self.tokens.iter().cloned().collect()
    }

    pub(crate) fn first_span(&self) -> Span {
        self.tokens[0].span()
    }

    /// Reads the chunk as `name = value`; `crate` is a name too.
    pub(crate) fn assignment(&self) -> Option<Assignment> {
        let equals = assignment_at(&self.tokens, 0)?;
        let TokenTree::Ident(name) = &self.tokens[0] else {
            return None;
        };
        Some(Assignment {
            name: name.clone(),
            equals,
            value: self.tokens[2..].to_vec(),
        })
    }

    /// Cuts the chunk before the first `name =` inside it whose name is one of `names`: a comma was
    /// forgotten there.
    pub(crate) fn split_at_missing_comma(&mut self, names: &[&str]) -> Option<Chunk> {
        let is_start = |&at: &usize| {
            let known = matches!(&self.tokens[at], TokenTree::Ident(name)
                if names.iter().any(|known| name == known));
            known && assignment_at(&self.tokens, at).is_some()
        };
        let at = (1..self.tokens.len()).find(is_start)?;
        // `name = deps = […]` has no value before the second name: left to the value's parser.
        if at == 2 && self.assignment().is_some() {
            return None;
        }
        Some(Chunk {
            tokens: self.tokens.split_off(at),
        })
    }
}

/// Where the tokens at `at` are `name =`, and not `name ==` or `name =>`, the span of the `=`.
fn assignment_at(tokens: &[TokenTree], at: usize) -> Option<Span> {
    match (&tokens[at], tokens.get(at + 1)) {
        (TokenTree::Ident(_), Some(TokenTree::Punct(punct))) => {
            // A joint `=` may also begin `=-1`, which is an assignment.
            let longer = punct.spacing() == Spacing::Joint
                && matches!(tokens.get(at + 2), Some(TokenTree::Punct(next))
                    if matches!(next.as_char(), '=' | '>'));
            (punct.as_char() == '=' && !longer).then(|| punct.span())
        }
        _ => None,
    }
}

/// Cuts `tokens` at its top-level commas. Empty chunks, as after a trailing comma, are left out.
pub(crate) fn chunks(tokens: TokenStream) -> Vec<Chunk> {
    cut(tokens, ',')
}

/// Cuts `tokens` at its top-level semicolons.
pub(crate) fn at_semicolons(tokens: TokenStream) -> Vec<Chunk> {
    cut(tokens, ';')
}

fn cut(tokens: TokenStream, separator: char) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    let mut angles = 0_usize;
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                // Only a turbofish opens angle brackets in an expression; any other `<` compares.
                '<' if angles > 0 || ends_with_path_separator(&current) => angles += 1,
                '>' if angles > 0 && !ends_with_arrow_stem(&current) => angles -= 1,
                it if it == separator && angles == 0 => {
                    push(&mut chunks, &mut current);
                    continue;
                }
                _ => {}
            }
        }
        current.push(token);
    }
    push(&mut chunks, &mut current);
    chunks
}

fn push(chunks: &mut Vec<Chunk>, current: &mut Vec<TokenTree>) {
    if !current.is_empty() {
        chunks.push(Chunk {
            tokens: std::mem::take(current),
        });
    }
}

fn ends_with_path_separator(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ':');
    tokens.len() >= 2 && tokens[tokens.len() - 2..].iter().all(is_colon)
}

fn ends_with_arrow_stem(tokens: &[TokenTree]) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(it))
        if it.as_char() == '-' && it.spacing() == Spacing::Joint)
}

/// The group that `tokens` are, if they are exactly one group with this delimiter.
pub(crate) fn only_group(tokens: &[TokenTree], delimiter: Delimiter) -> Option<&Group> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// Whether a variable can have this name: it is no keyword.
pub(crate) fn is_variable(name: &Ident) -> bool {
    syn::parse2::<Ident>(TokenTree::from(name.clone()).into()).is_ok()
}

/// The identifier that `tokens` are, if they are exactly one.
pub(crate) fn only_ident(tokens: &[TokenTree]) -> Option<&Ident> {
    match tokens {
        [TokenTree::Ident(ident)] => Some(ident),
        _ => None,
    }
}
