//! The floating-point formats: what the instructions need of each, by its bits.

use std::marker::PhantomData;
use std::ops::{Add, Div, Mul};

use half::{bf16, f16};
use rustc_apfloat::ieee::{BFloatS, DoubleS, HalfS, IeeeFloat, Semantics, SingleS};
use rustc_apfloat::{Float as _, FloatConvert as _, Round};

use super::types::Register;

/// A floating-point format.
pub(super) trait Float:
    Register + PartialOrd + Add<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The format in software, for what the host's arithmetic cannot do.
    type Semantics: Semantics;
    /// The bits of infinity: all of the exponent, none of the significand.
    const INFINITY_BITS: u64;
    const SIGN_BIT: u64;
    /// Stored bits of the significand.
    const SIGNIFICAND_BITS: u32;
    /// The smallest normal number.
    const MIN_NORMAL_BITS: u64 = 1 << Self::SIGNIFICAND_BITS;
    const ONE_BITS: u64;

    /// What an operation returns that has no number to return. The ISA knows one NaN for all but
    /// `f64`, which keeps the first operand's payload.
    fn nan(_operands: &[Self]) -> Self {
        Self::read(Self::SIGN_BIT - 1)
    }

    /// What a NaN of another format becomes.
    fn of_nan<S: Float>(_nan: S) -> Self {
        Self::nan(&[])
    }

    /// Exact.
    fn to_f64(self) -> f64;

    /// Not of a NaN.
    fn of_f64(value: f64, round: Round) -> Self {
        convert(value, round)
    }

    fn of_integer(value: i128, round: Round) -> Self {
        Self::of_soft(IeeeFloat::from_i128_r(value, round).value)
    }

    /// `self * factor + addend`, rounded once, to the nearest.
    fn nearest_product_sum(self, factor: Self, addend: Self) -> Self {
        let product = self.to_soft().mul_add(factor.to_soft(), addend.to_soft());
        Self::of_soft(product.value)
    }

    fn to_soft(self) -> IeeeFloat<Self::Semantics> {
        IeeeFloat::from_bits(self.bits().into())
    }

    fn of_soft(value: IeeeFloat<Self::Semantics>) -> Self {
        Self::read(value.to_bits() as u64)
    }

    fn is_nan(self) -> bool {
        self.magnitude() > Self::INFINITY_BITS
    }

    fn is_negative(self) -> bool {
        self.bits() & Self::SIGN_BIT != 0
    }

    /// The bits but for the sign: in the order of the absolute values.
    fn magnitude(self) -> u64 {
        self.bits() & !Self::SIGN_BIT
    }

    fn with_sign(self, negative: bool) -> Self {
        Self::read(self.magnitude() | if negative { Self::SIGN_BIT } else { 0 })
    }

    /// A subnormal becomes a zero of its sign.
    fn flushed(self) -> Self {
        if self.magnitude() < Self::MIN_NORMAL_BITS {
            Self::read(self.bits() & Self::SIGN_BIT)
        } else {
            self
        }
    }
}

impl Float for f32 {
    type Semantics = SingleS;
    const INFINITY_BITS: u64 = 0x7f80_0000;
    const SIGN_BIT: u64 = 0x8000_0000;
    const SIGNIFICAND_BITS: u32 = 23;
    const ONE_BITS: u64 = 0x3f80_0000;

    fn to_f64(self) -> f64 {
        self.into()
    }

    fn of_f64(value: f64, round: Round) -> Self {
        match round {
            Round::NearestTiesToEven => value as Self,
            _ => convert(value, round),
        }
    }

    fn of_integer(value: i128, round: Round) -> Self {
        match round {
            Round::NearestTiesToEven => value as Self,
            _ => Self::of_soft(IeeeFloat::from_i128_r(value, round).value),
        }
    }

    fn nearest_product_sum(self, factor: Self, addend: Self) -> Self {
        self.mul_add(factor, addend)
    }
}

