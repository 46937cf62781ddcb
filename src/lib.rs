//! Parla for Rust.
pub use parla_runtime::*;
#[doc(hidden)]
pub use parla_runtime::__private;
