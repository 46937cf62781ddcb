//! From what an opcode says to a function compiled for it: a choice among instances.
//!
//! The macros take the instance's type or flag as a name and stand where a function pointer is
//! expected; for a type not listed, the caller returns `None`.

/// The types by their PTX names: the Rust type of a register, and the [`ScalarType`].
///
/// [`ScalarType`]: super::ScalarType
pub(super) mod names {
    #![expect(
        non_camel_case_types,
        non_upper_case_globals,
        reason = "PTX writes them so"
    )]

    use std::primitive;

    use crate::ptx::arithmetic::ScalarType;

    macro_rules! names {
        ($($name:ident: $native:ty = $scalar:ident),+ $(,)?) => {$(
            pub(in crate::ptx::arithmetic) type $name = $native;
            pub(in crate::ptx::arithmetic) const $name: ScalarType = ScalarType::$scalar;
        )+};
    }

    names! {
        b16: primitive::u16 = B16,
        b32: primitive::u32 = B32,
        b64: primitive::u64 = B64,
        u8: primitive::u8 = U8,
        u16: primitive::u16 = U16,
        u32: primitive::u32 = U32,
        u64: primitive::u64 = U64,
        s8: i8 = S8,
        s16: i16 = S16,
        s32: i32 = S32,
        s64: i64 = S64,
        f16: half::f16 = F16,
        bf16: half::bf16 = Bf16,
        f32: primitive::f32 = F32,
        f64: primitive::f64 = F64,
        pred: bool = Pred,
    }
}

/// The function pointer of an expression over typed registers, for one of the listed types, all
/// operands being of it; for another type, the caller returns `None`.
macro_rules! typed {
    ($type:expr, integers, $($closure:tt)+) => {
        typed!($type, (u16, u32, u64, s16, s32, s64), $($closure)+)
    };
    ($type:expr, signed, $($closure:tt)+) => {
        typed!($type, (s16, s32, s64), $($closure)+)
    };
    ($type:expr, bits, $($closure:tt)+) => {
        typed!($type, (b16, b32, b64), $($closure)+)
    };
    ($type:expr, ($($name:ident),+), |$($operand:ident),+| $value:expr) => {
        typed!(@match $type, ($($name)+), ($($operand)+), $value)
    };
    (@match $type:expr, ($($name:ident)+), $operands:tt, $value:expr) => {
        match $type {
            $($crate::ptx::arithmetic::dispatch::names::$name => {
                typed!(@closure $name, $operands, $value)
            })+
            _ => return None,
        }
    };
    (@closure $name:ident, ($($operand:ident)+), $value:expr) => {
        |$($operand: u64),+| {
            use $crate::ptx::arithmetic::{dispatch::names, types::Register as _};
            $(let $operand = names::$name::read($operand);)+
            ($value).bits()
        }
    };
}

/// An expression over a type parameter, for one of the listed types.
macro_rules! for_type {
    ($scalar:expr, integers, $($body:tt)+) => {
        for_type!($scalar, (u16, u32, u64, s16, s32, s64), $($body)+)
    };
    ($scalar:expr, words, $($body:tt)+) => {
        for_type!($scalar, (u32, u64, s32, s64), $($body)+)
    };
    ($scalar:expr, all_integers, $($body:tt)+) => {
        for_type!($scalar, (u8, u16, u32, u64, s8, s16, s32, s64), $($body)+)
    };
    ($scalar:expr, movable, $($body:tt)+) => {
        for_type!($scalar, (b16, b32, b64, u16, u32, u64, s16, s32, s64, f32, f64), $($body)+)
    };
    ($scalar:expr, floats, $($body:tt)+) => {
        for_type!($scalar, (f16, bf16, f32, f64), $($body)+)
    };
    ($scalar:expr, ($($name:ident),+), |$parameter:ident| $body:expr) => {
        for_type!(@match $scalar, ($($name)+), $parameter, $body)
    };
    (@match $scalar:expr, ($($name:ident)+), $parameter:ident, $body:expr) => {
        match $scalar {
            $($crate::ptx::arithmetic::dispatch::names::$name => {
                type $parameter = $crate::ptx::arithmetic::dispatch::names::$name;
                $body
            })+
            _ => return None,
        }
    };
}

/// An expression over a constant, for a flag known when the program is parsed.
macro_rules! for_flag {
    ($flag:expr, |$constant:ident| $body:expr) => {
        if $flag {
            const $constant: bool = true;
            $body
        } else {
            const $constant: bool = false;
            $body
        }
    };
}

/// An expression over a direction of rounding.
macro_rules! for_rounding {
    ($round:expr, |$parameter:ident| $body:expr) => {
        match $round {
            rustc_apfloat::Round::NearestTiesToEven => {
                type $parameter = $crate::ptx::arithmetic::rounding::Nearest;
                $body
            }
            rustc_apfloat::Round::TowardZero => {
                type $parameter = $crate::ptx::arithmetic::rounding::TowardZero;
                $body
            }
            rustc_apfloat::Round::TowardNegative => {
                type $parameter = $crate::ptx::arithmetic::rounding::Down;
                $body
            }
            rustc_apfloat::Round::TowardPositive => {
                type $parameter = $crate::ptx::arithmetic::rounding::Up;
                $body
            }
            rustc_apfloat::Round::NearestTiesToAway => return None,
        }
    };
}

pub(super) use {for_flag, for_rounding, for_type, typed};
