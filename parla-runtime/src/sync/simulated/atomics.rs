//! Atomics that let the scheduler change threads before each operation.
#![expect(dead_code, reason = "the same operations for all types")]

use std::sync::atomic::Ordering;

use super::turn;

macro_rules! atomics {
    ($($name:ident $(<$t:ident>)? of $value:ty: $($extra:ident)*;)*) => {$(
        /// The real one with a turn's end before each operation. Has its size and its all-zero
        /// value, on which the memory of nodes relies.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub(crate) struct $name $(<$t>)? (std::sync::atomic::$name $(<$t>)?);

        impl $(<$t>)? $name $(<$t>)? {
            pub(crate) const fn new(value: $value) -> Self {
                Self(std::sync::atomic::$name::new(value))
            }

            pub(crate) fn get_mut(&mut self) -> &mut $value {
                self.0.get_mut()
            }

            atomics! { @operation $value: load() -> $value }
            atomics! { @operation $value: store(value: $value) -> () }
            atomics! { @operation $value: swap(value: $value) -> $value }
            $(atomics! { @operation $value: $extra(value: $value) -> $value })*

            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                turn();
                self.0.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }

            pub(crate) fn fetch_update(
                &self,
                success: Ordering,
                failure: Ordering,
                next: impl Fn($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut before = self.load(failure);
                while let Some(after) = next(before) {
                    match self.compare_exchange(before, after, success, failure) {
                        Ok(before) => return Ok(before),
                        Err(now) => before = now,
                    }
                }
                Err(before)
            }
        }
    )*};
    (@operation $_:ty: $operation:ident($($argument:ident: $type:ty)?) -> $result:ty) => {
        pub(crate) fn $operation(&self, $($argument: $type,)? order: Ordering) -> $result {
            turn();
            self.0.$operation($($argument,)? order)
        }
    };
}
atomics! {
    AtomicBool of bool: fetch_and fetch_or;
    AtomicU8 of u8: fetch_add fetch_sub fetch_and fetch_or;
    AtomicU32 of u32: fetch_add fetch_sub fetch_and fetch_or;
    AtomicU64 of u64: fetch_add fetch_sub fetch_and fetch_or;
    AtomicUsize of usize: fetch_add fetch_sub fetch_and fetch_or;
    AtomicPtr<T> of *mut T:;
}
