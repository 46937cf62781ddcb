//! The types of registers, and how Rust's types lie in them.

use half::{bf16, f16};

/// The type of an operand: how wide it is, and how its bits are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ScalarType {
    B8,
    B16,
    B32,
    B64,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    F16,
    F16x2,
    Bf16,
    Bf16x2,
    F32,
    F64,
    Pred,
}

impl ScalarType {
    /// The type that PTX writes so, without the dot: `f32`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "b8" => Self::B8,
            "b16" => Self::B16,
            "b32" => Self::B32,
            "b64" => Self::B64,
            "u8" => Self::U8,
            "u16" => Self::U16,
            "u32" => Self::U32,
            "u64" => Self::U64,
            "s8" => Self::S8,
            "s16" => Self::S16,
            "s32" => Self::S32,
            "s64" => Self::S64,
            "f16" => Self::F16,
            "f16x2" => Self::F16x2,
            "bf16" => Self::Bf16,
            "bf16x2" => Self::Bf16x2,
            "f32" => Self::F32,
            "f64" => Self::F64,
            "pred" => Self::Pred,
            _ => return None,
        })
    }

    /// Bytes. A predicate takes one.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::B8 | Self::U8 | Self::S8 | Self::Pred => 1,
            Self::B16 | Self::U16 | Self::S16 | Self::F16 | Self::Bf16 => 2,
            Self::B32 | Self::U32 | Self::S32 | Self::F16x2 | Self::Bf16x2 | Self::F32 => 4,
            Self::B64 | Self::U64 | Self::S64 | Self::F64 => 8,
        }
    }

    /// The bits of a register of this type.
    pub(crate) const fn mask(self) -> u64 {
        match self {
            Self::Pred => 1,
            _ => u64::MAX >> (64 - 8 * self.size()),
        }
    }

    pub(crate) const fn is_float(self) -> bool {
        matches!(
            self,
            Self::F16 | Self::F16x2 | Self::Bf16 | Self::Bf16x2 | Self::F32 | Self::F64
        )
    }

    pub(crate) const fn is_signed(self) -> bool {
        matches!(self, Self::S8 | Self::S16 | Self::S32 | Self::S64)
    }
}

/// A Rust type as the content of a register.
pub(super) trait Register: Copy {
    /// Ignores the bits above its width.
    fn read(register: u64) -> Self;
    /// Zero-extended.
    fn bits(self) -> u64;
}

macro_rules! integer_registers {
    ($($type:ident as $unsigned:ident),+) => {$(
        impl Register for $type {
            fn read(register: u64) -> Self {
                register as Self
            }

            fn bits(self) -> u64 {
                u64::from(self as $unsigned)
            }
        }
    )+};
}

integer_registers!(u8 as u8, u16 as u16, u32 as u32, u64 as u64);
integer_registers!(i8 as u8, i16 as u16, i32 as u32, i64 as u64);

macro_rules! float_registers {
    ($($type:ident as $unsigned:ident),+) => {$(
        impl Register for $type {
            fn read(register: u64) -> Self {
                Self::from_bits(register as $unsigned)
            }

            fn bits(self) -> u64 {
                u64::from(self.to_bits())
            }
        }
    )+};
}

float_registers!(f16 as u16, bf16 as u16, f32 as u32, f64 as u64);

impl Register for bool {
    fn read(register: u64) -> Self {
        register & 1 == 1
    }

    fn bits(self) -> u64 {
        u64::from(self)
    }
}
