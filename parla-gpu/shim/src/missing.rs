//! Why no driver serves: where one was looked for, and what each place lacks.

use std::error::Error;
use std::fmt;

/// One place where a driver was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    place: String,
    reason: String,
}

impl Attempt {
    pub(crate) fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }

    /// The path or file name of a library.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Why it can't serve.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// No driver was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoDriver {
    attempts: Vec<Attempt>,
}

impl NoDriver {
    pub(crate) fn new(attempts: Vec<Attempt>) -> Self {
        Self { attempts }
    }

    /// The places where it was looked for, in that order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }
}

impl fmt::Display for NoDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no usable CUDA driver: tried ")?;
        for (index, Attempt { place, reason }) in self.attempts.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{place}` ({reason})")?;
        }
        f.write_str("; install NVIDIA's driver or name its library in `PARLA_CUDA_DRIVER`")
    }
}

impl Error for NoDriver {}
