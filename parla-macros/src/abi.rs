//! What Rust, CUDA C++ and PTX have in common: the kinds of value that a kernel takes.

use std::fmt;

/// A type of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Signed(u32),
    Unsigned(u32),
    Float(u32),
}

impl Number {
    /// The Rust type of this name; device pointers, and so `usize`, have 64 bits.
    pub(crate) fn of_rust(name: &str) -> Option<Self> {
        Some(match name {
            "f32" => Self::Float(32),
            "f64" => Self::Float(64),
            "i8" => Self::Signed(8),
            "i16" => Self::Signed(16),
            "i32" => Self::Signed(32),
            "i64" | "isize" => Self::Signed(64),
            "u8" => Self::Unsigned(8),
            "u16" => Self::Unsigned(16),
            "u32" => Self::Unsigned(32),
            "u64" | "usize" => Self::Unsigned(64),
            _ => return None,
        })
    }

    pub(crate) fn bits(self) -> u32 {
        let (Self::Signed(bits) | Self::Unsigned(bits) | Self::Float(bits)) = self;
        bits
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(bits) => write!(f, "i{bits}"),
            Self::Unsigned(bits) => write!(f, "u{bits}"),
            Self::Float(bits) => write!(f, "f{bits}"),
        }
    }
}

/// A parameter as PTX declares it: the signs of integers, and often pointers, can't be told from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PtxParam {
    /// `.u32`, `.s32`.
    Integer(u32),
    /// `.f32`.
    Float(u32),
    /// `.b32`, which may be either.
    Bits(u32),
    /// `.u64 .ptr`.
    Pointer,
    /// `.align 8 .b8 name[24]`: a struct or an array by value.
    Bytes { size: u64, align: u64 },
    /// What has no value in Rust, such as `.texref`.
    Other(String),
}

impl PtxParam {
    /// Whether a number is passed like this.
    pub(crate) fn takes(&self, number: Number) -> bool {
        match *self {
            Self::Integer(bits) => !matches!(number, Number::Float(_)) && bits == number.bits(),
            Self::Float(bits) => number == Number::Float(bits),
            Self::Bits(bits) => bits == number.bits(),
            Self::Pointer | Self::Bytes { .. } | Self::Other(_) => false,
        }
    }

    /// Whether an address is passed like this.
    pub(crate) fn takes_address(&self) -> bool {
        matches!(self, Self::Pointer | Self::Integer(64) | Self::Bits(64))
    }

    /// How many bytes a value has that is passed like this, if a type by value can be.
    pub(crate) fn size(&self) -> Option<u64> {
        match *self {
            Self::Integer(bits) | Self::Float(bits) | Self::Bits(bits) => Some(u64::from(bits / 8)),
            Self::Bytes { size, .. } => Some(size),
            Self::Pointer | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for PtxParam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(bits) => write!(f, ".u{bits}"),
            Self::Float(bits) => write!(f, ".f{bits}"),
            Self::Bits(bits) => write!(f, ".b{bits}"),
            Self::Pointer => write!(f, ".u64 .ptr"),
            Self::Bytes { size, align } => write!(f, ".align {align} .b8 [{size}]"),
            Self::Other(kind) => write!(f, "{kind}"),
        }
    }
}

/// A parameter as CUDA C++ declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CudaParam {
    /// Absent in a prototype without names.
    pub(crate) name: Option<String>,
    pub(crate) ty: CudaType,
    /// The declaration, with single spaces.
    pub(crate) text: String,
}

/// The type of a parameter in CUDA C++.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CudaType {
    Number(Number),
    Pointer {
        /// What it points to, if that is a known number.
        to: Option<Number>,
        /// Whether the kernel only reads there.
        is_constant: bool,
    },
    /// A type that only the compiler of the kernel knows.
    Unknown,
}