impl Float for f64 {
    type Semantics = DoubleS;
    const INFINITY_BITS: u64 = 0x7ff0_0000_0000_0000;
    const SIGN_BIT: u64 = 1 << 63;
    const SIGNIFICAND_BITS: u32 = 52;
    const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;

    /// Without a NaN among the operands, that of CUDA's headers, which the hardware makes.
    fn nan(operands: &[Self]) -> Self {
        let quiet = 1 << 51;
        let first = operands.iter().find(|operand| operand.is_nan());
        let bits = first.map_or(Self::SIGN_BIT | Self::INFINITY_BITS, |nan| nan.to_bits());
        Self::from_bits(bits | quiet)
    }

    fn of_nan<S: Float>(nan: S) -> Self {
        let payload = nan.magnitude() << (Self::SIGNIFICAND_BITS - S::SIGNIFICAND_BITS);
        Self::nan(&[Self::read(Self::INFINITY_BITS | payload).with_sign(nan.is_negative())])
    }

    fn to_f64(self) -> f64 {
        self
    }

    fn of_f64(value: f64, _: Round) -> Self {
        value
    }

    fn of_integer(value: i128, round: Round) -> Self {
        match round {
            Round::NearestTiesToEven => value as Self,
            _ => Self::of_soft(IeeeFloat::from_i128_r(value, round).value),
        }
    }

    fn nearest_product_sum(self, factor: Self, addend: Self) -> Self {
        self.mul_add(factor, addend)
    }
}

impl Float for f16 {
    type Semantics = HalfS;
    const INFINITY_BITS: u64 = 0x7c00;
    const SIGN_BIT: u64 = 0x8000;
    const SIGNIFICAND_BITS: u32 = 10;
    const ONE_BITS: u64 = 0x3c00;

    fn to_f64(self) -> f64 {
        self.to_f32().into()
    }

    fn of_f64(value: f64, round: Round) -> Self {
        let single = value as f32;
        match round {
            Round::NearestTiesToEven if f64::from(single) == value => Self::from_f32(single),
            _ => convert(value, round),
        }
    }
}

impl Float for bf16 {
    type Semantics = BFloatS;
    const INFINITY_BITS: u64 = 0x7f80;
    const SIGN_BIT: u64 = 0x8000;
    const SIGNIFICAND_BITS: u32 = 7;
    const ONE_BITS: u64 = 0x3f80;

    fn to_f64(self) -> f64 {
        self.to_f32().into()
    }

    fn of_f64(value: f64, round: Round) -> Self {
        let single = value as f32;
        match round {
            Round::NearestTiesToEven if f64::from(single) == value => Self::from_f32(single),
            _ => convert(value, round),
        }
    }
}

fn convert<T: Float>(value: f64, round: Round) -> T {
    let value = IeeeFloat::<DoubleS>::from_bits(value.to_bits().into());
    T::of_soft(value.convert_r(round, &mut false).value)
}

/// One float in a register, or a pair of them: an operation takes each by itself.
pub(super) trait Lanes {
    type Lane: Float;

    fn map<const N: usize>(
        operands: [u64; N],
        function: impl Fn([Self::Lane; N]) -> Self::Lane,
    ) -> u64;
}

impl<T: Float> Lanes for T {
    type Lane = T;

    fn map<const N: usize>(operands: [u64; N], function: impl Fn([T; N]) -> T) -> u64 {
        function(operands.map(T::read)).bits()
    }
}

/// Two in 32 bits.
pub(super) struct Pair<T>(PhantomData<T>);

impl<T: Float> Lanes for Pair<T> {
    type Lane = T;

    fn map<const N: usize>(operands: [u64; N], function: impl Fn([T; N]) -> T) -> u64 {
        let low = function(operands.map(T::read)).bits();
        let high = function(operands.map(|operand| T::read(operand >> 16))).bits();
        high << 16 | low
    }
}
