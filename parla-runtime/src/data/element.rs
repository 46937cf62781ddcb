//! What the elements of arrays can be.
#![expect(
    unsafe_code,
    reason = "promises about the bytes of types, on which copies between devices rely"
)]

use bytemuck::Pod;

/// A type whose values may be elements of a [`PArray`](crate::PArray): copied as bytes, from one
/// device to another.
///
/// It is there for integers, floats, `bool`, arrays of elements, and, with the feature `complex`,
/// complex numbers. Structs get it by `#[derive(Element)]`.
///
/// # Safety
///
/// `Self` and `OnDevice` have the same size, and no padding. For each sequence of bytes that
/// [`is_valid`](Self::is_valid) accepts, the bytes are a value of `Self`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an element of an array that moves between devices",
    note = "numbers and `bool` can, and `#[repr(C)]` structs of numbers that derive `parla::Element`"
)]
pub unsafe trait Element: Copy + Send + Sync + 'static {
    /// What stands for it in the memory of a device, where any bytes may come to be.
    type OnDevice: Pod + Send + Sync;

    /// Whether these bytes are elements.
    #[must_use]
    fn is_valid(bytes: &[u8]) -> bool {
        let _ = bytes;
        true
    }
}

macro_rules! plain {
    ($($element:ty),*) => {$(
        // SAFETY: any bytes are a value, and there is no padding.
        unsafe impl Element for $element {
            type OnDevice = Self;
        }
    )*};
}

plain!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64
);

// SAFETY: a byte that is zero or one.
unsafe impl Element for bool {
    type OnDevice = u8;

    fn is_valid(bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| *byte <= 1)
    }
}

// SAFETY: the elements one behind the other, and nothing between them.
unsafe impl<T: Element, const N: usize> Element for [T; N]
where
    [T::OnDevice; N]: Pod,
{
    type OnDevice = [T::OnDevice; N];

    fn is_valid(bytes: &[u8]) -> bool {
        T::is_valid(bytes)
    }
}

#[cfg(feature = "complex")]
// SAFETY: two numbers one behind the other, as its `Pod` promises.
unsafe impl<T: Pod + Send + Sync> Element for num_complex::Complex<T>
where
    Self: Pod + Send + Sync,
{
    type OnDevice = Self;
}
