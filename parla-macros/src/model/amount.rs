//! Amounts of resources: `vcus`, `memory`, and numbers of devices and workers.

use syn::Expr;

use crate::diag::Site;

/// A number that is written out, or an expression that is known when the program runs.
#[derive(Clone, Debug)]
pub(crate) struct Amount {
    pub(crate) expr: Expr,
    pub(crate) site: Site,
    pub(crate) number: Number,
}

/// What is known of an amount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A literal, with its sign. Literals too long for it are out of every range anyway.
    Integer(i128),
    Decimal(f64),
    /// A literal that is no number.
    Text,
    Unknown,
}

impl Amount {
    /// Whether it can be the share of a device.
    pub(crate) fn is_share(&self) -> bool {
        match self.number {
            Number::Integer(it) => (0..=1).contains(&it),
            Number::Decimal(it) => (0.0..=1.0).contains(&it),
            Number::Text => false,
            Number::Unknown => true,
        }
    }

    /// Whether it can be a whole number of `least` or more.
    pub(crate) fn is_count(&self, least: i128) -> bool {
        match self.number {
            Number::Integer(it) => it >= least,
            Number::Decimal(_) | Number::Text => false,
            Number::Unknown => true,
        }
    }
}

/// An amount of memory.
#[derive(Clone, Debug)]
pub(crate) enum Size {
    /// Written out: a number of bytes, or a text such as `"2 GiB"`.
    Bytes { bytes: u64, site: Site },
    /// Written out, and no size.
    Wrong { site: Site, shown: String },
    /// Known when the program runs.
    Unknown(Expr),
}

impl Size {
    pub(crate) fn is_sound(&self) -> bool {
        !matches!(self, Self::Wrong { .. })
    }
}
