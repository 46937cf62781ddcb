//! Exact amounts: shares of a device and bytes. Knows no threads and, past construction, no floats.

use std::fmt;
use std::str::FromStr;

/// A share of a device's compute capacity (*virtual compute units*), exact to a millionth.
///
/// `1.0` is the whole device: a task with `vcus = 1.0` shares it with no task that asks for any.
/// A task that asks for none is limited by the number of workers alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vcus(u32);

const MILLIONTHS: f64 = 1e6;

impl Vcus {
    /// No share: never waits, never excludes.
    pub const NONE: Self = Self(0);
    /// The whole device.
    pub const WHOLE: Self = Self(1_000_000);

    /// A share, rounded down to a millionth of the device, so that `n` shares of `1.0 / n` fit
    /// together, but not to nothing.
    ///
    /// # Errors
    ///
    /// [`AmountError`] if `share` is negative, above one or not a number.
    pub fn new(share: f64) -> Result<Self, AmountError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(AmountError(format!(
                "vcus = {share} is not a share of one device"
            )));
        }
        // In range: at most 1e6.
        let rounded = (share * MILLIONTHS).floor() as u32;
        Ok(Self(rounded.max(u32::from(share > 0.0))))
    }

    pub(crate) const fn millionths(self) -> u64 {
        self.0 as u64
    }
}

impl fmt::Display for Vcus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(self.0) / MILLIONTHS)
    }
}

/// An amount of memory in bytes.
///
/// ```
/// use parla_runtime::Bytes;
/// assert_eq!("2 GiB".parse::<Bytes>().unwrap(), Bytes::new(2 << 30));
/// assert_eq!(Bytes::new(1536).to_string(), "1.5 KiB");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

impl Bytes {
    /// No memory.
    pub const ZERO: Self = Self(0);

    /// That many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for Bytes {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<usize> for Bytes {
    fn from(bytes: usize) -> Self {
        // usize is at most 64 bits wide on every platform Rust supports.
        Self(bytes as u64)
    }
}

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl FromStr for Bytes {
    type Err = AmountError;

    /// Reads a number and a unit of `B KB MB GB TB KiB MiB GiB TiB`, such as `"1.5 GiB"`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError(format!("`{text}` is not a size, such as \"512 MiB\""));
        let split = text
            .find(|c: char| c.is_ascii_alphabetic())
            .ok_or_else(wrong)?;
        let (number, unit) = text.split_at(split);
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let (_, factor) = UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim())
            .ok_or_else(wrong)?;
        let bytes = number * *factor as f64;
        // Above 2^63 no machine has the memory, and the conversion would saturate unseen.
        if !(0.0..9.2e18).contains(&bytes) {
            return Err(wrong());
        }
        Ok(Self(bytes.ceil() as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS[5..]
            .iter()
            .rev()
            .find(|(_, factor)| self.0 >= *factor);
        let (name, factor) = unit.unwrap_or(&UNITS[0]);
        let amount = self.0 as f64 / *factor as f64;
        if amount.fract() == 0.0 {
            write!(f, "{amount} {name}")
        } else {
            write!(f, "{amount:.1} {name}")
        }
    }
}

/// An amount that can't be: not a share, not a size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountError(pub(crate) String);

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AmountError {}
