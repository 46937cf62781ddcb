//! A text of CUDA C++ as words: comments, directives and the insides of literals are taken out.

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    /// An identifier, a keyword or a number.
    Name(&'a str),
    Mark(char),
    /// A literal with its quotes.
    Text(&'a str),
    /// A line of a `///` comment, without the slashes and the space behind them.
    Doc(String),
}

/// All words of `text`. What never ends, such as an open comment, ends with the text.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut begins_line = true;
    while let Some(first) = rest.chars().next() {
        let was_beginning = std::mem::replace(&mut begins_line, first == '\n');
        let length = if first.is_whitespace() {
            begins_line |= was_beginning;
            first.len_utf8()
        } else if first == '#' && was_beginning {
            directive(rest)
        } else if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            let doc = rest[..length]
                .strip_prefix("///")
                .filter(|it| !it.starts_with('/'));
            words.extend(doc.map(|doc| {
                let doc = doc.trim_end();
                Word::Doc(doc.strip_prefix(' ').unwrap_or(doc).to_owned())
            }));
            length
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else if let Some(length) = raw_text(rest) {
            words.push(Word::Text(&rest[..length]));
            length
        } else if matches!(first, '"' | '\'') {
            let length = literal(rest, first);
            words.push(Word::Text(&rest[..length]));
            length
        } else if is_of_name(first) {
            // A `'` between digits separates them.
            let is_number = first.is_ascii_digit();
            let length = rest.find(|it| !(is_of_name(it) || is_number && it == '\''));
            let length = length.unwrap_or(rest.len());
            words.push(Word::Name(&rest[..length]));
            length
        } else {
            words.push(Word::Mark(first));
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

fn is_of_name(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '_' | '$')
}

/// The length of a directive, which goes on behind a backslash at the end of a line.
fn directive(text: &str) -> usize {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    // The end of the line stays: what follows begins one.
    end - usize::from(text[..end].ends_with('\n'))
}

/// The length of the literal with this quote at the beginning of `text`.
fn literal(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, it) in text.char_indices().skip(1) {
        match it {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if it == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `R"mark(…)mark"` at the beginning of `text`.
fn raw_text(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("R\"")?;
    let (mark, _) = inner.split_once('(')?;
    let end = format!("){mark}\"");
    let length = inner.find(&end).map(|at| 2 + at + end.len());
    Some(length.unwrap_or(text.len()))
}
