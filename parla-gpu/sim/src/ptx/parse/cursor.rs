//! A place in the tokens: what comes next, and how to say that it is wrong.

use crate::ptx::error::InvalidPtx;
use crate::ptx::lexer::{Token, TokenKind};

#[derive(Debug)]
pub(super) struct Cursor<'a, 't> {
    tokens: &'t [Token<'a>],
    position: usize,
}

impl<'a, 't> Cursor<'a, 't> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self {
            tokens,
            position: 0,
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.position).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.position += usize::from(token.is_some());
        token
    }

    /// The next token's line, or the last one's at the end.
    pub(super) fn line(&self) -> u32 {
        let token = self.peek().or_else(|| self.tokens.last().copied());
        token.map_or(1, |token| token.line)
    }

    /// The next token if it is a word.
    pub(super) fn word(&self) -> Option<&'a str> {
        self.peek()
            .filter(|token| token.kind == TokenKind::Word)
            .map(|token| token.text)
    }

    /// Whether the next token is this sign or word.
    pub(super) fn sees(&self, text: &str) -> bool {
        self.peek()
            .is_some_and(|token| token.kind != TokenKind::String && token.text == text)
    }

    /// Whether the next token but one is this sign.
    pub(super) fn sees_second(&self, text: &str) -> bool {
        self.tokens
            .get(self.position + 1)
            .is_some_and(|token| token.text == text)
    }

    pub(super) fn takes(&mut self, text: &str) -> bool {
        let sees = self.sees(text);
        self.position += usize::from(sees);
        sees
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), InvalidPtx> {
        if self.takes(text) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{text}`")))
    }

    /// A word that is no directive.
    pub(super) fn name(&mut self, what: &str) -> Result<&'a str, InvalidPtx> {
        match self.word() {
            Some(word) if !word.starts_with('.') => {
                self.position += 1;
                Ok(word)
            }
            _ => Err(self.unexpected(what)),
        }
    }

    pub(super) fn number(&mut self) -> Result<Token<'a>, InvalidPtx> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Number => {
                self.position += 1;
                Ok(token)
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    /// `name { "," name }`.
    pub(super) fn names(&mut self, what: &str) -> Result<Vec<&'a str>, InvalidPtx> {
        let mut names = vec![self.name(what)?];
        while self.takes(",") {
            names.push(self.name(what)?);
        }
        Ok(names)
    }

    /// Skips what only debuggers and optimisers read; whether there was something.
    pub(super) fn skips_debug(&mut self) -> Result<bool, InvalidPtx> {
        let line = self.line();
        match self.word() {
            Some(".loc" | ".file") => {
                // These end with their line.
                while self.peek().is_some_and(|token| token.line == line) {
                    self.position += 1;
                }
            }
            Some(".pragma") => {
                while self.peek().is_some_and(|token| token.text != ";") {
                    self.position += 1;
                }
                self.expect(";")?;
            }
            Some(".section") => {
                while self.peek().is_some_and(|token| token.text != "{") {
                    self.position += 1;
                }
                self.expect("{")?;
                while self.peek().is_some_and(|token| token.text != "}") {
                    self.position += 1;
                }
                self.expect("}")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn error(&self, message: impl Into<String>) -> InvalidPtx {
        InvalidPtx::new(self.line(), message)
    }

    /// An error in the line of what was read last.
    pub(super) fn error_before(&self, message: impl Into<String>) -> InvalidPtx {
        let last = self
            .position
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last));
        InvalidPtx::new(last.map_or(1, |token| token.line), message)
    }

    pub(super) fn unexpected(&self, expected: &str) -> InvalidPtx {
        match self.peek() {
            Some(token) => self.error(format!("expected {expected}, found `{}`", token.text)),
            None => self.error(format!("expected {expected}, found the end of the text")),
        }
    }
}
