//! Collects the mistakes of one item, so that all of them are reported in one build.
//!
//! This is the only file that makes a `compile_error!`; every other stage records what it found and
//! goes on.

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

/// The number of a rule; each has its own page and its own tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The same task spawned twice.
    P0001,
    /// A task that is waited for and never spawned.
    P0002,
    /// A wait that can't end.
    P0003,
    /// Wrong indices, or a slice where one task is meant.
    P0004,
    /// A body for GPUs only that may run elsewhere.
    P0005,
    /// An amount out of range.
    P0006,
    /// An unknown or repeated clause, option or word.
    P0007,
    /// A kernel that is not what is declared of it.
    P0008,
    /// Conflicting accesses that nothing orders.
    P0009,
    /// A clause or a form used where it can't work.
    P0010,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The tokens a message points at, as their first and last span.
///
/// Spans can't be joined on a stable compiler; rustc joins the two itself when it renders the
/// message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    start: Span,
    end: Span,
}

impl Site {
    /// From the first to the last of `tokens`; empty tokens fall back to `otherwise`.
    pub(crate) fn of(tokens: impl ToTokens, otherwise: Span) -> Self {
        let mut spans = tokens
            .into_token_stream()
            .into_iter()
            .map(|token| token.span());
        let start = spans.next().unwrap_or(otherwise);
        let end = spans.last().unwrap_or(start);
        Self { start, end }
    }

    /// From where `first` begins to where `last` ends.
    pub(crate) fn between(first: Self, last: Self) -> Self {
        Self {
            start: first.start,
            end: last.end,
        }
    }

    /// The tokens of an expression, which always has some.
    pub(crate) fn of_expr(expr: &syn::Expr) -> Self {
        Self::of(expr, Span::call_site())
    }

    /// The first span, for generated tokens that should blame the same place.
    pub(crate) fn start(self) -> Span {
        self.start
    }
}

impl From<Span> for Site {
    fn from(span: Span) -> Self {
        Self {
            start: span,
            end: span,
        }
    }
}

/// One mistake.
#[derive(Debug)]
pub(crate) struct Mistake {
    code: Option<Code>,
    site: Site,
    message: String,
    helps: Vec<String>,
    others: Vec<(Site, String)>,
}

impl Mistake {
    /// Adds an action that mends the mistake.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.helps.push(help.into());
        self
    }

    /// Adds a second place that has a part in the mistake.
    pub(crate) fn also(&mut self, site: impl Into<Site>, message: impl Into<String>) -> &mut Self {
        self.others.push((site.into(), message.into()));
        self
    }

    /// The text as it is shown, without the second places.
    fn text(&self) -> String {
        let mut text = match self.code {
            Some(code) => format!("{code}: {}", self.message),
            None => self.message.clone(),
        };
        if !self.helps.is_empty() {
            text.push('\n');
        }
        for help in &self.helps {
            text.push_str("\n  = help: ");
            text.push_str(help);
        }
        text
    }

    fn into_error(self) -> syn::Error {
        let mut error = error_at(self.site, self.text());
        for (site, message) in self.others {
            let message = match self.code {
                Some(code) => format!("{code}: {message}"),
                None => message,
            };
            error.combine(error_at(site, message));
        }
        error
    }
}

/// The mistakes found so far.
///
/// Dropping it unread is a bug in a macro, since the user would never hear of the mistakes; it
/// panics.
#[derive(Debug)]
pub(crate) struct Diagnostics {
    mistakes: Vec<Mistake>,
    read: bool,
}

impl Diagnostics {
    pub(crate) fn new() -> Self {
        Self {
            mistakes: Vec::new(),
            read: false,
        }
    }

    /// Records a mistake at `site`; the result takes help and second places.
    pub(crate) fn error(
        &mut self,
        site: impl Into<Site>,
        code: Code,
        message: impl Into<String>,
    ) -> &mut Mistake {
        self.push(Some(code), site.into(), message.into())
    }

    /// Records that the macro itself is wrong.
    pub(crate) fn bug(&mut self, site: impl Into<Site>, what: &str) {
        self.push(None, site.into(), format!("this is a bug in Parla: {what}"))
            .help("please report it, with the item it points at");
    }

    fn push(&mut self, code: Option<Code>, site: Site, message: String) -> &mut Mistake {
        let index = self.mistakes.len();
        self.mistakes.push(Mistake {
            code,
            site,
            message,
            helps: Vec::new(),
            others: Vec::new(),
        });
        &mut self.mistakes[index]
    }

    /// Whether nothing was found so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Everything found, as tokens that make the compiler report it; empty if nothing was found.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.read = true;
        let errors = self.mistakes.drain(..).map(Mistake::into_error);
        let all = errors.reduce(|mut all, error| {
            all.combine(error);
            all
        });
        all.map(|error| error.to_compile_error())
            .unwrap_or_default()
    }

    /// Everything found as text, one mistake after the other.
    #[cfg(test)]
    pub(crate) fn texts(mut self) -> Vec<String> {
        self.read = true;
        let lines = |mistake: Mistake| {
            let others = mistake
                .others
                .iter()
                .map(|(_, message)| format!("\n  + {message}"));
            mistake.text() + &others.collect::<String>()
        };
        self.mistakes.drain(..).map(lines).collect()
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        // During a panic the pipeline reports the panic instead.
        assert!(
            self.read || std::thread::panicking(),
            "diagnostics were dropped unread"
        );
    }
}

/// An error over the whole of `site`: syn takes the first and the last token of what it is given.
fn error_at(site: Site, message: String) -> syn::Error {
    let (start, end) = (Ident::new("start", site.start), Ident::new("end", site.end));
    syn::Error::new_spanned(quote!(#start #end), message)
}

/// Tokens as a message shows them: without the spaces that printing puts around brackets and dots.
pub(crate) fn shown(tokens: impl ToTokens) -> String {
    let mut text = tokens.into_token_stream().to_string();
    for (spaced, tight) in [
        (" [", "["),
        ("[ ", "["),
        (" ]", "]"),
        (" (", "("),
        (" . ", "."),
        (" ,", ","),
        ("& ", "&"),
    ] {
        text = text.replace(spaced, tight);
    }
    // A sign at the beginning is not the operator.
    text.strip_prefix("- ")
        .map(|number| format!("-{number}"))
        .unwrap_or(text)
}
